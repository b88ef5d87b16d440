"""The workflow's tasks that check, add and register a face."""

import logging
from typing import Any

import msgspec

from chalicelib.errors import FaceAlreadyExistsError, SupersededError
from chalicelib.profiles import keys, moves
from chalicelib.profiles.clean_up import CleanUp
from chalicelib.profiles.duplicates import Duplicates
from chalicelib.profiles.execution import Task, attempt_of
from chalicelib.profiles.faces import Match
from chalicelib.profiles.ports import FaceCollection
from chalicelib.profiles.profile import Profile, ProfileStatus, Refusal, face_ids_of
from chalicelib.profiles.records import CurrentAttempt, Records
from chalicelib.stories.ports import Media
from chalicelib.telemetry import PROFILE_PHOTOS_READY, Meter

UNCLEAR = Refusal(
    "face_unclear",
    "The face cannot be seen well enough to know it again: send a clearer photo.",
)

log = logging.getLogger(__name__)


class Registration(msgspec.Struct, frozen=True):
    records: Records
    media: Media
    faces: FaceCollection
    duplicates: Duplicates
    clean_up: CleanUp
    meter: Meter

    def check(self, task: Task) -> dict[str, Any]:
        """Make sure that no other profile has the face.

        Raises:
            FaceAlreadyExistsError: Another profile has it.
            SupersededError: A newer photo replaced this one.
        """
        current = self.records.current_attempt(task)
        if current.attempt.face_id is None:  # else an earlier execution did this
            matches = self.faces.search(self._portrait(current))
            self.duplicates.refuse_registered(task, current, matches)
        return {"duplicate": False}

    def add(self, task: Task) -> dict[str, Any]:
        """Add the face to the collection, and search again for the same face.

        Raises:
            FaceAlreadyExistsError: Another profile has the face, or wins it.
            PhotoDoesNotMeetRequirementError: The face is too unclear to be added.
            SupersededError: A newer photo replaced this one.
        """
        current = self.records.current_attempt(task)
        portrait = self._portrait(current)
        face_id = current.attempt.face_id or self._added(task, current, portrait)
        matches = self.faces.search(portrait)
        twice = [each for each in _own(matches, current) if each != face_id]
        if twice:
            self.faces.remove(twice)
        self.duplicates.settle(task, current, face_id, matches)
        return {"faceId": face_id}

    def persist(self, task: Task) -> dict[str, Any]:
        """Make the photo the one that counts.

        Raises:
            FaceAlreadyExistsError: Another profile won the face meanwhile.
            SupersededError: A newer photo replaced this one.
        """
        profile = self.records.find(task.sent.user_id)
        if not _is_registered(profile, task):
            profile = self.records.apply(task, moves.registered)
            self.meter.record(PROFILE_PHOTOS_READY)
        assert profile and profile.photo  # noqa: S101, PT018  # it is registered
        self.clean_up.begin(profile)
        return {"userId": profile.user_id, "faceId": profile.photo.face_id}

    def _added(self, task: Task, current: CurrentAttempt, portrait: bytes) -> str:
        # An earlier try may have added the face, and died before it recorded the id.
        added_before = (
            _own(self.faces.search(portrait), current) if current.attempt.indexing else []
        )
        self.records.apply(task, moves.about_to_index)
        face_id = min(added_before) if added_before else self.faces.add(portrait, current.owner)
        if face_id is None:
            raise self.records.refuse(task, UNCLEAR)
        try:
            profile = self._record(current, face_id)
        except (SupersededError, FaceAlreadyExistsError):
            self._remove_unless_recorded(self.records.find(task.sent.user_id), face_id)
            raise
        self._remove_unless_recorded(profile, face_id)
        assert profile.attempt and profile.attempt.face_id  # noqa: S101, PT018  # it was indexed
        log.info("face added", extra={"face_id": profile.attempt.face_id})
        return profile.attempt.face_id

    def _record(self, current: CurrentAttempt, face_id: str) -> Profile:
        """Record the face's id in the attempt; any execution of the attempt may do so."""

        def decide(before: Profile | None) -> Profile:
            attempt = before.attempt if before else None
            if before is None or attempt is None:
                raise SupersededError("the profile has no attempt")
            if attempt.generation != current.attempt.generation:
                raise SupersededError("a newer photo replaced this one")
            attempt_of(before, attempt.execution)
            return moves.indexed(before, face_id, self.records.clock())

        return self.records.change(current.profile.id, decide)

    def _remove_unless_recorded(self, profile: Profile | None, face_id: str) -> None:
        """Remove a face that no record has: another invocation may have recorded another one."""
        if face_id not in face_ids_of(profile):
            self.faces.remove([face_id])

    def _portrait(self, current: CurrentAttempt) -> bytes:
        portrait = self.media.get(keys.portrait(current.owner))
        if portrait is None:
            raise SupersededError("the photo is removed already")
        return portrait


def _own(matches: list[Match], current: CurrentAttempt) -> list[str]:
    return [match.face_id for match in matches if match.owner == current.owner]


def _is_registered(profile: Profile | None, task: Task) -> bool:
    """Did an earlier try of this task register the photo?"""
    photo = profile.photo if profile and profile.status is ProfileStatus.READY else None
    return photo is not None and photo.execution == task.execution
