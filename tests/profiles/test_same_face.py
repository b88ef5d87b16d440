"""One face belongs to one profile, whoever asks when."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from chalicelib.profiles import moves
from chalicelib.profiles.duplicates import RivalStatus, rival_status
from chalicelib.profiles.faces import Owner
from chalicelib.profiles.profile import FACE_ALREADY_EXISTS, Attempt, Profile, ProfileStatus
from tests.fakes.clock import NOW
from tests.fakes.engines import CLEAR_FACE, portrait
from tests.fakes.workflow import Interpreter
from tests.fakes.world import ANNA, World

Step = Callable[[dict[str, Any]], Any]


@pytest.fixture
def world() -> World:
    return World()


def ready(world: World, *users: str) -> list[str]:
    return [user for user in users if world.profile(user).status is ProfileStatus.READY]


def run_one_inside_another(world: World, task: str) -> None:
    """Run the first of two executions, and the second one whole just before this task of it."""
    _, second = world.workflow.executions.values()
    run = world.functions[task]

    def held_up(event: dict[str, Any]) -> Any:
        world.functions[task] = run
        Interpreter(world.functions).run(second)
        return run(event)

    world.functions[task] = held_up
    world.run()


def test_two_who_look_before_either_has_added_their_face_end_with_one(
    world: World,
) -> None:
    """The second execution runs in between the first one's look and its face."""
    world.put("user_a")
    world.put("user_b")
    run_one_inside_another(world, "add_face_to_index")

    assert ready(world, "user_a", "user_b") == ["user_b"]
    assert world.faces_of("user_a") == []


def test_of_two_whose_faces_are_both_in_the_lowest_face_id_stays(world: World) -> None:
    """The first one has looked again, and seen nobody, before the second one's face is in."""
    world.put("user_a")
    world.put("user_b")
    run_one_inside_another(world, "persist_metadata")

    assert ready(world, "user_a", "user_b") == ["user_a"], "it has the lower id: it was in first"
    assert world.faces_of("user_b") == []


def test_whoever_is_beaten_finds_out_before_their_photo_counts(world: World) -> None:
    """The same, but the second one's face has the lower id: it beats the one that waits."""
    world.put("user_a")
    world.put("user_b", email="b@example.com")
    ids = iter(["face-9", "face-1"])
    add = world.faces.add

    def with_ids(picture: bytes, owner: Owner | None) -> str:
        made = add(picture, owner)
        assert made is not None
        face_id = next(ids)
        world.faces.rename(made, face_id)
        return face_id

    world.faces.add = with_ids  # type: ignore[method-assign]
    run_one_inside_another(world, "persist_metadata")
    world.clock.advance(600)
    world.sweep()

    assert ready(world, "user_a", "user_b") == ["user_b"]
    first, _ = world.workflow.executions.values()
    assert first.path[-2:] == ["PersistMetadata", "PhotoDoesNotMeetRequirement"]
    assert list(world.faces.kept) == ["face-1"]


def test_a_face_that_was_put_into_the_collection_by_hand_is_somebodys(
    world: World,
) -> None:
    world.faces.add(portrait(ANNA), None)

    assert world.register("user_a").status is ProfileStatus.REJECTED


def test_where_the_search_lags_two_may_end_with_one_face(world: World) -> None:
    """What cannot be closed on AWS: if neither search sees the other's face, both stay."""
    world.faces.lag = timedelta(minutes=1)

    world.register("user_a")
    world.register("user_b")

    assert ready(world, "user_a", "user_b") == ["user_a", "user_b"]


def test_a_face_that_an_earlier_try_added_unnoticed_is_taken_up(world: World) -> None:
    add = world.faces.add
    added: list[str | None] = []

    def dies_afterwards(picture: bytes, owner: Owner | None) -> str | None:
        added.append(add(picture, owner))
        world.faces.add = add  # type: ignore[method-assign]
        raise ConnectionError

    world.faces.add = dies_afterwards  # type: ignore[method-assign]

    profile = world.register("user_a")

    assert profile.photo is not None
    assert [profile.photo.face_id] == added == world.faces_of("user_a")


def test_of_several_faces_that_tries_added_one_stays(world: World) -> None:
    add = world.functions["add_face_to_index"]

    def once_more(event: dict[str, Any]) -> Any:
        profile = world.profile("user_a")
        assert profile.attempt is not None
        add(event)
        world.faces.add(portrait(ANNA), Owner(profile.id, profile.attempt.generation))
        return add(event)

    world.functions["add_face_to_index"] = once_more

    photo = world.register("user_a").photo

    assert photo is not None
    assert world.faces_of("user_a") == [photo.face_id]


RIVAL = Owner("5a1f9f52-6b1c-5f0e-9d3c-0123456789ab", "a1b2c3d4")
ATTEMPT = Attempt(generation=RIVAL.generation, execution="x-1", sent_at=NOW)
UNDER_WAY = moves.attempted(None, RIVAL.profile_id, "user_b", ATTEMPT, NOW)
OTHER = msgspec.structs.replace(ATTEMPT, generation="e5f6a7b8")


@pytest.mark.parametrize(
    ("profile", "standing"),
    [
        (None, RivalStatus.OVER),
        (UNDER_WAY, RivalStatus.CONTENDER),
        (moves.refused(UNDER_WAY, FACE_ALREADY_EXISTS, NOW), RivalStatus.OVER),
        (moves.ended(UNDER_WAY, ProfileStatus.FAILED, FACE_ALREADY_EXISTS, NOW), RivalStatus.OVER),
        (moves.deleted(UNDER_WAY, NOW), RivalStatus.OVER),
        (moves.attempted(UNDER_WAY, RIVAL.profile_id, "user_b", OTHER, NOW), RivalStatus.OVER),
    ],
    ids=["gone", "under way", "refused", "failed", "deleted", "replaced"],
)
def test_a_face_contends_only_while_its_own_attempt_does(
    profile: Profile | None, standing: RivalStatus
) -> None:
    assert rival_status(profile, RIVAL) is standing


def test_a_face_of_another_hand_is_somebodys_and_a_counting_one_its_owners() -> None:
    detected = moves.detected(UNDER_WAY, CLEAR_FACE, NOW)
    counts = moves.registered(moves.indexed(moves.read(detected, "c0ffee", NOW), "f-1", NOW), NOW)

    assert rival_status(None, None) is RivalStatus.REGISTERED
    assert rival_status(counts, RIVAL) is RivalStatus.REGISTERED
    assert rival_status(counts, Owner(RIVAL.profile_id, "e5f6a7b8")) is RivalStatus.OVER
