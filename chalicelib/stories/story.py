"""A story's record and its legal moves. Pure: no clock, no AWS."""

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from chalicelib.pages.reading_order import SkippedText
from chalicelib.pages.size import Size
from chalicelib.stories.queues import Step

PHOTO_MISSING: Final = "the photo never arrived: send it again"
"""The reason when an upload claimed a story and died before it stored the photo."""

TOMBSTONE_KEPT_FOR: Final = timedelta(days=30)
"""How long the record of a deleted story is kept after its files are gone."""


class Status(StrEnum):
    RECEIVED = "received"  # the photo is stored; its text is not read yet
    READ = "read"  # the text is there; the audio is not
    READY = "ready"  # the audio is there
    FAILED = "failed"  # the record says why
    DELETED = "deleted"  # no client gets it; its files are being removed, or are gone


class StoryProgress(StrEnum):
    """How far a story's data goes."""

    RECEIVED = "received"  # there is the photo
    READ = "read"  # there is the text
    SPOKEN = "spoken"  # there is the audio


LEGAL_MOVES: Final = MappingProxyType(
    {
        Status.RECEIVED: frozenset({Status.READ, Status.FAILED, Status.DELETED}),
        Status.READ: frozenset({Status.READY, Status.FAILED, Status.DELETED}),
        Status.READY: frozenset({Status.READ, Status.DELETED}),  # corrected: spoken again
        # Late success wins; a repeated upload or a redrive goes back to where the data stops.
        Status.FAILED: frozenset({Status.RECEIVED, Status.READ, Status.READY, Status.DELETED}),
        # The photo sent again is another generation: not a move, but a new claim of the id.
        Status.DELETED: frozenset[Status](),
    }
)


def sources(target: Status) -> frozenset[Status]:
    """Every status from which a story may move to `target`."""
    return frozenset(origin for origin, targets in LEGAL_MOVES.items() if target in targets)


MAKES_THE_STORY: Final = frozenset({Step.READING, Step.NARRATION})
"""The steps that a story needs to be ready. The record keeps their errors."""


class Lease(msgspec.Struct, frozen=True):
    """The exclusive right of one delivery to work on one step of a story, until it ends.

    Attributes:
        step: The step; stored as ``stage``, the name that older records have.
        message_id: SQS's id of the holder's message.
        receives: The number of the message's receipt: a redelivery is another holder.
        until: When the lease ends. By then its holder has reached its time limit.
        gives_up: The holder fails the story instead of working on it.
    """

    step: Step = msgspec.field(name="stage")
    message_id: str
    receives: int
    until: datetime
    gives_up: bool = False


class Failure(msgspec.Struct, frozen=True):
    """Why a story stopped.

    Attributes:
        reason: One sentence for the person who sent the photo.
        final: The photo itself is the cause, so a retry does not help.
    """

    reason: str
    final: bool


class Rendition(msgspec.Struct, frozen=True):
    """The page image in another size.

    Attributes:
        key: S3 key of the JPEG.
        width: In pixels.
        height: In pixels.
        bytes: Size of the file.
    """

    key: str
    width: int
    height: int
    bytes: int


