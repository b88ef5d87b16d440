"""Deleting a profile removes photo, thumbnail, face and record, whatever is in work."""

from datetime import timedelta

import msgspec
import pytest

from chalicelib.errors import UnknownProfileError
from chalicelib.profiles.profile import ProfileStatus
from chalicelib.profiles.retrieval import ProfileRetrieval
from tests.fakes.engines import portrait
from tests.fakes.trouble import before, failing, lose_answer
from tests.fakes.workflow import Interpreter
from tests.fakes.world import BEN, World


def assert_nothing_is_left(world: World, user_id: str) -> None:
    """Half an hour later, everything about a user is gone."""
    world.sweep_for(1800)
    assert world.faces_of(user_id) == []
    assert world.files_of(user_id) == []
    assert world.profiles.kept == {}


def test_photo_thumbnail_and_face_are_gone_at_once_and_the_rest_in_minutes(world: World) -> None:
    photo = world.photo_of(world.register("user_a"))

    deleted = world.leave("user_a")

    assert deleted.status is ProfileStatus.DELETED
    assert world.faces_of("user_a") == []
    # By this picture a face is found that a worker is still adding.
    assert [key.rsplit("/", 1)[1] for key in world.files_of("user_a")] == ["portrait.jpg"]
    ((prefix, _),) = world.cdn.invalidated
    assert prefix == f"public/profiles/{deleted.id}/{photo.generation}/"
    with pytest.raises(UnknownProfileError):
        world.part(ProfileRetrieval).retrieve("user_a")
    world.sweep_for(300)
    assert world.files_of("user_a") == []
    assert_nothing_is_left(world, "user_a")


def test_the_record_of_a_deleted_profile_says_nothing_of_photos_and_addresses(
    world: World,
) -> None:
    """It is needed for a quarter of an hour: executions may still run."""
    world.register("user_a")
    world.faces.seen[BEN] = []
    world.register("user_a", BEN, email="anna@example.com")

    world.leave("user_a")

    record = msgspec.structs.asdict(world.profile("user_a"))
    leftovers = record.pop("leftovers").values()
    assert {name for name, value in record.items() if value} == {
        *("id", "user_id", "version", "status", "changed_at", "unfinished_since", "deleted_at")
    }
    assert {name for left in leftovers for name in left.__struct_fields__} == {
        *("face_id", "indexing", "published", "until")
    }
    assert_nothing_is_left(world, "user_a")


def test_a_client_does_not_wait_for_the_removal_of_many_photos(world: World) -> None:
    """Each look for files of a hundred photos takes a moment; the published one goes first."""
    for shot in range(100):
        world.put("user_a", shot=1 + shot)
    photo = world.photo_of(world.register("user_a"))
    listed, began = world.media.keys_under, world.clock()

    def slow(prefix: str, after: str = "") -> list[str]:
        world.clock.advance(0.2)
        return listed(prefix, after)

    world.media.keys_under = slow  # type: ignore[method-assign]
    world.leave("user_a")

    assert world.clock() - began < timedelta(seconds=8)
    assert not [key for key in world.files_of("user_a") if f"/{photo.generation}/thumb" in key]
    world.media.keys_under = listed  # type: ignore[method-assign]
    assert_nothing_is_left(world, "user_a")


def test_a_face_that_is_added_after_the_deletion_is_removed(world: World) -> None:
    """Its worker dies at once: only the picture, kept until then, finds the face again."""
    lose_answer(world.faces, "add")
    before(world.faces, "add", lambda: world.leave("user_a"))
    world.put("user_a")
    world.run()
    assert len(world.faces_of("user_a")) == 1

    assert_nothing_is_left(world, "user_a")


def test_an_unknown_profile_cannot_be_deleted(world: World) -> None:
    with pytest.raises(UnknownProfileError):
        world.leave("user_a")


def test_the_sweeper_removes_a_face_that_rekognition_could_not(world: World) -> None:
    world.register("user_a")
    with failing(world.faces, "remove"):
        world.leave("user_a")
        # The thumbnail, whose link people have, does not wait for Rekognition.
        assert not [key for key in world.files_of("user_a") if key.startswith("public/")]

    assert_nothing_is_left(world, "user_a")


def test_an_execution_that_runs_after_the_deletion_does_nothing(world: World) -> None:
    world.put("user_a")
    world.leave("user_a")
    world.sweep_for(1800)

    (execution,) = world.workflow.run(Interpreter(world.functions))

    assert execution.path == ["FaceDetection", "Superseded"]
    assert_nothing_is_left(world, "user_a")


def test_a_deletion_removes_photos_posted_before_it_and_keeps_later_ones(world: World) -> None:
    world.register("user_a")
    world.intake_bucket.post("profiles/user_a/before.jpg", portrait(BEN))
    world.clock.advance(10)
    world.leave("user_a")
    world.clock.advance(10)
    world.intake_bucket.post("profiles/user_a/after.jpg", portrait(BEN))

    world.sweep_for(300)

    assert list(world.intake_bucket.objects) == ["profiles/user_a/after.jpg"]
