"""A poll of a profile, which also resumes it."""

from datetime import timedelta

import pytest

from chalicelib.errors import InvalidRequestError, UnknownProfileError
from chalicelib.profiles import moves
from chalicelib.profiles.executions import are_of_one_attempt
from chalicelib.profiles.failover import is_due
from chalicelib.profiles.profile import Attempt, ProfileStatus
from chalicelib.profiles.retrieval import ProfileRetrieval
from tests.fakes.clock import NOW
from tests.fakes.trouble import fail
from tests.fakes.world import BEN, World


@pytest.mark.parametrize(
    "user_id", ["", "a/b", "../b", "x" * 129, "x" * 300, "anna müller", ".hidden", "a\nb", "a%2Fb"]
)
def test_an_invalid_user_id_is_refused(world: World, user_id: str) -> None:
    with pytest.raises(InvalidRequestError, match="1 to 128 letters"):
        world.part(ProfileRetrieval).retrieve(user_id)


@pytest.mark.parametrize("user_id", ["a", "x" * 128, "anna@example.com", "sub:1234", "A.b_c-d+e"])
def test_a_valid_user_id_is_looked_up(world: World, user_id: str) -> None:
    with pytest.raises(UnknownProfileError):
        world.part(ProfileRetrieval).retrieve(user_id)


def test_an_execution_that_is_not_the_last_one_is_unknown(world: World) -> None:
    old = world.photo_of(world.register("user_a"))
    new = world.photo_of(world.register("user_a", BEN))

    assert world.part(ProfileRetrieval).retrieve("user_a", new.execution).photo == new
    with pytest.raises(UnknownProfileError, match="another photo was sent since"):
        world.part(ProfileRetrieval).retrieve("user_a", old.execution)


@pytest.mark.parametrize("seconds", [30, 800])
def test_a_poll_starts_no_second_execution_while_one_runs(world: World, seconds: int) -> None:
    world.put("user_a")

    world.clock.advance(seconds)
    profile = world.part(ProfileRetrieval).retrieve("user_a")

    assert profile.status is ProfileStatus.PROCESSING
    assert len(world.workflow.executions) == 1


@pytest.mark.parametrize("becomes", ["FAILED", "TIMED_OUT", "ABORTED", "unknown"])
def test_an_execution_that_ended_without_a_result_is_followed_by_another(
    world: World, becomes: str
) -> None:
    world.put("user_a")
    (execution,) = world.workflow.executions.values()
    if becomes == "unknown":
        world.workflow.executions.clear()
    execution.status = becomes
    world.clock.advance(71)

    asked = world.part(ProfileRetrieval).retrieve("user_a")
    world.run()

    assert asked.attempt is not None
    assert asked.attempt.execution.endswith("-2")
    assert world.profile("user_a").status is ProfileStatus.READY


def test_a_poll_is_answered_although_step_functions_is_away(world: World) -> None:
    world.put("user_a")
    fail(world.workflow, "is_running")
    world.clock.advance(71)

    assert world.part(ProfileRetrieval).retrieve("user_a").status is ProfileStatus.PROCESSING


@pytest.mark.parametrize(
    ("number", "seconds", "due"),
    [
        (1, 70, False),
        (1, 71, True),
        (2, 140, False),
        (2, 141, True),
        (5, 1120, False),
        (5, 1121, True),
    ],
)
def test_each_execution_is_given_more_time(number: int, seconds: int, due: bool) -> None:
    attempt = Attempt(generation="a1b2c3d4", execution="x", number=number, sent_at=NOW)
    profile = moves.attempted(None, "p", "user_a", attempt, NOW)

    assert is_due(profile, NOW + timedelta(seconds=seconds)) is due


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("p-g-1", "p-g-2", True),
        ("p-g-1", "p-h-1", False),
        ("by-hand", "by-hand", True),
        ("console", "manual", False),
    ],
)
def test_executions_of_one_attempt_differ_in_their_number(one: str, other: str, same: bool) -> None:
    assert are_of_one_attempt(one, other) is same
