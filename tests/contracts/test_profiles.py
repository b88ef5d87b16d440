"""The table of profiles, in memory and on DynamoDB."""

from datetime import timedelta
from typing import Any

import boto3
import msgspec
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from chalicelib.aws.dynamodb.profiles_table import ProfilesTable
from chalicelib.aws.dynamodb.stories_table import StoriesTable
from chalicelib.errors import ProfileChangedError
from chalicelib.profiles import moves
from chalicelib.profiles.ports import Profiles
from chalicelib.profiles.profile import GIVEN_UP, Attempt, Profile, ProfileStatus
from chalicelib.stories.ports import Stories
from local.resources.creation import create_stories_table
from tests.fakes.builders import story
from tests.fakes.clock import NOW
from tests.fakes.engines import CLEAR_FACE
from tests.fakes.profiles import InMemoryProfiles
from tests.fakes.stories import InMemoryStories


@pytest.fixture(params=["memory", "moto"])
def both(request: pytest.FixtureRequest) -> tuple[Profiles, Stories]:
    if request.param == "memory":
        return InMemoryProfiles(), InMemoryStories()
    client = request.getfixturevalue("aws").client("dynamodb")
    create_stories_table(client, "stories")
    return ProfilesTable(client, "stories"), StoriesTable(client, "stories")


@pytest.fixture
def profiles(both: tuple[Profiles, Stories]) -> Profiles:
    return both[0]


def attempt(**fields: Any) -> Attempt:
    defaults = {"generation": "a1b2c3d4", "execution": "x-1", "sent_at": NOW}
    return Attempt(**{**defaults, **fields})


def new(profile_id: str = "p-1") -> Profile:
    return moves.attempted(None, profile_id, "user_a", attempt(), NOW)


def full() -> Profile:
    """A profile in which everything is filled in."""
    later = NOW + timedelta(seconds=1.5)
    tried = attempt(content_id="c0ffee", email="a@example.com", started_at=later)
    profile = msgspec.structs.replace(new(), attempt=tried)
    profile = moves.indexed(moves.detected(profile, CLEAR_FACE, later), "face-1", later)
    profile = moves.registered(profile, later)
    again = attempt(generation="e5f6", email="a@example.com")
    profile = moves.attempted(profile, profile.id, "user_a", again, later)
    return moves.ended(profile, ProfileStatus.FAILED, GIVEN_UP, later)


@pytest.mark.parametrize("profile", [new(), full()], ids=["new", "full"])
def test_a_profile_is_found_as_it_was_saved(profiles: Profiles, profile: Profile) -> None:
    profiles.save(profile, over=None)

    assert profiles.find(profile.id) == profile


def test_an_unknown_profile_is_not_found(profiles: Profiles) -> None:
    assert profiles.find("p-1") is None


def test_of_two_first_saves_one_succeeds(profiles: Profiles) -> None:
    profiles.save(new(), over=None)
    other = moves.attempted(None, "p-1", "user_a", attempt(generation="other"), NOW)

    with pytest.raises(ProfileChangedError):
        profiles.save(other, over=None)

    assert profiles.find("p-1") == new()


def test_of_two_changes_of_one_version_one_succeeds(profiles: Profiles) -> None:
    before = new()
    profiles.save(before, over=None)
    profiles.save(moves.started(before, NOW), over=before)

    with pytest.raises(ProfileChangedError):
        profiles.save(moves.detected(before, CLEAR_FACE, NOW), over=before)

    assert profiles.find("p-1") == moves.started(before, NOW)


def test_a_removed_profile_cannot_be_changed(profiles: Profiles) -> None:
    before = new()
    profiles.save(before, over=None)
    profiles.remove(before)

    with pytest.raises(ProfileChangedError):
        profiles.save(moves.started(before, NOW), over=before)

    assert profiles.find("p-1") is None


def test_a_save_can_be_repeated(profiles: Profiles) -> None:
    """By an earlier try whose answer got lost."""
    before, after = new(), moves.started(new(), NOW)
    profiles.save(before, over=None)
    profiles.save(after, over=before)

    profiles.save(after, over=before)

    assert profiles.find("p-1") == after


def test_another_version_is_not_removed(profiles: Profiles) -> None:
    before = new()
    profiles.save(before, over=None)
    profiles.save(moves.started(before, NOW), over=before)

    with pytest.raises(ProfileChangedError):
        profiles.remove(before)

    assert profiles.find("p-1") is not None


def test_an_unknown_profile_can_be_removed(profiles: Profiles) -> None:
    profiles.remove(new())

    assert profiles.find("p-1") is None


def test_unfinished_profiles_are_found_page_by_page_and_no_stories(
    both: tuple[Profiles, Stories],
) -> None:
    profiles, stories = both
    stories.claim(story(unfinished_since=NOW))
    for number in range(3):
        profiles.save(new(f"p-{number}"), over=None)
    finished = moves.notified(moves.ended(new("p-9"), ProfileStatus.FAILED, GIVEN_UP, NOW), NOW)
    profiles.save(moves.discarded(finished, "a1b2c3d4", NOW), over=None)

    found, page = [], profiles.unfinished()
    while True:
        found += page.profiles
        if page.next is None:
            break
        page = profiles.unfinished(page.next)

    assert sorted(each.id for each in found) == ["p-0", "p-1", "p-2"]
    assert new("p-0") in found
    assert [each.id for each in stories.unfinished().stories] == [story().id]


@pytest.mark.parametrize("over", [True, False])
def test_a_save_whose_answer_was_lost_is_our_own(aws: boto3.session.Session, over: bool) -> None:
    client = aws.client("dynamodb", config=Config(retries={"mode": "standard"}))
    create_stories_table(client, "stories")
    table, before = ProfilesTable(client, "stories"), full()
    if over:
        table.save(before, over=None)
    tries = []

    def lose_the_first_answer(request: Any, **_: Any) -> None:
        tries.append(request)
        if len(tries) == 1:
            raise ReadTimeoutError(endpoint_url=request.url)

    client.meta.events.register_last("before-send", lose_the_first_answer)

    table.save(moves.notified(before, NOW), over=before if over else None)

    assert len(tries) == 2
    assert table.find(before.id) == moves.notified(before, NOW)
