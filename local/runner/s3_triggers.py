"""S3's event notifications: objects that come and go invoke functions."""

import uuid
from collections.abc import Callable
from itertools import combinations
from typing import Final

from chalice.app import Chalice, S3EventConfig
from chalice.config import Config

from local.runner.asynchronous import AsynchronousInvocations
from local.runner.lambda_function import LambdaFunction, TriggerError
from local.services.s3.object_changes import ObjectChange

_CREATED: Final = ("*", "Put", "Post", "Copy", "CompleteMultipartUpload")
_EVENTS: Final = frozenset(
    [
        *(f"s3:ObjectCreated:{how}" for how in _CREATED),
        "s3:ObjectRemoved:*",
        "s3:ObjectRemoved:Delete",
    ]
)


class S3Trigger:
    """Invokes a function for every change of a bucket's objects that it is meant for.

    The invocation is asynchronous, so that whoever put the object does not wait for it.

    Args:
        function: What to invoke.
        bucket: The bucket's name.
        events: S3's names of what it is meant for: ``s3:ObjectCreated:*``.
        prefix: What a key must begin with.
        suffix: What a key must end with.
    """

    def __init__(
        self,
        function: LambdaFunction,
        bucket: str,
        events: list[str],
        *,
        prefix: str = "",
        suffix: str = "",
    ) -> None:
        self.function = function
        self.bucket = bucket
        self.events = events
        self.prefix = prefix
        self.suffix = suffix
        self._configuration_id = str(uuid.uuid4())
        self._invocations = AsynchronousInvocations(function)

    @property
    def concurrency(self) -> int:
        """How many events run at once at most."""
        return self._invocations.concurrency

    def notice(self, change: ObjectChange) -> None:
        """Invoke the function for this change, if it is meant for it, and return at once."""
        if (
            change.bucket == self.bucket
            and any(_covers(event, f"s3:{change.event}") for event in self.events)
            and change.key.startswith(self.prefix)
            and change.key.endswith(self.suffix)
        ):
            self._invocations.send({"Records": [change.record(self._configuration_id)]})

    def request_stop(self) -> None:
        """Invoke nothing more, and try nothing again; what runs may end."""
        self._invocations.request_stop()

    def overlaps(self, other: "S3Trigger") -> bool:
        """Would one object have two functions for one event? S3 refuses such configurations."""
        return (
            self.bucket == other.bucket
            and any(_covers(a, b) or _covers(b, a) for a in self.events for b in other.events)
            and _either(str.startswith, self.prefix, other.prefix)
            and _either(str.endswith, self.suffix, other.suffix)
        )


def s3_triggers(app: Chalice, config: Config) -> list[S3Trigger]:
    """A trigger for every ``on_s3_event`` handler of an app.

    Raises:
        TriggerError: One of them is for events that there are not here, or two for the same.
    """
    triggers = [
        S3Trigger(
            LambdaFunction.configured(source.name, app.handler_map[source.name], config),
            source.bucket,
            source.events,
            prefix=source.prefix or "",
            suffix=source.suffix or "",
        )
        for source in app.event_sources
        if isinstance(source, S3EventConfig)
    ]
    for trigger in triggers:
        _check_events(trigger)
    for one, other in combinations(triggers, 2):
        if one.overlaps(other):
            raise TriggerError(
                f"{one.function.name} and {other.function.name} are for the same events of "
                f"{one.bucket}, which S3 refuses: let their prefixes or suffixes differ"
            )
    return triggers


def _check_events(trigger: S3Trigger) -> None:
    for event in trigger.events:
        if event not in _EVENTS:
            raise TriggerError(
                f"{trigger.function.name} is for {event!r}, "
                f"but the local stack has only {', '.join(sorted(_EVENTS))}"
            )


def _covers(pattern: str, event: str) -> bool:
    return pattern == event or (pattern.endswith("*") and event.startswith(pattern[:-1]))


def _either(holds: Callable[[str, str], bool], one: str, other: str) -> bool:
    return holds(one, other) or holds(other, one)
