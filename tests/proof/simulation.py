"""AWS and its clients around the real pipeline: queues deliver, functions run and die, time goes.

Nothing is left to chance: the same faults at the same requests give the same run.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from chalicelib.errors import Rejected, StorytimeError
from chalicelib.intake import Receipt
from chalicelib.links import Links
from chalicelib.messages import Delivery, Message, StagedObject, StoryMessage, about
from chalicelib.patience import GIVE_UP_AFTER
from chalicelib.pipeline import Pipeline
from chalicelib.ports import Announcer, Cdn, Media, Stories
from chalicelib.story import Stage, Story
from chalicelib.upload_ports import Staging, UploadRequests
from chalicelib.uploads import UploadRequest
from tests.builders import upload
from tests.fakes import Clock, Uuids
from tests.proof.pages import PageReader, Voice, page
from tests.proof.recording import RecordedTools
from tests.proof.tape import Fault, Process, ProcessDied, Tape

SWEEP_EVERY = timedelta(minutes=5)
_MOST_SWEEPS = 3
_PATIENCE = 8


_Answer = TypeVar("_Answer")


class Broken(AssertionError):  # noqa: N818
    """Something that must always hold does not."""


class ConsumedQueue(Protocol[Message]):
    """A queue as Lambda's poller sees it, too."""

    def send(self, message: Message) -> None: ...
    def retry_in(self, receipt: str, seconds: int) -> None: ...
    def receive(self) -> Delivery[Message] | None: ...
    def delete(self, receipt: str) -> None: ...
    def next_visible_at(self) -> datetime | None: ...
    def show_all(self) -> None: ...
    def move_all_to(self, destination: Any) -> None: ...


class StagingClient(Staging, Protocol):
    """The staging bucket as clients see it, too."""

    def post(self, key: str, content: bytes, upload_id: str | None = None) -> None: ...


class Backend(Protocol):
    """What the simulation runs on: the world in memory, or moto's AWS."""

    @property
    def namespace(self) -> uuid.UUID: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def stories(self) -> Stories: ...
    @property
    def upload_requests(self) -> UploadRequests: ...
    @property
    def staging(self) -> StagingClient: ...
    @property
    def cdn(self) -> Cdn: ...
    @property
    def media(self) -> Media: ...
    @property
    def intake_queue(self) -> ConsumedQueue[StagedObject]: ...
    @property
    def intake_dead_letter_queue(self) -> ConsumedQueue[StagedObject]: ...
    @property
    def intake_parked_queue(self) -> ConsumedQueue[StagedObject]: ...
    @property
    def queues(self) -> Mapping[Stage, ConsumedQueue[StoryMessage]]: ...
    @property
    def dead_letter_queues(self) -> Mapping[Stage, ConsumedQueue[StoryMessage]]: ...
    @property
    def parked_queues(self) -> Mapping[Stage, ConsumedQueue[StoryMessage]]: ...
    @property
    def text_detector(self) -> PageReader: ...
    @property
    def speaker(self) -> Voice: ...
    @property
    def announcer(self) -> Announcer: ...

    def tape(self, faults: Mapping[int, Fault]) -> Tape:
        """A tape for one run under these faults."""


@dataclass(frozen=True)
class Acknowledged:
    """An upload that was answered with 200."""

    receipt: Receipt
    shade: int
    notify: bool


@dataclass(frozen=True)
class Consumer:
    """A queue and the function that it invokes."""

    kind: str
    queue: ConsumedQueue[Any]
    handle: Callable[[Delivery[Any]], None]


