"""Direct uploads in memory: the table of upload requests and the intake bucket."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.errors import StoryChangedError, TransientError
from chalicelib.stories.intake_bucket import IntakeListing, IntakeObject, IntakePhoto
from chalicelib.stories.ports import UploadRequestsPage
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import OPEN, PostForm, UploadRequest, fulfilment
from tests.fakes.stories import InMemoryStories, one_a_page


class InMemoryUploadRequests:
    """Args:
    stories: The other half of the same table.
    """

    def __init__(self, stories: InMemoryStories) -> None:
        self.kept: dict[str, UploadRequest] = {}
        self._stories = stories

    def add(self, request: UploadRequest) -> None:
        self.kept[request.id] = request

    def find(self, upload_id: str) -> UploadRequest | None:
        return self.kept.get(upload_id)

    def claim_story(
        self,
        request: UploadRequest,
        photo_arrived_at: datetime,
        story: Story,
        *,
        over: Story | None = None,
    ) -> Story | None:
        kept = dict(self._stories.kept)
        existing = self._stories.claim(story, over=over)
        if existing is not None:
            return existing
        if not self._is_open(request):
            self._stories.kept = kept
            raise StoryChangedError("it is fulfilled already, or gone")
        self._write(request, fulfilment(story, photo_arrived_at))
        return None

    def fulfil(self, request: UploadRequest, story: Story, photo_arrived_at: datetime) -> None:
        current = self._stories.find(story.id)
        alive = current and current.generation == story.generation
        if not current or not alive or current.status is Status.DELETED:
            raise StoryChangedError("the story is deleted")
        now = self.kept.get(request.id)
        if now and (now.story_id, now.generation) == (story.id, story.generation):
            return
        if not self._is_open(request):
            raise StoryChangedError("it is fulfilled already, or gone")
        self._write(request, fulfilment(story, photo_arrived_at))

    def update(self, request: UploadRequest, changes: Mapping[str, Any]) -> UploadRequest:
        now = self.kept.get(request.id)
        if now is None or any(
            getattr(now, name) != getattr(request, name) for name in {"status", *changes}
        ):
            raise StoryChangedError("it is not in that state")
        return self._write(request, changes)

    def fulfilled_by(self, story_id: str, generation: str, page: Any = None) -> UploadRequestsPage:
        found = [
            request.id
            for request in self.kept.values()
            if (request.story_id, request.generation) == (story_id, generation)
        ]
        first, following = one_a_page(found, page)
        return UploadRequestsPage([self.kept[upload_id] for upload_id in first], following)

    def _is_open(self, request: UploadRequest) -> bool:
        now = self.kept.get(request.id)
        if now is None or request.generation is None:
            return now is not None and now.status in OPEN
        return now.status in OPEN or now.generation == request.generation

    def _write(self, request: UploadRequest, changes: Mapping[str, Any]) -> UploadRequest:
        self.kept[request.id] = msgspec.structs.replace(self.kept[request.id], **changes)
        return self.kept[request.id]


class InMemoryIntakeBucket:
    """The intake bucket, and what its clients do with it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.objects: dict[str, IntakePhoto] = {}
        self._clock = clock
        self._count = 0

    def post(
        self, key: str, content: bytes, upload_id: str | None = None, email: str | None = None
    ) -> None:
        """What a client does: post a form, or put an object by hand."""
        self._count += 1
        now = self._clock().replace(microsecond=0)
        version = f"version {self._count}"
        self.objects[key] = IntakePhoto(content, len(content), version, upload_id, now, email)

    def form(
        self,
        key: str,
        content_type: str,
        *,
        upload_id: str | None = None,
        email: str | None = None,
    ) -> PostForm:
        given = {"key": key, "id": upload_id, "email": email}
        fields = {name: value for name, value in given.items() if value is not None}
        return PostForm("https://intake_bucket.example", fields)

    def get(self, key: str, max_bytes: int) -> IntakePhoto | None:
        found = self.objects.get(key)
        if found is None or found.size <= max_bytes:
            return found
        return msgspec.structs.replace(found, content=None)

    def head(self, key: str) -> IntakeObject | None:
        found = self.objects.get(key)
        return IntakeObject(found.version, found.arrived_at) if found else None

    def waiting(self, prefix: str, page: Any = None) -> IntakeListing:
        found = [key for key in self.objects if key.startswith(prefix)]
        first, following = one_a_page(found, page)
        return IntakeListing({key: self.objects[key].arrived_at for key in first}, following)

    def copy(self, key: str, to: str) -> None:
        if key not in self.objects:
            raise TransientError("CopyObject failed with NoSuchKey")
        self.objects[to] = msgspec.structs.replace(self.objects[key], arrived_at=self._clock())

    def remove(self, key: str, version: str) -> None:
        if key in self.objects and self.objects[key].version == version:
            del self.objects[key]

    def forget(self, before: datetime) -> list[str]:
        """Remove older objects, as the bucket's lifecycle does; returns their keys."""
        gone = [key for key, each in self.objects.items() if each.arrived_at < before]
        for key in gone:
            del self.objects[key]
        return gone
