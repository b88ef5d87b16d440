"""S3's event notifications: new objects invoke functions."""

import uuid
from typing import Final

from chalice.app import Chalice, S3EventConfig
from chalice.config import Config

from local.runner.asynchronous import AsynchronousInvocations
from local.runner.lambda_function import LambdaFunction, TriggerError
from local.services.s3.new_object import NewObject

_EVENTS: Final = frozenset(f"s3:ObjectCreated:{how}" for how in ("*", "Put", "Post", "Copy"))


class S3Trigger:
    """Invokes a function for new objects of a bucket.

    The invocation is asynchronous: the client that stores the object does not wait for it.

    Args:
        function: The function to invoke.
        bucket: The bucket's name.
        events: S3's names of the events to invoke it for: ``s3:ObjectCreated:*``.
        prefix: The beginning of the objects' keys.
        suffix: The end of the objects' keys.
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
        return self._invocations.concurrency

    def notice(self, new: NewObject) -> None:
        """Invoke the function for this object, if it matches, and return at once."""
        if (
            new.bucket == self.bucket
            and any(_covers(event, f"s3:{new.event}") for event in self.events)
            and new.key.startswith(self.prefix)
            and new.key.endswith(self.suffix)
        ):
            self._invocations.send({"Records": [new.record(self._configuration_id)]})

    def request_stop(self) -> None:
        """Start no more invocations and no more retries."""
        self._invocations.request_stop()


def s3_triggers(app: Chalice, config: Config) -> list[S3Trigger]:
    """Return a trigger for every ``on_s3_event`` handler of an app.

    Raises:
        TriggerError: A handler is for unknown events.
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
        for event in trigger.events:
            if event not in _EVENTS:
                raise TriggerError(
                    f"{trigger.function.name} is for {event!r}, "
                    f"but the local stack has only {', '.join(sorted(_EVENTS))}"
                )
    return triggers


def _covers(pattern: str, event: str) -> bool:
    return pattern == event or (pattern.endswith("*") and event.startswith(pattern[:-1]))
