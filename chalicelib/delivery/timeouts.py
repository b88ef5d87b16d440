"""When unfinished work counts as lost, and when it is tried again. Pure: no clock, no AWS."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import UploadRequest

RESUME_AFTER: Final = timedelta(seconds=60)
"""An unfinished story may be enqueued again when its last enqueue is older than this.

A client that polls right after its upload must not start the work twice.
"""

_MOST_DOUBLINGS: Final = 6
"""Work that was resumed and still got nowhere is resumed after twice as long each time.

Else polls would add new messages faster than the old ones are given up, and a story that
cannot be read would never fail. Up to about an hour, which outlasts any message.
"""

CLOCKS_DIFFER_BY: Final = timedelta(seconds=5)
"""At the very most: the app's, SQS's, and S3's, which tells whole seconds.

A story is resumed a minute after its last enqueue at the earliest.
"""

SWEEP_EVERY: Final = timedelta(minutes=5)

GIVE_UP_AFTER: Final = timedelta(hours=24)
"""How long a story may stay unfinished before it fails, with a reason and a notice."""


def is_unfinished(story: Story) -> bool:
    """Has it not ended, or was somebody not told who wanted to know?"""
    return story.unfinished_since is not None


def seems_lost(story: Story, now: datetime) -> bool:
    """Is it so long ago that a message was on its way that the work was probably lost?

    What was never enqueued counts from its beginning: its upload may still run.
    """
    return _waited(story, now) > RESUME_AFTER


def may_resume(story: Story, now: datetime) -> bool:
    """Is it time for another message? Later each time, while the story does not go on."""
    return is_unfinished(story) and _waited(story, now) > _patience(story.resumes)


def is_overdue_arrival(arrived_at: datetime, request: UploadRequest, now: datetime) -> bool:
    """Was the event about this request's photo probably lost? Later each time."""
    sent = max(arrived_at, request.enqueued_at or arrived_at)
    return now - sent > _patience(request.resumes)


def is_due_again(age: timedelta) -> bool:
    """Does a staged object of this age need a message from the sweep that finds it?

    After a minute, and after twice as long each time: an object that stays staged although
    its messages are delivered gets a few a day, not one from each sweep.
    """
    return _doublings(age - SWEEP_EVERY) < _doublings(age)


def _doublings(age: timedelta) -> int:
    return max(age // RESUME_AFTER, 0).bit_length()


def _patience(resumes: int) -> timedelta:
    return RESUME_AFTER * (1 << min(resumes, _MOST_DOUBLINGS))


def _waited(story: Story, now: datetime) -> timedelta:
    """Since when no message is known to be on its way: an attempt that failed is tried again."""
    sent = story.enqueued_at or story.unfinished_since or story.created_at
    return now - max(sent, story.retry_at or sent)


def is_overdue(story: Story, now: datetime) -> bool:
    """Has it been unfinished for so long that it will not get better?"""
    return story.unfinished_since is not None and now - story.unfinished_since > GIVE_UP_AFTER
