"""Every change that a story can undergo: new values, and the conditions for them. Pure.

`ports.Stories.apply` writes a `Move` if the stored story has the same generation, its status
allows the move, and every field of `expect` still has its value.
"""

from datetime import datetime
from typing import Final, TypedDict

import msgspec

from chalicelib.pages.reading_order import SkippedText
from chalicelib.stories.story import TOMBSTONE_KEPT_FOR, Failure, Rendition, Status, Story


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
    complete: bool | None
    skipped: list[SkippedText]
    page: str | None
    audio: str | None
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
    return Move({"notify": True})


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
    return Move({**page, "status": Status.READ, "retry_at": None, "resumes": 0, **_MENDED})


def narrated(audio: str) -> Move:
    """The narration is stored."""
    return Move({"status": Status.READY, "audio": audio, **_MENDED})


def rendered(renditions: dict[str, Rendition]) -> Move:
    """The page is stored in all sizes."""
    return Move({"renditions": renditions})


def attempt_failed(error: str, retry_at: datetime) -> Move:
    """An attempt failed; its message comes again at `retry_at`."""
    return Move({"last_error": error, "retry_at": retry_at})


def postponed(reason: str, now: datetime) -> Move:
    """A service was busy; a new message takes the place of the one that SQS would give up."""
    return Move({"last_error": reason, "enqueued_at": now, "retry_at": None})


def rejected(reason: str) -> Move:
    """The photo can never become a story."""
    return Move({"status": Status.FAILED, "failure": Failure(reason, final=True)})


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
    failure = Failure(reason, final=False)
    return Move({"status": Status.FAILED, "failure": failure}, {"enqueued_at": story.enqueued_at})


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
            "audio": None,
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
