"""Every change that a story can undergo. Pure."""

from datetime import datetime
from typing import Final

from chalicelib.pages.size import Size
from chalicelib.stories.changes import Move, StoryChanges
from chalicelib.stories.story import (
    TOMBSTONE_KEPT_FOR,
    Failure,
    Rendition,
    Spoken,
    Status,
    Story,
    revision_of,
)

NOTICE_WANTED: Final[StoryChanges] = {"notify": True, "notified_of": None}
"""People are told when the story is ready, even if they were told before it was spoken again."""

_MENDED: Final[StoryChanges] = {"failure": None, "last_error": None}


# Taking in.


def stored(story: Story, now: datetime, *, is_new_day: bool, ends_upload: bool) -> Move:
    """The photo is stored and the first message is sent.

    Args:
        story: The story, with this upload's `uploading_until`.
        now: The time before the message was sent. A dead letter that was sent before the story's
            `enqueued_at` does not fail the story.
        is_new_day: The work was lost, so the story gets another day before it is given up.
        ends_upload: No other upload stores the photo now: removes `uploading_until`.
    """
    changes: StoryChanges = {"enqueued_at": now, "resumes": 0}
    if is_new_day:
        changes["unfinished_since"] = now
    if not ends_upload:
        return Move(changes)
    changes["uploading_until"] = None
    return Move(changes, {"uploading_until": story.uploading_until})


def uploading(until: datetime) -> Move:
    """An upload is storing the photo: a deletion waits for it."""
    return Move({"uploading_until": until})


def notice_wanted() -> Move:
    """A later sender of the photo wants an e-mail."""
    return Move(NOTICE_WANTED)


def read_along_wanted(story: Story) -> Move:
    """A later sender of the photo wants times, before the story is spoken."""
    return Move({"read_along": True}, {"status": story.status})


def sent_again(story: Story, now: datetime, uploading_until: datetime) -> Move:
    """The photo of a failed story was sent again: the story starts where its data stops.

    `enqueued_at` is removed: if this process dies before it sends a message, the next upload
    sends one.
    """
    changes = _restarted(story, now)
    changes |= {"enqueued_at": None, "notified_of": None, "uploading_until": uploading_until}
    return Move(changes, {"status": story.status})


# Working on it.


def read(page: StoryChanges) -> Move:
    """The page is read: `page` has its image, its text, and all that is known with it."""
    started: StoryChanges = {"status": Status.READ, "revision": 1, "retry_at": None, "resumes": 0}
    return Move({**page, **started, **_MENDED})


def pictured(page: str, image: Size) -> Move:
    """The page image is stored; no text can be read on it."""
    return Move({"page": page, "image": image})


def narrated(story: Story, audio: str, spoken: Spoken, image: Size) -> Move:
    """The narration of the story, as it was loaded, is stored; its files have the image's size."""
    return Move(
        {"status": Status.READY, "audio": audio, "spoken": spoken, "image": image, **_MENDED},
        {"revision": story.revision, "read_along": story.read_along},
    )


def rendered(renditions: dict[str, Rendition]) -> Move:
    """The page is stored in all sizes."""
    return Move({"renditions": renditions})


def attempt_failed(error: str, retry_at: datetime) -> Move:
    """An attempt failed; its message comes again at `retry_at`."""
    return Move({"last_error": error, "retry_at": retry_at})


def postponed(reason: str, now: datetime) -> Move:
    """A service was busy; a new message takes the place of the one that SQS would give up."""
    return Move({"last_error": reason, "enqueued_at": now, "retry_at": None})


def rejected(story: Story, reason: str) -> Move:
    """The story, as it was loaded, can never be read or spoken; a correction may be."""
    failure = Failure(reason, final=True)
    return Move({"status": Status.FAILED, "failure": failure}, {"revision": story.revision})


# Correcting it.


