"""The proof finds bugs: each safeguard of the app is switched off once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import pytest

from chalicelib.assembly import Assembly
from chalicelib.delivery.messages import Delivery, StoryMessage
from chalicelib.delivery.runner import Runner
from chalicelib.delivery.upload_failures import UploadFailures
from chalicelib.errors import ThrottledError
from chalicelib.profiles import moves
from chalicelib.profiles.detection import FaceDetection
from chalicelib.profiles.duplicates import Duplicates, RivalStatus, rival_status
from chalicelib.profiles.execution import Task
from chalicelib.profiles.faces import Match, Owner
from chalicelib.profiles.failover import ProfileFailover
from chalicelib.profiles.profile import Leftover, Profile, ProfileStatus, profile_id_of
from chalicelib.profiles.records import CurrentAttempt
from chalicelib.profiles.registration import Registration
from chalicelib.speech.timings import MarkedText
from chalicelib.speech.voices import DEFAULT_LANGUAGE
from chalicelib.steps.narration import Narration
from chalicelib.steps.paid_results import PaidResults
from chalicelib.stories import keys
from chalicelib.stories.changes import Move
from chalicelib.stories.intake_bucket import IntakePhoto
from chalicelib.stories.story import Lease, Status, Story
from chalicelib.stories.upload_request import UploadRequest, UploadStatus, failure, fulfilment
from tests.fakes.profiles import InMemoryProfiles
from tests.fakes.stories import InMemoryStories
from tests.fakes.uploads import InMemoryIntakeBucket, InMemoryUploadRequests
from tests.proof.ledger import FOUND
from tests.proof.schedules import Meeting, Part, Scenario, every_order_of, every_single_fault
from tests.proof.simulated_aws import BrokenPromiseError, Conditions, MemoryBackend
from tests.proof.test_schedules import MEETINGS, SCENARIOS, in_part

BUGS: list[tuple[type[Any], str, str]] = []


def planted(where: str, symptom: str) -> Callable[[type[Any]], type[Any]]:
    """A bug, the scenario or meeting that reveals it, and what is broken then.

    The class takes the place of the one that it extends.
    """

    def plant(bug: type[Any]) -> type[Any]:
        BUGS.append((bug, where, symptom))
        return bug

    return plant


def without(move: Move, field: str) -> Move:
    kept: Any = {name: value for name, value in move.changes.items() if name != field}
    return Move(kept, move.expect)


@planted("one reading message twice", "paid 2 times")
class WithoutLease(InMemoryStories):
    """Every process gets the lease, and no write compares it."""

    def lease(self, story_id: str, generation: str, lease: Lease, now: datetime) -> Story:
        return self._told(self._current(story_id, generation), lease)

    def apply(
        self, story: Story, move: Move, *, lease: Lease | None = None, release: bool = False
    ) -> Story:
        return self._told(super().apply(story, move), None if release else lease)

    def _told(self, story: Story, lease: Lease | None) -> Story:
        """The story as if the process had its lease."""
        return msgspec.structs.replace(story, leases={lease.step: lease} if lease else {})


@planted("two uploads of a new photo", "an acknowledged story is gone")
class WithoutClaimCondition(InMemoryStories):
    """A claim overwrites the story that has its id."""

    def claim(self, story: Story, *, over: Story | None = None) -> Story | None:
        self.kept[story.id] = story
        return None


@planted("two reading messages", "2 notices for 1 ends")
class WithoutNotifiedMark(InMemoryStories):
    """No record says that the notice was sent."""

    def apply(self, story: Story, move: Move, **more: Any) -> Story:
        return super().apply(story, without(move, "notified_of"), **more)


@planted("one reading message twice", "spoken by Vicki in en-US")
class WithoutLanguage(InMemoryStories):
    """The voice of the page's language is kept, and its language forgotten."""

    def apply(self, story: Story, move: Move, **more: Any) -> Story:
        if move.changes.get("text"):
            move = Move({**move.changes, "language": DEFAULT_LANGUAGE}, move.expect)
        return super().apply(story, move, **more)