@dataclass
class Simulation:
    """One run.

    Attributes:
        acknowledged: Every upload that was answered with 200.
        twice: Deliver every message a second time after it was handled.
        naps: How often a process was held up for longer than its lease.
        deleted: Lives of stories whose deletion was answered with 202.
        parking: Messages may stay parked: something was broken for long, and is not redriven.
    """

    backend: Backend
    tape: Tape
    twice: bool = False
    acknowledged: list[Acknowledged] = field(default_factory=list)
    parking: bool = False
    deleted: list[StoryMessage] = field(default_factory=list)
    naps: int = 0

    def __post_init__(self) -> None:
        self.clock = self.backend.clock
        self.pipeline = Pipeline(
            RecordedTools(self.backend, self.tape),
            links=Links("https://cdn.example"),
            namespace=self.backend.namespace,
            staging_bucket="staging",
            clock=self.clock,
            new_uuid=Uuids(),
        )
        dead = self.pipeline.dead_letters
        work: Mapping[Stage, Any] = {
            Stage.READING: self.pipeline.reading,
            Stage.NARRATION: self.pipeline.narration,
            Stage.RENDITIONS: self.pipeline.renditions,
            Stage.DELETION: self.pipeline.eraser,
        }
        self._work = {
            stage: Consumer(stage.value, self.backend.queues[stage], work[stage].handle)
            for stage in Stage
        }
        self._dead = {
            stage: Consumer(
                f"{stage} dead letter", self.backend.dead_letter_queues[stage], dead[stage].handle
            )
            for stage in Stage
        }
        self._consumers = [
            Consumer("intake", self.backend.intake_queue, self.pipeline.staged_intake.handle),
            *self._work.values(),
            Consumer(
                "intake dead letter",
                self.backend.intake_dead_letter_queue,
                self.pipeline.intake_dead_letters.handle,
            ),
            *self._dead.values(),
        ]

    # What people do.

    def upload(self, shade: int, *, upside_down: bool = False, **fields: Any) -> Receipt | None:
        """Send a photo, and again when that fails, as a client does; None: it gave up."""
        photo = upload(page(shade, upside_down=upside_down), **fields)
        for _ in range(_PATIENCE):
            receipt = self._invoked(Process("upload"), lambda: self.pipeline.intake.take_in(photo))
            if receipt is not None:
                self.acknowledged.append(Acknowledged(receipt, shade, photo.notify))
                return receipt
            self.clock.advance(5)
        return None

    def abandon(self, shade: int) -> None:
        """Send a photo, lose the connection after the claim, and never try again."""
        self.tape.doomed = "s3.PutObject"
        photo = upload(page(shade))
        self._invoked(Process("upload"), lambda: self.pipeline.intake.take_in(photo))

    def poll(self, story_id: str) -> Story | UploadRequest | None:
        """Ask for a story once."""
        return self._invoked(Process("poll"), lambda: self.pipeline.retrieval.retrieve(story_id))

    def delete(self, story_id: str) -> Story | None:
        """Delete a story, and again when that fails, as a client does; None: it gave up."""
        for _ in range(_PATIENCE):
            story = self._invoked(
                Process("delete"), lambda: self.pipeline.deletion.delete(story_id)
            )
            if story is not None:
                self.deleted.append(about(story))
                return story
            self.clock.advance(5)
        return None

    # What AWS does.

    def sweep(self) -> None:
        self._invoked(
            Process("sweep"), lambda: self.pipeline.sweeper.sweep(lambda: timedelta(minutes=5))
        )

    def deliver_next(self) -> bool:
        """Receive one message, if any is visible, and invoke its function."""
        for consumer in self._consumers:
            delivery = consumer.queue.receive()
            if delivery is not None:
                self._deliver(consumer, delivery)
                return True
        return False

    def receive(self, stage: Stage) -> Callable[[], None]:
        """Receive a message of a stage; what is returned invokes its function."""
        return self._received(self._work[stage])

    def make_visible(self, stage: Stage) -> None:
        """Let whatever of a stage is being worked on be delivered again."""
        self.backend.queues[stage].show_all()

    def receive_dead_letter(self, stage: Stage) -> Callable[[], None]:
        return self._received(self._dead[stage])

    def _received(self, consumer: "Consumer") -> Callable[[], None]:
        delivery = consumer.queue.receive()
        assert delivery is not None, f"nothing to receive for {consumer.kind}"
        return lambda: self._deliver(consumer, delivery)

    def deliver_all(self) -> None:
        """Until nothing is visible; time stands still."""
        while self.deliver_next():
            pass

    def lose_messages(self) -> None:
        """Whatever the stages' queues held is gone (or expired, or was purged by hand)."""
        for queue in (*self.backend.queues.values(), *self.backend.dead_letter_queues.values()):
            while (delivery := queue.receive()) is not None:
                queue.delete(delivery.receipt)

    def nap(self) -> None:
        """Hold everybody up for longer than a lease lasts."""
        self.tape.switch()
        self.clock.advance(121)
        self.naps += 1

    def redrive(self, stage: Stage) -> None:
        self.backend.parked_queues[stage].move_all_to(self.backend.queues[stage])

    def settle(self) -> None:
        """Let time pass until nothing is left to do: messages come back, the sweeper comes by."""
        sweeps = 0
        for _ in range(1000):
            self.deliver_all()
            due = [consumer.queue.next_visible_at() for consumer in self._consumers]
            waiting = min((moment for moment in due if moment), default=None)
            if waiting is not None:
                self.clock.now = max(self.clock.now, waiting)
            elif self._unfinished():
                sweeps += 1
                self.clock.now += SWEEP_EVERY if sweeps <= _MOST_SWEEPS else GIVE_UP_AFTER
                self.sweep()
            else:
                return
        raise Broken("it never comes to rest")

    def _unfinished(self) -> bool:
        page = self.backend.stories.unfinished()
        return bool(page.stories)

    def _deliver(self, consumer: "Consumer", delivery: Delivery[StoryMessage]) -> None:
        def handle() -> bool:
            consumer.handle(delivery)
            return True

        process = Process(f"{consumer.kind} {delivery.receives}", delivery)
        done = self._invoked(process, handle)
        if done and self.twice and delivery.receives == 1:
            consumer.queue.retry_in(delivery.receipt, 0)
        elif done:
            consumer.queue.delete(delivery.receipt)

    def _invoked(self, process: Process, function: Callable[[], _Answer]) -> _Answer | None:
        """What a function returns; None when it failed or died. Bugs come through."""
        with self.tape.process(process):
            try:
                return function()
            except Rejected:
                raise
            except (StorytimeError, ProcessDied):
                return None
