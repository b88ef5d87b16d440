"""Bucket intake: takes in photos that arrived in the intake bucket.

An arrived photo gets its story as a posted one does. Then it is removed from the intake bucket. If
no story can be made of it, its upload request fails; without a request, the object is moved to
`rejected/`.
"""

import logging
import re
from functools import partial
from typing import Final

import msgspec

from chalicelib import telemetry
from chalicelib.delivery.messages import Delivery, IntakeMessage, Queue
from chalicelib.delivery.rejected_files import RejectedFiles
from chalicelib.delivery.retries import retried
from chalicelib.delivery.timeouts import CLOCKS_DIFFER_BY
from chalicelib.delivery.upload_failures import UploadFailures
from chalicelib.errors import (
    RejectedError,
    StoryDeletedError,
    StorytimeError,
    TooLargeError,
    UnsupportedTypeError,
    message_of,
)
from chalicelib.pages import photo
from chalicelib.profiles.direct_upload import ProfileBucketIntake
from chalicelib.profiles.keys import is_profile_photo
from chalicelib.speech import voices
from chalicelib.steps.intake import Claim, Intake, Upload
from chalicelib.stories import keys, upload_request
from chalicelib.stories.intake_bucket import IntakeBucket, IntakePhoto
from chalicelib.stories.ports import Stories, UploadRequests
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import MAX_BYTES, UploadRequest, UploadStatus
from chalicelib.telemetry import DUPLICATES_FOUND, Meter

_EXTENSION: Final = re.compile(r"\.([a-z][a-z0-9]{1,4})$")
_EXTENSIONS: Final = frozenset({"jpeg", "jpe", "jfif", *upload_request.EXTENSIONS.values()})

log = logging.getLogger(__name__)


class BucketIntake(msgspec.Struct, frozen=True):
    intake: Intake
    stories: Stories
    upload_requests: UploadRequests
    intake_bucket: IntakeBucket
    intake_queue: Queue[IntakeMessage]
    rejected_files: RejectedFiles
    failures: UploadFailures
    meter: Meter

    def handle(self, delivery: Delivery[IntakeMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        bound = telemetry.bound(key=delivery.message.key, step="intake")
        with bound, retried(self.intake_queue, delivery):
            try:
                self._take_in(delivery.message)
            except Exception as trouble:
                self._note(delivery.message.key, message_of(trouble))
                raise

    def _take_in(self, message: IntakeMessage) -> None:
        if message.key.endswith("/"):
            log.info("a folder")
            return
        found = self.intake_bucket.get(message.key, MAX_BYTES)
        if found is None:
            log.info("the object is gone: taken in already, or removed")
            return
        request = self.upload_requests.find(found.upload_id) if found.upload_id else None
        try:
            content_type = checked(message.key, found)
        except RejectedError as rejection:
            log.info("rejected", extra={"reason": rejection.message})
            if request is None:
                self.rejected_files.move(message, found, rejection.message)
                return
            self.failures.tell(request, rejection.message)
        else:
            self._make_story(found, content_type, request, message.key)
        self.intake_bucket.remove(message.key, found.version)

    def _make_story(
        self, found: IntakePhoto, content_type: str, request: UploadRequest | None, key: str
    ) -> None:
        assert found.content is not None  # noqa: S101  # `checked` raises without content
        upload = upload_of(found.content, content_type, request, key)
        new = self.intake.new_story(upload, content_type)
        if request is not None and request.story_id not in {None, new.id}:
            log.info("another photo by the same form: it gets a story of its own")
            request = None
        try:
            receipt = self.intake.claim_and_start(new, upload, self._claim_for(request, found))
            if request is not None and receipt.duplicate:
                self.upload_requests.fulfil(request, receipt.story, found.arrived_at)
        except StoryDeletedError as deleted:
            log.info("no story is made", extra={"reason": deleted.message})
        else:
            if receipt.duplicate and not _was_taken_in(request, found):
                self.meter.record(DUPLICATES_FOUND)

    def _claim_for(self, request: UploadRequest | None, found: IntakePhoto) -> Claim:
        """How this photo claims its story."""
        if request is None:
            return partial(_unless_deleted_since, self.stories, found)
        if request.status is UploadStatus.CANCELLED:
            raise StoryDeletedError("the upload was cancelled")
        if _was_taken_in(request, found):
            return partial(_only_this_generation, self.stories, request)
        return partial(self.upload_requests.claim_story, request, found.arrived_at)

    def _note(self, key: str, last_error: str) -> None:
        """Write the error down for a client that asks why its photo is not taken in yet."""
        upload_id = keys.upload_id_of(key)
        try:
            request = self.upload_requests.find(upload_id) if upload_id else None
            if request is not None and request.status is UploadStatus.REQUESTED:
                self.upload_requests.update(request, {"last_error": last_error})
        except StorytimeError as also:
            log.info("not noted", extra={"reason": also.message})


class ArrivalIntake(msgspec.Struct, frozen=True):
    """Handles the intake queue: pages and profile photos arrive in one bucket."""

    pages: BucketIntake
    profile_photos: ProfileBucketIntake

    def handle(self, delivery: Delivery[IntakeMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        is_of_profile = is_profile_photo(delivery.message.key)
        (self.profile_photos if is_of_profile else self.pages).handle(delivery)


def _was_taken_in(request: UploadRequest | None, found: IntakePhoto) -> bool:
    """Did an earlier delivery claim this photo's story? The rest may still have to be done."""
    return request is not None and request.photo_arrived_at == found.arrived_at


def _only_this_generation(
    stories: Stories, request: UploadRequest, story: Story, *, over: Story | None = None
) -> Story:
    existing = stories.find(story.id)
    if over or not existing or existing.generation != request.generation:
        raise StoryDeletedError("the story is deleted, or its id has a new story")
    return existing


def _unless_deleted_since(
    stories: Stories, found: IntakePhoto, story: Story, *, over: Story | None = None
) -> Story | None:
    """A late S3 event must not revive a story that was deleted after the photo arrived."""
    if over and over.deleted_at and over.deleted_at > found.arrived_at + CLOCKS_DIFFER_BY:
        raise StoryDeletedError("the story was deleted after this photo arrived")
    return stories.claim(story, over=over)


def checked(key: str, found: IntakePhoto) -> str:
    """Make sure that an arrived object is a readable photo; return the format that it has.

    Raises:
        InvalidRequestError, TooLargeError, UnsupportedTypeError: It is not.
    """
    extension = _EXTENSION.search(key.lower())
    if extension is not None and extension[1] not in _EXTENSIONS:
        raise UnsupportedTypeError(f"A file that ends in .{extension[1]} is not a photo.")
    if found.content is None:
        raise TooLargeError(
            f"This photo has {found.size:,} bytes; at most {MAX_BYTES:,} can be taken in. "
            "Send a smaller one."
        )
    return photo.checked_content_type(found.content)


def upload_of(content: bytes, content_type: str, request: UploadRequest | None, key: str) -> Upload:
    """An arrived photo as an upload: as its request says; without a request, with defaults."""
    language, voice = (request.language, request.voice) if request else voices.chosen(None, None)
    return Upload(
        photo=content,
        content_type=content_type,
        name=keys.legible(request.name if request else key),
        language=language,
        voice=voice,
        notify=request.notify if request else True,
        read_along=request.read_along if request else None,
    )