class Spoken(msgspec.Struct, frozen=True):
    """What is published of a narration.

    Attributes:
        revision: That of the text that is spoken; its files are in a folder of this name.
        duration_ms: How long the MP3 plays.
        timed_words: How many words have a time; 0: the marks do not fit; None: there are none.
    """

    revision: int
    duration_ms: int
    timed_words: int | None = None


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One photo read in one voice: the record in the table.

    Attributes:
        id: UUID; the same photo, language and voice give the same one.
        generation: Tells this story from a deleted one with the same id. Messages, S3 keys and
            conditional writes have it; those of another generation are ignored.
        content_id: SHA-256 of the uploaded bytes, in hex.
        name: The file name that its sender gave: for people, never part of a key.
        content_type: The format of the bytes; the sender's header may differ.
        enqueued_at: When a message about it was last sent; None until the photo and the
            first message are stored.
        retry_at: When the message of the last failed attempt comes again.
        resumes: How many messages failover sent since a step last succeeded.
        unfinished_since: When the work on it began; None once the story has ended and its
            notice is sent. The sweeper looks only at stories that have it.
        language: That of the speech, such as ``en-US``; `AUTO` until the page is read, if its
            sender named none.
        voice: That of the language.
        language_detected: The language that most words of the page are in; None if they show none.
        text: What is to be spoken, a paragraph or a verse a line.
        revision: Counts what is to be spoken, from 1. None until the page is read, and in records
            from before there were revisions.
        read_along: Whether the narration gets times; None in records from before there were any.
        complete: False if the page may have words that were not read; None until it is read.
        skipped: What is on the page and not in the text; at most `MAX_SKIPPED`.
        page: S3 key of the upright page image.
        image: The size of that image; None in records from before it was kept.
        audio: S3 key of the published MP3; after a correction still the old one.
        spoken: What else is published with it; None in records from before it was kept.
        renditions: The page image in other sizes, by their names.
        last_error: That of the last failed attempt.
        notified_of: The status in the last notice.
        repeated_at: When the notice was last repeated for a duplicate upload.
        uploading_until: Until when an upload may store the photo.
        erased_at: When all its files were gone, the CDN's copies included.
        expires_at: When DynamoDB may remove the record itself.
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
    language_detected: str | None = None
    text: str | None = None
    revision: int | None = None
    read_along: bool | None = None
    complete: bool | None = None
    skipped: list[SkippedText] = []
    page: str | None = None
    image: Size | None = None
    audio: str | None = None
    spoken: Spoken | None = None
    renditions: dict[str, Rendition] = {}
    last_error: str | None = None
    failure: Failure | None = None
    notified_of: Status | None = None
    notified_at: datetime | None = None
    repeated_at: datetime | None = None
    uploading_until: datetime | None = None
    deleted_at: datetime | None = None
    erased_at: datetime | None = None
    expires_at: datetime | None = None
    leases: dict[Step, Lease] = {}


def month_of(story: Story) -> str:
    """The month under which it is listed, such as ``2026-11``; in UTC."""
    return f"{story.created_at:%Y-%m}"


def place_in_list(story: Story) -> str:
    """Sorts the stories of a month: by creation time, then by id."""
    return f"{story.created_at.isoformat(timespec='milliseconds')}#{story.id}"


def next_step(story: Story) -> Step:
    """The first step whose result is missing; of a complete story the last one.

    Only this step sends the notice when a story has ended, so that people get one notice.
    """
    if story.status is Status.DELETED:
        return Step.DELETION
    return Step.READING if story.text is None else Step.NARRATION


def revision_of(story: Story) -> int:
    """The number of what is to be spoken; records from before have their first."""
    return story.revision or 1


def progress_of(story: Story) -> StoryProgress:
    if story.audio is not None:
        return StoryProgress.SPOKEN
    return StoryProgress.RECEIVED if story.text is None else StoryProgress.READ


def has_ended(story: Story) -> bool:
    return story.status in {Status.READY, Status.FAILED}


def is_gone(story: Story, now: datetime) -> bool:
    """Has the record expired? DynamoDB removes it hours or days later."""
    return story.expires_at is not None and story.expires_at <= now


def writers_end(story: Story) -> datetime | None:
    """Until when a worker or an upload may still store files of the story; None: none does."""
    ends = [lease.until for lease in story.leases.values()]
    return max([*ends, *([story.uploading_until] if story.uploading_until else [])], default=None)


def what_failed(story: Story) -> str:
    """The step that failed, as the end of "could not be ..."."""
    return "read" if story.text is None else "read aloud"


def why_it_failed(story: Story) -> str:
    """One sentence for the person who sent the photo."""
    reason = story.failure.reason if story.failure else "it stopped without an error"
    what = "The change of this story" if story.audio else "This page"
    return f"{what} could not be {what_failed(story)}: {reason}."
