"""Records that earlier versions wrote are still understood."""

import pytest

from chalicelib.aws.dynamodb import items
from chalicelib.profiles import moves
from chalicelib.profiles.profile import GIVEN_UP, Profile, ProfileStatus, owed_to
from tests.contracts.test_profiles import TO, attempt
from tests.fakes.builders import story
from tests.fakes.clock import NOW


def old_profile(*, is_over: bool, notice_owed: bool) -> Profile:
    """A profile whose attempt has the address as `email`, and no `notices`."""
    profile = moves.attempted(None, "p-1", "user_a", attempt(), NOW)
    if is_over:
        profile = moves.ended(profile, ProfileStatus.FAILED, GIVEN_UP, NOW)
    item = items.profile_item(profile)
    fields = item["attempt"]["M"]
    del fields["notices"]
    fields |= {"email": {"S": TO}, "notice_owed": {"BOOL": notice_owed}}
    return items.profile_of(item)


@pytest.mark.parametrize(
    ("is_over", "notice_owed", "is_sent"),
    [(False, False, False), (True, True, False), (True, False, True)],
)
def test_the_address_of_an_attempt_gets_its_notice_once(
    *, is_over: bool, notice_owed: bool, is_sent: bool
) -> None:
    profile = old_profile(is_over=is_over, notice_owed=notice_owed)

    assert profile.attempt is not None
    assert profile.attempt.notices == {TO: is_sent}
    assert owed_to(profile) == ([TO] if notice_owed else [])


@pytest.mark.parametrize("truncated", [True, False])
def test_a_story_says_whether_its_text_is_complete(*, truncated: bool) -> None:
    item = {**items.story_item(story(text="Once.")), "truncated": {"BOOL": truncated}}

    assert items.story_of(item).complete is not truncated
