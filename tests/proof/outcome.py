"""What a run did to stories and profiles, read off its tape when it has come to rest."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

from chalicelib.delivery.messages import StoryMessage, about
from chalicelib.profiles import keys as profile_keys
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.profile import Photo, Profile, ProfileStatus
from chalicelib.stories.changes import Move
from chalicelib.stories.keys import content_id_of, derived_id
from chalicelib.stories.queues import Step
from chalicelib.stories.story import Status, Story
from chalicelib.stories.upload_request import UploadRequest, UploadStatus
from tests.fakes.world import NAMESPACE
from tests.proof.pages import page, text_on
from tests.proof.simulation import Posted, Simulation, Wish
from tests.proof.tape import Request

content_id = cache(content_id_of)


@dataclass(frozen=True)
class Promise:
    """A client's photo was taken, and has this life of a story."""

    life: StoryMessage
    shade: int
    notify: bool


@dataclass(frozen=True)
class Save:
    """A version of a profile that replaced another one."""

    request: Request
    before: Profile | None
    after: Profile

    @property
    def is_registration(self) -> bool:
        """Does a photo count from now on?"""
        before = self.before.photo if self.before else None
        now = self.after.photo
        return now is not None and (before is None or before.generation != now.generation)


class Outcome:
    """A run that has come to rest.

    A *life* is a story's id and generation: a story that is deleted and sent again has two.

    Args:
        may_fail: Photos that are suitable may end as failed: something was broken for long.
    """

    def __init__(self, simulation: Simulation, *, may_fail: bool = False) -> None:
        self.simulation = simulation
        self.may_fail = may_fail
        self.backend = simulation.backend
        self.requests = simulation.tape.requests
        self.wishes = simulation.wishes
        self._lives_ended = Counter(life.id for life in self.deleted)
        self.find = cache(self.backend.stories.find)
        self.profile = cache(simulation.profile)
        self.exists = cache(self.backend.media.exists)

    # Stories.

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

    def _kept(self, posted: Posted) -> Promise | None:
        if posted.shade is None:
            return None
        if posted.upload_id:
            request = self.backend.upload_requests.find(posted.upload_id)
            if request is None or request.status is not UploadStatus.FULFILLED:
                return None
            if request.story_id != self.id_of(posted):  # its sender posted another photo instead
                return None
            life = StoryMessage(str(request.story_id), str(request.generation))
            return Promise(life, posted.shade, posted.notify)
        if posted.key in self.simulation.vanished:
            return None
        story = self.find(self.id_of(posted) or "")
        return Promise(about(story), posted.shade, posted.notify) if story else None

    @cached_property
    def stories(self) -> list[tuple[Story, int]]:
        """Every promised story that is not deleted, and the shade of its page."""
        found = [(self.alive(promise.life), promise.shade) for promise in self.promises]
        return [(story, shade) for story, shade in found if story]

    def text_of(self, story: Story, shade: int) -> str:
        """What a story is to say: the last correction of its page's text."""
        text = text_on(shade)
        for request in self.requests:
            if request.process.kind == "correct" and (corrected := written(request, "text")):
                text = corrected if about(request.result) == about(story) else text
        return text

    @cached_property
    def deleted(self) -> set[StoryMessage]:
        """The lives that a client ended, whether it was answered or not."""
        return {
            about(request.result)
            for request in self.requests
            if request.process.kind == "delete" and written(request, "status") is Status.DELETED
        }

    @cached_property
    def claimed(self) -> list[StoryMessage]:
        return [
            about(next(each for each in request.detail if isinstance(each, Story)))
            for request in self.requests
            if request.detail[0] in {"claim", "claim_story"}
            and request.took_effect
            and request.result is None
        ]

    def lives_of(self, story_id: str) -> int:
        """How many lives a story may have had: one more after each deletion."""
        return 1 + self._lives_ended[story_id]

    def record(self, life: StoryMessage) -> Story | None:
        story = self.find(life.id)
        return story if story is not None and about(story) == life else None

    def alive(self, life: StoryMessage) -> Story | None:
        story = self.record(life)
        return story if story is not None and story.status is not Status.DELETED else None

    def id_of(self, posted: Posted) -> str | None:
        """The id of the story that a posted photo becomes; None: it is no photo."""
        if posted.shade is None:
            return None
        photo_id = content_id(page(posted.shade))
        return str(derived_id(NAMESPACE, photo_id, "en-US", "Joanna"))

    @cached_property
    def uploads(self) -> list[UploadRequest]:
        return list(self.backend.upload_requests.kept.values())

    @cached_property
    def asked_to_cancel(self) -> set[str]:
        """The uploads that a client tried to cancel, whether it was answered or not."""
        return {
            request.detail[1].id
            for request in self.requests
            if request.process.kind == "delete" and request.target == "upload"
            if request.detail[0] == "update"
        }

    @cached_property
    def parked_deletions(self) -> set[StoryMessage]:
        """Lives whose record was replaced, and whose erasure waits for an operator."""
        return {life for life in self.parked(Step.DELETION) if self.record(life) is None}

    def parked(self, step: Step) -> set[StoryMessage]:
        """The lives that a step's parked messages are about. The messages stay."""
        queue = self.backend.parked_queues[step]
        queue.show_all()
        found = set()
        while (delivery := queue.receive()) is not None:
            found.add(StoryMessage(delivery.message.id, delivery.message.generation))
        queue.show_all()
        return found

    # Profiles.

    @cached_property
    def saves(self) -> list[Save]:
        return list(self._saves())

    def _saves(self) -> Iterator[Save]:
        for request in self.requests:
            match request.detail:
                case ("save", Profile() as after, ("over", before)) if request.took_effect:
                    yield Save(request, before, after)

    @cached_property
    def _people(self) -> dict[str, int]:
        return {
            content_id(wish.content): wish.person
            for wish in self.wishes
            if wish.content is not None and wish.person is not None
        }

    def person_on(self, photo: Photo) -> int:
        return self._people[photo.content_id]

    @cached_property
    def users(self) -> list[str]:
        return list(dict.fromkeys(wish.user_id for wish in self.wishes))

    @cached_property
    def profiles(self) -> list[Profile]:
        found = [self.profile(user_id) for user_id in self.users]
        return [profile for profile in found if profile]

    def last_wishes(self, user_id: str) -> list[Wish]:
        """The wishes after which the user wished nothing: several if they overlapped."""
        wishes = [wish for wish in self.wishes if wish.user_id == user_id]
        return [
            wish
            for number, wish in enumerate(wishes)
            if not any(
                other.granted and other.asked >= wish.ended for other in wishes[number + 1 :]
            )
        ]

    @cached_property
    def owners(self) -> set[Owner]:
        """The owners of every photo that counted at some time."""
        return {owner_of(save.after) for save in self.saves if save.after.photo}

    @cached_property
    def present_owners(self) -> set[Owner]:
        return {owner_of(profile) for profile in self.profiles if profile.photo}


