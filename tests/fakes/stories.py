"""The table of stories in memory."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from chalicelib.errors import LeaseHeldError, StoryChangedError
from chalicelib.stories.changes import Move
from chalicelib.stories.ports import StoriesFound, StoriesPage
from chalicelib.stories.story import Lease, Status, Story, month_of, place_in_list, sources

BATCH = 100


def one_a_page(names: Iterable[str], page: Any) -> tuple[list[str], str | None]:
    """The name that a page begins with, and the next page: a caller must ask for more."""
    ahead = sorted(name for name in names if page is None or name >= page)
    return ahead[:1], ahead[1] if len(ahead) > 1 else None


class InMemoryStories:
    def __init__(self) -> None:
        self.kept: dict[str, Story] = {}

    def claim(self, story: Story, *, over: Story | None = None) -> Story | None:
        existing = self.kept.get(story.id)
        is_gone = existing is not None and existing.status is Status.DELETED
        if existing is None or (is_gone and over and existing.generation == over.generation):
            self.kept[story.id] = story
            return None
        return None if existing.generation == story.generation else existing

    def find(self, story_id: str) -> Story | None:
        return self.kept.get(story_id)

    def find_all(self, story_ids: Collection[str]) -> StoriesFound:
        """Answers half of them at a time, so that the caller must ask again."""
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
        found = [story.id for story in self.kept.values() if story.unfinished_since is not None]
        first, following = one_a_page(found, page)
        return StoriesPage([self.kept[story_id] for story_id in first], following)

    def _current(self, story_id: str, generation: str) -> Story:
        story = self.kept.get(story_id)
        if story is None or story.generation != generation:
            raise StoryChangedError("no such story")
        return story

    def _write(self, story: Story, changes: Mapping[str, Any]) -> Story:
        self.kept[story.id] = msgspec.structs.replace(story, **changes)
        return self.kept[story.id]
