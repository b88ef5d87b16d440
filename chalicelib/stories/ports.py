"""The ports to AWS, in the app's own words.

`chalicelib.aws` implements these ports with AWS, `tests.fakes` in memory; one contract suite tests
both. Every method is one request; one that looks into an index reads its records with a second
one. Every method may raise `TransientError`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from chalicelib.pages.detection import TextDetection
from chalicelib.speech.voices import Engine
from chalicelib.stories.changes import Move
from chalicelib.stories.story import Lease, Story
from chalicelib.stories.upload_request import UploadRequest, UploadRequestChanges


class StoriesPage(msgspec.Struct, frozen=True):
    """Some stories, each as of a moment ago.

    Attributes:
        next: Pass it to get the next page; None after the last one.
    """

    stories: list[Story]
    next: Any = None


class StoriesFound(msgspec.Struct, frozen=True):
    """The answer to a look-up of several ids.

    Attributes:
        stories: Those that exist, by id.
        unanswered: Ids that DynamoDB did not look up this time: ask again.
    """

    stories: Mapping[str, Story]
    unanswered: Sequence[str] = ()


class Stories(Protocol):
    """The table of stories. Every write is atomic and conditional on the generation.

    A deleted story accepts writes only from a caller that loaded it as deleted.
    """

    def claim(self, story: Story, *, over: Story | None = None) -> Story | None:
        """Store a new story if its id is free; else return the story that has the id.

        Of any number of simultaneous claims of one id, exactly one returns None.

        Args:
            story: The new story.
            over: A deleted story that may be replaced.
        """

    def find(self, story_id: str) -> Story | None:
        """The story, after the last completed write."""

    def find_all(self, story_ids: Collection[str]) -> StoriesFound:
        """Look up at most 100 different ids (DynamoDB, BatchGetItem)."""

    def listed(self, month: str, limit: int, before: str | None = None) -> StoriesPage:
        """Stories of a month, newest first, without deleted ones; may be a moment old.

        Args:
            month: Such as ``2026-11``, in UTC.
            limit: The maximum number of stories.
            before: The `story.place_in_list` after which to continue.
        """

    def lease(self, story_id: str, generation: str, lease: Lease, now: datetime) -> Story:
        """Take the lease on a step, and return the stored story.

        Raises:
            LeaseHeldError: Another delivery's lease on that step is live at `now`.
            StoryChangedError: There is no such story, it has another generation, or is deleted.
        """

    def apply(
        self, story: Story, move: Move, *, lease: Lease | None = None, release: bool = False
    ) -> Story:
        """Write a move, and return the stored story.

        Args:
            story: Gives the id and generation. The stored story must not be deleted, unless
                `story` is deleted, or the write only releases a lease.
            move: The new values and their conditions.
            lease: A lease that the stored story must have.
            release: Release that lease in the same write.

        Raises:
            StoryChangedError: One of these conditions does not hold: nothing was written.
        """

    def unfinished(self, page: Any = None) -> StoriesPage:
        """A page of the stories that have `unfinished_since`.

        Its stories may be a moment old.
        """


class UploadRequestsPage(msgspec.Struct, frozen=True):
    """Some upload requests; `next` as in `StoriesPage`."""

    requests: list[UploadRequest]
    next: Any = None


class UploadRequests(Protocol):
    """Upload requests, which lie in the same table as the stories."""

    def add(self, request: UploadRequest) -> None:
        """Store a new request."""

    def find(self, upload_id: str) -> UploadRequest | None:
        """The request, after the last completed write."""

    def claim_story(
        self,
        request: UploadRequest,
        photo_arrived_at: datetime,
        story: Story,
        *,
        over: Story | None = None,
    ) -> Story | None:
        """In one transaction, claim a story as `Stories.claim` does, and fulfil a request by it.

        Raises:
            StoryChangedError: The request is gone, or a story other than the one in `request`
                fulfils it: nothing was written.
        """

    def fulfil(self, request: UploadRequest, story: Story, photo_arrived_at: datetime) -> None:
        """Fulfil a request by a story that exists; the request is kept as long as the story.

        Raises:
            StoryChangedError: The story is deleted, or a story other than the one in `request`
                fulfils the request.
        """

    def update(self, request: UploadRequest, changes: UploadRequestChanges) -> UploadRequest:
        """Change fields of a request, if these fields and its status did not change meanwhile.

        Raises:
            StoryChangedError: One of them changed: nothing was written.
        """

    def fulfilled_by(self, story_id: str, generation: str, page: Any = None) -> UploadRequestsPage:
        """A page of the requests that a story fulfils; may be a moment old."""


class Media(Protocol):
    """The bucket of photos, pages and audio."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store an object, replacing any that has this key."""

    def get(self, key: str) -> bytes | None:
        """An object's bytes; None when there is none."""

    def exists(self, key: str) -> bool:
        """Is there an object with this key?"""

    def keys_under(self, prefix: str, after: str = "") -> list[str]:
        """At most a thousand keys that begin with `prefix`, the first ones after `after`."""

    def delete(self, keys: Sequence[str]) -> None:
        """Remove at most a thousand objects; a key without an object is no error."""


class Cdn(Protocol):
    """The CDN in front of the public files, which keeps copies of them."""

    def invalidate(self, prefix: str, reference: str) -> bool:
        """Ask the CDN to drop every copy under a prefix; returns whether that is done.

        Args:
            prefix: What the keys begin with.
            reference: A second call with the same one starts no second invalidation.

        Raises:
            CdnBusyError: Too many invalidations are in progress.
        """


class TextDetector(Protocol):
    """Reads text in images: one service in pictures, another one in documents.

    Each call is paid for.
    """

    def detect(self, image: bytes) -> list[TextDetection]:
        """Find the text on a JPEG or PNG, in no particular order.

        Raises:
            RejectedError: The service can never read the image.
        """


class Speaker(Protocol):
    """Speaks text. Each call is paid for, by the character."""

    def speak(self, ssml: str, *, language: str, voice: str, engine: Engine) -> bytes:
        """Speak the SSML of one request, as MP3, with an engine that the voice has.

        Raises:
            RejectedError: Polly can never speak the text.
        """

    def marks(self, ssml: str, *, language: str, voice: str, engine: Engine) -> bytes:
        """The speech marks of what `speak` says: its sentences and words. Billed like `speak`.

        Returns:
            UTF-8, one JSON object a line, in the order of the times: ``type`` (``sentence`` or
            ``word``), ``time`` (ms from the beginning), ``start`` and ``end`` (offsets in bytes
            of the SSML in UTF-8) and ``value`` (the SSML between them).

        Raises:
            RejectedError: There are never marks of this text with this engine.
        """


class Announcer(Protocol):
    """Sends e-mail to the topic's subscribers."""

    def publish(self, subject: str, body: str) -> None:
        """Send one notice; `notification.subject_line` makes legal subjects."""
