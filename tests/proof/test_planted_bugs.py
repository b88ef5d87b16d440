"""The harness finds what it is there to find: each safeguard is switched off once."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import product
from typing import Any

import msgspec
import pytest

from chalicelib.stories.intake_bucket import IntakePhoto
from chalicelib.stories.moves import Move
from chalicelib.stories.story import Lease, Status, Story
from chalicelib.stories.upload_request import UploadRequest, fulfilment
from tests.fakes.stories import InMemoryStories
from tests.fakes.uploads import InMemoryIntakeBucket, InMemoryUploadRequests
from tests.proof.crashes import every_single_fault
from tests.proof.ledger import FOUND
from tests.proof.meeting import every_order_of
from tests.proof.meetings import MEETINGS
from tests.proof.memory_backend import MemoryBackend
from tests.proof.scenarios import SCENARIOS
from tests.proof.simulation import BrokenPromiseError


def without(move: Move, field: str) -> Move:
    kept: Any = {name: value for name, value in move.changes.items() if name != field}
    return Move(kept, move.expect)


class WithoutLease(InMemoryStories):
    """Everybody gets the lease, and nobody's is looked at."""

    def lease(self, story_id: str, generation: str, lease: Lease, now: datetime) -> Story:
        return self._write(self._current(story_id, generation), {})

    def apply(
        self, story: Story, move: Move, *, lease: Lease | None = None, release: bool = False
    ) -> Story:
        return super().apply(story, move)


class WithoutClaimCondition(InMemoryStories):
    """A claim overwrites whatever has its id."""

    def claim(self, story: Story, *, over: Story | None = None) -> Story | None:
        self.kept[story.id] = story
        return None


class WithoutNotifiedMark(InMemoryStories):
    """Nobody remembers who was told."""

    def apply(self, story: Story, move: Move, **more: Any) -> Story:
        return super().apply(story, without(move, "notified_of"), **more)


class WithoutGenerationCheck(InMemoryStories):
    """Whoever knows the id may write."""

    def _current(self, story_id: str, generation: str) -> Story:
        story = self.kept.get(story_id)
        return super()._current(story_id, story.generation if story else generation)


class WithoutFences(InMemoryStories):
    """A worker whose lease ran out may write, whatever the story has become since."""

    def apply(
        self, story: Story, move: Move, *, lease: Lease | None = None, release: bool = False
    ) -> Story:
        written = super().apply(story, without(move, "status"))
        leases = dict(written.leases)
        if lease and release:
            leases.pop(lease.step, None)
        status = move.changes.get("status", written.status)
        return self._write(written, {"status": status, "leases": leases})


class WithoutWaitingForWriters(InMemoryStories):
    """Nobody who deletes learns that somebody may still be storing files."""

    def find(self, story_id: str) -> Story | None:
        story = super().find(story_id)
        if story is None or story.status is not Status.DELETED:
            return story
        return msgspec.structs.replace(story, leases={}, uploading_until=None)


class WithSilentReplacement(InMemoryStories):
    """A deleted story looks erased to whoever claims its id: nobody sends for its files."""

    def claim(self, story: Story, *, over: Story | None = None) -> Story | None:
        existing = super().claim(story, over=over)
        if existing is None or existing.status is not Status.DELETED:
            return existing
        return msgspec.structs.replace(existing, erased_at=existing.deleted_at)


class WithoutTransaction(InMemoryUploadRequests):
    """A request is fulfilled before its story is claimed."""

    def claim_story(
        self,
        request: UploadRequest,
        photo_arrived_at: datetime,
        story: Story,
        *,
        over: Story | None = None,
    ) -> Story | None:
        if self._is_open(request):
            self._write(request, fulfilment(story, photo_arrived_at))
        return self._stories.claim(story, over=over)


class WithoutPatience(InMemoryIntakeBucket):
    """What is staged is removed as soon as somebody has read it."""

    def get(self, key: str, most: int) -> IntakePhoto | None:
        found = super().get(key, most)
        self.objects.pop(key, None)
        return found


def symptoms_of(bug: type[Any], about: str) -> Iterator[str]:
    """Play what is about something on a world with this bug: what breaks first, each time."""

    def make_backend() -> MemoryBackend:
        backend = MemoryBackend(bug() if issubclass(bug, InMemoryStories) else None)
        if issubclass(bug, InMemoryUploadRequests):
            backend.upload_requests = bug(backend.stories)
        if issubclass(bug, InMemoryIntakeBucket):
            backend.intake_bucket = bug(backend.clock)
        return backend

    for meeting in MEETINGS:
        if about in meeting.name:
            yield from _symptom(partial(every_order_of, meeting, make_backend))
    for scenario, twice in product(SCENARIOS, (False, True)):
        if about in scenario.name:
            yield from _symptom(partial(every_single_fault, scenario, make_backend, twice=twice))


def _symptom(play: Callable[[], int]) -> Iterator[str]:
    try:
        play()
    except BrokenPromiseError as broken:
        yield str(broken).splitlines()[1]


@pytest.mark.parametrize(
    ("bug", "symptom", "about"),
    [
        (WithoutLease, "paid 2 times", ""),
        (WithoutClaimCondition, "an acknowledged story is gone", ""),
        (WithoutNotifiedMark, "2 notices for 1 ends", ""),
        (WithoutFences, "an acknowledged story was left read", ""),
        (WithoutGenerationCheck, "a message of 00000001 touched 00000002", "generation"),
        (WithoutWaitingForWriters, "a story was said to be erased before it was", "an eraser"),
        (
            WithSilentReplacement,
            "an orphan",
            "lost deletion",
        ),
        (WithoutTransaction, "an acknowledged story is gone", "direct upload"),
        (WithoutPatience, "a photo was posted, and its request never heard of it", "direct upload"),
    ],
)
def test_a_planted_bug_is_found(bug: type[Any], symptom: str, about: str) -> None:
    assert any(symptom in each for each in symptoms_of(bug, about))

    FOUND.append(bug.__name__)
