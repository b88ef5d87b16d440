"""Intake of profile photos: recognizes a repeated photo, or starts the workflow."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib import telemetry
from chalicelib.delivery.timeouts import CLOCKS_DIFFER_BY
from chalicelib.errors import SupersededError
from chalicelib.profiles import keys, moves
from chalicelib.profiles.executions import execution_name, mark_started
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.failover import ProfileFailover
from chalicelib.profiles.ports import Workflow
from chalicelib.profiles.profile import Attempt, Profile, ProfileStatus, is_outdated, profile_id_of
from chalicelib.profiles.records import Records
from chalicelib.stories.keys import content_id_of
from chalicelib.stories.ports import Media

log = logging.getLogger(__name__)


class NewPhoto(msgspec.Struct, frozen=True):
    """A photo that a user sends.

    Attributes:
        email: Where to send the notice if the photo is not taken.
        sent_at: When it was sent; None: now.
    """

    user_id: str
    content: bytes
    content_type: str
    email: str | None = None
    sent_at: datetime | None = None


class ProfileReceipt(msgspec.Struct, frozen=True):
    """The profile of a sent photo, and whether the same photo was sent before."""

    profile: Profile
    duplicate: bool


class ProfileIntake(msgspec.Struct, frozen=True):
    records: Records
    media: Media
    workflow: Workflow
    failover: ProfileFailover
    new_uuid: Callable[[], uuid.UUID]
    clock: Callable[[], datetime]

    def take_in(self, photo: NewPhoto) -> ProfileReceipt:
        """Store a photo and start the workflow for it.

        When this returns, the photo is stored and its execution is started. From then on the
        profile ends as ready, or as rejected or failed with a reason.

        Raises:
            SupersededError: After this photo, another one was sent, or the profile deleted.
            TransientError: AWS kept failing; sending the same photo again is safe.
        """
        profile_id = profile_id_of(self.records.namespace, photo.user_id)
        content_id = content_id_of(photo.content)
        new = self._attempt(profile_id, content_id, photo)
        with telemetry.bound(profile_id=profile_id, step="profile intake"):
            profile = self.records.change(
                profile_id,
                lambda before: taken(before, profile_id, photo, new, self.clock()),
            )
            attempt = profile.attempt
            duplicate = attempt is None or attempt.generation != new.generation
            if attempt is not None and profile.status is ProfileStatus.PROCESSING:
                profile = self._start(profile, attempt, photo)
            log.info("photo seen before" if duplicate else "photo taken in")
            return ProfileReceipt(profile, duplicate)

    def _attempt(self, profile_id: str, content_id: str, photo: NewPhoto) -> Attempt:
        generation = self.new_uuid().hex[:8]
        return Attempt(
            generation=generation,
            execution=execution_name(profile_id, generation, 1),
            content_id=content_id,
            sent_at=photo.sent_at or self.clock(),
            notices={photo.email: False} if photo.email else {},
        )

    def _start(self, profile: Profile, attempt: Attempt, photo: NewPhoto) -> Profile:
        """Store the photo and start the execution, unless that is done."""
        if attempt.started_at is not None:
            return self.failover.resume(profile)
        key = keys.photo(Owner(profile.id, attempt.generation))
        self.media.put(key, photo.content, photo.content_type)
        self.workflow.start(attempt.execution, photo.user_id, key)
        return mark_started(self.records, profile.id, attempt.execution)


def taken(
    profile: Profile | None, profile_id: str, sent: NewPhoto, new: Attempt, now: datetime
) -> Profile:
    """The profile after a photo was sent; a repeated photo changes nothing. Pure.

    Raises:
        SupersededError: After this photo, another one was sent, or the profile deleted.
    """
    photo, attempt = (profile.photo, profile.attempt) if profile else (None, None)
    is_current = photo is not None and photo.content_id == new.content_id
    if profile is not None and is_current and profile.status is ProfileStatus.READY:
        return profile
    is_tried = attempt is not None and attempt.content_id == new.content_id
    if profile is not None and is_tried and _may_join_attempt(profile):
        return moves.joined(profile, sent.email, now)
    if sent.sent_at and is_outdated(profile, sent.sent_at + CLOCKS_DIFFER_BY):
        raise SupersededError("it came too late: another photo was sent, or the profile deleted")
    if profile is not None and is_current:
        return moves.returned(profile, new.sent_at, now)
    return moves.attempted(profile, profile_id, sent.user_id, new, now)


def _may_join_attempt(profile: Profile) -> bool:
    """Would another attempt with the same photo end in the same way?"""
    if profile.status is ProfileStatus.REJECTED:
        refusal = profile.attempt and profile.attempt.refusal
        return bool(refusal and refusal.final)
    return profile.status is ProfileStatus.PROCESSING
