"""One face belongs to one profile. `tests/proof` plays two executions in every order."""

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
from tests.fakes.world import ANNA, World


def test_a_face_added_to_the_collection_by_hand_is_taken(world: World) -> None:
    world.faces.add(portrait(ANNA), None)

    assert world.register("user_a").status is ProfileStatus.REJECTED


def test_two_profiles_may_keep_one_face_while_the_search_lags(world: World) -> None:
    """A limit of AWS: if neither search finds the other's face, both stay."""
    world.faces.lag = timedelta(minutes=1)

    statuses = [world.register(user_id).status for user_id in ("user_a", "user_b")]

    assert statuses == [ProfileStatus.READY] * 2


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
