"""The harness finds what it is there to find: each safeguard is switched off once."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import product
from typing import Any

import pytest

from chalicelib.story import Lease, Story
from tests.fakes import InMemoryStories
from tests.proof.crashes import every_single_fault
from tests.proof.ledger import FOUND
from tests.proof.meeting import every_order_of
from tests.proof.meetings import MEETINGS
from tests.proof.memory_backend import MemoryBackend
from tests.proof.scenarios import SCENARIOS
from tests.proof.simulation import Broken


class WithoutLease(InMemoryStories):
    """Everybody gets the lease, and nobody's is looked at."""

    def lease(self, story_id: str, generation: str, lease: Lease, now: datetime) -> Story:
        return self._write(self._current(story_id, generation), {})

    def update(
        self, story: Story, changes: Mapping[str, Any], *, lease: Lease | None = None, **more: Any
    ) -> Story:
        return super().update(story, changes, expect=more.get("expect"))


class WithoutClaimCondition(InMemoryStories):
    """A claim overwrites whatever has its id."""

    def claim(self, story: Story, *, over: Story | None = None) -> Story | None:
        self.kept[story.id] = story
        return None


class WithoutNotifiedMark(InMemoryStories):
    """Nobody remembers who was told."""

    def update(self, story: Story, changes: Mapping[str, Any], **more: Any) -> Story:
        kept = {name: value for name, value in changes.items() if name != "notified_of"}
        return super().update(story, kept, **more)


class WithoutGenerationCheck(InMemoryStories):
    """Whoever knows the id may write."""

    def _current(self, story_id: str, generation: str) -> Story:
        story = self.kept.get(story_id)
        return super()._current(story_id, story.generation if story else generation)


class WithoutFences(InMemoryStories):
    """A worker whose lease ran out may write, whatever the story has become since."""

    def update(
        self, story: Story, changes: Mapping[str, Any], *, lease: Lease | None = None, **more: Any
    ) -> Story:
        plain = {name: value for name, value in changes.items() if name != "status"}
        written = super().update(story, plain, expect=more.get("expect"))
        leases = dict(written.leases)
        if lease and more.get("release"):
            leases.pop(lease.stage, None)
        status = changes.get("status", written.status)
        return self._write(written, {"status": status, "leases": leases})


def symptoms_of(stories: type[InMemoryStories]) -> Iterator[str]:
    """Play everything on a world with this bug: the first thing that breaks, each time."""

    def make_backend() -> MemoryBackend:
        return MemoryBackend(stories())

    for meeting in MEETINGS:
        yield from _symptom(partial(every_order_of, meeting, make_backend))
    for scenario, twice in product(SCENARIOS, (False, True)):
        yield from _symptom(partial(every_single_fault, scenario, make_backend, twice=twice))


def _symptom(play: Callable[[], int]) -> Iterator[str]:
    try:
        play()
    except Broken as broken:
        yield str(broken).splitlines()[1]


@pytest.mark.parametrize(
    ("bug", "symptom"),
    [
        (WithoutLease, "paid 2 times"),
        (WithoutClaimCondition, "an acknowledged story is gone"),
        (WithoutNotifiedMark, "2 notices for 1 ends"),
        (WithoutFences, "an acknowledged story was left read"),
        (WithoutGenerationCheck, "a message of 00000001 touched 00000002"),
    ],
)
def test_a_planted_bug_is_found(bug: type[InMemoryStories], symptom: str) -> None:
    assert any(symptom in each for each in symptoms_of(bug))

    FOUND.append(bug.__name__)
