"""One run: AWS, and the clients that upload, ask for and delete stories and profiles.

Every verb returns the simulation, so that a scenario is one line:
``run.upload().settle().delete()``.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Self

import msgspec

from chalicelib.delivery.messages import IntakeMessage, StoryMessage, about
from chalicelib.errors import RejectedError, UnknownProfileError
from chalicelib.profiles.direct_upload import ProfileUpload
from chalicelib.profiles.faces import Box
from chalicelib.profiles.intake import NewPhoto, ProfileIntake
from chalicelib.profiles.profile import Profile, profile_id_of
from chalicelib.profiles.retrieval import ProfileRetrieval
from chalicelib.speech.voices import AUTO
from chalicelib.steps.bulk import Bulk
from chalicelib.steps.correction import Correction, Corrections
from chalicelib.steps.deletion import Deletion
from chalicelib.steps.direct_upload import DirectUpload, UploadPermit, WantedUpload
from chalicelib.steps.intake import Intake, Receipt
from chalicelib.steps.listing import Listing
from chalicelib.steps.retrieval import Retrieval
from chalicelib.stories import keys
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import UploadRequest
from tests.fakes.builders import upload
from tests.fakes.engines import CLEAR_FACE, portrait
from tests.fakes.world import NAMESPACE
from tests.proof.pages import page
from tests.proof.simulated_aws import Answer, BrokenPromiseError, SimulatedAws
from tests.proof.tape import Process

SHADE, OTHER_SHADE, THIRD_SHADE = 200, 160, 180
"""Pages, by their grey."""
NOBODY, VEILED, ANNA, BEN = 1, 2, 3, 7
"""Persons, as `portrait` draws them: no face is found of the first, and the second one's is too
unclear to be added."""
REFUSED_WITH = {NOBODY: "no_face", VEILED: "face_unclear"}
_SIDE = 120
_CLOSE = msgspec.structs.replace(CLEAR_FACE, box=Box(0.05, 0.05, 0.85, 0.9))
"""A picture of so few pixels is processed in no time; the face is just large enough."""
_TRIES = 8
_SECONDS_BETWEEN_TRIES = 5

Processes = Iterable[Callable[[], object]]


@dataclass(frozen=True)
class Acknowledged:
    """An upload that was answered with 200."""

    receipt: Receipt
    shade: int
    notify: bool


@dataclass(frozen=True)
class Posted:
    """A file that S3 took into the intake bucket."""

    key: str
    shade: int | None  # None: it is no photo
    upload_id: str | None  # None: an operator put it there
    notify: bool
    at: datetime


@dataclass(frozen=True)
class Answered:
    """The answer to a client that asked for a story or an upload."""

    asked_for: str
    found: Story | UploadRequest | RejectedError | None  # None: the request failed
    deleted: Sequence[StoryMessage]  # the lives whose deletion was answered before
    posted: Sequence[Posted]  # what S3 had taken before
    cancelled: Sequence[str] = ()  # the uploads whose cancellation was answered before


@dataclass(frozen=True)
class Corrected:
    """A correction that was answered with the story."""

    story: Story
    text: str


@dataclass(frozen=True)
class Wish:
    """A user's request for a profile photo, or for the profile's deletion."""

    user_id: str
    person: int | None  # on the photo; None: the profile is to be deleted
    content: bytes | None
    asked: int  # how many requests there were before
    ended: int  # how many there were when it was answered, or given up
    email: str | None = None
    granted: bool = True
    key: str | None = None  # in the intake bucket, if the photo was sent there


@dataclass(frozen=True)
class Told:
    user_id: str
    found: Profile | None
    asked: int  # how many requests there were before


@dataclass
class Simulation(SimulatedAws):
    """One run, and everything that clients asked for and were answered, in order."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    corrected: list[Corrected] = field(default_factory=list)
    deleted: list[StoryMessage] = field(default_factory=list)  # answered with 202
    cancelled: list[str] = field(default_factory=list)  # uploads, answered with 202
    posted: list[Posted] = field(default_factory=list)
    answered: list[Answered] = field(default_factory=list)
    permits: list[UploadPermit] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    sent_key: str = ""  # of the file that was put into the intake bucket last

    def __post_init__(self) -> None:
        super().__post_init__()
        self.backend.faces.seen |= {NOBODY: [], VEILED: [_CLOSE], ANNA: [_CLOSE], BEN: [_CLOSE]}
        self.backend.faces.unclear.add(VEILED)

    @property
    def story(self) -> Story:
        """The story of the last upload that was answered."""
        return self.acknowledged[-1].receipt.story

    @property
    def upload_id(self) -> str:
        """The id of the last form."""
        return self.permits[-1].request.id

    # Pages and their stories.

    def upload(self, shade: int = SHADE, *, upside_down: bool = False, **fields: Any) -> Self:
        """Send a photo, and again when that fails, as a client does."""
        photo = upload(page(shade, upside_down=upside_down), **fields)
        take_in = partial(self.part(Intake).take_in, photo)
        if receipt := self._tried("upload", take_in):
            self.acknowledged.append(Acknowledged(receipt, shade, photo.notify))
        return self

    def abandon(self, shade: int = SHADE) -> Self:
        """Send a photo; the function dies after the claim, and the client does not try again."""
        self.die_before("s3.PutObject")
        photo = upload(page(shade))
        self.invoked(Process("upload"), lambda: self.part(Intake).take_in(photo))
        return self

    def request_upload(self, *, notify: bool = True) -> Self:
        """Ask for a form, and again when that fails."""
        wanted = WantedUpload("page one.jpg", "image/jpeg", AUTO, "Joanna", notify)
        permit = self._tried("request", lambda: self.part(DirectUpload).permit(wanted))
        if permit is None:
            raise BrokenPromiseError("a client gets no form")
        self.permits.append(permit)
        return self

    def post(self, shade: int | None = SHADE, permit: UploadPermit | None = None) -> Self:
        """Post a page (None: something else) with a form, the last one unless another is given."""
        request = (permit or self.permits[-1]).request
        if self.clock.now <= request.usable_until:  # else S3 refuses it
            self._put(request.key, shade, request.id, notify=request.notify)
        return self

    def upload_directly(self, shade: int | None = SHADE) -> Self:
        return self.request_upload().post(shade)

    def drop(self, shade: int | None = SHADE, name: str = "a page.jpg") -> Self:
        """An operator puts a page (None: something else) into the intake bucket."""
        self._put(keys.ARRIVALS + name, shade, None, notify=True)
        return self

    def _put(self, key: str, shade: int | None, upload_id: str | None, *, notify: bool) -> None:
        content = b"no photo" if shade is None else page(shade)
        self.backend.intake_bucket.post(key, content, upload_id)
        self.posted.append(Posted(key, shade, upload_id, notify, self.clock.now))
        self.send_event(key)

    def send_event(self, key: str | None = None) -> Self:
        """S3 announces a file: the last one, unless a key is given."""
        self.sent_key = key or self.sent_key
        self.events.send(IntakeMessage("intake-bucket", self.sent_key))
        return self

    def send(self, step: Step, message: StoryMessage | None = None) -> Self:
        """Send a message of a step, about the last story unless another one is given."""
        self.backend.queues[step].send(message or about(self.story))
        return self

    def send_dead_letter(self, step: Step, message: Any = None) -> Self:
        self.backend.dead_letter_queues[step].send(message or about(self.story))
        return self

    def poll(self, asked_for: str | None = None) -> Self:
        """Ask once, for the last story unless another id is given."""
        asked_for = asked_for or self.story.id

        def retrieve() -> Story | UploadRequest | RejectedError:
            try:
                return self.part(Retrieval).retrieve(asked_for)
            except RejectedError as rejection:
                return rejection

        before = tuple(self.deleted), tuple(self.posted), tuple(self.cancelled)
        found = self.invoked(Process("poll"), retrieve)
        self.answered.append(Answered(asked_for, found, *before))
        return self

    def poll_upload(self) -> Self:
        """Ask for the upload of the last form."""
        return self.poll(self.upload_id)

    @property
    def answer(self) -> Story | UploadRequest | RejectedError | None:
        """The last answer to a poll; None: it failed."""
        return self.answered[-1].found

    def bulk(self, *asked_for: str) -> Self:
        deleted, posted = tuple(self.deleted), tuple(self.posted)
        found = self.invoked(
            Process("bulk"), lambda: self.part(Bulk).look_up(asked_for, notify=True)
        )
        for each, answer in zip(asked_for, found, strict=True) if found else ():
            self.answered.append(Answered(each, answer, deleted, posted))
        return self

    def list_all(self) -> Self:
        deleted = tuple(self.deleted)
        found = self.invoked(Process("list"), self.part(Listing).page)
        for story in found.stories if found else []:
            self.answered.append(Answered(story.id, story, deleted, ()))
        return self

    def delete(self, story_id: str | None = None) -> Self:
        """Delete the last story, unless another one is given; again when that fails."""
        story_id = story_id or self.story.id
        found = self._tried("delete", lambda: self.part(Deletion).delete(story_id))
        if isinstance(found, Story):
            self.deleted.append(about(found))
        elif found is not None:
            self.cancelled.append(found.id)
        return self

    def correct(self, text: str, revision: int | None = None, story_id: str | None = None) -> Self:
        """Correct the text of the last story, unless another one is given; again when that fails.

        A refusal ends it: the story is deleted, or has another revision.
        """
        story_id = story_id or self.story.id

        def correct() -> Story | RejectedError:
            try:
                return self.part(Corrections).correct(story_id, Correction(revision, text=text))
            except RejectedError as refusal:
                return refusal

        found = self._tried("correct", correct)
        if isinstance(found, Story):
            self.corrected.append(Corrected(found, text))
        return self

    def cancel(self) -> Self:
        """Cancel the upload of the last form; if it has a story by now, delete that."""
        return self.delete(self.upload_id)

    # Profiles.

    def put(
        self,
        person: int = ANNA,
        user_id: str = "user_a",
        *,
        shot: int = 0,
        tell: bool = False,
        tries: int = _TRIES,
        address: str = "",
    ) -> Self:
        """Send a profile photo, and again when that fails; `tell`: with an e-mail address."""
        email = address or _address(user_id, tell=tell)
        photo = NewPhoto(user_id, picture(person, shot), "image/png", email)
        asked = len(self.tape.requests)
        done = self._tried("put", lambda: self.part(ProfileIntake).take_in(photo), tries)
        fields = {"email": photo.email, "asked": asked, "granted": done is not None}
        return self.wish(person, photo.content, user_id, **fields)

    def post_portrait(self, person: int = ANNA, *, tell: bool = False) -> Self:
        """Post a profile photo of user_a to the intake bucket with a form."""
        email = _address("user_a", tell=tell)
        permit = self.part(ProfileUpload).permit("user_a", "image/png", email)
        key = permit.form.fields["key"]
        content = picture(person)
        self.backend.intake_bucket.post(key, content, email=email)
        return self.wish(person, content, email=email, key=key).send_event(key)

    def start_by_hand(self, person: int) -> Self:
        """An operator starts an execution with a photo of user_a.

        Should it end before its first task has looked, the operator sees that.
        """
        self.backend.by_hand("user_a", picture(person))
        return self.wish(person, picture(person), granted=not self.conditions.aborting)

    def wish(
        self, person: int | None, content: bytes | None, user_id: str = "user_a", **fields: Any
    ) -> Self:
        """Note a wish that is answered now; it took no request unless `asked` is given."""
        now = len(self.tape.requests)
        self.wishes.append(Wish(user_id, person, content, **{"asked": now, "ended": now, **fields}))
        return self

    def ask(self, user_id: str = "user_a") -> Self:
        """Ask for a profile once."""
        asked = len(self.tape.requests)

        def retrieve() -> Told:
            found = None
            with suppress(UnknownProfileError):
                found = self.part(ProfileRetrieval).retrieve(user_id)
            return Told(user_id, found, asked)

        if told := self.invoked(Process("get"), retrieve):
            self.told.append(told)
        return self

    def remove(self, user_id: str = "user_a") -> Self:
        """Delete a profile, and again when that fails."""
        asked = len(self.tape.requests)

        def delete() -> bool:
            with suppress(UnknownProfileError):
                self.part(ProfileRetrieval).delete(user_id)
            return True

        done = bool(self._tried("delete", delete))
        return self.wish(None, None, user_id, asked=asked, granted=done)

    def profile(self, user_id: str = "user_a") -> Profile | None:
        """The profile as the table has it."""
        return self.backend.profiles.find(profile_id_of(NAMESPACE, user_id))

    # How scenarios are told.

    def meet(self, *processes: Step | Callable[[], object]) -> Processes:
        """The processes of a meeting; a step stands for the handling of one of its messages."""
        return [self.receive(each) if isinstance(each, Step) else each for each in processes]

    def expect(self, status: Status) -> Self:
        """The last answer has this status, if it is a story: the request may meet a fault."""
        found = self.answer
        is_other = isinstance(found, Story) and found.status is not status
        return self.require(holds=not is_other, otherwise=f"a story is not {status}")

    def require(self, *, holds: bool, otherwise: str) -> Self:
        if not holds:
            raise BrokenPromiseError(otherwise)
        return self

    def _tried(
        self, kind: str, function: Callable[[], Answer], tries: int = _TRIES
    ) -> Answer | None:
        """Invoke a function until it answers; None: the client gave up."""
        for _ in range(tries):
            answer = self.invoked(Process(kind), function)
            if answer is not None:
                return answer
            self.clock.advance(_SECONDS_BETWEEN_TRIES)
        return None


def picture(person: int, shot: int = 0) -> bytes:
    return portrait(person, side=_SIDE, shot=shot)


def _address(user_id: str, *, tell: bool) -> str | None:
    return f"{user_id[-1]}@example.com" if tell else None
