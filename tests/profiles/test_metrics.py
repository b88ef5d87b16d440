"""What is measured of profile photos: each end once, by whoever wrote it down."""

from datetime import timedelta

import pytest

from chalicelib.errors import TransientError
from chalicelib.telemetry import (
    PROFILE_PHOTOS_FAILED,
    PROFILE_PHOTOS_READY,
    PROFILE_PHOTOS_REJECTED,
)
from tests.fakes.world import ANNA, World


@pytest.fixture
def world() -> World:
    return World()


def measured(world: World) -> list[tuple[str, str | None, float]]:
    ends = (PROFILE_PHOTOS_READY, PROFILE_PHOTOS_REJECTED, PROFILE_PHOTOS_FAILED)
    return [(metric.name, by, value) for metric, by, value in world.meter.kept if metric in ends]


def answer_lost(world: World, task: str) -> None:
    """A task takes effect, and its answer is lost, once."""
    function = world.functions[task]

    def lost(event: dict[str, object]) -> object:
        world.functions[task] = function
        function(event)
        raise ConnectionError

    world.functions[task] = lost


def test_a_photo_that_counts_is_counted_once(world: World) -> None:
    answer_lost(world, "persist_metadata")

    world.register("user_a")

    assert measured(world) == [("ProfilePhotosReady", None, 1)]


def test_a_photo_that_does_not_do_is_counted_once_with_its_reason(world: World) -> None:
    world.faces.seen[ANNA] = []
    answer_lost(world, "refuse_photo")

    world.register("user_a")

    assert measured(world) == [("ProfilePhotosRejected", "no_face", 1)]


def test_the_face_of_somebody_else_is_a_reason(world: World) -> None:
    world.register("user_a")
    world.register("user_b")

    assert measured(world)[1:] == [("ProfilePhotosRejected", "face_already_exists", 1)]


def test_a_photo_that_goes_on_failing_is_counted_once(world: World) -> None:
    def broken(_event: dict[str, object]) -> object:
        raise ZeroDivisionError

    world.functions["make_thumbnail"] = broken
    answer_lost(world, "fail_photo")

    world.register("user_a")

    assert measured(world) == [("ProfilePhotosFailed", None, 1)]


def test_a_photo_that_the_sweeper_gives_up_is_counted_once(world: World) -> None:
    def unreachable(_event: dict[str, object]) -> object:
        raise TransientError("Lambda is away")

    for name in world.functions:
        world.functions[name] = unreachable
    world.put("user_a")
    for _ in range(10):
        world.run()
        world.clock.advance(timedelta(hours=1).total_seconds())
        world.sweep()

    assert measured(world) == [("ProfilePhotosFailed", None, 1)]


def test_an_execution_by_hand_that_came_to_nothing_is_counted(world: World) -> None:
    def broken(_event: dict[str, object]) -> object:
        raise ZeroDivisionError

    world.functions["detect_face"] = broken
    world.by_hand("user_a", b"%PDF-1.7")

    world.run()

    assert measured(world) == [("ProfilePhotosFailed", None, 1)]
