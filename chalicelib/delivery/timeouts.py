"""Decides when work counts as lost, and when failover resumes it. Pure: no clock, no AWS."""

from datetime import datetime, timedelta
from typing import Final

from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import UploadRequest

RESUME_AFTER: Final = timedelta(seconds=60)
"""Failover may enqueue a story again when its last message is older than this.

So a client that polls right after its upload does not start the work twice.
"""

_MAX_DOUBLINGS: Final = 6
"""The delay before the next resume doubles with each resume, up to about an hour.

Without that, polls would send messages faster than SQS gives old ones up, and a story that always
fails would never end. SQS gives up any message in less than an hour.
"""

CLOCKS_DIFFER_BY: Final = timedelta(seconds=5)
"""The maximum difference between the clocks of the app, SQS and S3. S3 gives whole seconds."""

SWEEP_EVERY: Final = timedelta(minutes=5)

GIVE_UP_AFTER: Final = timedelta(hours=24)
"""How long a story may stay unfinished before it fails, with a reason and a notice."""


_PHOTO_AWAITED_FOR: Final = timedelta(minutes=5)


def is_unfinished(story: Story) -> bool:
    """Is there work to do, or a notice to send?"""
    return story.unfinished_since is not None


def is_probably_lost(story: Story, now: datetime) -> bool:
    """Was the last message sent so long ago that the work was probably lost?

    For a story that was never enqueued, the time since its creation counts.
    """
    return _waited(story, now) > RESUME_AFTER


def may_resume(story: Story, now: datetime) -> bool:
    """Is another message due? The delay grows while the story makes no progress."""
    return is_unfinished(story) and _waited(story, now) > _resume_delay(story.resumes)


def is_overdue(story: Story, now: datetime) -> bool:
    """Is the story unfinished for so long that the sweeper gives it up?"""
    return story.unfinished_since is not None and now - story.unfinished_since > GIVE_UP_AFTER


def is_abandoned(story: Story, now: datetime) -> bool:
    """Can no upload store the photo of a claimed story any more?

    The upload was answered with 503, or its process died. Its sender may send the photo again.
    """
    return now - (story.uploading_until or story.created_at) > _PHOTO_AWAITED_FOR


def may_resume_arrival(arrived_at: datetime, request: UploadRequest, now: datetime) -> bool:
    """Was S3's event about this request's photo probably lost? The delay grows with each resume."""
    sent = max(arrived_at, request.enqueued_at or arrived_at)
    return now - sent > _resume_delay(request.resumes)


def is_due_in_sweep(age: timedelta) -> bool:
    """Does the sweep that finds an arrived object of this age send a message about it?

    Messages are due at an age of 1, 2, 4, 8 minutes and so on, and once a day from the second day
    on. So an object that stays, although its messages are delivered, gets a few messages a day, not
    one in each sweep.
    """
    return _messages_due(age - SWEEP_EVERY) < _messages_due(age)


def _messages_due(age: timedelta) -> int:
    return _doublings(min(age, GIVE_UP_AFTER)) + max(age // GIVE_UP_AFTER, 0)


def _doublings(age: timedelta) -> int:
    return max(age // RESUME_AFTER, 0).bit_length()


def _resume_delay(resumes: int) -> timedelta:
    return RESUME_AFTER * (1 << min(resumes, _MAX_DOUBLINGS))


def _waited(story: Story, now: datetime) -> timedelta:
    """The time since the last message was sent, or since `retry_at` if that is later."""
    sent = story.enqueued_at or story.unfinished_since or story.created_at
    return now - max(sent, story.retry_at or sent)
