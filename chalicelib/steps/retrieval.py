"""Looking a story up, which also keeps it going."""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib.delivery.failover import Failover, IntakeFailover
from chalicelib.delivery.timeouts import RESUME_AFTER
from chalicelib.errors import ExpiredError, StorytimeError, UnknownStoryError
from chalicelib.stories.ids import checked_id
from chalicelib.stories.ports import Stories
from chalicelib.stories.story import Story, has_ended
from chalicelib.stories.tombstone import is_gone
from chalicelib.stories.upload_ports import UploadRequests
from chalicelib.stories.upload_request import UploadRequest, UploadStatus
from chalicelib.telemetry import logs

log = logging.getLogger(__name__)


class Retrieval(msgspec.Struct, frozen=True):
    stories: Stories
    upload_requests: UploadRequests
    failover: Failover
    intake_failover: IntakeFailover
    clock: Callable[[], datetime]

    def retrieve(self, given_id: str | None) -> Story | UploadRequest:
        """The story with this id, resumed when its work seems lost.

        Args:
            given_id: Of a story or of an upload request, as the client gave it: bare, or as
                an entity tag (``"…"``, ``W/"…"``).

        Returns:
            The story, however it stands; or the upload request, which has none yet.

        Raises:
            InvalidRequestError: There is no id, or it is not one.
            UnknownStoryError: No story and no upload request has it.
            ExpiredError: It is that of an upload request which was never used, or whose story was
                deleted.
        """
        known_id = checked_id(given_id)
        with logs.bound(story_id=known_id, step="retrieval"):
            return self.look_after(known_id, self.stories.find(known_id))

    def look_after(self, known_id: str, story: Story | None) -> Story | UploadRequest:
        """The same for an id that was looked up: `story` is what the table has of it."""
        if story is None:
            return self._requested(known_id)
        return self._brought_on(story, known_id)

    def _requested(self, upload_id: str) -> Story | UploadRequest:
        request = self.upload_requests.find(upload_id)
        if request is None:
            raise _unknown(upload_id)
        if request.story_id is not None:
            return self._fulfilled(request, request.story_id)
        has_arrived = self._resume_arrival(request)
        if request.status is UploadStatus.FAILED or has_arrived:
            return request
        if self.clock() <= request.usable_until:
            return request
        if self.upload_requests.find(upload_id) != request:  # it was taken in just now
            return self._requested(upload_id)
        raise ExpiredError("No photo came in time for this upload: ask for a new one.")

    def _fulfilled(self, request: UploadRequest, story_id: str) -> Story:
        story = self.stories.find(story_id)
        if story is None or story.generation != request.generation:
            raise ExpiredError("The story of this upload was deleted.", code="deleted")
        if story.enqueued_at is None:  # its photo is on its way from the intake_bucket bucket
            self._resume_arrival(request)
        return self._brought_on(story, request.id)

    def _brought_on(self, story: Story, asked_for: str) -> Story:
        if is_gone(story, self.clock()):
            raise _unknown(asked_for)
        # One that has ended is there, whether everybody was told or not.
        return story if has_ended(story) else self.failover.resume(story)

    def _resume_arrival(self, request: UploadRequest) -> bool:
        """May a photo be staged? Nobody looks in the first minute."""
        if self.clock() - request.created_at <= RESUME_AFTER:
            return False
        try:
            return self.intake_failover.resume(request)
        except StorytimeError as trouble:  # whoever asks is told how it stands all the same
            log.warning("not resumed", extra={"reason": trouble.message})
            return True


def _unknown(asked_for: str) -> UnknownStoryError:
    return UnknownStoryError(f"There is no story with the id {asked_for}.")
