"""A story: its identity, its record, its legal moves. Pure: no clock, no AWS."""

import hashlib
import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

import msgspec

RESUME_AFTER: Final = timedelta(seconds=60)
"""An unfinished story may be enqueued again when its last enqueue is older than this.

A client that polls right after its upload must not start the work twice.
"""

_MOST_DOUBLINGS: Final = 6
"""Work that was resumed and still got nowhere is resumed after twice as long each time.

Else polls would add new messages faster than the old ones are given up, and a story that
cannot be read would never fail. Up to about an hour, which outlasts any message.
"""

GIVE_UP_AFTER: Final = timedelta(hours=24)
"""How long a story may stay unfinished before it fails, with a reason and a notice."""

PHOTO_MISSING: Final = "the photo never arrived: send it again"
"""The reason of a claim whose upload died before the photo was stored."""


class Status(StrEnum):
    RECEIVED = "received"  # the photo is stored; its text is not read yet
    READ = "read"  # the text is there; the audio is not
    READY = "ready"  # the audio is there
    FAILED = "failed"  # it stopped, and the record says why


LEGAL_MOVES: Final = MappingProxyType(
    {
        Status.RECEIVED: frozenset({Status.READ, Status.FAILED}),
        Status.READ: frozenset({Status.READY, Status.FAILED}),
        Status.READY: frozenset[Status](),
        # Late success wins; a repeated upload or a redrive goes back to where the data stops.
        Status.FAILED: frozenset({Status.RECEIVED, Status.READ, Status.READY}),
    }
)


def sources(target: Status) -> frozenset[Status]:
    """Every status from which a story may move to `target`."""
    return frozenset(origin for origin, targets in LEGAL_MOVES.items() if target in targets)


class Stage(StrEnum):
    READING = "reading"
    NARRATION = "narration"


class Lease(msgspec.Struct, frozen=True):
    """One delivery's exclusive right to work on one stage of a story, until it ends.

    Attributes:
        stage: The stage that is worked on.
        message_id: The queue's id of the message that is being handled.
        receives: Which receipt of that message this is: a redelivery is another holder.
        until: No later than the worker's own time limit, so that a lease never
            outlives a worker that can still write.
        gives_up: It is held to fail the story, not to bring it on.
    """

    stage: Stage
    message_id: str
    receives: int
    until: datetime
    gives_up: bool = False


class Failure(msgspec.Struct, frozen=True):
    """Why a story stopped.

    Attributes:
        reason: One sentence for the person who sent the photo.
        final: The photo itself is the cause: working on it again changes nothing.
    """

    reason: str
    final: bool


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One photo read in one voice, as the table keeps it.

    Attributes:
        id: UUID; the same photo, language and voice give the same one.
        generation: Which life of this id it is. Messages, leases, S3 keys and conditional
            writes carry it; whatever belongs to another generation is ignored.
        content_id: SHA-256 of the uploaded bytes, in hex.
        name: The file name as its sender knows it: for people, never part of a key.
        content_type: The format that the bytes have, whatever the header said.
        enqueued_at: When work was last put on a queue; None until the photo and the
            first message are stored.
        retry_at: When the message of the last failed attempt comes again.
        resumes: How often the work was resumed since it last went on.
        unfinished_since: When the work on it began; None once the story has ended and
            whoever wanted to know was told. Only stories that have it are swept.
        text: What the page says, a paragraph a line.
        truncated: The page holds more words than one reading returns.
        page: S3 key of the upright page image.
        audio: S3 key of the MP3.
        last_error: What the last failed attempt ran into.
        notified_of: The status of which people were last told.
        repeated_at: When the notice was last repeated for a duplicate upload.
    """

    id: str
    generation: str
    content_id: str
    status: Status
    name: str
    content_type: str
    language: str
    voice: str
    notify: bool
    created_at: datetime
    enqueued_at: datetime | None = None
    retry_at: datetime | None = None
    resumes: int = 0
    unfinished_since: datetime | None = None
    text: str | None = None
    truncated: bool = False
    page: str | None = None
    audio: str | None = None
    last_error: str | None = None
    failure: Failure | None = None
    notified_of: Status | None = None
    notified_at: datetime | None = None
    repeated_at: datetime | None = None
    leases: dict[Stage, Lease] = {}


def content_id_of(photo: bytes) -> str:
    return hashlib.sha256(photo).hexdigest()


def derived_id(namespace: uuid.UUID, content_id: str, language: str, voice: str) -> uuid.UUID:
    """The id that this photo has in this voice: the same every time, no look-up.

    Args:
        namespace: A secret of the deployment. Without it, whoever has a photo could
            compute the link to the story that somebody else made of it.
        content_id: SHA-256 of the photo.
        language: As Polly names it, such as ``en-US``.
        voice: As Polly names it, such as ``Joanna``.
    """
    return uuid.uuid5(namespace, "\n".join((content_id, language, voice)))


def stage_due(story: Story) -> Stage:
    """The first stage whose result is missing; of a complete story the last, which finishes it.

    It is also the stage that tells people how the story ended: one, so that they are told once.
    """
    return Stage.READING if story.text is None else Stage.NARRATION


def has_ended(story: Story) -> bool:
    return story.status in {Status.READY, Status.FAILED}


def what_failed(story: Story) -> str:
    """What could not be done to the page, as it follows "could not be"."""
    return "read" if story.text is None else "read aloud"


def why_it_failed(story: Story) -> str:
    """One sentence for the person who sent the photo."""
    reason = story.failure.reason if story.failure else "it stopped without an error"
    return f"This page could not be {what_failed(story)}: {reason}."


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
    patience = RESUME_AFTER * 2 ** min(story.resumes, _MOST_DOUBLINGS)
    return is_unfinished(story) and _waited(story, now) > patience


def _waited(story: Story, now: datetime) -> timedelta:
    """Since when no message is known to be on its way: an attempt that failed is tried again."""
    sent = story.enqueued_at or story.unfinished_since or story.created_at
    return now - max(sent, story.retry_at or sent)


def is_overdue(story: Story, now: datetime) -> bool:
    """Has it been unfinished for so long that it will not get better?"""
    return story.unfinished_since is not None and now - story.unfinished_since > GIVE_UP_AFTER


def restarted(story: Story, now: datetime) -> dict[str, Any]:
    """What changes when a failed story is tried again, from where its data stops."""
    return {
        "status": Status.READ if story.text else Status.RECEIVED,
        "failure": None,
        "last_error": None,
        "unfinished_since": now,
    }
