"""Straight to S3: a form for a profile photo, and taking in what arrives by it."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib import logs
from chalicelib.aside import Aside
from chalicelib.errors import InvalidRequest, SupersededError, TooLarge
from chalicelib.messages import Delivery, StagedObject
from chalicelib.ports import Queue
from chalicelib.profiles import keys
from chalicelib.profiles.intake import NewPhoto, ProfileIntake
from chalicelib.profiles.profile import checked_user_id
from chalicelib.retries import retried
from chalicelib.upload_ports import StagedPhoto, Staging
from chalicelib.uploads import FORM_USABLE_FOR, MAX_BYTES, PostForm

log = logging.getLogger(__name__)


class ProfilePermit(msgspec.Struct, frozen=True):
    """A form for one photo of a user, and until when it works."""

    user_id: str
    form: PostForm
    usable_until: datetime


class ProfileUpload(msgspec.Struct, frozen=True):
    """Makes forms. Nothing is kept of them: the form itself says whose photo it is for."""

    staging: Staging
    new_uuid: Callable[[], uuid.UUID]
    clock: Callable[[], datetime]

    def permit(self, user_id: str, content_type: str, email: str | None) -> ProfilePermit:
        key = keys.staged(user_id, self.new_uuid(), content_type)
        form = self.staging.form(key, content_type, email=email)
        return ProfilePermit(user_id, form, self.clock() + FORM_USABLE_FOR)


class StagedProfileIntake(msgspec.Struct, frozen=True):
    """Handles the messages about profile photos in the staging bucket."""

    intake: ProfileIntake
    staging: Staging
    queue: Queue[StagedObject]
    aside: Aside

    def handle(self, delivery: Delivery[StagedObject]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        staged = delivery.message
        with logs.bound(stage="profile staging"), retried(self.queue, delivery):
            if staged.key.endswith("/"):
                log.info("a folder")
                return
            found = self.staging.get(staged.key, MAX_BYTES)
            if found is None:
                log.info("it is gone: taken in already, or removed")
                return
            try:
                self.intake.take_in(photo_of(staged.key, found))
            except (InvalidRequest, TooLarge) as rejection:
                self.aside.put(staged, found, rejection.message)
                return
            except SupersededError as change:
                log.info("not taken in", extra={"reason": change.message})
            self.staging.remove(staged.key, found.version)


def photo_of(key: str, found: StagedPhoto) -> NewPhoto:
    """A staged photo as its sender wants it handled; whether it does, the workflow tells.

    Raises:
        InvalidRequest: The key does not say whose photo it is.
        TooLarge: It has too many bytes to be looked at.
    """
    user_id = keys.user_id_of(key)
    if user_id is None:
        raise InvalidRequest(f"Send a profile photo to {keys.STAGED}{{user_id}}/{{name}}.")
    if found.content is None:
        raise TooLarge(
            f"This photo has {found.size:,} bytes; at most {MAX_BYTES:,} can be taken in."
        )
    return NewPhoto(
        user_id=checked_user_id(user_id),
        content=found.content,
        content_type="application/octet-stream",
        email=found.email,
        sent_at=found.staged_at,
    )
