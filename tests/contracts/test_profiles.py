"""The table of profiles, in memory and on DynamoDB."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from chalicelib.errors import ProfileChangedError
from chalicelib.profiles import moves
from chalicelib.profiles.ports import Profiles
from chalicelib.profiles.profile import GIVEN_UP, Attempt, Profile, ProfileStatus
from tests.contracts.conftest import Table, pages
from tests.fakes.builders import story
from tests.fakes.clock import NOW
from tests.fakes.engines import CLEAR_FACE

TO = "a@example.com"


@pytest.fixture
def profiles(table: Table) -> Profiles:
    return table.profiles


def attempt(**fields: Any) -> Attempt:
    defaults = {"generation": "a1b2c3d4", "execution": "x-1", "sent_at": NOW}
    return Attempt(**{**defaults, **fields})


def new(profile_id: str = "p-1") -> Profile:
    return moves.attempted(None, profile_id, "user_a", attempt(), NOW)


def full(profile_id: str = "p-1") -> Profile:
    """A profile in which everything is filled in."""
    later = NOW + timedelta(seconds=1.5)
    tried = attempt(content_id="c0ffee", notices={TO: False}, started_at=later)
    profile = msgspec.structs.replace(new(profile_id), attempt=tried)
    profile = moves.indexed(moves.detected(profile, CLEAR_FACE, later), "face-1", later)
    profile = moves.registered(profile, later)
    again = attempt(generation="e5f6", notices={TO: False, "b@example.com": True})
    profile = moves.attempted(profile, profile.id, "user_a", again, later)
    return moves.ended(profile, ProfileStatus.FAILED, GIVEN_UP, later)


@pytest.mark.parametrize("profile", [new(), full()], ids=["new", "full"])
def test_a_profile_is_found_as_it_was_saved(profiles: Profiles, profile: Profile) -> None:
    profiles.save(profile, over=None)

    assert profiles.find(profile.id) == profile


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
    with pytest.raises(ProfileChangedError):
        profiles.remove(before)

    assert profiles.find("p-1") == moves.started(before, NOW)


def test_a_removed_profile_cannot_be_changed_but_removed_again(profiles: Profiles) -> None:
    before = new()
    profiles.save(before, over=None)
    for _ in range(2):
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


def test_unfinished_profiles_are_found_page_by_page_and_no_stories(
    table: Table,
) -> None:
    profiles, stories = table.profiles, table.stories
    stories.claim(story(unfinished_since=NOW))
    for number in range(3):
        profiles.save(new(f"p-{number}"), over=None)
    finished = moves.ended(new("p-9"), ProfileStatus.FAILED, GIVEN_UP, NOW)
    profiles.save(moves.discarded(finished, "a1b2c3d4", NOW), over=None)

    found = [each for page in pages(profiles.unfinished) for each in page.profiles]

    assert sorted(each.id for each in found) == ["p-0", "p-1", "p-2"]
    assert new("p-0") in found
    assert [each.id for each in stories.unfinished().stories] == [story().id]
