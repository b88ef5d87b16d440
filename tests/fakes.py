"""The world in memory: what `chalicelib.ports` promises, without AWS.

The contract suite (tests/contracts) holds these to the very tests that the real adapters pass.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from chalicelib.delivery.messages import Delivery, Message
from chalicelib.errors import LeaseHeldError, StoryChangedError, TransientError
from chalicelib.pages.detection import TextDetection
from chalicelib.stories.moves import Move
from chalicelib.stories.ports import StoriesFound, StoriesPage
from chalicelib.stories.story import Lease, Status, Story, month_of, place_in_list, sources
from chalicelib.telemetry.metrics import Metric

BATCH = 100
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Uuids:
    """UUIDs in a row, the same in every run."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self) -> uuid.UUID:
        self._count += 1
        return uuid.UUID(int=self._count << 96 | 4 << 76 | 8 << 60)


class InMemoryStories:
    def __init__(self) -> None:
        self.kept: dict[str, Story] = {}

    def claim(self, story: Story, *, over: Story | None = None) -> Story | None:
        existing = self.kept.get(story.id)
        is_free = existing is None or (
            over is not None
            and existing.generation == over.generation
            and existing.status is Status.DELETED
        )
        if is_free:
            self.kept[story.id] = story
            return None
        return None if existing and existing.generation == story.generation else existing

    def find(self, story_id: str) -> Story | None:
        return self.kept.get(story_id)

    def find_all(self, story_ids: Collection[str]) -> StoriesFound:
        """Answers half of them at a time, so that whoever asks must ask again."""
        assert len(set(story_ids)) == len(story_ids) <= BATCH
        asked = sorted(story_ids)
        now = asked[: (len(asked) + 1) // 2]
        found = {story_id: self.kept[story_id] for story_id in now if story_id in self.kept}
        return StoriesFound(found, asked[len(now) :])

    def listed(self, month: str, limit: int, before: str | None = None) -> StoriesPage:
        places = {
            place_in_list(story): story
            for story in self.kept.values()
            if month_of(story) == month and story.status is not Status.DELETED
        }
        ahead = [place for place in sorted(places, reverse=True) if not before or place < before]
        page = ahead[:limit]
        is_last = len(ahead) <= limit
        return StoriesPage([places[place] for place in page], None if is_last else page[-1])

    def lease(self, story_id: str, generation: str, lease: Lease, now: datetime) -> Story:
        story = self._current(story_id, generation)
        if story.status is Status.DELETED:
            raise StoryChangedError("it is deleted")
        held = story.leases.get(lease.step)
        if held is not None and held.until > now and held != lease:
            raise LeaseHeldError(held.message_id, held.until, gives_up=held.gives_up)
        return self._write(story, {"leases": {**story.leases, lease.step: lease}})

    def apply(
        self, story: Story, move: Move, *, lease: Lease | None = None, release: bool = False
    ) -> Story:
        changes = move.changes
        current = self._current(story.id, story.generation)
        only_releases = release and not changes
        if current.status is Status.DELETED is not story.status and not only_releases:
            raise StoryChangedError("it is deleted")
        if "status" in changes and current.status not in sources(changes["status"]):
            raise StoryChangedError(f"no move from {current.status} to {changes['status']}")
        if any(getattr(current, name) != value for name, value in move.expect.items()):
            raise StoryChangedError("a field is not as expected")
        leases = dict(current.leases)
        if lease is not None:
            if leases.get(lease.step) != lease:
                raise StoryChangedError("the lease is lost")
            if release:
                del leases[lease.step]
        return self._write(current, {"leases": leases, **changes})

    def unfinished(self, page: Any = None) -> StoriesPage:
        """One story a page, so that whoever asks must go on asking."""
        found = sorted(
            (story for story in self.kept.values() if story.unfinished_since is not None),
            key=lambda story: story.id,
        )
        ahead = [story for story in found if page is None or story.id > page]
        return StoriesPage(ahead[:1], ahead[0].id if len(ahead) > 1 else None)

    def _current(self, story_id: str, generation: str) -> Story:
        story = self.kept.get(story_id)
        if story is None or story.generation != generation:
            raise StoryChangedError("no such story")
        return story

    def _write(self, story: Story, changes: Mapping[str, Any]) -> Story:
        self.kept[story.id] = msgspec.structs.replace(story, **changes)
        return self.kept[story.id]


class InMemoryMedia:
    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}

    def put(self, key: str, content: bytes, content_type: str) -> None:
        self.objects[key] = (content, content_type)

    def get(self, key: str) -> bytes | None:
        return self.objects[key][0] if key in self.objects else None

    def exists(self, key: str) -> bool:
        return key in self.objects

    def keys_under(self, prefix: str) -> list[str]:
        """Two at a time, so that whoever asks must go on asking."""
        return sorted(key for key in self.objects if key.startswith(prefix))[:2]

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)


class RefusingMedia(InMemoryMedia):
    """Takes nothing."""

    def put(self, key: str, content: bytes, content_type: str) -> None:
        raise TransientError("PutObject failed with SlowDown")


class ScriptedTextDetector:
    """Answers what the script says for each image, in order; remembers what it was shown."""

    def __init__(self, *script: list[TextDetection] | Exception) -> None:
        self.script = list(script)
        self.images: list[bytes] = []

    def detect(self, image: bytes) -> list[TextDetection]:
        self.images.append(image)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class ScriptedSpeaker:
    """Speaks the MP3s that it was given, in turn; remembers what it was to say."""

    def __init__(self, *script: bytes | Exception) -> None:
        self.script = list(script)
        self.spoken: list[tuple[str, str, str]] = []

    def speak(self, ssml: str, *, language: str, voice: str) -> bytes:
        self.spoken.append((ssml, language, voice))
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Measurements:
    """Keeps what was recorded: metric, dimension's value, value."""

    def __init__(self) -> None:
        self.kept: list[tuple[Metric, str | None, float]] = []

    def record(self, metric: Metric, value: float = 1, dimension: str | None = None) -> None:
        assert (dimension is not None) == (metric.dimension is not None), metric.name
        self.kept.append((metric, dimension, value))

    def of(self, metric: Metric) -> list[tuple[str | None, float]]:
        return [(dimension, value) for kind, dimension, value in self.kept if kind is metric]


class Outbox:
    """Keeps the notices that were published."""

    def __init__(self) -> None:
        self.notices: list[tuple[str, str]] = []

    def publish(self, subject: str, body: str) -> None:
        self.notices.append((subject, body))


def delivery_to(
    message: Message, *, message_id: str = "m-1", receives: int = 1
) -> Delivery[Message]:
    return Delivery(
        message=message,
        message_id=message_id,
        receipt=f"{message_id}/{receives}",
        receives=receives,
        sent_at=NOW,
    )
