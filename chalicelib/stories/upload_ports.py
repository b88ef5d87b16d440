"""What direct uploads ask of the world; see `ports` for the rules."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import PostForm, UploadRequest


class RequestsPage(msgspec.Struct, frozen=True):
    """Some upload requests; `next` is what to ask for the next page with."""

    requests: list[UploadRequest]
    next: Any = None


class IntakePhoto(msgspec.Struct, frozen=True):
    """An object of the intake_bucket bucket.

    Attributes:
        content: Its bytes; None when there are too many to take them.
        size: How many bytes it has.
        version: Tells this content from any other that this key may have had or will have.
        upload_id: The upload request that it was sent for, as its metadata says.
        email: Who wants to know if it does not do; the same.
        arrived_at: When it arrived, to the second.
    """

    content: bytes | None
    size: int
    version: str
    upload_id: str | None
    arrived_at: datetime
    email: str | None = None


class IntakeObject(msgspec.Struct, frozen=True):
    """An object of the intake_bucket bucket without its content; as in `IntakePhoto`."""

    version: str
    arrived_at: datetime


class IntakeListing(msgspec.Struct, frozen=True):
    """Some keys of staged objects, and when each arrived."""

    staged: Mapping[str, datetime]
    next: Any = None


class UploadRequests(Protocol):
    """The table of upload requests, which is also that of stories."""

    def add(self, request: UploadRequest) -> None:
        """Store a new request."""

    def find(self, upload_id: str) -> UploadRequest | None:
        """The request as of the last completed write."""

    def claim_story(
        self,
        request: UploadRequest,
        photo_arrived_at: datetime,
        story: Story,
        *,
        over: Story | None = None,
    ) -> Story | None:
        """In one transaction: claim a new story, as `Stories.claim`, and fulfil a request by it.

        Raises:
            StoryChangedError: The request is gone, or fulfilled by a life that `request` does not
                know of: nothing was written.
        """

    def fulfil(self, request: UploadRequest, story: Story, photo_arrived_at: datetime) -> None:
        """Fulfil a request by a story that is there; it is kept as long as the story.

        Raises:
            StoryChangedError: The story is deleted, or the request fulfilled by another life that
                `request` does not know of.
        """

    def update(self, request: UploadRequest, changes: Mapping[str, Any]) -> UploadRequest:
        """Change fields of a request if none of them, nor its status, changed meanwhile.

        Raises:
            StoryChangedError: One did: nothing was written.
        """

    def fulfilled_by(self, story_id: str, generation: str, page: Any = None) -> RequestsPage:
        """A page of the requests that a story fulfils; may be a moment old."""


class IntakeBucket(Protocol):
    """The bucket where clients put photos themselves; it forgets them after a day."""

    def form(
        self,
        key: str,
        content_type: str,
        *,
        upload_id: str | None = None,
        email: str | None = None,
    ) -> PostForm:
        """A form that lets its holder post photos there, for some minutes. Sends nothing.

        What else is given stands in the metadata of what is posted.
        """

    def get(self, key: str, most: int) -> IntakePhoto | None:
        """An object with its content, if that has at most so many bytes; None: not there."""

    def look(self, key: str) -> IntakeObject | None:
        """Which object is there; None when there is none."""

    def waiting(self, prefix: str, page: Any = None) -> IntakeListing:
        """A page of the objects whose keys begin so."""

    def copy(self, key: str, to: str) -> None:
        """Store an object under another key, too."""

    def remove(self, key: str, version: str) -> None:
        """Remove an object, unless it is another one by now."""
