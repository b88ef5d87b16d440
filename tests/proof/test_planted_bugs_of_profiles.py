"""The harness finds what it is there to find in profiles, too: each safeguard switched off once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import pytest

from chalicelib.assembly import Assembly
from chalicelib.profiles import moves
from chalicelib.profiles.detection import FaceDetection
from chalicelib.profiles.duplicates import Duplicates, RivalStatus, rival_status
from chalicelib.profiles.execution import Task
from chalicelib.profiles.faces import Match, Owner
from chalicelib.profiles.failover import ProfileFailover
from chalicelib.profiles.profile import Leftover, Profile, ProfileStatus, profile_id_of
from chalicelib.profiles.records import CurrentAttempt
from chalicelib.profiles.registration import Registration
from tests.fakes.profiles import InMemoryProfiles
from tests.proof.crashes import every_single_fault
from tests.proof.ledger import FOUND
from tests.proof.meeting import every_order_of
from tests.proof.meetings_of_profiles import PROFILE_MEETINGS
from tests.proof.memory_backend import MemoryBackend
from tests.proof.profile_scenarios import PROFILE_SCENARIOS
from tests.proof.simulation import BrokenPromiseError
from tests.proof.test_profile_crash_points import CRASHES


class _SeesNobody(Duplicates, frozen=True):
    def settle(
        self, task: Task, current: CurrentAttempt, face_id: str, matches: Sequence[Match]
    ) -> None:
        """Take it that nobody else has added this face."""


class _WritesNothing(Duplicates, frozen=True):
    def _prevails(self, face_id: str, rival: Owner | None, face_ids: Sequence[str]) -> bool:
        standing = rival_status(self._profile_of(rival), rival)
        if standing is RivalStatus.CONTENDER:
            return face_id < min(face_ids)
        return standing is RivalStatus.OVER


class WithoutSecondLook(Assembly):
    """Who has added a face does not look again."""

    def __call__(self, kind: Any) -> Any:
        return super().__call__(_SeesNobody if kind is Duplicates else kind)


class WithoutWordToTheRival(Assembly):
    """Whose face id is lower goes on, and does not tell the other."""

    def __call__(self, kind: Any) -> Any:
        return super().__call__(_WritesNothing if kind is Duplicates else kind)


class _AsksNobody(Registration, frozen=True):
    def persist(self, task: Task) -> dict[str, Any]:
        def decide(before: Profile | None) -> Profile:
            assert before is not None
            if before.status is ProfileStatus.READY:
                return before
            return moves.registered(before, self.records.clock())

        profile_id = profile_id_of(self.records.namespace, task.sent.user_id)
        self.clean_up.begin(self.records.change(profile_id, decide))
        return {}


class WithoutLookBeforeItCounts(Assembly):
    """A photo counts whether it is still wanted or not."""

    def __call__(self, kind: Any) -> Any:
        return super().__call__(_AsksNobody if kind is Registration else kind)


class _Forgets(FaceDetection, frozen=True):
    def run(self, task: Task) -> dict[str, Any]:
        self._claim(task)
        self._detect(task, self.records.current_attempt(task))
        return {}


class WithoutMemory(Assembly):
    """What an earlier execution has paid for is not looked at."""

    def __call__(self, kind: Any) -> Any:
        return super().__call__(_Forgets if kind is FaceDetection else kind)


class _SweepsNothing(ProfileFailover, frozen=True):
    def sweep(self, has_time: Callable[[], bool]) -> None:
        """Leave profiles to whoever asks."""


class WithoutSweeper(Assembly):
    """Nobody looks after profiles whose users do not ask."""

    def __call__(self, kind: Any) -> Any:
        return super().__call__(_SweepsNothing if kind is ProfileFailover else kind)


class _Leaving(InMemoryProfiles):
    """Does not write down everything that is left to be removed."""

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        kept = {
            name: left
            for name, left in profile.leftovers.items()
            if not self.is_forgotten(profile, left)
        }
        cut = msgspec.structs.replace(profile, leftovers=kept)
        since = cut.unfinished_since if moves.is_unfinished(cut) else None
        super().save(msgspec.structs.replace(cut, unfinished_since=since), over=over)

    def is_forgotten(self, profile: Profile, left: Leftover) -> bool:
        raise NotImplementedError


class WithoutRemovalOfTheOldPhoto(_Leaving):
    """The photo that another one takes the place of stays where it is."""

    def is_forgotten(self, profile: Profile, left: Leftover) -> bool:
        return left.published and profile.status is ProfileStatus.READY


class WithoutClearingUp(_Leaving):
    """What an attempt that ended has left stays where it is."""

    def is_forgotten(self, profile: Profile, left: Leftover) -> bool:
        is_over = profile.status in {ProfileStatus.REJECTED, ProfileStatus.FAILED}
        return is_over and not left.published


class WithoutAttemptInDeletion(_Leaving):
    """Who deletes a profile forgets the photo that is on its way."""

    def is_forgotten(self, profile: Profile, left: Leftover) -> bool:
        return profile.status is ProfileStatus.DELETED and not left.published


class WithoutMarkBeforehand(InMemoryProfiles):
    """Nobody knows of a face until its id is written down."""

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        attempt = profile.attempt
        if attempt is not None and attempt.face_id is None:
            attempt = msgspec.structs.replace(attempt, indexing=False)
        super().save(msgspec.structs.replace(profile, attempt=attempt), over=over)


class WithoutVersions(InMemoryProfiles):
    """Whoever writes last has the word."""

    def save(self, profile: Profile, *, over: Profile | None) -> None:
        self.kept[profile.id] = profile


def symptoms_of(bug: type[Any], about: str) -> Iterator[str]:
    """Play what is about something with this bug: what breaks first, each time."""
    assembly = bug if issubclass(bug, Assembly) else Assembly

    def make_backend() -> MemoryBackend:
        backend = MemoryBackend()
        if issubclass(bug, InMemoryProfiles):
            backend.profiles = bug()
        return backend

    for meeting in PROFILE_MEETINGS:
        if meeting.name == about:
            yield from _symptom(
                partial(every_order_of, replace(meeting, assembly=assembly), make_backend)
            )
    for scenario in PROFILE_SCENARIOS:
        if scenario.name == about:
            played = replace(scenario, assembly=assembly, aborting=True)
            yield from _symptom(partial(every_single_fault, played, make_backend, kinds=CRASHES))


def _symptom(play: Callable[[], int]) -> Iterator[str]:
    try:
        play()
    except BrokenPromiseError as broken:
        yield str(broken).partition("\n\n")[0]  # all that is broken, and not the tape


@pytest.mark.parametrize(
    ("bug", "symptom", "about"),
    [
        (WithoutSecondLook, "two profiles count with the same face", "the same face"),
        (
            WithoutWordToTheRival,
            "two profiles count with the same face",
            "the same face, the later id lower",
        ),
        (
            WithoutLookBeforeItCounts,
            "a photo counts that is processing",
            "the same face, the later id lower",
        ),
        (WithoutMemory, "paid 2 times for rekognition.DetectFaces", "profile photo"),
        (WithoutSweeper, "it never comes to rest", "posted photo"),
        (WithoutRemovalOfTheOldPhoto, "an orphan", "replacement"),
        (WithoutClearingUp, "an orphan", "no face"),
        (WithoutAttemptInDeletion, "an orphan", "DELETE and the workflow"),
        (WithoutMarkBeforehand, "an orphan: a face", "a late index"),
        (WithoutVersions, "what user_a wished last", "PUT and the workflow"),
    ],
)
def test_a_planted_bug_is_found(bug: type[Any], symptom: str, about: str) -> None:
    assert any(symptom in each for each in symptoms_of(bug, about))

    FOUND.append(bug.__name__)
