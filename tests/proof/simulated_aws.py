"""AWS around the real pipeline: queues deliver, functions run and die, time goes on.

Nothing is random: the same faults at the same requests give the same run.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property, partial
from typing import Any, Self, TypeVar

import msgspec

from chalicelib.assembly import Assembly
from chalicelib.delivery.messages import Delivery, IntakeMessage, StoryMessage
from chalicelib.delivery.timeouts import GIVE_UP_AFTER, SWEEP_EVERY
from chalicelib.errors import RejectedError, StorytimeError
from chalicelib.profiles.moves import MAX_WRITER_DURATION
from chalicelib.steps.sweeper import Sweeper
from chalicelib.stories.keys import ARRIVALS, PROFILE_ARRIVALS
from chalicelib.stories.queues import DEAD_LETTER_TIME_LIMIT, DEAD_LETTERS, TIME_LIMITS, Step
from chalicelib.stories.upload_request import PHOTO_KEPT_FOR
from tests.fakes.queues import InMemoryQueue
from tests.fakes.workflow import DEFINITION, Execution, Function, Interpreter
from tests.fakes.world import MemoryTools, assembled, functions_of
from tests.proof.pages import PageReader, Voice
from tests.proof.recording import RecordedTools
from tests.proof.tape import Fault, Process, ProcessDied, Tape

_MAX_EARLY_SWEEPS = 3
_MAX_ROUNDS = 1000
_EVENT_ATTEMPTS = 3

Answer = TypeVar("Answer")


class BrokenPromiseError(AssertionError):
    """Something that must always hold does not."""


class FunctionDiedError(Exception):
    """What Step Functions sees of a function that died."""


class ExecutionEnded(BaseException):
    """The whole execution ends with the function that it waits for."""


class MemoryBackend(MemoryTools):
    """AWS in memory, with engines that read and speak the proof's pages."""

    picture_text: PageReader
    document_text: PageReader
    speaker: Voice

    def __init__(self) -> None:
        super().__init__(PageReader(document=False), PageReader(document=True), Voice())


@dataclass(frozen=True)
class Conditions:
    """What AWS is like in a run, whatever is played."""

    make_backend: Callable[[], MemoryBackend] = MemoryBackend
    assembly: type[Assembly] = Assembly
    twice: bool = False  # SQS delivers every message a second time after it was handled
    backwards: bool = False  # the last branch of a parallel state runs first
    aborting: bool = False  # a function that dies takes its execution with it


USUAL = Conditions()


@dataclass(frozen=True)
class Consumer:
    """A queue, and the function that it invokes."""

    kind: str
    queue: InMemoryQueue[Any]
    handle: Callable[[Delivery[Any]], None]
    time_limit: timedelta


