"""What people were promised in a run, and what a run did to stories: read off its tape."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.stories.keys import content_id_of, derived_id
from chalicelib.stories.moves import Move
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import UploadStatus
from tests.proof.pages import page
from tests.proof.simulation import Posted, Simulation
from tests.proof.tape import Request


@dataclass(frozen=True)
class Promise:
    """Somebody's photo was taken, and has this life of a story."""

    life: StoryMessage
    shade: int
    notify: bool


class Run:
    """A run that has come to rest, and what can be read off it."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.backend = simulation.backend
        self.requests = simulation.tape.requests

    @cached_property
    def promises(self) -> list[Promise]:
        """Every photo that was answered with 200, or that S3 took and that got a story."""
        posted = [self._kept(each) for each in self.simulation.posted]
        return [
            *(
                Promise(about(each.receipt.story), each.shade, each.notify)
                for each in self.simulation.acknowledged
            ),
            *(each for each in posted if each),
        ]

    @cached_property
    def stories(self) -> list[tuple[Story, int]]:
        """Every story that somebody was promised and that is alive, and the shade of its page."""
        found = [(self.alive(promise.life), promise.shade) for promise in self.promises]
        return [(story, shade) for story, shade in found if story]

    @cached_property
    def deleted(self) -> set[StoryMessage]:
        """The lives that somebody ended, answered or not."""
        return {
            about(request.result)
            for request in self.requests
            if request.process.kind == "delete" and written(request, "status") is Status.DELETED
        }

    @cached_property
    def claimed(self) -> list[StoryMessage]:
        """Every life that began."""
        return [
            about(next(each for each in request.detail if isinstance(each, Story)))
            for request in self.requests
            if request.detail[0] in {"claim", "claim_story"}
            and request.took_effect
            and request.result is None
        ]

    def lives_of(self, story_id: str) -> int:
        """How many lives an id may have had: one, and one more after each deletion."""
        return 1 + Counter(life.id for life in self.deleted)[story_id]

    def record(self, life: StoryMessage) -> Story | None:
        """What the table has of this life."""
        story = self.backend.stories.find(life.id)
        return story if story is not None and about(story) == life else None

    def alive(self, life: StoryMessage) -> Story | None:
        story = self.record(life)
        return story if story is not None and story.status is not Status.DELETED else None

    def id_of(self, posted: Posted) -> str | None:
        """Of the story that a staged photo is to have; None: it is no photo."""
        if posted.shade is None:
            return None
        content_id = content_id_of(page(posted.shade))
        return str(derived_id(self.backend.namespace, content_id, "en-US", "Joanna"))

    @cached_property
    def parked_deletions(self) -> set[StoryMessage]:
        """Lives whose record was replaced, and whose erasure waits for an operator."""
        return {life for life in self.parked(Step.DELETION) if self.record(life) is None}

    def parked(self, step: Step) -> set[StoryMessage]:
        """What is kept of a step's messages; they are visible again afterwards."""
        queue = self.backend.parked_queues[step]
        queue.show_all()
        found = set()
        while (delivery := queue.receive()) is not None:
            found.add(delivery.message)
        queue.show_all()
        return found

    def _kept(self, posted: Posted) -> Promise | None:
        if posted.shade is None:
            return None
        if posted.upload_id:
            request = self.backend.upload_requests.find(posted.upload_id)
            if request is None or request.status is not UploadStatus.FULFILLED:
                return None
            if request.story_id != self.id_of(posted):  # its sender put another one in its place
                return None
            life = StoryMessage(str(request.story_id), str(request.generation))
            return Promise(life, posted.shade, posted.notify)
        if posted.key in self.simulation.vanished:  # nobody came for it in a whole day
            return None
        story = self.backend.stories.find(self.id_of(posted) or "")
        return Promise(about(story), posted.shade, posted.notify) if story else None


def written(request: Request, field: str) -> Any:
    """What an update that took effect wrote to a field of a story."""
    match request.detail:
        case ("apply", Story(), Move(changes=changes), *_) if request.took_effect:
            return changes.get(field)
    return None


def writes(requests: list[Request]) -> Iterator[tuple[Request, Story]]:
    """Each write to a story, and the story as it left it."""
    for request in requests:
        if isinstance(request.result, Story) and request.detail[0] in {"lease", "apply"}:
            yield request, request.result


def with_following(requests: list[Request]) -> Iterator[tuple[Request, Request | None]]:
    """Each request, and the next one of the same process."""
    following: dict[int, Request] = {}
    pairs = []
    for request in reversed(requests):
        pairs.append((request, following.get(id(request.process))))
        following[id(request.process)] = request
    return reversed(pairs)
