"""Finds out whose face it is. One face belongs to one profile, even if two ask at once.

The collection finds faces that look alike; the profiles' records say which of these count. A
face may be in the collection before its photo counts, and for a moment after its photo is
replaced.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from chalicelib.errors import ProfileChangedError
from chalicelib.profiles import moves
from chalicelib.profiles.execution import Task
from chalicelib.profiles.faces import Match, Owner
from chalicelib.profiles.profile import FACE_ALREADY_EXISTS, Profile, ProfileStatus
from chalicelib.profiles.records import CurrentAttempt, Records

log = logging.getLogger(__name__)


class RivalStatus(StrEnum):
    """How far the owner of a similar face is."""

    REGISTERED = "registered"  # the face belongs to its profile
    CONTENDER = "contender"  # its own attempt is running at this moment
    OVER = "over"  # its photo does not count, and the face is about to be removed


class Duplicates(msgspec.Struct, frozen=True):
    records: Records

    def refuse_registered(
        self, task: Task, current: CurrentAttempt, matches: Sequence[Match]
    ) -> None:
        """Refuse the photo if its face belongs to another profile.

        Raises:
            FaceAlreadyExistsError: It belongs to another profile.
        """
        for rival in rivals_of(matches, current.profile.id):
            if self._status_of(rival) is RivalStatus.REGISTERED:
                raise self.records.refuse(task, FACE_ALREADY_EXISTS)

    def settle(
        self, task: Task, current: CurrentAttempt, face_id: str, matches: Sequence[Match]
    ) -> None:
        """Let one of several simultaneous attempts with the same face go on. Call after adding it.

        Every attempt searches after it adds its face, so of two attempts at least one sees the
        other. It cannot know whether the other one sees it, so it decides for both: the lowest
        face id wins. It writes the decision into the loser's record, which the loser must read
        before its photo counts.

        Raises:
            FaceAlreadyExistsError: Another profile has the face, or wins it.
        """
        for rival, face_ids in rivals_of(matches, current.profile.id).items():
            if not self._prevails(face_id, rival, face_ids):
                raise self.records.refuse(task, FACE_ALREADY_EXISTS)

    def _prevails(self, face_id: str, rival: Owner | None, face_ids: Sequence[str]) -> bool:
        while True:
            profile = self._profile_of(rival)
            match rival_status(profile, rival):
                case RivalStatus.OVER:
                    return True
                case RivalStatus.REGISTERED:
                    return False
            assert profile and profile.attempt  # noqa: S101, PT018  # a contender has an attempt
            if (profile.attempt.face_id or min(face_ids)) < face_id:
                return False
            try:
                now = self.records.clock()
                beaten = moves.refused(profile, FACE_ALREADY_EXISTS, now)
                self.records.profiles.save(beaten, over=profile)
            except ProfileChangedError:
                continue  # its record changed meanwhile: read it again
            log.info("the same face at the same time", extra={"beaten": profile.id})
            return True

    def _status_of(self, rival: Owner | None) -> RivalStatus:
        return rival_status(self._profile_of(rival), rival)

    def _profile_of(self, rival: Owner | None) -> Profile | None:
        return self.records.profiles.find(rival.profile_id) if rival else None


def rivals_of(matches: Iterable[Match], profile_id: str) -> Mapping[Owner | None, list[str]]:
    """The faces of other profiles, by owner."""
    found: dict[Owner | None, list[str]] = {}
    for match in matches:
        if match.owner is None or match.owner.profile_id != profile_id:
            found.setdefault(match.owner, []).append(match.face_id)
    return found


def rival_status(profile: Profile | None, rival: Owner | None) -> RivalStatus:
    """How far the owner of a face is, by its profile's record. Pure."""
    if rival is None:
        return RivalStatus.REGISTERED  # an operator put it into the collection by hand
    if profile is None:
        return RivalStatus.OVER
    if profile.photo is not None and profile.photo.generation == rival.generation:
        return RivalStatus.REGISTERED
    attempt = profile.attempt
    contends = (
        profile.status is ProfileStatus.PROCESSING
        and attempt is not None
        and attempt.generation == rival.generation
        and attempt.refusal is None
    )
    return RivalStatus.CONTENDER if contends else RivalStatus.OVER