@planted("another generation", "a message of 00000001 touched 00000002")
class WithoutGenerationCheck(InMemoryStories):
    """A process that knows the id may write."""

    def _current(self, story_id: str, generation: str) -> Story:
        story = self.kept.get(story_id)
        return super()._current(story_id, story.generation if story else generation)


@planted("a worker wakes too late", "an acknowledged story was left read")
class WithoutFences(InMemoryStories):
    """A worker whose lease ran out may write, whatever has become of the story since."""

    def apply(
        self, story: Story, move: Move, *, lease: Lease | None = None, release: bool = False
    ) -> Story:
        written = super().apply(story, without(move, "status"))
        leases = dict(written.leases)
        if lease and release:
            leases.pop(lease.step, None)
        status = move.changes.get("status", written.status)
        return self._write(written, {"status": status, "leases": leases})


@planted("an eraser and a reader", "a story was said to be erased before it was")
class WithoutWaitingForWriters(InMemoryStories):
    """The eraser does not learn that another process may still store files."""

    def find(self, story_id: str) -> Story | None:
        story = super().find(story_id)
        if story is None or story.status is not Status.DELETED:
            return story
        return msgspec.structs.replace(story, leases={}, uploading_until=None)


@planted("a lost deletion, and the photo again", "an orphan")
class WithSilentReplacement(InMemoryStories):
    """A deleted story looks erased to an upload that claims its id: its files stay."""

    def claim(self, story: Story, *, over: Story | None = None) -> Story | None:
        existing = super().claim(story, over=over)
        if existing is None or existing.status is not Status.DELETED:
            return existing
        return msgspec.structs.replace(existing, erased_at=existing.deleted_at)


@planted("direct upload of a finished photo", "an acknowledged story is gone")
class WithoutTransaction(InMemoryUploadRequests):
    """A request is fulfilled before its story is claimed."""

    def claim_story(
        self, request: UploadRequest, photo_arrived_at: datetime, story: Story, **over: Any
    ) -> Story | None:
        if self._is_open(request):
            self._write(request, fulfilment(story, photo_arrived_at))
        return self._stories.claim(story, **over)


@planted("an arrived photo and a cancellation", "the upload went on")
class WithoutOpenCondition(InMemoryUploadRequests):
    """A photo fulfils its upload request whatever has become of the request since."""

    def _is_open(self, request: UploadRequest) -> bool:
        return request.id in self.kept


@planted("direct upload of no photo", "0 notices about 1 failed uploads")
class WithNoticeMarkedFirst(UploadFailures, frozen=True):
    """A notice is recorded before it is sent: a crash in between loses it."""

    def tell(self, request: UploadRequest, reason: str) -> None:
        if request.status is UploadStatus.REQUESTED:
            failed = self.upload_requests.update(request, failure(reason))
            self.upload_requests.update(failed, {"notified_at": self.clock()})
            self.announcer.publish("It could not be taken in", reason)


@planted("direct upload", "a photo was posted, and its request does not know of it")
class WithoutPatience(InMemoryIntakeBucket):
    """A file is removed as soon as a process has read it."""

    def get(self, key: str, max_bytes: int) -> IntakePhoto | None:
        found = super().get(key, max_bytes)
        self.objects.pop(key, None)
        return found


@planted("dense page", "paid 2 times for rekognition.DetectText")
class WithoutStoredPicture(PaidResults, frozen=True):
    """Only the document's answer is stored."""

    def stored_or_paid(
        self, key: str, content_type: str, lease: Lease, pay: Callable[[], bytes]
    ) -> bytes:
        if "detection" in key:
            return pay()
        return super().stored_or_paid(key, content_type, lease, pay)


@planted("dense page", "paid 2 times for")
class WithoutHold(PaidResults, frozen=True):
    """A result that S3 does not take at once is lost."""

    def store(self, key: str, content_type: str, lease: Lease, result: bytes) -> None:
        self.media.put(key, result, content_type)


class _Unconditional(InMemoryStories):
    """Writes one kind of change whatever the story has become meanwhile."""

    change: str

    def apply(self, story: Story, move: Move, **more: Any) -> Story:
        return super().apply(
            story, Move(move.changes) if self.change in move.changes else move, **more
        )


