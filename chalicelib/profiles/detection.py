"""The workflow's first task: checks that the photo shows one face, clear enough to match."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.errors import RejectedError, SupersededError
from chalicelib.pages import photo
from chalicelib.profiles import keys, moves, requirements
from chalicelib.profiles.execution import Task
from chalicelib.profiles.executions import is_our_name
from chalicelib.profiles.faces import Face
from chalicelib.profiles.ports import FaceCollection, SentPhotos
from chalicelib.profiles.profile import Attempt, Profile, is_outdated, profile_id_of
from chalicelib.profiles.records import CurrentAttempt, Records
from chalicelib.profiles.requirements import PHOTO_NOT_THERE
from chalicelib.stories.keys import content_id_of
from chalicelib.stories.ports import Media
from chalicelib.stories.upload_request import MAX_BYTES

log = logging.getLogger(__name__)


class FaceDetection(msgspec.Struct, frozen=True):
    records: Records
    media: Media
    sent_photos: SentPhotos
    faces: FaceCollection
    new_uuid: Callable[[], uuid.UUID]
    clock: Callable[[], datetime]

    def run(self, task: Task) -> dict[str, Any]:
        """Detect the face, unless that is done; returns the face.

        Raises:
            PhotoDoesNotMeetRequirementError: The message says what to do about it.
            SupersededError: A newer photo replaced this one.
        """
        self._claim(task)
        current = self.records.current_attempt(task)
        face = current.attempt.face or self._detect(task, current)
        return {"generation": current.attempt.generation, **msgspec.to_builtins(face)}

    def _claim(self, task: Task) -> None:
        """Make an execution that an operator started by hand the profile's attempt."""
        profile_id = profile_id_of(self.records.namespace, task.sent.user_id)
        if not is_our_name(task.execution, profile_id):
            new = Attempt(
                generation=self.new_uuid().hex[:8],
                execution=task.execution,
                sent_at=task.started_at,
                started_at=task.started_at,
            )
            self.records.change(
                profile_id, lambda before: claimed(before, profile_id, task, new, self.clock())
            )

    def _detect(self, task: Task, current: CurrentAttempt) -> Face:
        try:
            portrait = self._portrait(task, current)
            found = self.faces.detect(portrait)
            refusal = requirements.refusal_of(found, photo.size_of_jpeg(portrait))
        except RejectedError as rejection:
            refusal = requirements.unreadable(rejection)
        if refusal is not None:
            log.info("photo refused", extra={"code": refusal.code})
            raise self.records.refuse(task, refusal)
        (face,) = found
        self.records.apply(task, lambda profile, now: moves.detected(profile, face, now))
        return face

    def _portrait(self, task: Task, current: CurrentAttempt) -> bytes:
        """The photo upright, in a format and of a size that Rekognition takes."""
        key = keys.portrait(current.owner)
        made = self.media.get(key)
        if made is not None:
            return made
        content = self.sent_photos.get(task.sent.bucket, task.sent.key, MAX_BYTES)
        if content is None:
            raise RejectedError(PHOTO_NOT_THERE.message, code=PHOTO_NOT_THERE.code)
        content_type = photo.checked_content_type(content)
        portrait = photo.encoded(photo.upright_page(content))
        content_id = content_id_of(content)
        if current.attempt.content_id is None:  # started by hand: keep the photo as an upload would
            self.media.put(keys.photo(current.owner), content, content_type)
            self.records.apply(task, lambda profile, now: moves.read(profile, content_id, now))
        self.media.put(key, portrait, "image/jpeg")
        return portrait


def claimed(
    profile: Profile | None, profile_id: str, task: Task, new: Attempt, now: datetime
) -> Profile:
    """The profile with the attempt of an execution that was started by hand. Pure.

    Raises:
        SupersededError: After its start, another photo was sent, or the profile deleted.
    """
    attempt = profile.attempt if profile else None
    if profile is not None and attempt is not None and attempt.execution == task.execution:
        return profile  # an earlier try of this task did it
    if is_outdated(profile, task.started_at):
        raise SupersededError(f"a newer photo replaced that of execution {task.execution}")
    return moves.attempted(profile, profile_id, task.sent.user_id, new, now)
