"""Upload requests: records of photos that clients put into the intake bucket themselves. Pure.

`steps.direct_upload` makes requests; `steps.bucket_intake` takes in the photos that arrive.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypedDict

import msgspec

from chalicelib.stories.story import TOMBSTONE_KEPT_FOR, Story

MAX_BYTES: Final = 25_000_000
"""The limit of a photo that is posted to S3. Through API Gateway it is 4.4 MB."""

FORM_USABLE_FOR: Final = timedelta(minutes=15)
PHOTO_KEPT_FOR: Final = timedelta(days=15)
"""How long the intake bucket keeps a photo that cannot be taken in: a day longer than its parked
message, so that a redrive finds it (a test compares)."""

REQUEST_KEPT_FOR: Final = PHOTO_KEPT_FOR + timedelta(days=2)
"""Longer than its photo, even if S3 removes that a day late: S3 counts from the next midnight."""

EXTENSIONS: Final = MappingProxyType(
    {
        "image/jpeg": "jpg",
        "image/png": "png",
        "image/webp": "webp",
        "image/heic": "heic",
        "image/heif": "heif",
        "image/gif": "gif",
        "application/octet-stream": "photo",
    }
)
"""The content types of photos, and their file extensions. The last one is any of them."""

ANY_PHOTO: Final = "application/octet-stream"
"""Windows knows no type for HEIC: clients send this one, or none."""

_OTHER_NAMES: Final = MappingProxyType(
    {
        "image/jpg": "image/jpeg",
        "image/pjpeg": "image/jpeg",
        "image/x-png": "image/png",
        "image/heic-sequence": "image/heic",
        "image/heif-sequence": "image/heif",
    }
)

PHOTO_TYPES: Final = (*EXTENSIONS, *_OTHER_NAMES)
"""What a sender may call a photo."""


def photo_type_of(content_type: str) -> str | None:
    """The key of `EXTENSIONS` that a header means; None: no photo's."""
    media_type = content_type.split(";", maxsplit=1)[0].strip().lower()
    known = _OTHER_NAMES.get(media_type, media_type)
    return known if known in EXTENSIONS else None


class UploadStatus(StrEnum):
    REQUESTED = "requested"  # no photo is taken in yet
    FULFILLED = "fulfilled"  # the photo has a story
    FAILED = "failed"  # no story can be made of it; the record says why
    CANCELLED = "cancelled"  # its client wants no story; a photo that still arrives is removed


class UploadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that a client wants to send: the record in the table.

    Attributes:
        id: UUID, for the form and for `GET /retrieve/{id}`.
        name: The file name that the sender gave.
        content_type: The type that the sender announced.
        notify: Send an e-mail when the story is ready or has failed.
        read_along: Whether the narration gets times; None: as the stage has it.
        key: The photo's key in the intake bucket.
        usable_until: When the form stops working.
        expires_at: When the record is removed; None while its story exists.
        enqueued_at: When a poll last sent a message about the arrived photo.
        resumes: How many messages polls sent.
        story_id: The story that fulfils the request, of this generation.
        photo_arrived_at: When that story's photo arrived. A photo with another time was posted
            with the same form again. Older records call it ``photo_staged_at``, so it is
            stored under that name.
        reason: Why the photo has no story, for its sender.
        notified_at: When the e-mail about the failure was sent.
        last_error: The error of the last failed attempt to take it in.
    """

    id: str
    status: UploadStatus
    name: str
    content_type: str
    language: str
    voice: str
    notify: bool
    key: str
    created_at: datetime
    usable_until: datetime
    read_along: bool | None = None
    expires_at: datetime | None = None
    enqueued_at: datetime | None = None
    resumes: int = 0
    story_id: str | None = None
    generation: str | None = None
    photo_arrived_at: datetime | None = msgspec.field(default=None, name="photo_staged_at")
    reason: str | None = None
    notified_at: datetime | None = None
    last_error: str | None = None


class UploadRequestChanges(TypedDict, total=False):
    """New values of a request's fields; None removes a field."""

    status: UploadStatus
    name: str
    expires_at: datetime | None
    enqueued_at: datetime | None
    resumes: int
    story_id: str | None
    generation: str | None
    photo_arrived_at: datetime | None
    reason: str | None
    notified_at: datetime | None
    last_error: str | None


class PostForm(msgspec.Struct, frozen=True):
    """Where to post a photo, and the fields that the form must have before its ``file``."""

    url: str
    fields: Mapping[str, str]


OPEN: Final = frozenset({UploadStatus.REQUESTED, UploadStatus.FAILED})
"""A request in one of these can be fulfilled: after a failure a photo may be posted again."""


def fulfilment(story: Story, photo_arrived_at: datetime) -> UploadRequestChanges:
    """A story fulfils the request."""
    return {
        "status": UploadStatus.FULFILLED,
        "story_id": story.id,
        "generation": story.generation,
        "photo_arrived_at": photo_arrived_at,
        "expires_at": None,
        "reason": None,
        "last_error": None,
    }


def failure(reason: str) -> UploadRequestChanges:
    """No story can be made of the photo that arrived."""
    return {"status": UploadStatus.FAILED, "reason": reason, "last_error": None}


def cancellation(now: datetime) -> UploadRequestChanges:
    """No story is made of a photo that arrives from now on."""
    return {
        "status": UploadStatus.CANCELLED,
        "expires_at": (now + TOMBSTONE_KEPT_FOR).replace(microsecond=0),
        "name": "",
        "reason": None,
        "last_error": None,
    }


def why_it_failed(request: UploadRequest) -> str:
    """A sentence for the sender of the photo."""
    return f"This upload cannot become a story: {request.reason}".rstrip(".") + "."
