"""People who send profile photos, and the state machine around the functions that take them on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from chalicelib.delivery.messages import IntakeMessage
from chalicelib.errors import StorytimeError, UnknownProfileError
from chalicelib.profiles.direct_upload import ProfileUpload
from chalicelib.profiles.faces import Box
from chalicelib.profiles.intake import NewPhoto, ProfileIntake, ProfileReceipt
from chalicelib.profiles.moves import MAX_WRITER_DURATION
from chalicelib.profiles.profile import Profile, profile_id_of
from chalicelib.profiles.retrieval import ProfileRetrieval
from chalicelib.stories.keys import PROFILE_ARRIVALS
from tests.fakes.engines import CLEAR_FACE, portrait
from tests.fakes.media import InMemoryMedia
from tests.fakes.workflow import DEFINITION, Execution, Interpreter
from tests.fakes.world import functions_of
from tests.proof.simulation import SWEEP_EVERY, BrokenPromiseError, Simulation
from tests.proof.tape import Process, ProcessDied

_PATIENCE = 8
_SIDE = 120
_CLOSE = msgspec.structs.replace(CLEAR_FACE, box=Box(0.05, 0.05, 0.85, 0.9))
"""A picture of so few pixels is looked at in no time; the face is just large enough."""
_MOST_ROUNDS = 60
NOBODY, VEILED, ANNA, BEN = 1, 2, 3, 7
"""Persons, as `portrait` draws them: no face is found of the first, and the second one's is too
unclear to be added. Users are called by other names."""
REFUSED_WITH = {NOBODY: "no_face", VEILED: "face_unclear"}
BUCKET = "photos"
"""Where photos lie that somebody starts an execution for by hand."""


@dataclass(frozen=True)
class Wish:
    """Something that a user asked for.

    Attributes:
        person: Who is on the photo; None: the profile is to be gone.
        asked: How many requests there were before.
        ended: How many there were when it was answered, or given up.
        granted: It was answered that it will be done.
        key: Where it is in the intake_bucket bucket, if it was sent there.
    """

    user_id: str
    person: int | None
    content: bytes | None
    email: str | None
    asked: int
    ended: int
    granted: bool = True
    key: str | None = None


@dataclass(frozen=True)
class Told:
    """What a user was told who asked for the profile.

    Attributes:
        found: None: there is none.
        asked: How many requests there were before.
    """

    user_id: str
    found: Profile | None
    asked: int


class Gone(Exception):  # noqa: N818
    """What Step Functions sees of a function that died."""


class Aborted(BaseException):
    """The whole execution ends with the function that it waits for."""


@dataclass
class ProfileSimulation(Simulation):
    """One run.

    Attributes:
        backwards: Parallel branches run from the last one on.
        aborting: A function that dies takes its execution with it.
        wishes: Everything that anybody asked for, in order.
        told: What everybody was told who asked.
        bugs: Errors that are none of the pipeline's own.
    """

    backwards: bool = False
    aborting: bool = False
    wishes: list[Wish] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    bugs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.backend.faces.seen |= {NOBODY: [], VEILED: [_CLOSE], ANNA: [_CLOSE], BEN: [_CLOSE]}
        self.backend.faces.unclear.add(VEILED)
        self.functions = functions_of(self.part)

    # What people do.

    def put(
        self,
        user_id: str,
        person: int,
        *,
        shot: int = 0,
        email: str | None = None,
        patience: int = _PATIENCE,
    ) -> ProfileReceipt | None:
        """Send a photo, and again when that fails, as a client does; None: it gave up."""
        photo = NewPhoto(user_id, picture(person, shot), "image/png", email)
        wish = partial(Wish, user_id, person, photo.content, email, len(self.tape.requests))
        receipt = None
        for _ in range(patience):
            receipt = self._invoked(Process("put"), lambda: self.part(ProfileIntake).take_in(photo))
            if receipt is not None:
                break
            self.clock.advance(5)
        self.wishes.append(wish(len(self.tape.requests), granted=receipt is not None))
        return receipt

    def post(  # type: ignore[override]
        self, user_id: str, person: int, *, shot: int = 0, email: str | None = None
    ) -> str:
        """Post a photo to the intake_bucket bucket with a form; returns where."""
        permit = self.part(ProfileUpload).permit(user_id, "image/png", email)
        key = permit.form.fields["key"]
        content = picture(person, shot)
        self.backend.intake_bucket.post(key, content, email=email)
        now = len(self.tape.requests)
        self.wishes.append(Wish(user_id, person, content, email, now, now, key=key))
        self.announce(key)
        return key

    def announce(self, key: str) -> None:
        """S3 tells that something was staged."""
        self.events.send(IntakeMessage("intake-bucket", key))

    def by_hand(self, user_id: str, person: int, name: str = "by-hand") -> Execution:
        """Start an execution at the console, with the seed's input.

        Should it end before its first task has looked, whoever started it sees that there.
        """
        buckets = self.backend.sent_photos.buckets
        content = picture(person, 0)
        buckets.setdefault(BUCKET, InMemoryMedia()).put("me.jpg", content, "image/png")
        now = len(self.tape.requests)
        granted = not self.aborting
        self.wishes.append(Wish(user_id, person, content, None, now, now, granted))
        sent = {"userId": user_id, "s3Bucket": BUCKET, "s3Key": "me.jpg"}
        return self.backend.workflow.begin(name, sent)

    def ask(self, user_id: str) -> Profile | None:
        """Ask for a profile once."""
        asked = len(self.tape.requests)

        def retrieve() -> Told:
            try:
                return Told(user_id, self.part(ProfileRetrieval).retrieve(user_id), asked)
            except UnknownProfileError:
                return Told(user_id, None, asked)

        told = self._invoked(Process("get"), retrieve)
        if told is None:
            return None
        self.told.append(told)
        return told.found

    def remove(self, user_id: str) -> None:
        """Delete a profile, and again when that fails, as a client does."""
        asked = len(self.tape.requests)

        def delete() -> bool:
            try:
                self.part(ProfileRetrieval).delete(user_id)
            except UnknownProfileError:
                return True
            return True

        done = False
        for _ in range(_PATIENCE):
            done = bool(self._invoked(Process("delete"), delete))
            if done:
                break
            self.clock.advance(5)
        self.wishes.append(
            Wish(user_id, None, None, None, asked, len(self.tape.requests), granted=done)
        )

    # What AWS does.

    def deliver_next(self) -> bool:
        return super().deliver_next() or self._run_next()

    def _run_next(self) -> bool:
        execution = next(iter(self.running()), None)
        if execution is not None:
            self.run(execution)
        return execution is not None

    def running(self) -> list[Execution]:
        kept = self.backend.workflow.executions.values()
        return [each for each in kept if each.status == "RUNNING"]

    def run(self, execution: Execution, since: str = DEFINITION["StartAt"]) -> None:
        """See an execution through, since it was in a state."""
        interpreter = Interpreter(
            {name: partial(self._performed, name) for name in self.functions},
            self.clock.advance,
            {**DEFINITION, "StartAt": since},
            backwards=self.backwards,
        )
        try:
            interpreter.run(execution)
        except Aborted:
            execution.status = "ABORTED"

    def invoke(self, function: str, execution: Execution) -> Callable[[], str | None]:
        """One invocation of a state's function; what is returned does it, and names its error."""
        event = {
            "execution": execution.name,
            "startedAt": execution.started_at.isoformat(),
            "input": execution.input,
        }

        def task() -> str | None:
            try:
                self._performed(function, event)
            except (StorytimeError, Gone) as error:
                return type(error).__name__
            return None

        return task

    def _performed(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        kind = f"{function} {event['execution']}"
        process = Process(kind, until=self.clock.now + MAX_WRITER_DURATION)
        with self.tape.process(process):
            try:
                done: dict[str, Any] = self.functions[function](event)
            except StorytimeError:
                raise
            except ProcessDied:
                if self.aborting:
                    raise Aborted from None
                raise Gone(function) from None
            except Exception as bug:
                self.bugs.append(f"{function}: {bug!r}")
                raise
        return done

    def lapse(self, seconds: float) -> Callable[[], None]:
        """Somebody for whom time goes by; for everybody else, too."""

        def wait() -> None:
            self.tape.switch()
            self.clock.advance(seconds)
            self.naps += 1

        return wait

    def settle(self) -> None:
        """Let the sweeper come by until nothing is left to do."""
        for _ in range(_MOST_ROUNDS):
            self.deliver_all()
            due = [consumer.queue.next_visible_at() for consumer in self._consumers]
            waiting = min((moment for moment in due if moment), default=None)
            if waiting is not None:
                self.clock.now = max(self.clock.now, waiting)
            elif self.backend.profiles.unfinished().profiles or self.staged():
                self.clock.now += SWEEP_EVERY
                self.sweep()
            else:
                return
        raise BrokenPromiseError("it never comes to rest")

    def staged(self) -> list[str]:
        """What is left of profile photos in the intake_bucket bucket."""
        return list(self.backend.intake_bucket.waiting(PROFILE_ARRIVALS).arrivals)

    def profile(self, user_id: str) -> Profile | None:
        """As the table has it."""
        return self.backend.profiles.find(profile_id_of(self.backend.namespace, user_id))


def picture(person: int, shot: int) -> bytes:
    return portrait(person, side=_SIDE, shot=shot)
