"""Assembly: builds the app's parts from the settings and the AWS adapters.

A part is a struct whose fields name what it needs. `Assembly` fills each field by its name or
type. It builds a part on first use, so that a Lambda function creates only the clients that it
needs.
"""

import re
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any, Final, TypeVar, cast

import msgspec

from chalicelib.aws.tools import AwsTools
from chalicelib.delivery.dead_letters import DeadLetters, IntakeDeadLetters, Parking
from chalicelib.delivery.leases import Leases
from chalicelib.delivery.messages import Delivery, Queue
from chalicelib.delivery.runner import Runner, StepRunner
from chalicelib.pages.readings import Reader
from chalicelib.settings import Settings
from chalicelib.speech.voices import Engine
from chalicelib.steps.bucket_intake import ArrivalIntake
from chalicelib.steps.deletion import Eraser
from chalicelib.steps.narration import Narration
from chalicelib.steps.reading import Reading
from chalicelib.steps.renditions import Renditions
from chalicelib.stories.keys import Links
from chalicelib.stories.queues import (
    DEAD_LETTER_TIME_LIMIT,
    DEAD_LETTERS,
    PARKED,
    TIME_LIMITS,
    Step,
)
from chalicelib.stories.story import MAKES_THE_STORY

Handler = Callable[[Delivery[Any]], None]
"""Handles one delivery: returning deletes the message; raising has it delivered again."""

_WORK: Final[Mapping[Step, Any]] = {
    Step.READING: Reading,
    Step.NARRATION: Narration,
    Step.RENDITIONS: Renditions,
}
"""The steps whose work is done under a lease."""

_fields_of: Final = cache(msgspec.structs.fields)

_Part = TypeVar("_Part", bound=msgspec.Struct)
_QUEUE_FIELD: Final = re.compile(rf"({'|'.join(Step)})_(dead_letter_|parked_)?queue")


class Assembly:
    """Builds each part of the app once.

    Args:
        tools: Has the adapters as attributes: `AwsTools`, or fakes in tests. `queues`,
            `dead_letter_queues` and `parked_queues` map each step to its queue.
        namespace: The secret from which story ids are derived, and which signs cursors.
        intake_bucket_name: The intake bucket's name, as S3's events give it.
        read_along: Does each story get the times of its words?
    """

    def __init__(
        self,
        tools: Any,
        *,
        links: Links,
        namespace: uuid.UUID,
        intake_bucket_name: str,
        clock: Callable[[], datetime],
        pause: Callable[[float], None],
        reader: Reader = "auto",
        speech_engine: Engine = "neural",
        read_along: bool = True,
        new_uuid: Callable[[], uuid.UUID] = uuid.uuid4,
    ) -> None:
        self.links = links
        self._tools = tools
        self._values: Mapping[str, object] = {
            "links": links,
            "namespace": namespace,
            "signing_key": namespace.hex,
            "bucket_name": intake_bucket_name,
            "clock": clock,
            "reader": reader,
            "speech_engine": speech_engine,
            "read_along": read_along,
            "new_uuid": new_uuid,
            "pause": pause,
        }
        self._parts: dict[type[msgspec.Struct], msgspec.Struct] = {}

    def __call__(self, kind: type[_Part]) -> _Part:
        """The part of this class, built on first use."""
        if kind not in self._parts:
            self._parts[kind] = self._filled(kind)
        return cast("_Part", self._parts[kind])

    def make_clients(self) -> None:
        """Make the clients of AWS that nearly every function needs."""
        self._tools.make_clients()

    def queue(self, step: Step, suffix: str = "") -> Any:
        """A step's queue, or its dead-letter or parked queue."""
        queues = {"": "queues", DEAD_LETTERS: "dead_letter_queues", PARKED: "parked_queues"}
        return getattr(self._tools, queues[suffix])[step]

    def handler(self, step: Step, suffix: str = "") -> Handler:
        """The handler of a step's queue, or of its dead-letter queue."""
        match step, suffix:
            case Step.INTAKE, "":
                return self(ArrivalIntake).handle
            case Step.DELETION, "":
                return self(Eraser).handle
            case _, "":
                return self._working(step)
            case Step.INTAKE, _:
                return self(IntakeDeadLetters).handle
            case _:
                return self._giving_up(step)

    def _filled(self, kind: type[_Part], **explicit: object) -> _Part:
        """Build a part. Fields in `explicit` are given; the others are found by name or type."""
        fields = _fields_of(kind)
        return kind(
            **{
                field.name: explicit[field.name]
                if field.name in explicit
                else self._found(field.name, field.type)
                for field in fields
                if field.name in explicit or field.required
            }
        )

    def _found(self, name: str, kind: Any) -> object:
        if name in self._values:
            return self._values[name]
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self(kind)
        if queue := _QUEUE_FIELD.fullmatch(name):
            suffix = {None: "", "dead_letter_": DEAD_LETTERS, "parked_": PARKED}[queue[2]]
            return self.queue(Step(queue[1]), suffix)
        return getattr(self._tools, name)

    # Handlers that need more than the names of their fields.

    def _working(self, step: Step) -> Handler:
        work = self(_WORK[step]).work
        runner = self.runner(step, self.queue(step), TIME_LIMITS[step])
        if step not in MAKES_THE_STORY:
            return partial(runner.run, work=work)
        return self._filled(StepRunner, work=work, runner=runner).handle

    def _giving_up(self, step: Step) -> Handler:
        queue, parked = self.queue(step, DEAD_LETTERS), self.queue(step, PARKED)
        if step not in MAKES_THE_STORY:
            return Parking(step=step, queue=queue, parked=parked).handle
        runner = self.runner(step, queue, DEAD_LETTER_TIME_LIMIT, gives_up=True)
        return self._filled(DeadLetters, runner=runner, parked=parked).handle

    def runner(
        self, step: Step, queue: Queue[Any], duration: timedelta, *, gives_up: bool = False
    ) -> Runner:
        """The runner of a step, for the deliveries of one queue."""
        leases = self._filled(Leases, step=step, queue=queue, duration=duration, gives_up=gives_up)
        return self._filled(Runner, leases=leases)


def utc_now() -> datetime:
    """The time in whole milliseconds, as the table stores it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def assembly_on_aws(settings: Settings) -> Assembly:
    """The app's parts, in the AWS account and region of the environment."""
    return Assembly(
        AwsTools(settings),
        links=Links(settings.media_base_url),
        namespace=settings.story_namespace,
        intake_bucket_name=settings.intake_bucket,
        clock=utc_now,
        pause=time.sleep,  # noqa: TID251  # S3 announces nothing when it works again
        reader=settings.reader,
        speech_engine=settings.speech_engine,
        read_along=settings.read_along == "on",
    )
