"""What the pipeline asks of the world, in its own words.

`chalicelib.aws` answers with AWS; tests answer from memory; one contract suite holds both
to the sentences below. Every method is one request. Every method may raise `TransientError`.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

import msgspec

from chalicelib.pages.detection import TextDetection
from chalicelib.stories.story import Lease, Story

_Message_contra = TypeVar("_Message_contra", contravariant=True)


class StoriesPage(msgspec.Struct, frozen=True):
    """Some of the stories that were asked for.

    Attributes:
        stories: Each as of a moment ago.
        next: What to ask for the next page with; None after the last one.
    """

    stories: list[Story]
    next: Any = None


class StoriesFound(msgspec.Struct, frozen=True):
    """The stories that there are of those that were asked for.

    Attributes:
        stories: By their ids.
        unanswered: Ids that the table had no time for: ask again.
    """

    stories: Mapping[str, Story]
    unanswered: Sequence[str] = ()


class Stories(Protocol):
    """The table of stories. Every write is atomic and conditional on the generation.

    Nobody but who knows that a story is deleted can change it any more.
    """

    def claim(self, story: Story, *, over: Story | None = None) -> Story | None:
        """Store a new story, unless its id is taken: then the story that has it.

        Of any number of simultaneous claims of one id, exactly one returns None.

        Args:
            story: The new story.
            over: The deleted story that may be replaced.
        """

    def find(self, story_id: str) -> Story | None:
        """The story as of the last completed write."""

    def find_all(self, story_ids: Collection[str]) -> StoriesFound:
        """The same for up to 100 different ids at once (DynamoDB, BatchGetItem)."""

    def listed(self, month: str, limit: int, before: str | None = None) -> StoriesPage:
        """Stories of a month, the newest first, without deleted ones.

        What is found may be a moment old.

        Args:
            month: Such as ``2026-11``, in UTC.
            limit: How many, at most.
            before: The `story.place_in_list` after which to go on.
        """

    def lease(self, story_id: str, generation: str, lease: Lease, now: datetime) -> Story:
        """Take the lease on a step, and return the story as it then is.

        Raises:
            LeaseHeldError: Another delivery's lease on that step is live at `now`.
            StoryChangedError: There is no such story, it is of another generation, or deleted.
        """

    def update(
        self,
        story: Story,
        changes: Mapping[str, Any],
        *,
        expect: Mapping[str, Any] | None = None,
        lease: Lease | None = None,
        release: bool = False,
    ) -> Story:
        """Change fields of a story, and return it as it then is.

        Args:
            story: Whose id and generation are meant; unless it is deleted itself, the
                table's must not be, or a lease is given back and nothing else done.
            changes: New values by field name; None removes a field. A ``status`` must be
                a legal move from the status that the table holds.
            expect: Values that these fields must still have.
            lease: The delivery's own lease, which must still be its own.
            release: End that lease with the same write.

        Raises:
            StoryChangedError: One of these conditions does not hold: nothing was written.
        """

    def unfinished(self, page: Any = None) -> StoriesPage:
        """A page of the stories that have `unfinished_since`, the first unless told which.

        What is found may be a moment old: whatever is done about it must be conditional.
        """


class Cdn(Protocol):
    """What stands between people and the public files, and remembers them."""

    def invalidate(self, prefix: str, reference: str) -> bool:
        """Have every copy under a prefix forgotten; is that done?

        Args:
            prefix: What the keys begin with.
            reference: Asked again with the same reference, it is the same invalidation.
        """


class Media(Protocol):
    """The bucket of photos, pages and audio."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        """Store an object, replacing any that has this key."""

    def get(self, key: str) -> bytes | None:
        """An object's bytes, or None when there is none."""

    def exists(self, key: str) -> bool:
        """Is there an object with this key?"""

    def keys_under(self, prefix: str) -> list[str]:
        """Keys that begin so, up to a thousand."""

    def delete(self, keys: Sequence[str]) -> None:
        """Remove up to a thousand objects; one that is not there is removed, too."""


class Queue(Protocol[_Message_contra]):
    """One step's queue: at least once, in any order."""

    def send(self, message: _Message_contra) -> None:
        """Store a message for delivery."""

    def retry_in(self, receipt: str, seconds: int) -> None:
        """Deliver the message of this receipt again after `seconds`, unless it is done."""


class TextDetector(Protocol):
    """Reads text off images. Each call is paid for."""

    def detect(self, image: bytes) -> list[TextDetection]:
        """Find the text on a JPEG or PNG, in no particular order.

        Raises:
            RejectedError: The image can never be read.
        """


class Speaker(Protocol):
    """Speaks text. Each call is paid for, by the character."""

    def speak(self, ssml: str, *, language: str, voice: str) -> bytes:
        """Speak one request's worth of SSML as MP3.

        Raises:
            RejectedError: The text or voice can never be spoken.
        """


class Announcer(Protocol):
    """Sends e-mail to whoever subscribed."""

    def publish(self, subject: str, body: str) -> None:
        """Send one notice; `subject` is legal already (see `notification.subject_line`)."""