@planted("a correction and narration", "a story named a file that was not there")
class WithoutRevisionOfTheNarration(_Unconditional):
    """A narration is published although the text was corrected meanwhile."""

    change = "spoken"


@planted("two corrections of a correction", "2 corrections of revision 2")
class WithoutRevisionOfTheCorrection(_Unconditional):
    """The later of two people overwrites what the earlier one has just corrected."""

    change = "revision"


@planted("a correction", "a story has no times")
class WithMarksOfTheStory(Narration, frozen=True):
    """Marks are kept by the numbers of requests: those of the old text meet the new audio."""

    def _marks(
        self, story: Story, text: MarkedText, number: int, request: str, lease: Lease
    ) -> bytes:
        engine = self.speech_engine
        names: Any = {"language": story.language, "voice": story.voice, "engine": engine}
        return self.paid_results.stored_or_paid(
            keys.speech_marks(story, str(number), engine),
            "application/x-json-stream",
            lease,
            lambda: self.speaker.marks(request, **names),
        )


@planted("a correction", "a story named a file that was not there")
class WithEarlyRemoval(Narration, frozen=True):
    """The old narration is removed before the new one takes its place."""

    def _publish(self, story: Story, *more: Any) -> None:
        self._remove_older(story)
        super()._publish(story, *more)


@planted("a correction", "files of its narration that it does not name")
class WithoutRemoval(Narration, frozen=True):
    """The old narration stays where it is."""

    def _remove_older(self, story: Story) -> None:
        """Do nothing."""


@planted("times wanted late", "a story has no times")
class WithTimesForNobody(_Unconditional):
    """That times are wanted is written down, though the story is spoken already."""

    change = "read_along"


@planted("reading throttled for long", "a readable page failed")
class WithThrottlesCounted(Runner, frozen=True):
    """SQS counts each throttled attempt, and gives the message up after a few."""

    def _postpone(
        self, delivery: Delivery[StoryMessage], story: Story, lease: Lease, busy: ThrottledError
    ) -> None:
        self.leases.release(lease, story)
        raise busy


@planted("the same face", "two profiles count with the same face")
class WithoutSecondLook(Duplicates, frozen=True):
    """An execution that has added a face does not look whether another one has added it too."""

    def settle(
        self, task: Task, current: CurrentAttempt, face_id: str, matches: Sequence[Match]
    ) -> None:
        """Do nothing."""


@planted("the same face, the later id lower", "two profiles count with the same face")
class WithoutWordToTheRival(Duplicates, frozen=True):
    """The execution with the lower face id goes on, and does not tell the other one."""

    def _prevails(self, face_id: str, rival: Owner | None, face_ids: Sequence[str]) -> bool:
        standing = rival_status(self._profile_of(rival), rival)
        if standing is RivalStatus.CONTENDER:
            return face_id < min(face_ids)
        return standing is RivalStatus.OVER


@planted("the same face, the later id lower", "a photo counts that is processing")
class WithoutLookBeforeItCounts(Registration, frozen=True):
    """A photo counts whether it is still wanted or not."""

    def persist(self, task: Task) -> dict[str, Any]:
        def decide(before: Profile | None) -> Profile:
            assert before is not None
            if before.status is ProfileStatus.READY:
                return before
            return moves.registered(before, self.records.clock())

        profile_id = profile_id_of(self.records.namespace, task.sent.user_id)
        self.clean_up.begin(self.records.change(profile_id, decide))
        return {}


@planted("profile photo", "paid 2 times for rekognition.DetectFaces")
class WithoutMemory(FaceDetection, frozen=True):
    """An execution pays again for what an earlier one has paid for."""

    def run(self, task: Task) -> dict[str, Any]:
        self._claim(task)
        self._detect(task, self.records.current_attempt(task))
        return {}


@planted("posted photo", "it never comes to rest")
class WithoutSweeper(ProfileFailover, frozen=True):
    """Profiles are resumed only when their users ask."""

    def sweep(self, has_time: Callable[[], bool]) -> None:
        """Do nothing."""


