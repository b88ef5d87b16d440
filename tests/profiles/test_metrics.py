"""What is measured of profile photos: each end once."""

from chalicelib.telemetry import (
    PROFILE_PHOTOS_FAILED,
    PROFILE_PHOTOS_READY,
    PROFILE_PHOTOS_REJECTED,
)
from tests.fakes.trouble import fail, lose_answer
from tests.fakes.world import ANNA, World


def measured(world: World) -> list[tuple[str, str | None, float]]:
    ends = (PROFILE_PHOTOS_READY, PROFILE_PHOTOS_REJECTED, PROFILE_PHOTOS_FAILED)
    return [(metric.name, by, value) for metric, by, value in world.meter.kept if metric in ends]


def test_a_photo_that_is_ready_is_counted_once(world: World) -> None:
    lose_answer(world.functions, "persist_metadata")

    world.register("user_a")

    (execution,) = world.workflow.executions.values()
    assert execution.path[-1] == "PersistMetadata"
    assert measured(world) == [("ProfilePhotosReady", None, 1)]


def test_a_rejected_photo_is_counted_once_with_its_reason(world: World) -> None:
    world.faces.seen[ANNA] = []
    lose_answer(world.functions, "refuse_photo")

    world.register("user_a")

    assert measured(world) == [("ProfilePhotosRejected", "no_face", 1)]


def test_the_face_of_another_profile_is_a_reason(world: World) -> None:
    world.register("user_a")
    world.register("user_b")

    assert measured(world)[1:] == [("ProfilePhotosRejected", "face_already_exists", 1)]


def test_a_photo_that_keeps_failing_is_counted_once(world: World) -> None:
    fail(world.functions, "make_thumbnail", error=ZeroDivisionError())
    lose_answer(world.functions, "fail_photo")

    world.register("user_a")

    assert measured(world) == [("ProfilePhotosFailed", None, 1)]


def test_a_photo_that_the_sweeper_gives_up_is_counted_once(world: World) -> None:
    fail(world.functions, *world.functions)
    world.put("user_a")
    world.try_for_hours(10)

    assert measured(world) == [("ProfilePhotosFailed", None, 1)]


def test_a_failed_execution_by_hand_is_counted(world: World) -> None:
    fail(world.functions, "detect_face", error=ZeroDivisionError())
    world.by_hand("user_a", b"%PDF-1.7")

    world.run()

    assert measured(world) == [("ProfilePhotosFailed", None, 1)]
