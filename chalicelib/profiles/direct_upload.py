"""Direct uploads of profile photos: makes the form, and takes in the photos that arrive."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib import telemetry
from chalicelib.delivery.messages import Delivery, IntakeMessage, Queue
from chalicelib.delivery.rejected_files import RejectedFiles
from chalicelib.delivery.retries import retried
from chalicelib.errors import InvalidRequestError, SupersededError, TooLargeError
from chalicelib.profiles import keys
from chalicelib.profiles.intake import NewPhoto, ProfileIntake
from chalicelib.profiles.profile import checked_user_id
from chalicelib.stories.intake_bucket import IntakeBucket, IntakePhoto
from chalicelib.stories.keys import PROFILE_ARRIVALS
from chalicelib.stories.upload_request import FORM_USABLE_FOR, MAX_BYTES, PostForm

log = logging.getLogger(__name__)


class ProfileUploadPermit(msgspec.Struct, frozen=True):
    """A form for one photo of a user, and until when it works."""

    user_id: str
    form: PostForm
    usable_until: datetime


class ProfileUpload(msgspec.Struct, frozen=True):
    """Makes forms. It stores no record: the form's key says whose photo it is for."""

    intake_bucket: IntakeBucket
    new_uuid: Callable[[], uuid.UUID]
    clock: Callable[[], datetime]

    def permit(self, user_id: str, content_type: str, email: str | None) -> ProfileUploadPermit:
        key = keys.arrival(user_id, self.new_uuid(), content_type)
        form = self.intake_bucket.form(key, content_type, email=email)
        return ProfileUploadPermit(user_id, form, self.clock() + FORM_USABLE_FOR)


class ProfileBucketIntake(msgspec.Struct, frozen=True):
    """Takes in the profile photos that arrived in the intake bucket."""

    intake: ProfileIntake
    intake_bucket: IntakeBucket
    intake_queue: Queue[IntakeMessage]
    rejected_files: RejectedFiles

    def handle(self, delivery: Delivery[IntakeMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        message = delivery.message
        with telemetry.bound(step="profile intake"), retried(self.intake_queue, delivery):
            if message.key.endswith("/"):
                log.info("a folder")
                return
            found = self.intake_bucket.get(message.key, MAX_BYTES)
            if found is None:
                log.info("the object is gone: taken in already, or removed")
                return
            try:
                self.intake.take_in(photo_of(message.key, found))
            except (InvalidRequestError, TooLargeError) as rejection:
                self.rejected_files.move(message, found, rejection.message)
                return
            except SupersededError as change:
                log.info("photo came too late", extra={"reason": change.message})
            self.intake_bucket.remove(message.key, found.version)


def photo_of(key: str, found: IntakePhoto) -> NewPhoto:
    """An arrived profile photo. The workflow decides whether it is suitable.

    Raises:
        InvalidRequestError: The key does not say whose photo it is.
        TooLargeError: It has more than `MAX_BYTES`.
    """
    user_id = keys.user_id_of(key)
    if user_id is None:
        raise InvalidRequestError(
            f"Send a profile photo to {PROFILE_ARRIVALS}{{user_id}}/{{name}}."
        )
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