class _Forgetting(InMemoryProfiles):
    """Does not store every leftover."""

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        left = profile.leftovers.items()
        kept = {name: each for name, each in left if not self.is_forgotten(profile, each)}
        cut = msgspec.structs.replace(profile, leftovers=kept)
        since = cut.unfinished_since if moves.is_unfinished(cut) else None
        super().save(msgspec.structs.replace(cut, unfinished_since=since), over=over)

    def is_forgotten(self, profile: Profile, left: Leftover) -> bool:
        raise NotImplementedError


@planted("replacement", "an orphan")
class WithoutRemovalOfTheOldPhoto(_Forgetting):
    """A photo that was replaced stays where it is."""

    def is_forgotten(self, profile: Profile, left: Leftover) -> bool:
        return left.published and profile.status is ProfileStatus.READY


@planted("no face", "an orphan")
class WithoutClearingUp(_Forgetting):
    """The files of an attempt that ended stay where they are."""

    def is_forgotten(self, profile: Profile, left: Leftover) -> bool:
        is_over = profile.status in {ProfileStatus.REJECTED, ProfileStatus.FAILED}
        return is_over and not left.published


@planted("DELETE and the workflow", "an orphan")
class WithoutAttemptInDeletion(_Forgetting):
    """A deletion forgets the photo that is on its way."""

    def is_forgotten(self, profile: Profile, left: Leftover) -> bool:
        return profile.status is ProfileStatus.DELETED and not left.published


@planted("a late index", "an orphan: a face")
class WithoutMarkBeforehand(InMemoryProfiles):
    """No record says that a face is being added, until its id is stored."""

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        attempt = profile.attempt
        if attempt is not None and attempt.face_id is None:
            attempt = msgspec.structs.replace(attempt, indexing=False)
        super().save(msgspec.structs.replace(profile, attempt=attempt), over=over)


@planted("a refused photo from three addresses", "the address of a user who is to be told is lost")
class WithOneAddress(InMemoryProfiles):
    """Only the last address that came with a photo is kept."""

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        attempt = profile.attempt
        if attempt is not None:
            last = dict([*attempt.notices.items()][-1:])
            attempt = msgspec.structs.replace(attempt, notices=last)
        super().save(msgspec.structs.replace(profile, attempt=attempt), over=over)


@planted("PUT and the workflow", "what user_a wished last")
class WithoutVersions(InMemoryProfiles):
    """The last write wins."""

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        self.kept[profile.id] = profile


def with_bug(bug: type[Any], *, aborting: bool) -> Conditions:
    def make_backend() -> MemoryBackend:
        backend = MemoryBackend()
        if issubclass(bug, InMemoryStories):
            backend.stories = bug()
            backend.upload_requests = InMemoryUploadRequests(backend.stories)
        if issubclass(bug, InMemoryUploadRequests):
            backend.upload_requests = bug(backend.stories)
        if issubclass(bug, InMemoryIntakeBucket):
            backend.intake_bucket = bug(backend.clock)
        if issubclass(bug, InMemoryProfiles):
            backend.profiles = bug()
        return backend

    class Buggy(Assembly):
        def _filled(self, kind: Any, **explicit: object) -> Any:
            return super()._filled(bug if issubclass(bug, kind) else kind, **explicit)

    return Conditions(make_backend, Buggy, aborting=aborting)


@in_part
@pytest.mark.parametrize(
    ("bug", "where", "symptom"), BUGS, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_planted_bug_is_found(bug: type[Any], where: str, symptom: str, part: Part) -> None:
    (case,) = (each for each in (*MEETINGS, *SCENARIOS) if each.name == where)

    with pytest.raises(BrokenPromiseError) as broken:
        play_every(case, part, bug)

    problems, _, _ = str(broken.value).partition("\n\n")
    assert symptom in problems
    FOUND.append(bug.__name__)


def play_every(case: Scenario, part: Part, bug: type[Any]) -> None:
    if isinstance(case, Meeting):
        every_order_of(case, part, with_bug(bug, aborting=False))
    else:
        every_single_fault(case, part=part, conditions=with_bug(bug, aborting=True))
