"""Deleting a story, in two steps: nobody gets it from now on; then everything is removed.

The second step waits for whoever may still be storing something for the story, and for the
CDN to forget its copies. What is left is a tombstone that says when everything was gone.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chalicelib.delivery import messages
from chalicelib.delivery.erasure import Erasure
from chalicelib.delivery.messages import Delivery, StoryMessage
from chalicelib.delivery.retries import retried
from chalicelib.errors import StoryChangedError, TransientError, UnknownStoryError
from chalicelib.stories import keys
from chalicelib.stories.ids import checked_id
from chalicelib.stories.ports import Cdn, Queue, Stories
from chalicelib.stories.story import Status, Step, Story
from chalicelib.stories.tombstone import TOMBSTONE_KEPT_FOR, deleted, erased, is_gone, written_until
from chalicelib.stories.upload_ports import IntakeBucket, UploadRequests
from chalicelib.stories.upload_request import UploadRequest
from chalicelib.telemetry import logs
from chalicelib.telemetry.metrics import Meter, record_duration

LONGEST_WRITER: Final = timedelta(seconds=120)
"""No function that stores files of a story runs for longer (a test compares)."""

log = logging.getLogger(__name__)


class Deletion(msgspec.Struct, frozen=True):
    stories: Stories
    upload_requests: UploadRequests
    queue: Queue[StoryMessage]
    clock: Callable[[], datetime]

    def delete(self, given_id: str) -> Story:
        """Take a story away from everybody, and have its files removed.

        Its id, or that of the upload request that it fulfils.

        When this returns, the deletion is stored, and a message for its second step. Doing
        it again does no harm.

        Raises:
            InvalidRequestError: This is no id.
            UnknownStoryError: There is no story with it.
            StoryChangedError: It became another one meanwhile; trying again is safe.
        """
        story_id = checked_id(given_id)
        with logs.bound(story_id=story_id, step="deletion"):
            story = self._deleted(story_id)
            if story.erased_at is None:
                self.queue.send(messages.about(story))
            log.info("deleted")
            return story

    def _deleted(self, story_id: str) -> Story:
        story = self._found(story_id)
        if story.status is Status.DELETED:
            return story
        try:
            return self.stories.update(story, deleted(self.clock()))
        except StoryChangedError:
            latest = self._found(story_id)
            if latest.status is Status.DELETED and latest.generation == story.generation:
                return latest  # by another request
            raise

    def _found(self, story_id: str) -> Story:
        story = self.stories.find(story_id) or self._uploaded(story_id)
        if story is None or is_gone(story, self.clock()):
            raise UnknownStoryError(f"There is no story with the id {story_id}.")
        return story

    def _uploaded(self, upload_id: str) -> Story | None:
        request = self.upload_requests.find(upload_id)
        if request is None or request.story_id is None:
            return None
        story = self.stories.find(request.story_id)
        return story if story and story.generation == request.generation else None


class Eraser(msgspec.Struct, frozen=True):
    """The second step.

    Whoever works on the story may do so for another two minutes, and CloudFront takes a few
    more to forget: its queue gives a message up only after ten receives, half an hour.
    """

    stories: Stories
    upload_requests: UploadRequests
    intake_bucket: IntakeBucket
    erasure: Erasure
    cdn: Cdn
    queue: Queue[StoryMessage]
    meter: Meter
    clock: Callable[[], datetime]

    def handle(self, delivery: Delivery[StoryMessage]) -> None:
        """Handle one delivery. Returning deletes the message; raising has it delivered again."""
        bound = logs.bound(story_id=delivery.message.id, step="deletion")
        with bound, retried(self.queue, delivery):
            self._erase(delivery)

    def _erase(self, delivery: Delivery[StoryMessage]) -> None:
        """Remove what is there.

        Raises:
            TransientError: Not everything is gone yet.
        """
        began_at = self.clock()
        message = delivery.message
        story = self.stories.find(message.id)
        if story is not None and messages.about(story) != message:
            story = None  # the id has another life: only this one's files are meant
        if story is not None and (story.status is not Status.DELETED or story.erased_at):
            log.info("nothing to erase", extra={"status": story.status.value})
            return
        until = written_until(story) if story else delivery.sent_at + LONGEST_WRITER
        # Asked before anything is removed: what is stored until then is found below.
        may_be_written = until is not None and until > self.clock()
        self.erasure.erase(message)
        if may_be_written:
            raise TransientError("somebody may still be storing files of it")
        self._let_requests_expire(message)
        _, public = keys.prefixes(message)
        if not self.cdn.invalidate(public, reference=f"{message.id}-{message.generation}"):
            raise TransientError("the CDN has not forgotten it yet")
        if story is not None:
            self.stories.update(story, erased(self.clock()))
        log.info("erased")
        record_duration(self.meter, Step.DELETION, self.clock() - began_at)

    def _let_requests_expire(self, message: StoryMessage) -> None:
        """The uploads that led here are kept as long as the tombstone to which they lead."""
        expires_at = (self.clock() + TOMBSTONE_KEPT_FOR).replace(microsecond=0)
        page = self.upload_requests.fulfilled_by(message.id, message.generation)
        while True:
            for request in page.requests:
                self._remove_arrived(request)
                self.upload_requests.update(request, {"expires_at": expires_at, "name": ""})
            if page.next is None:
                break
            page = self.upload_requests.fulfilled_by(message.id, message.generation, page.next)

    def _remove_arrived(self, request: UploadRequest) -> None:
        """The photo itself, if whoever took it in died before it left the intake_bucket bucket."""
        staged = self.intake_bucket.look(request.key)
        if staged is not None and staged.arrived_at == request.photo_arrived_at:
            self.intake_bucket.remove(request.key, staged.version)
