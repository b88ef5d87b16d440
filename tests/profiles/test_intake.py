"""Sending profile photos: the same one again, another one, and one that is too late."""

import pytest

from chalicelib.errors import TransientError
from chalicelib.profiles.profile import ProfileStatus
from chalicelib.profiles.retrieval import ProfileRetrieval
from tests.fakes.engines import portrait
from tests.fakes.world import ANNA, BEN, World


@pytest.fixture
def world() -> World:
    return World()


def test_the_same_photo_sent_twice_is_one_execution(world: World) -> None:
    first = world.put("user_a")

    again = world.put("user_a")

    assert not first.duplicate
    assert again.duplicate
    assert len(world.workflow.executions) == 1


def test_a_photo_that_counts_pays_nothing_when_it_is_sent_again(world: World) -> None:
    ready = world.register("user_a")
    paid = list(world.faces.calls)

    again = world.put("user_a")
    world.run()

    assert again.duplicate
    assert again.profile == ready
    assert world.faces.calls == paid


def test_a_photo_that_did_not_do_is_refused_again_at_no_cost(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.register("user_a")

    again = world.put("user_a")

    assert again.duplicate
    assert again.profile.status is ProfileStatus.REJECTED
    assert world.run() == []


def test_whoever_sends_it_again_with_an_address_is_told(world: World) -> None:
    world.faces.seen[ANNA] = []
    world.register("user_a")

    world.put("user_a", email="a@example.com")
    world.clock.advance(600)
    world.sweep()

    assert [to for to, _, _ in world.mailer.sent] == ["a@example.com"]


def test_a_face_that_was_somebody_elses_is_tried_again(world: World) -> None:
    world.register("user_a")
    assert world.register("user_b").status is ProfileStatus.REJECTED
    world.part(ProfileRetrieval).delete("user_a")

    assert world.register("user_b").status is ProfileStatus.READY


def test_another_photo_while_one_is_on_its_way_takes_its_place(world: World) -> None:
    world.put("user_a", ANNA)

    profile = world.register("user_a", BEN)
    world.clock.advance(600)
    world.sweep()

    first, second = world.workflow.executions.values()
    assert (first.path[-1], second.path[-1]) == ("Superseded", "PersistMetadata")
    assert first.status == "SUCCEEDED"
    assert profile.photo is not None
    assert all(f"/{profile.photo.generation}/" in key for key in world.files_of("user_a"))
    assert world.profile("user_a").unfinished_since is None


def test_the_photo_that_counts_sent_after_another_one_is_what_stays(world: World) -> None:
    ready = world.register("user_a", ANNA)
    world.put("user_a", BEN)

    back = world.put("user_a", ANNA)
    world.run()

    assert back.duplicate
    assert world.profile("user_a").photo == ready.photo
    assert world.profile("user_a").status is ProfileStatus.READY


def test_whoever_lost_the_answer_sends_again_and_the_rest_is_done(world: World) -> None:
    start = world.workflow.start

    def down(*_: str) -> None:
        raise TransientError("StartExecution failed with ThrottlingException")

    world.workflow.start = down  # type: ignore[method-assign,assignment]
    with pytest.raises(TransientError):
        world.put("user_a")
    world.workflow.start = start  # type: ignore[method-assign]

    world.put("user_a")
    world.run()

    assert world.profile("user_a").status is ProfileStatus.READY


def test_a_photo_that_was_never_stored_fails_and_can_be_sent_again(world: World) -> None:
    put = world.media.put

    def down(*_: object) -> None:
        raise TransientError("PutObject failed with SlowDown")

    world.media.put = down  # type: ignore[method-assign,assignment]
    with pytest.raises(TransientError):
        world.put("user_a", email="a@example.com")
    world.media.put = put  # type: ignore[method-assign]
    world.clock.advance(600)
    world.sweep()

    profile = world.profile("user_a")
    assert profile.status is ProfileStatus.FAILED
    assert profile.attempt is not None
    assert profile.attempt.refusal is not None
    assert profile.attempt.refusal.code == "photo_never_arrived"
    assert world.register("user_a").status is ProfileStatus.READY


def test_an_execution_whose_start_nobody_heard_of_is_the_same_one(world: World) -> None:
    start = world.workflow.start

    def answer_lost(*given: str) -> None:
        start(*given)
        raise TransientError("StartExecution failed with ReadTimeoutError")

    world.workflow.start = answer_lost  # type: ignore[method-assign,assignment]
    with pytest.raises(TransientError):
        world.put("user_a")
    world.workflow.start = start  # type: ignore[method-assign]

    world.clock.advance(600)
    world.part(ProfileRetrieval).retrieve("user_a")

    assert len(world.workflow.executions) == 1


def test_an_execution_by_hand_does_not_take_the_place_of_a_later_photo(
    world: World,
) -> None:
    by_hand = world.by_hand("user_a", portrait(ANNA))
    world.clock.advance(1)
    world.put("user_a", BEN)

    world.run()

    assert by_hand.path == ["FaceDetection", "Superseded"]
    assert world.profile("user_a").status is ProfileStatus.READY
