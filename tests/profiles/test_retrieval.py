"""Asking for a profile, and what it sets going again."""

from datetime import timedelta

import pytest

from chalicelib.errors import InvalidRequestError, TransientError, UnknownProfileError
from chalicelib.profiles import moves
from chalicelib.profiles.executions import are_of_one_attempt
from chalicelib.profiles.failover import is_due
from chalicelib.profiles.profile import Attempt, ProfileStatus
from chalicelib.profiles.retrieval import ProfileRetrieval
from tests.fakes.clock import NOW
from tests.fakes.world import BEN, World


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    "user_id", ["", "a/b", "../b", "x" * 129, "x" * 300, "anna müller", ".hidden", "a\nb", "a%2Fb"]
)
def test_what_cannot_be_a_users_id_is_refused(world: World, user_id: str) -> None:
    with pytest.raises(InvalidRequestError, match="1 to 128 letters"):
        world.part(ProfileRetrieval).retrieve(user_id)


@pytest.mark.parametrize("user_id", ["a", "x" * 128, "anna@example.com", "sub:1234", "A.b_c-d+e"])
def test_what_can_be_one_is_looked_for(world: World, user_id: str) -> None:
    with pytest.raises(UnknownProfileError):
        world.part(ProfileRetrieval).retrieve(user_id)


def test_an_execution_that_is_not_the_last_one_is_unknown(world: World) -> None:
    old = world.register("user_a").photo
    assert old is not None
    new = world.register("user_a", BEN).photo
    assert new is not None

    assert world.part(ProfileRetrieval).retrieve("user_a", new.execution).photo == new
    with pytest.raises(UnknownProfileError, match="another photo was sent since"):
        world.part(ProfileRetrieval).retrieve("user_a", old.execution)


def test_a_poll_right_after_the_upload_starts_nothing_twice(world: World) -> None:
    world.put("user_a")

    world.clock.advance(30)
    profile = world.part(ProfileRetrieval).retrieve("user_a")

    assert profile.status is ProfileStatus.PROCESSING
    assert len(world.workflow.executions) == 1


def test_a_running_execution_is_left_alone_however_long_it_takes(world: World) -> None:
    world.put("user_a")

    world.clock.advance(800)
    world.part(ProfileRetrieval).retrieve("user_a")

    assert len(world.workflow.executions) == 1


@pytest.mark.parametrize("becomes", ["FAILED", "TIMED_OUT", "ABORTED", "unknown"])
def test_an_execution_that_ended_without_a_word_is_followed_by_another(
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


def test_who_asks_is_answered_although_nothing_can_be_set_going(world: World) -> None:
    world.put("user_a")

    def down(_: str) -> bool:
        raise TransientError("DescribeExecution failed with ThrottlingException")

    world.workflow.is_running = down  # type: ignore[method-assign,assignment]
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
