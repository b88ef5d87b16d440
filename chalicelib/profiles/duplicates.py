"""Whose face is it? One face belongs to one profile, even if two ask at the same time.

Faces that look alike are found by the collection; which of them count is told by the
records, because a face may be in the collection before its profile is sure of it, or for a
moment after it is done with it.
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
    """What the owner of a face that looks alike is to whoever asks."""

    REGISTERED = "registered"  # the face is theirs
    CONTENDER = "contender"  # they are asking as well, at this moment
    OVER = "over"  # the face is on its way out


class Duplicates(msgspec.Struct, frozen=True):
    records: Records

    def refuse_registered(
        self, task: Task, current: CurrentAttempt, matches: Sequence[Match]
    ) -> None:
        """Refuse the photo if its face belongs to another profile.

        Raises:
            FaceAlreadyExistsError: It does.
        """
        for rival in rivals_of(matches, current.profile.id):
            if self._status_of(rival) is RivalStatus.REGISTERED:
                raise self.records.refuse(task, FACE_ALREADY_EXISTS)

    def settle(
        self, task: Task, current: CurrentAttempt, face_id: str, matches: Sequence[Match]
    ) -> None:
        """The same, now that the face is in the collection; of several who ask, one may stay.

        Whoever added a face looks for others afterwards, so of any two at least one sees the
        other. That one does not know whether it was seen: it decides for both, by the lowest
        face id, and the decision holds because it is written down where the other must look
        before its photo counts.

        Raises:
            FaceAlreadyExistsError: It belongs to another profile, or is to.
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
            assert profile and profile.attempt  # noqa: S101, PT018  # or it would not contend
            if (profile.attempt.face_id or min(face_ids)) < face_id:
                return False
            try:
                now = self.records.clock()
                beaten = moves.refused(profile, FACE_ALREADY_EXISTS, now)
                self.records.profiles.save(beaten, over=profile)
            except ProfileChangedError:
                continue  # it went on meanwhile: look again what it is
            log.info("the same face at the same time", extra={"beaten": profile.id})
            return True

    def _status_of(self, rival: Owner | None) -> RivalStatus:
        return rival_status(self._profile_of(rival), rival)

    def _profile_of(self, rival: Owner | None) -> Profile | None:
        return self.records.profiles.find(rival.profile_id) if rival else None


def rivals_of(matches: Iterable[Match], profile_id: str) -> Mapping[Owner | None, list[str]]:
    """The faces that are not this profile's own, by owner."""
    found: dict[Owner | None, list[str]] = {}
    for match in matches:
        if match.owner is None or match.owner.profile_id != profile_id:
            found.setdefault(match.owner, []).append(match.face_id)
    return found


def rival_status(profile: Profile | None, rival: Owner | None) -> RivalStatus:
    """What the owner of a face is, by its record. Pure."""
    if rival is None:
        return RivalStatus.REGISTERED  # put into the collection by hand: that must mean something
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
