"""Retrieval: looks up a story, and resumes it if its work seems lost."""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib import telemetry
from chalicelib.delivery.failover import Failover, IntakeFailover
from chalicelib.delivery.timeouts import RESUME_AFTER
from chalicelib.errors import ExpiredError, StorytimeError, UnknownStoryError
from chalicelib.stories.keys import checked_id
from chalicelib.stories.ports import Stories, UploadRequests
from chalicelib.stories.story import Story, has_ended, is_gone
from chalicelib.stories.upload_request import UploadRequest, UploadStatus

log = logging.getLogger(__name__)


class Retrieval(msgspec.Struct, frozen=True):
    stories: Stories
    upload_requests: UploadRequests
    failover: Failover
    intake_failover: IntakeFailover
    clock: Callable[[], datetime]

    def retrieve(self, given_id: str | None) -> Story | UploadRequest:
        """Look up a story, and resume it if its work seems lost.

        Args:
            given_id: Of a story or of an upload request, as the client gave it: bare, or as
                an entity tag (``"…"``, ``W/"…"``).

        Returns:
            The story in any state; or the upload request, while it has no story.

        Raises:
            InvalidRequestError: There is no id, or it is not a UUID.
            UnknownStoryError: No story and no upload request has this id.
            ExpiredError: The upload request was never used or is cancelled, or its story was
                deleted.
        """
        known_id = checked_id(given_id)
        with telemetry.bound(story_id=known_id, step="retrieval"):
            return self.resume(known_id, self.stories.find(known_id))

    def resume(self, known_id: str, story: Story | None) -> Story | UploadRequest:
        """Resume a story that was looked up; None: look for an upload request with this id."""
        if story is None:
            return self._requested(known_id)
        return self._resumed(story, known_id)

    def _requested(self, upload_id: str) -> Story | UploadRequest:
        request = self.upload_requests.find(upload_id)
        if request is None:
            raise _unknown(upload_id)
        if request.status is UploadStatus.CANCELLED:
            raise ExpiredError("This upload was cancelled: ask for a new one.", code="cancelled")
        if request.story_id is not None:
            return self._fulfilled(request, request.story_id)
        has_arrived = self._resume_arrival(request)
        if request.status is UploadStatus.FAILED or has_arrived:
            return request
        if self.clock() <= request.usable_until:
            return request
        if self.upload_requests.find(upload_id) != request:  # a photo was taken in just now
            return self._requested(upload_id)
        raise ExpiredError("No photo came in time for this upload: ask for a new one.")

    def _fulfilled(self, request: UploadRequest, story_id: str) -> Story:
        story = self.stories.find(story_id)
        if story is None or story.generation != request.generation:
            raise ExpiredError("The story of this upload was deleted.", code="deleted")
        if story.enqueued_at is None:  # its photo is on its way from the intake bucket
            self._resume_arrival(request)
        return self._resumed(story, request.id)

    def _resumed(self, story: Story, asked_for: str) -> Story:
        if is_gone(story, self.clock()):
            raise _unknown(asked_for)
        # A story that has ended is complete, even if its notice is still to be sent.
        return story if has_ended(story) else self.failover.resume(story)

    def _resume_arrival(self, request: UploadRequest) -> bool:
        """Resume the photo that arrived for a request; returns whether one may be there.

        In the first minute it sends no request to S3.
        """
        if self.clock() - request.created_at <= RESUME_AFTER:
            return False
        try:
            return self.intake_failover.resume(request)
        except StorytimeError as trouble:  # the client gets its answer all the same
            log.warning("not resumed", extra={"reason": trouble.message})
            return True


def _unknown(asked_for: str) -> UnknownStoryError:
    return UnknownStoryError(f"There is no story with the id {asked_for}.")
