"""AWS and its clients around the real pipeline: queues deliver, functions run and die, time goes.

Nothing is left to chance: the same faults at the same requests give the same run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from chalicelib.assembly import Assembly
from chalicelib.delivery.messages import Delivery, IntakeMessage, StoryMessage, about
from chalicelib.delivery.timeouts import GIVE_UP_AFTER
from chalicelib.errors import RejectedError, StorytimeError
from chalicelib.steps.bulk import Bulk
from chalicelib.steps.deletion import Deletion
from chalicelib.steps.direct_upload import DirectUpload, UploadPermit, WantedUpload
from chalicelib.steps.intake import Intake, Receipt
from chalicelib.steps.listing import Listing
from chalicelib.steps.retrieval import Retrieval
from chalicelib.steps.sweeper import Sweeper
from chalicelib.stories import keys
from chalicelib.stories.keys import Links
from chalicelib.stories.queues import DEAD_LETTERS, OF_STORIES, TIME_LIMITS, Step
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import UploadRequest
from tests.fakes.builders import upload
from tests.fakes.clock import Uuids
from tests.fakes.queues import InMemoryQueue
from tests.proof.backend import Backend, ConsumedQueue
from tests.proof.pages import page
from tests.proof.recording import RecordedTools
from tests.proof.tape import Process, ProcessDied, Tape

SWEEP_EVERY = timedelta(minutes=5)
_MOST_SWEEPS = 3
_KEPT_FOR = timedelta(days=1)
_EVENT_ATTEMPTS = 3
_PATIENCE = 8


_Answer = TypeVar("_Answer")


class BrokenPromiseError(AssertionError):
    """Something that must always hold does not."""


@dataclass(frozen=True)
class Acknowledged:
    """An upload that was answered with 200."""

    receipt: Receipt
    shade: int
    notify: bool


@dataclass(frozen=True)
class Posted:
    """Something that S3 took into the intake_bucket bucket.

    Attributes:
        shade: Of the page; None: it is no photo.
        upload_id: The request that it was posted for; None: it was put there by hand.
    """

    key: str
    shade: int | None
    upload_id: str | None
    notify: bool
    at: datetime


@dataclass(frozen=True)
class Answered:
    """What somebody was told who asked.

    Attributes:
        found: None: the request failed.
        deleted: The lives of stories whose deletion was answered before they asked.
        posted: What S3 had taken before they asked.
    """

    asked_for: str
    found: Story | UploadRequest | RejectedError | None
    deleted: Sequence[StoryMessage]
    posted: Sequence[Posted]


@dataclass(frozen=True)
class Consumer:
    """A queue and the function that it invokes."""

    kind: str
    queue: ConsumedQueue[Any]
    handle: Callable[[Delivery[Any]], None]
    time_limit: timedelta = timedelta(seconds=60)


@dataclass
class Simulation:
    """One run.

    Attributes:
        acknowledged: Every upload that was answered with 200.
        twice: Deliver every message a second time after it was handled.
        naps: How often a process was held up for longer than its lease.
        deleted: Lives of stories whose deletion was answered with 202.
        posted: Everything that S3 took into the intake_bucket bucket.
        answered: What everybody was told who asked for stories.
        lost: The messages that were lost on purpose, by step.
        vanished: Keys of what was staged for so long that the bucket forgot it.
        timed: Functions that deliveries invoke die when their time is up.
        parking: Messages may stay parked: something was broken for long, and is not redriven.
    """

    backend: Backend
    tape: Tape
    twice: bool = False
    acknowledged: list[Acknowledged] = field(default_factory=list)
    parking: bool = False
    deleted: list[StoryMessage] = field(default_factory=list)
    posted: list[Posted] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    lost: list[tuple[Step, StoryMessage]] = field(default_factory=list)
    vanished: set[str] = field(default_factory=set)
    naps: int = 0
    timed: bool = False
    assembly: type[Assembly] = Assembly

    def __post_init__(self) -> None:
        self.clock = self.backend.clock
        self.tools = RecordedTools(self.backend, self.tape)
        self.part = self.assembly(
            self.tools,
            links=Links("https://cdn.example"),
            namespace=self.backend.namespace,
            intake_bucket_name="intake-bucket",
            clock=self.clock,
            new_uuid=Uuids(),
        )
        self._work = {
            step: Consumer(
                step.value, self.backend.queues[step], self.part.handler(step), TIME_LIMITS[step]
            )
            for step in OF_STORIES
        }
        self._dead = {
            step: Consumer(
                f"{step} dead letter",
                self.backend.dead_letter_queues[step],
                self.part.handler(step, DEAD_LETTERS),
            )
            for step in OF_STORIES
        }
        # Lambda's own queue of S3's events, whose function sends on what they announce.
        self._gone_events = InMemoryQueue[IntakeMessage](self.clock, "events that are gone")
        self.events = InMemoryQueue[IntakeMessage](
            self.clock,
            "events",
            visibility=timedelta(minutes=1),
            dead_letters=self._gone_events,
            max_receives=_EVENT_ATTEMPTS,
        )
        self._announcing = Consumer("announce", self.events, self._announce)
        self._intake = Consumer("intake", self.backend.intake_queue, self.part.handler(Step.INTAKE))
        self._intake_dead = Consumer(
            "intake dead letter",
            self.backend.intake_dead_letter_queue,
            self.part.handler(Step.INTAKE, DEAD_LETTERS),
        )
        self._consumers = [
            self._announcing,
            self._intake,
            *self._work.values(),
            self._intake_dead,
            *self._dead.values(),
        ]

    # What people do.

    def upload(self, shade: int, *, upside_down: bool = False, **fields: Any) -> Receipt | None:
        """Send a photo, and again when that fails, as a client does; None: it gave up."""
        photo = upload(page(shade, upside_down=upside_down), **fields)
        for _ in range(_PATIENCE):
            receipt = self._invoked(Process("upload"), lambda: self.part(Intake).take_in(photo))
            if receipt is not None:
                self.acknowledged.append(Acknowledged(receipt, shade, photo.notify))
                return receipt
            self.clock.advance(5)
        return None

    def abandon(self, shade: int) -> None:
        """Send a photo, lose the connection after the claim, and never try again."""
        self.tape.doomed = "s3.PutObject"
        photo = upload(page(shade))
        self._invoked(Process("upload"), lambda: self.part(Intake).take_in(photo))

    def request_upload(self, *, notify: bool = True) -> UploadPermit:
        """Ask for a form, and again when that fails."""
        wanted = WantedUpload("page one.jpg", "image/jpeg", "en-US", "Joanna", notify)
        for _ in range(_PATIENCE):
            permit = self._invoked(
                Process("request"), lambda: self.part(DirectUpload).permit(wanted)
            )
            if permit is not None:
                return permit
            self.clock.advance(5)
        raise BrokenPromiseError("nobody gets a form")

    def post(self, permit: UploadPermit, shade: int | None) -> None:
        """Post the photo of a page with a form, or with None what is no photo."""
        if self.clock.now > permit.request.usable_until:
            return  # S3 refuses it
        self._post(permit.request.key, shade, permit.request.id, notify=permit.request.notify)

    def drop(self, name: str, shade: int | None) -> None:
        """Put a photo into the intake_bucket bucket by hand, or with None what is no photo."""
        self._post(keys.ARRIVALS + name, shade, None, notify=True)

    def _post(self, key: str, shade: int | None, upload_id: str | None, *, notify: bool) -> None:
        content = b"no photo" if shade is None else page(shade)
        self.backend.intake_bucket.post(key, content, upload_id)
        self.posted.append(Posted(key, shade, upload_id, notify, self.clock.now))
        self.events.send(IntakeMessage("intake-bucket", key))

    def poll(self, asked_for: str) -> Story | UploadRequest | None:
        """Ask for a story or an upload once."""

        def retrieve() -> Story | UploadRequest | RejectedError:
            try:
                return self.part(Retrieval).retrieve(asked_for)
            except RejectedError as rejection:
                return rejection

        deleted, posted = tuple(self.deleted), tuple(self.posted)
        found = self._invoked(Process("poll"), retrieve)
        self.answered.append(Answered(asked_for, found, deleted, posted))
        return None if isinstance(found, RejectedError) else found

    def bulk(self, *asked_for: str) -> None:
        """Ask for several once."""
        deleted, posted = tuple(self.deleted), tuple(self.posted)
        found = self._invoked(
            Process("bulk"), lambda: self.part(Bulk).look_up(asked_for, notify=True)
        )
        for each, answer in zip(asked_for, found, strict=True) if found else ():
            self.answered.append(Answered(each, answer, deleted, posted))

    def list_all(self) -> None:
        deleted = tuple(self.deleted)
        page = self._invoked(Process("list"), self.part(Listing).page)
        for story in page.stories if page else []:
            self.answered.append(Answered(story.id, story, deleted, ()))

    def delete(self, story_id: str) -> Story | None:
        """Delete a story, and again when that fails, as a client does; None: it gave up."""
        for _ in range(_PATIENCE):
            story = self._invoked(Process("delete"), lambda: self.part(Deletion).delete(story_id))
            if story is not None:
                self.deleted.append(about(story))
                return story
            self.clock.advance(5)
        return None

    # What AWS does.

    def sweep(self) -> None:
        self._invoked(
            Process("sweep"), lambda: self.part(Sweeper).sweep(lambda: timedelta(minutes=5))
        )

    def deliver_next(self) -> bool:
        """Receive one message, if any is visible, and invoke its function."""
        for consumer in self._consumers:
            delivery = consumer.queue.receive()
            if delivery is not None:
                self._deliver(consumer, delivery)
                return True
        return False

    def receive(self, step: Step) -> Callable[[], None]:
        """Receive a message of a step; what is returned invokes its function."""
        return self._received(self._work[step])

    def receive_if_any(self, step: Step) -> Callable[[], object]:
        """The same, if there is one."""
        delivery = self._work[step].queue.receive()
        return partial(self._deliver, self._work[step], delivery) if delivery else bool

    def deliver(self, step: Step) -> None:
        """Receive one message of a step, if any is visible, and invoke its function."""
        self.receive_if_any(step)()

    def make_visible(self, step: Step) -> None:
        """Let whatever of a step is being worked on be delivered again."""
        self.backend.queues[step].show_all()

    def receive_intake(self) -> Callable[[], None]:
        """Receive a message about a staged object; what is returned invokes its function."""
        return self._received(self._intake)

    def announce_all(self) -> None:
        """Let S3's events reach the queue of staged objects."""
        while (delivery := self.events.receive()) is not None:
            self._deliver(self._announcing, delivery)

    def _announce(self, delivery: Delivery[IntakeMessage]) -> None:
        self.part.queue(Step.INTAKE).send(delivery.message)

    def receive_intake_dead_letter(self) -> Callable[[], None]:
        return self._received(self._intake_dead)

    def receive_dead_letter(self, step: Step) -> Callable[[], None]:
        return self._received(self._dead[step])

    def _received(self, consumer: "Consumer") -> Callable[[], None]:
        delivery = consumer.queue.receive()
        assert delivery is not None, f"nothing to receive for {consumer.kind}"
        return lambda: self._deliver(consumer, delivery)

    def deliver_all(self) -> None:
        """Until nothing is visible; time stands still."""
        while self.deliver_next():
            pass

    def story_queues(self) -> list[ConsumedQueue[Any]]:
        """Every queue of messages about stories, then those for their dead letters."""
        queues = (self.backend.queues, self.backend.dead_letter_queues)
        return [each[step] for each in queues for step in OF_STORIES]

    def lose_messages(self) -> None:
        """Whatever the queues held is gone (or expired, or was purged by hand).

        But for messages about lives of which there is no record: nothing else knows of these.
        """
        for step in OF_STORIES:
            for dropped in (self.backend.queues[step], self.backend.dead_letter_queues[step]):
                while (delivery := dropped.receive()) is not None:
                    story = self.backend.stories.find(delivery.message.id)
                    if step is Step.DELETION and story and about(story) != delivery.message:
                        continue
                    self.lost.append((step, delivery.message))
                    dropped.delete(delivery.receipt)
        self.lose_events()
        for staged in (self.backend.intake_queue, self.backend.intake_dead_letter_queue):
            while (announced := staged.receive()) is not None:
                staged.delete(announced.receipt)

    def lose_events(self) -> None:
        """S3's events never reach the queue."""
        while (delivery := self.events.receive()) is not None:
            self.events.delete(delivery.receipt)

    def expire_staged(self) -> None:
        """What the intake_bucket bucket's lifecycle does."""
        self.vanished |= set(self.backend.intake_bucket.forget(self.clock.now - _KEPT_FOR))

    def nap(self) -> None:
        """Hold everybody up for longer than a lease lasts."""
        self.tape.switch()
        self.clock.advance(121)
        self.naps += 1

    def redrive(self, step: Step) -> None:
        self.backend.parked_queues[step].move_all_to(self.backend.queues[step])

    def redrive_intake(self) -> None:
        self.backend.intake_parked_queue.move_all_to(self.backend.intake_queue)

    def settle(self) -> None:
        """Let time pass until nothing is left to do: messages come back, the sweeper comes by."""
        sweeps = 0
        for _ in range(1000):
            self.deliver_all()
            due = [consumer.queue.next_visible_at() for consumer in self._consumers]
            waiting = min((moment for moment in due if moment), default=None)
            staged = self.backend.intake_bucket.waiting(keys.ARRIVALS).arrivals
            if waiting is not None:
                self.clock.now = max(self.clock.now, waiting)
            elif staged or self._unfinished():
                sweeps += 1
                is_soon = staged or sweeps <= _MOST_SWEEPS
                self.clock.now += SWEEP_EVERY if is_soon else GIVE_UP_AFTER
                self.sweep()
            else:
                return
            if any(self.clock.now - since > _KEPT_FOR for since in staged.values()):
                raise BrokenPromiseError("nobody took in a staged photo for a day")
        raise BrokenPromiseError("it never comes to rest")

    def _unfinished(self) -> bool:
        page = self.backend.stories.unfinished()
        return bool(page.stories)

    def _deliver(self, consumer: "Consumer", delivery: Delivery[Any]) -> None:
        def handle() -> bool:
            consumer.handle(delivery)
            return True

        message = delivery if isinstance(delivery.message, StoryMessage) else None
        until = self.clock.now + consumer.time_limit if self.timed else None
        process = Process(f"{consumer.kind} {delivery.receives}", message, until)
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
            except RejectedError:
                raise
            except (StorytimeError, ProcessDied):
                return None
