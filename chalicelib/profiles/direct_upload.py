"""Straight to S3: a form for a profile photo, and taking in what arrives by it."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib.delivery.messages import Delivery, IntakeMessage
from chalicelib.delivery.rejected_files import RejectedFiles
from chalicelib.delivery.retries import retried
from chalicelib.errors import InvalidRequestError, SupersededError, TooLargeError
from chalicelib.profiles import keys
from chalicelib.profiles.intake import NewPhoto, ProfileIntake
from chalicelib.profiles.profile import checked_user_id
from chalicelib.stories.ports import Queue
from chalicelib.stories.upload_ports import IntakeBucket, IntakePhoto
from chalicelib.stories.upload_request import FORM_USABLE_FOR, MAX_BYTES, PostForm
from chalicelib.telemetry import logs

log = logging.getLogger(__name__)


class ProfilePermit(msgspec.Struct, frozen=True):
    """A form for one photo of a user, and until when it works."""

    user_id: str
    form: PostForm
    usable_until: datetime


class ProfileUpload(msgspec.Struct, frozen=True):
    """Makes forms. Nothing is kept of them: the form itself says whose photo it is for."""

    intake_bucket: IntakeBucket
    new_uuid: Callable[[], uuid.UUID]
    clock: Callable[[], datetime]

    def permit(self, user_id: str, content_type: str, email: str | None) -> ProfilePermit:
        key = keys.staged(user_id, self.new_uuid(), content_type)
        form = self.intake_bucket.form(key, content_type, email=email)
        return ProfilePermit(user_id, form, self.clock() + FORM_USABLE_FOR)


class ProfileBucketIntake(msgspec.Struct, frozen=True):
    """Handles the messages about profile photos in the intake_bucket bucket."""

    intake: ProfileIntake
    intake_bucket: IntakeBucket
    queue: Queue[IntakeMessage]
    aside: RejectedFiles

    def handle(self, delivery: Delivery[IntakeMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        staged = delivery.message
        with logs.bound(step="profile intake_bucket"), retried(self.queue, delivery):
            if staged.key.endswith("/"):
                log.info("a folder")
                return
            found = self.intake_bucket.get(staged.key, MAX_BYTES)
            if found is None:
                log.info("it is gone: taken in already, or removed")
                return
            try:
                self.intake.take_in(photo_of(staged.key, found))
            except (InvalidRequestError, TooLargeError) as rejection:
                self.aside.put(staged, found, rejection.message)
                return
            except SupersededError as change:
                log.info("not taken in", extra={"reason": change.message})
            self.intake_bucket.remove(staged.key, found.version)


def photo_of(key: str, found: IntakePhoto) -> NewPhoto:
    """A staged photo as its sender wants it handled; whether it does, the workflow tells.

    Raises:
        InvalidRequestError: The key does not say whose photo it is.
        TooLargeError: It has too many bytes to be looked at.
    """
    user_id = keys.user_id_of(key)
    if user_id is None:
        raise InvalidRequestError(f"Send a profile photo to {keys.ARRIVALS}{{user_id}}/{{name}}.")
    if found.content is None:
        raise TooLargeError(
            f"This photo has {found.size:,} bytes; at most {MAX_BYTES:,} can be taken in."
        )
    return NewPhoto(
        user_id=checked_user_id(user_id),
        content=found.content,
        content_type="application/octet-stream",
        email=found.email,
        sent_at=found.arrived_at,
    )
