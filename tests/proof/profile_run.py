"""What a run did to profiles, read off its tape."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from chalicelib.profiles import keys
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.profile import Photo, Profile, ProfileStatus
from chalicelib.stories.keys import content_id_of
from tests.proof.profile_simulation import ProfileSimulation, Wish
from tests.proof.tape import Request


@dataclass(frozen=True)
class Save:
    """A version of a profile that took the place of another."""

    request: Request
    before: Profile | None
    after: Profile

    @property
    def is_registration(self) -> bool:
        """Does a photo count from now on?"""
        before = self.before.photo if self.before else None
        now = self.after.photo
        return now is not None and (before is None or before.generation != now.generation)


class ProfileRun:
    """A run that has come to rest, and what can be read off it."""

    def __init__(self, simulation: ProfileSimulation) -> None:
        self.simulation = simulation
        self.backend = simulation.backend
        self.requests = simulation.tape.requests
        self.wishes = simulation.wishes

    @cached_property
    def saves(self) -> list[Save]:
        """In the order in which they took effect."""
        return list(self._saves())

    def _saves(self) -> Iterator[Save]:
        for request in self.requests:
            match request.detail:
                case ("save", Profile() as after, ("over", before)) if request.took_effect:
                    yield Save(request, before, after)

    @cached_property
    def people(self) -> dict[str, int]:
        """Who is on which photo, by its content id."""
        return {
            content_id_of(wish.content): wish.person
            for wish in self.wishes
            if wish.content is not None and wish.person is not None
        }

    def person_on(self, photo: Photo) -> int:
        return self.people[photo.content_id]

    @cached_property
    def users(self) -> list[str]:
        return list(dict.fromkeys(wish.user_id for wish in self.wishes))

    @cached_property
    def profiles(self) -> list[Profile]:
        """What is left in the end, of everybody who is known."""
        found = [self.simulation.profile(user_id) for user_id in self.users]
        return [profile for profile in found if profile]

    def last_wishes(self, user_id: str) -> list[Wish]:
        """Those after which the user wished nothing; several that were wished at a time."""
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
        """Of every photo that counted at some time."""
        return {owner_of(save.after) for save in self.saves if save.after.photo}


def owner_of(profile: Profile) -> Owner:
    """Of the photo that counts."""
    assert profile.photo is not None
    return Owner(profile.id, profile.photo.generation)


def files_of(owner: Owner) -> set[str]:
    """Everything that there is of a photo that counts."""
    return {keys.photo(owner), keys.portrait(owner), keys.thumbnail(owner)}


def is_over(profile: Profile) -> bool:
    return profile.status in {ProfileStatus.REJECTED, ProfileStatus.FAILED}
