"""What becomes of a deleted story's record. Pure: no clock, no AWS."""

from datetime import datetime, timedelta
from typing import Any, Final

from chalicelib.stories.story import Status, Story

TOMBSTONE_KEPT_FOR: Final = timedelta(days=30)
"""How long the record of a deleted story says that, and when, everything was gone."""


def is_gone(story: Story, now: datetime) -> bool:
    """Is even the record past its time? The table removes it hours or days later."""
    return story.expires_at is not None and story.expires_at <= now


def deleted(now: datetime) -> dict[str, Any]:
    """What changes when a story is deleted: nobody gets it, and its files are to be removed."""
    return {
        "status": Status.DELETED,
        "deleted_at": now,
        "enqueued_at": now,
        "unfinished_since": now,
        "retry_at": None,
        "resumes": 0,
    }


def erased(now: datetime) -> dict[str, Any]:
    """What is left of a deleted story's record: a tombstone that says nothing of the page."""
    return {
        "erased_at": now,
        "expires_at": (now + TOMBSTONE_KEPT_FOR).replace(microsecond=0),
        "unfinished_since": None,
        "name": "",
        "content_id": "",
        "text": None,
        "truncated": False,
        "page": None,
        "audio": None,
        "renditions": {},
        "failure": None,
        "last_error": None,
        "leases": {},
    }


def written_until(story: Story) -> datetime | None:
    """Until when somebody who saw the story alive may still store files of it; None: nobody."""
    ends = [lease.until for lease in story.leases.values()]
    return max([*ends, *([story.uploading_until] if story.uploading_until else [])], default=None)
