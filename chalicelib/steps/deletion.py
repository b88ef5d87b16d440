"""Deletion, in two parts: first hides a story from clients, then removes its files.

An upload that has no story yet is cancelled instead.

The second part waits for workers and uploads that may still store files of the story, and for
the CDN to drop its copies. A tombstone stays, which says when everything was gone.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Final

import msgspec

from chalicelib import telemetry
from chalicelib.delivery import messages
from chalicelib.delivery.erasure import Erasure
from chalicelib.delivery.messages import Delivery, IntakeMessage, Queue, StoryMessage
from chalicelib.delivery.retries import retried
from chalicelib.delivery.timeouts import CLOCKS_DIFFER_BY
from chalicelib.errors import CdnBusyError, StoryChangedError, TransientError, UnknownStoryError
from chalicelib.steps.lookup import story_or_upload
from chalicelib.stories import keys, moves
from chalicelib.stories.intake_bucket import IntakeBucket
from chalicelib.stories.keys import checked_id
from chalicelib.stories.ports import Cdn, Stories, UploadRequests
from chalicelib.stories.queues import Step
from chalicelib.stories.story import TOMBSTONE_KEPT_FOR, Status, Story, is_gone, writers_end
from chalicelib.stories.upload_request import UploadRequest, UploadStatus, cancellation
from chalicelib.telemetry import Meter, record_duration

MAX_WRITER_DURATION: Final = timedelta(seconds=120)
"""The longest time limit of a function that stores files of a story (a test compares)."""

log = logging.getLogger(__name__)


class Deletion(msgspec.Struct, frozen=True):
    stories: Stories
    upload_requests: UploadRequests
    deletion_queue: Queue[StoryMessage]
    intake_queue: Queue[IntakeMessage]
    bucket_name: str
    clock: Callable[[], datetime]

    def delete(self, given_id: str) -> Story | UploadRequest:
        """Mark a story as deleted, and enqueue the removal of its files.

        If an upload has no story yet, cancel it. A second call does no harm.

        Args:
            given_id: The story's id, or that of the upload request.

        Raises:
            InvalidRequestError: The id is not a UUID.
            UnknownStoryError: No story and no upload request has this id.
            StoryChangedError: Its id got a new story meanwhile; trying again is safe.
        """
        known_id = checked_id(given_id)
        with telemetry.bound(story_id=known_id, step="deletion"):
            found = self._found(known_id)
            if isinstance(found, UploadRequest):
                return self._cancelled(found)
            story = self._deleted(found)
            if story.erased_at is None:
                self.deletion_queue.send(messages.about(story))
            log.info("deleted")
            return story

    def _cancelled(self, request: UploadRequest) -> UploadRequest:
        if request.status is not UploadStatus.CANCELLED:
            request = self.upload_requests.update(request, cancellation(self.clock()))
        # The photo may wait in the intake bucket, given up: the intake removes it.
        self.intake_queue.send(IntakeMessage(self.bucket_name, request.key))
        log.info("upload cancelled")
        return request

    def _deleted(self, story: Story) -> Story:
        if story.status is Status.DELETED:
            return story
        try:
            return self.stories.apply(story, moves.deleted(self.clock()))
        except StoryChangedError:
            latest = self.stories.find(story.id)
            is_same = latest is not None and latest.generation == story.generation
            if latest is not None and latest.status is Status.DELETED and is_same:
                return latest  # another request deleted it
            raise

    def _found(self, known_id: str) -> Story | UploadRequest:
        found = story_or_upload(self.stories, self.upload_requests, known_id)
        if found is None or (isinstance(found, Story) and is_gone(found, self.clock())):
            raise UnknownStoryError(f"There is no story with the id {known_id}.")
        return found


class Eraser(msgspec.Struct, frozen=True):
    """Handles the deletion queue: removes a deleted story's files.

    A worker may run for two more minutes, and CloudFront takes a few minutes to drop its copies.
    So SQS gives a message up only after ten receives, which take half an hour.
    """

    stories: Stories
    upload_requests: UploadRequests
    intake_bucket: IntakeBucket
    erasure: Erasure
    cdn: Cdn
    deletion_queue: Queue[StoryMessage]
    meter: Meter
    clock: Callable[[], datetime]

    def handle(self, delivery: Delivery[StoryMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        bound = telemetry.bound(story_id=delivery.message.id, step="deletion")
        with bound, retried(self.deletion_queue, delivery):
            self._erase(delivery)

    def _erase(self, delivery: Delivery[StoryMessage]) -> None:
        """Remove what is there.

        Raises:
            TransientError: Not everything is gone yet.
        """
        began_at = self.clock()
        message = delivery.message
        life = StoryMessage(message.id, message.generation)
        story = self.stories.find(message.id)
        if story is not None and messages.about(story) != life:
            story = None  # the id has a new story: only the old generation's files are meant
        if story is not None and (story.status is not Status.DELETED or story.erased_at):
            log.info("nothing to erase", extra={"status": story.status.value})
            return
        if message.gone_before is None:
            until = writers_end(story) if story else delivery.sent_at + MAX_WRITER_DURATION
            # Asked before files are removed: files stored until then are found below.
            may_be_written = until is not None and until > self.clock()
            self.erasure.erase(life)
            if may_be_written:
                raise TransientError("a worker may still store files of the story")
            self._let_requests_expire(life)
        elif message.gone_before > self.clock():
            raise TransientError("the invalidation that it waits for must not begin yet")
        try:
            if not self.cdn.invalidate(*_invalidation_for(message)):
                raise TransientError("the CDN has not dropped its copies yet")
        except CdnBusyError as busy:
            log.info("waits for one invalidation with others", extra={"reason": busy.message})
            self._wait_with_others(life)
            return
        if story is not None:
            self.stories.apply(story, moves.erased(self.clock()))
        log.info("erased")
        record_duration(self.meter, Step.DELETION, self.clock() - began_at)

    def _wait_with_others(self, life: StoryMessage) -> None:
        """Send a message for the next whole minute, in place of this one.

        One invalidation of all public files is for all stories that wait for that minute.
        """
        now = self.clock()
        soon = now + CLOCKS_DIFFER_BY
        gone_before = soon.replace(second=0, microsecond=0) + timedelta(minutes=1)
        waiting = msgspec.structs.replace(life, gone_before=gone_before)
        self.deletion_queue.send(waiting, delay=ceil((gone_before - now).total_seconds()))

    def _let_requests_expire(self, message: StoryMessage) -> None:
        """Keep the story's upload requests as long as its tombstone; remove their photos."""
        expires_at = (self.clock() + TOMBSTONE_KEPT_FOR).replace(microsecond=0)
        page = self.upload_requests.fulfilled_by(message.id, message.generation)
        while True:
            for request in page.requests:
                self._remove_arrival(request)
                self.upload_requests.update(request, {"expires_at": expires_at, "name": ""})
            if page.next is None:
                break
            page = self.upload_requests.fulfilled_by(message.id, message.generation, page.next)

    def _remove_arrival(self, request: UploadRequest) -> None:
        """Remove the photo, if its worker died before it removed it from the intake bucket."""
        arrived = self.intake_bucket.head(request.key)
        if arrived is not None and arrived.arrived_at == request.photo_arrived_at:
            self.intake_bucket.remove(request.key, arrived.version)


def _invalidation_for(message: StoryMessage) -> tuple[str, str]:
    """The prefix and reference of the invalidation that a deletion needs, each time the same."""
    if message.gone_before is not None:
        return keys.PUBLIC, f"all-{message.gone_before:%Y-%m-%dT%H:%M}"
    _, public = keys.prefixes(message.id, message.generation)
    return public, f"{message.id}-{message.generation}"