@dataclass
class SimulatedAws:
    """The part of a run that clients do not see."""

    backend: MemoryBackend
    tape: Tape
    conditions: Conditions = USUAL
    parks: bool = False  # messages may stay parked in the end
    timed: bool = False  # functions that deliveries invoke die at their time limit
    naps: int = 0  # how often a process was held up for longer than its lease
    lost: list[tuple[Step, StoryMessage]] = field(default_factory=list)  # on purpose
    vanished: set[str] = field(default_factory=set)  # keys that the bucket's lifecycle removed
    bugs: list[str] = field(default_factory=list)  # errors that are none of the app's own

    def __post_init__(self) -> None:
        self.clock = self.backend.clock
        tools = RecordedTools(self.backend, self.tape)
        self.part = assembled(tools, self.clock, self.conditions.assembly)
        # Lambda's own queue of S3's events.
        self.events = InMemoryQueue[IntakeMessage](
            self.clock,
            "events",
            visibility=timedelta(minutes=1),
            dead_letters=InMemoryQueue(self.clock, "events that are gone"),
            max_receives=_EVENT_ATTEMPTS,
        )
        self._announcing = Consumer(
            "announce",
            self.events,
            lambda delivery: self.part.queue(Step.INTAKE).send(delivery.message),
            timedelta(minutes=1),
        )
        self._handler = cache(self.part.handler)  # built when the first message is delivered
        self._work = {step: self._consumer(step, TIME_LIMITS[step]) for step in Step}
        self._dead = {
            step: self._consumer(step, DEAD_LETTER_TIME_LIMIT, DEAD_LETTERS) for step in Step
        }
        self._consumers = [self._announcing, *self._work.values(), *self._dead.values()]

    def _consumer(self, step: Step, time_limit: timedelta, suffix: str = "") -> Consumer:
        kind, queues = step.value, self.backend.queues
        if suffix:
            kind, queues = f"{step} dead letter", self.backend.dead_letter_queues

        def handle(delivery: Delivery[Any]) -> None:
            self._handler(step, suffix)(delivery)

        return Consumer(kind, queues[step], handle, time_limit)

    @cached_property
    def functions(self) -> dict[str, Function]:
        return functions_of(self.part)

    # Deliveries.

    def deliver_next(self) -> Self:
        self._deliver_next()
        return self

    def _deliver_next(self) -> bool:
        for consumer in self._consumers:
            delivery = consumer.queue.receive()
            if delivery is not None:
                self._deliver(consumer, delivery)
                return True
        for execution in self.running():
            self.run_execution(execution)
            return True
        return False

    def deliver_all(self) -> Self:
        """Deliver until nothing is visible. The clock stands still between deliveries."""
        while self._deliver_next():
            pass
        return self

    def deliver(self, step: Step) -> Self:
        self.receive_if_any(step)()
        return self

    def announce_all(self) -> Self:
        """Deliver S3's events, so that the intake queue has their messages."""
        while (delivery := self.events.receive()) is not None:
            self._deliver(self._announcing, delivery)
        return self

    def receive(self, step: Step) -> Callable[[], object]:
        """Receive a message of a step, which must be there; the result invokes its function."""
        return self._received(self._work[step])

    def receive_again(self, step: Step) -> Callable[[], object]:
        """Receive a message of a step whose first delivery is not done yet."""
        self.backend.queues[step].show_all()
        return self.receive(step)

    def receive_dead_letter(self, step: Step) -> Callable[[], object]:
        return self._received(self._dead[step])

    def receive_if_any(self, step: Step) -> Callable[[], object]:
        return self._received(self._work[step], otherwise=bool)

    def _received(self, consumer: Consumer, otherwise: Any = None) -> Callable[[], object]:
        delivery = consumer.queue.receive()
        assert delivery or otherwise, f"nothing to receive for {consumer.kind}"
        return partial(self._deliver, consumer, delivery) if delivery else otherwise

    def _deliver(self, consumer: Consumer, delivery: Delivery[Any]) -> None:
        def handle() -> bool:
            consumer.handle(delivery)
            return True

        message = None
        if isinstance(delivery.message, StoryMessage):
            life = msgspec.structs.replace(delivery.message, gone_before=None)
            message = msgspec.structs.replace(delivery, message=life)
        until = self.clock.now + consumer.time_limit if self.timed else None
        process = Process(f"{consumer.kind} {delivery.receives}", message, until)
        done = self.invoked(process, handle)
        if done and self.conditions.twice and delivery.receives == 1:
            consumer.queue.retry_in(delivery.receipt, 0)
        elif done:
            consumer.queue.delete(delivery.receipt)

    def invoked(self, process: Process, function: Callable[[], Answer]) -> Answer | None:
        """Invoke a function; None: it failed or died. Bugs come through."""
        with self.tape.process(process):
            try:
                return function()
            except RejectedError:
                raise
            except (StorytimeError, ProcessDied):
                return None

    # Executions of the profile workflow.

    def running(self) -> list[Execution]:
        kept = self.backend.workflow.executions.values()
        return [each for each in kept if each.status == "RUNNING"]

    def run_execution(self, execution: Execution, since: str = DEFINITION["StartAt"]) -> None:
        """Run an execution from this state to its end."""
        interpreter = Interpreter(
            {name: partial(self._performed, name) for name in self.functions},
            self.clock.advance,
            {**DEFINITION, "StartAt": since},
            backwards=self.conditions.backwards,
        )
        try:
            interpreter.run(execution)
        except ExecutionEnded:
            execution.status = "ABORTED"

    def rest(self, since: str = DEFINITION["StartAt"]) -> Callable[[], object]:
        """The latest execution; calling the result runs it from this state to its end."""
        return partial(self.run_execution, self.running()[-1], since)

    def invocation_of(self, function: str) -> Callable[[], object]:
        """The latest execution; calling the result invokes one of its states' functions."""
        execution = self.running()[-1]
        event = {
            "execution": execution.name,
            "startedAt": execution.started_at.isoformat(),
            "input": execution.input,
        }

        def invoke() -> None:
            with suppress(StorytimeError, FunctionDiedError):  # no state waits for its answer
                self._performed(function, event)

        return invoke

    def invoke(self, *functions: str) -> Self:
        """Invoke functions of the latest execution's states, one after the other."""
        for function in functions:
            self.invocation_of(function)()
        return self

    def abort_executions(self) -> Self:
        for execution in self.running():
            execution.status = "ABORTED"
        return self

    def _performed(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        process = Process(
            f"{function} {event['execution']}", until=self.clock.now + MAX_WRITER_DURATION
        )
        with self.tape.process(process):
            try:
                done: dict[str, Any] = self.functions[function](event)
            except StorytimeError:
                raise
            except ProcessDied:
                if self.conditions.aborting:
                    raise ExecutionEnded from None
                raise FunctionDiedError(function) from None
            except Exception as bug:
                self.bugs.append(f"{function}: {bug!r}")
                raise
        return done

    # Time, and what goes wrong for longer than one request.

    def wait(self, seconds: float) -> Self:
        self.clock.advance(seconds)
        return self

    def nap(self, seconds: float = 121) -> Self:
        """Hold up all processes; 121 seconds are longer than any lease."""
        self.tape.switch()
        self.naps += 1
        return self.wait(seconds)

    def sweep(self) -> Self:
        self.invoked(
            Process("sweep"), lambda: self.part(Sweeper).sweep(lambda: timedelta(minutes=5))
        )
        return self

    def die_before(self, operation: str) -> Self:
        """The process that asks for this operation next dies before the request."""
        self.tape.doomed = operation
        return self

    def fail(self, kind: str, operation: str) -> Self:
        """From now on, this operation fails for this kind of process."""
        self.tape.outage, self.tape.outage_by = (kind, operation), Fault.SERVER_ERROR
        return self

    def throttle(self, kind: str, operation: str) -> Self:
        """From now on, this operation is throttled for this kind of process."""
        self.tape.outage, self.tape.outage_by = (kind, operation), Fault.THROTTLED
        return self

    def break_engines(self, *, reader: bool = False, voice: bool = False) -> Self:
        self.backend.picture_text.out_of_order = reader
        self.backend.speaker.out_of_order = voice
        return self

    def cut_marks_off(self) -> Self:
        """Polly's answers with speech marks never arrive whole."""
        self.backend.speaker.cuts_marks_off = True
        return self

    def mend(self) -> Self:
        """End what `fail` and `break_engines` began."""
        self.tape.outage = None
        return self.break_engines()

    def slow_cdn(self, asks: int) -> Self:
        """The CDN has forgotten a file when it was asked so often."""
        self.backend.cdn.asks = asks
        return self

    def busy_cdn(self, refusals: int) -> Self:
        """The CDN refuses so many invalidations, because others are in progress."""
        self.backend.cdn.refusals = refusals
        return self

    def lose_messages(self) -> Self:
        """Empty all queues, as a purge or their retention does.

        Messages about lives without a record stay: no record would bring these back.
        """
        for step in Step:
            for queue in (self.backend.queues[step], self.backend.dead_letter_queues[step]):
                while (delivery := queue.receive()) is not None:
                    if self._is_only_trace(step, delivery.message):
                        continue
                    self.lost.append((step, delivery.message))
                    queue.delete(delivery.receipt)
        return self.lose_events()

    def _is_only_trace(self, step: Step, message: Any) -> bool:
        story = self.backend.stories.find(message.id) if step is Step.DELETION else None
        return story is not None and story.generation != message.generation

    def lose_events(self) -> Self:
        """S3's events never reach the intake queue."""
        while (delivery := self.events.receive()) is not None:
            self.events.delete(delivery.receipt)
        return self

    def expire_arrivals(self) -> Self:
        """Run the intake bucket's lifecycle: it removes files that it kept long enough."""
        self.vanished |= set(self.backend.intake_bucket.forget(self.clock.now - PHOTO_KEPT_FOR))
        return self

    def redrive(self, step: Step) -> Self:
        self.backend.parked_queues[step].move_all_to(self.backend.queues[step])
        return self

    def settle(self) -> Self:
        """Let time pass until nothing is left to do: messages come back, the sweeper runs."""
        sweeps, began_at = 0, self.clock.now
        for _ in range(_MAX_ROUNDS):
            self.deliver_all()
            due = [consumer.queue.next_visible_at() for consumer in self._consumers]
            next_due = min((moment for moment in due if moment), default=None)
            waiting = self.arrived()
            if next_due is not None:
                self.clock.now = max(self.clock.now, next_due)
            elif waiting or self.backend.profiles.unfinished().profiles:
                self.clock.now += SWEEP_EVERY
                self.sweep()
            elif self.backend.stories.unfinished().stories:
                sweeps += 1
                self.clock.now += SWEEP_EVERY if sweeps <= _MAX_EARLY_SWEEPS else GIVE_UP_AFTER
                self.sweep()
            else:
                return self
            if any(self.clock.now - max(since, began_at) > GIVE_UP_AFTER for since in waiting):
                raise BrokenPromiseError("a photo waits in the intake bucket for a day")
        raise BrokenPromiseError("it never comes to rest")

    def arrived(self) -> Sequence[datetime]:
        """When the photos arrived that wait in the intake bucket."""
        bucket = self.backend.intake_bucket
        return [
            since
            for prefix in (ARRIVALS, PROFILE_ARRIVALS)
            for since in bucket.waiting(prefix).arrivals.values()
        ]
