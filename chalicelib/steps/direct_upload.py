"""Direct uploads: makes a form with which a client puts one photo into the intake bucket."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime

import msgspec

from chalicelib.speech import voices
from chalicelib.speech.voices import Engine
from chalicelib.stories import keys
from chalicelib.stories.intake_bucket import IntakeBucket
from chalicelib.stories.ports import UploadRequests
from chalicelib.stories.upload_request import (
    FORM_USABLE_FOR,
    REQUEST_KEPT_FOR,
    PostForm,
    UploadRequest,
    UploadStatus,
)

log = logging.getLogger(__name__)


class WantedUpload(msgspec.Struct, frozen=True):
    """A photo that a client wants to send, and how to read it."""

    name: str
    content_type: str
    language: str
    voice: str
    notify: bool = True
    read_along: bool | None = None


class UploadPermit(msgspec.Struct, frozen=True):
    """An upload request, and its form."""

    request: UploadRequest
    form: PostForm


class DirectUpload(msgspec.Struct, frozen=True):
    upload_requests: UploadRequests
    intake_bucket: IntakeBucket
    speech_engine: Engine
    new_uuid: Callable[[], uuid.UUID]
    clock: Callable[[], datetime]

    def permit(self, wanted: WantedUpload) -> UploadPermit:
        """Store an upload request, and make the form for its photo.

        Raises:
            InvalidRequestError: It wants times, and the engine of the stage gives none.
        """
        if wanted.read_along:
            voices.check_marks(self.speech_engine)
        now = self.clock()
        upload_id = str(self.new_uuid())
        request = UploadRequest(
            id=upload_id,
            status=UploadStatus.REQUESTED,
            name=wanted.name,
            content_type=wanted.content_type,
            language=wanted.language,
            voice=wanted.voice,
            notify=wanted.notify,
            read_along=wanted.read_along,
            key=keys.arrival(upload_id, wanted.content_type),
            created_at=now,
            usable_until=now + FORM_USABLE_FOR,
            expires_at=(now + REQUEST_KEPT_FOR).replace(microsecond=0),
        )
        self.upload_requests.add(request)
        log.info("upload requested", extra={"upload_id": upload_id})
        form = self.intake_bucket.form(request.key, request.content_type, upload_id=request.id)
        return UploadPermit(request, form)
