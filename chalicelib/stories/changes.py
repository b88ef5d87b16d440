"""What a change of a story is made of: new values, and the conditions for them. Pure.

`ports.Stories.apply` writes a `Move` if the stored story has the same generation, its status
allows the move, and every field of `expect` still has its value.
"""

from datetime import datetime
from typing import Final, TypedDict

import msgspec

from chalicelib.pages.reading_order import SkippedText
from chalicelib.pages.size import Size
from chalicelib.stories.story import Failure, Rendition, Spoken, Status


class StoryChanges(TypedDict, total=False):
    """New values of a story's fields; None removes a field. A test compares it with `Story`."""

    status: Status
    name: str
    content_id: str
    notify: bool
    enqueued_at: datetime | None
    retry_at: datetime | None
    resumes: int
    unfinished_since: datetime | None
    language: str
    voice: str
    language_detected: str | None
    text: str | None
    revision: int | None
    read_along: bool | None
    complete: bool | None
    skipped: list[SkippedText]
    page: str | None
    image: Size | None
    audio: str | None
    spoken: Spoken | None
    renditions: dict[str, Rendition]
    last_error: str | None
    failure: Failure | None
    notified_of: Status | None
    notified_at: datetime | None
    repeated_at: datetime | None
    uploading_until: datetime | None
    deleted_at: datetime | None
    erased_at: datetime | None
    expires_at: datetime | None
    leases: dict[str, None]  # only to remove all of them from an erased story


class Move(msgspec.Struct, frozen=True):
    """One change.

    Attributes:
        changes: New values. A new ``status`` must be a legal move from the stored one.
        expect: Values that these fields must still have.
    """

    changes: StoryChanges = {}
    expect: StoryChanges = {}


NOTHING: Final = Move()
"""Changes nothing: releases a lease without a change."""
