"""Upload requests: a photo that its sender puts into the intake_bucket bucket without us.

Pure: no clock, no AWS. `direct_upload` makes requests, `intake_bucket` takes in what arrives.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import msgspec

from chalicelib.stories.story import Story

MAX_BYTES: Final = 25_000_000
"""What a form takes. API Gateway would take 4.4 MB; this goes to S3 itself."""

FORM_USABLE_FOR: Final = timedelta(minutes=15)
REQUEST_KEPT_FOR: Final = timedelta(days=1)
"""As long as the intake_bucket bucket keeps what was put there."""

EXTENSIONS: Final = MappingProxyType(
    {
        "image/jpeg": "jpg",
        "image/png": "png",
        "image/webp": "webp",
        "image/heic": "heic",
        "image/heif": "heif",
        "image/gif": "gif",
    }
)
"""Of the formats that are taken, by the content type that a sender may give them."""


class UploadStatus(StrEnum):
    REQUESTED = "requested"  # nothing came yet, or it is not taken in yet
    FULFILLED = "fulfilled"  # what came has a story
    FAILED = "failed"  # what came cannot have one; the record says why


class UploadRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A photo that somebody is about to send, as the table keeps it.

    Attributes:
        id: UUID, for the form and for asking how it goes.
        name: The file name as its sender knows it.
        content_type: What the sender says that it will be.
        notify: Send an e-mail when the story is ready or has failed.
        key: Where the photo will lie in the intake_bucket bucket.
        usable_until: When the form stops to work.
        expires_at: When the record is removed; None once a story lives from it.
        enqueued_at: When what was staged was last put on the queue by a poll.
        resumes: How often it was.
        story_id: The story that fulfils the request, of this generation.
        photo_arrived_at: When the photo arrived that it was made of: what arrived later is
            another post.
        reason: Why what came cannot have a story, for its sender.
        last_error: What the last attempt to take it in ran into.
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
    expires_at: datetime | None = None
    enqueued_at: datetime | None = None
    resumes: int = 0
    story_id: str | None = None
    generation: str | None = None
    photo_arrived_at: datetime | None = None
    reason: str | None = None
    last_error: str | None = None


class PostForm(msgspec.Struct, frozen=True):
    """Where to post a photo, and the fields that the form must have before its ``file``."""

    url: str
    fields: Mapping[str, str]


OPEN: Final = frozenset({UploadStatus.REQUESTED, UploadStatus.FAILED})
"""A request that can be fulfilled: what failed may have been sent again, or redriven."""


def fulfilment(story: Story, photo_arrived_at: datetime) -> dict[str, Any]:
    """What changes when a story fulfils a request: the story knows the rest."""
    return {
        "status": UploadStatus.FULFILLED,
        "story_id": story.id,
        "generation": story.generation,
        "photo_arrived_at": photo_arrived_at,
        "expires_at": None,
        "reason": None,
        "last_error": None,
    }


def failure(reason: str) -> dict[str, Any]:
    """What changes when what came cannot have a story."""
    return {"status": UploadStatus.FAILED, "reason": reason, "last_error": None}
