"""One face belongs to one profile, in every order of two executions."""

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
from tests.fakes.trouble import before, lose_answer
from tests.fakes.workflow import Interpreter
from tests.fakes.world import ANNA, World


def ready(world: World, *users: str) -> list[str]:
    return [user for user in users if world.profile(user).status is ProfileStatus.READY]


def run_one_inside_another(world: World, task: str) -> None:
    """Run the first of two executions, and the second one whole just before this task of it."""
    _, second = world.workflow.executions.values()
    before(world.functions, task, lambda: Interpreter(world.functions).run(second))
    world.run()


def test_a_face_added_between_search_and_add_is_found(world: World) -> None:
    """The second execution runs between the first one's search and its IndexFaces."""
    world.put("user_a")
    world.put("user_b")
    run_one_inside_another(world, "add_face_to_index")

    assert ready(world, "user_a", "user_b") == ["user_b"]
    assert world.faces_of("user_a") == []


def test_of_two_equal_faces_the_one_with_the_lower_id_stays(world: World) -> None:
    """The first one has searched again, and found nothing, before the second face is added."""
    world.put("user_a")
    world.put("user_b")
    run_one_inside_another(world, "persist_metadata")

    assert ready(world, "user_a", "user_b") == ["user_a"], "it has the lower id: it was in first"
    assert world.faces_of("user_b") == []


def test_an_execution_whose_face_has_the_higher_id_is_refused_at_its_end(world: World) -> None:
    """The second face has the lower id: the first execution loses while it waits."""
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


def test_a_face_added_to_the_collection_by_hand_is_taken(world: World) -> None:
    world.faces.add(portrait(ANNA), None)

    assert world.register("user_a").status is ProfileStatus.REJECTED


def test_two_profiles_may_keep_one_face_while_the_search_lags(world: World) -> None:
    """A limit of AWS: if neither search finds the other's face, both stay."""
    world.faces.lag = timedelta(minutes=1)

    world.register("user_a")
    world.register("user_b")

    assert ready(world, "user_a", "user_b") == ["user_a", "user_b"]


def test_a_face_whose_answer_was_lost_is_used_by_the_next_try(world: World) -> None:
    lose_answer(world.faces, "add")

    photo = world.photo_of(world.register("user_a"))

    assert [photo.face_id] == list(world.faces.kept) == world.faces_of("user_a")


def test_of_several_faces_that_tries_added_one_stays(world: World) -> None:
    add = world.functions["add_face_to_index"]

    def once_more(event: dict[str, Any]) -> Any:
        profile = world.profile("user_a")
        assert profile.attempt is not None
        add(event)
        world.faces.add(portrait(ANNA), Owner(profile.id, profile.attempt.generation))
        return add(event)

    world.functions["add_face_to_index"] = once_more

    photo = world.photo_of(world.register("user_a"))

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
def test_a_face_is_a_rival_only_while_its_own_attempt_is(
    profile: Profile | None, standing: RivalStatus
) -> None:
    assert rival_status(profile, RIVAL) is standing


def test_the_face_of_another_tool_or_of_a_ready_photo_is_registered() -> None:
    detected = moves.detected(UNDER_WAY, CLEAR_FACE, NOW)
    counts = moves.registered(moves.indexed(moves.read(detected, "c0ffee", NOW), "f-1", NOW), NOW)

    assert rival_status(None, None) is RivalStatus.REGISTERED
    assert rival_status(counts, RIVAL) is RivalStatus.REGISTERED
    assert rival_status(counts, Owner(RIVAL.profile_id, "e5f6a7b8")) is RivalStatus.OVER
