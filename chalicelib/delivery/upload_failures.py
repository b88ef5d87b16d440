"""Failures of direct uploads: recorded for the client that asks, and told by e-mail."""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib.delivery.notification import subject_line
from chalicelib.stories.ports import Announcer, UploadRequests
from chalicelib.stories.upload_request import UploadRequest, UploadStatus, failure, why_it_failed

log = logging.getLogger(__name__)


class UploadFailures(msgspec.Struct, frozen=True):
    upload_requests: UploadRequests
    announcer: Announcer
    clock: Callable[[], datetime]

    def tell(self, request: UploadRequest, reason: str) -> None:
        """Record that no story can be made of a photo, and send the notice.

        Does nothing if the request is fulfilled or cancelled. Recorded first, so that a client
        that asks gets the reason even while no e-mail can be sent. The notice is sent at least
        once, as every notice is.
        """
        if request.status is UploadStatus.REQUESTED:
            request = self.upload_requests.update(request, failure(reason))
        is_owed = request.notify and request.notified_at is None
        if request.status is UploadStatus.FAILED and is_owed:
            subject = subject_line(request.name, " could not be taken in")
            self.announcer.publish(subject, f"{request.name}\n\n{why_it_failed(request)}\n")
            self.upload_requests.update(request, {"notified_at": self.clock()})
            log.info("notice sent", extra={"upload_id": request.id})