def owner_of(profile: Profile) -> Owner:
    assert profile.photo is not None
    return Owner(profile.id, profile.photo.generation)


def files_of(owner: Owner) -> set[str]:
    return {
        profile_keys.photo(owner),
        profile_keys.portrait(owner),
        profile_keys.thumbnail(owner),
    }


def published_by(story: Story) -> set[str]:
    """The public files of its narration that a story names."""
    if story.status is Status.DELETED or story.audio is None or story.spoken is None:
        return set()
    timed = ["read-along.json", "story.vtt"] if story.spoken.timed_words else []
    folder, _, _ = story.audio.rpartition("/")
    return {f"{folder}/{name}" for name in ("story.mp3", "story.json", *timed)}


def has_failed(profile: Profile) -> bool:
    return profile.status in {ProfileStatus.REJECTED, ProfileStatus.FAILED}


def life_of(key: str) -> StoryMessage | None:
    """The life of a story that a file belongs to; None: it is a profile's."""
    _, first, second, *_ = key.split("/")
    return None if first == "profiles" else StoryMessage(first, second)


def written(request: Request, field: str) -> Any:
    """The value that an update that took effect wrote to a story's field."""
    match request.detail:
        case ("apply", _, Move(changes=changes), *_) if request.took_effect:
            return changes.get(field)
    return None


def writes(requests: list[Request]) -> Iterator[tuple[Request, Story]]:
    """Each write to a story, and the story after it."""
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


def shortest_gap(moments: Iterable[tuple[str, datetime]]) -> timedelta:
    """The shortest time between two moments under one key."""
    series: dict[str, list[datetime]] = defaultdict(list)
    for key, moment in moments:
        series[key].append(moment)
    gaps = [later - earlier for each in series.values() for earlier, later in pairwise(each)]
    return min(gaps, default=timedelta.max)