def to_be_spoken(story: Story, now: datetime, changes: StoryChanges) -> Move:
    """What is to be spoken changes: the story is narrated again.

    What is published stays until the new narration is stored.

    Args:
        story: As it was loaded; the move fails if anybody changed it meanwhile.
        now: The time before the message is sent.
        changes: A new text, language, voice, or `read_along`.
    """
    due: StoryChanges = {
        **changes,
        "revision": revision_of(story) + 1,
        "enqueued_at": now,
        "unfinished_since": now,
        "retry_at": None,
        "resumes": 0,
        **_MENDED,
    }
    if story.status is not Status.READ:
        due["status"] = Status.READ
    if story.status is Status.FAILED:  # its sender knows of that failure, and not of the next end
        due["notified_of"] = None
    return Move(
        due,
        {"revision": story.revision, "read_along": story.read_along, "status": story.status},
    )


# Failover.


def resumed(story: Story, now: datetime) -> Move:
    """A message for the next step is about to be sent; one of several callers may do so."""
    return Move(
        {"enqueued_at": now, "resumes": story.resumes + 1},
        {"enqueued_at": story.enqueued_at, "status": story.status},
    )


def redriven(story: Story, now: datetime, sent_at: datetime) -> Move:
    """A message of a failed story was redriven, or came late: the story is tried again.

    If SQS gives that message up as well, the story fails again.
    """
    return Move({**_restarted(story, now), "enqueued_at": sent_at})


def given_up(story: Story, reason: str) -> Move:
    """The story's message became a dead letter, and no other message was sent meanwhile."""
    failed: StoryChanges = {"status": Status.FAILED, "failure": Failure(reason, final=False)}
    return Move(failed, {"enqueued_at": story.enqueued_at, "revision": story.revision})


# Notices.


def settled(story: Story, notified_at: datetime | None) -> Move:
    """The story has ended, and no notice is due.

    Args:
        story: As it ended. Its photo may be sent again meanwhile, so its status is a condition.
        notified_at: When the notice was sent; None: it was sent before, or none was wanted.
    """
    changes: StoryChanges = {"unfinished_since": None}
    if notified_at is not None:
        changes |= {"notified_of": story.status, "notified_at": notified_at}
    return Move(changes, {"status": story.status})


def notice_abandoned(story: Story) -> Move:
    """The notice could not be sent for a day: the sweeper stops trying."""
    return Move({"unfinished_since": None}, {"status": story.status})


def notice_repeated(story: Story, now: datetime) -> Move:
    """The notice is about to be repeated; one of several callers may do so."""
    return Move({"repeated_at": now}, {"repeated_at": story.repeated_at})


def notice_owed(now: datetime) -> Move:
    """A repeated notice could not be sent: the sweeper sends it."""
    return Move({"notify": True, "notified_of": None, "unfinished_since": now})


# Deletion.


def deleted(now: datetime) -> Move:
    """No client gets the story from now on; its files are about to be removed."""
    return Move(
        {
            "status": Status.DELETED,
            "deleted_at": now,
            "enqueued_at": now,
            "unfinished_since": now,
            "retry_at": None,
            "resumes": 0,
        }
    )


def erased(now: datetime) -> Move:
    """All files are gone. The record stays as a tombstone without the page's data."""
    return Move(
        {
            "erased_at": now,
            "expires_at": (now + TOMBSTONE_KEPT_FOR).replace(microsecond=0),
            "unfinished_since": None,
            "name": "",
            "content_id": "",
            "language_detected": None,
            "text": None,
            "complete": None,
            "skipped": [],
            "page": None,
            "image": None,
            "audio": None,
            "spoken": None,
            "renditions": {},
            "leases": {},
            **_MENDED,
        }
    )


def _restarted(story: Story, now: datetime) -> StoryChanges:
    """A failed story starts again where its data stops."""
    return {
        "status": Status.READ if story.text else Status.RECEIVED,
        "unfinished_since": now,
        **_MENDED,
    }
