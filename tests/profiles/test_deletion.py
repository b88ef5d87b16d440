"""Deleting a profile: photo, thumbnail, face and record, whatever is under way."""

import pytest

from chalicelib.errors import TransientError, UnknownProfileError
from chalicelib.profiles.profile import ProfileStatus
from chalicelib.profiles.retrieval import ProfileRetrieval
from tests.fakes.engines import portrait
from tests.fakes.workflow import Interpreter
from tests.fakes.world import ANNA, BEN, World


@pytest.fixture
def world() -> World:
    return World()


def sweep_for_half_an_hour(world: World) -> None:
    for _ in range(6):
        world.clock.advance(300)
        world.sweep()


def assert_nothing_is_left(world: World, user_id: str) -> None:
    assert world.faces_of(user_id) == []
    assert world.files_of(user_id) == []
    assert world.profiles.kept == {}


def test_photo_thumbnail_and_face_are_gone_at_once_and_the_rest_in_minutes(
    world: World,
) -> None:
    world.register("user_a")

    deleted = world.part(ProfileRetrieval).delete("user_a")

    assert deleted.status is ProfileStatus.DELETED
    assert world.faces_of("user_a") == []
    # By which a face would be found that somebody is still adding.
    assert [key.rsplit("/", 1)[1] for key in world.files_of("user_a")] == ["portrait.jpg"]
    with pytest.raises(UnknownProfileError):
        world.part(ProfileRetrieval).retrieve("user_a")
    world.clock.advance(300)
    world.sweep()
    assert world.files_of("user_a") == []
    sweep_for_half_an_hour(world)
    assert_nothing_is_left(world, "user_a")


def test_the_links_stop_to_work(world: World) -> None:
    profile = world.register("user_a")
    assert profile.photo is not None

    world.part(ProfileRetrieval).delete("user_a")

    ((prefix, _),) = world.cdn.invalidated
    assert prefix == f"public/profiles/{profile.id}/{profile.photo.generation}/"


@pytest.mark.parametrize(
    "task", ["detect_face", "check_face_duplicate", "add_face_to_index", "persist_metadata"]
)
def test_whatever_is_under_way_leaves_nothing(world: World, task: str) -> None:
    run = world.functions[task]

    def deleted_meanwhile(event: dict[str, object]) -> object:
        world.functions[task] = run
        world.part(ProfileRetrieval).delete("user_a")
        return run(event)

    world.functions[task] = deleted_meanwhile
    world.put("user_a", email="a@example.com")
    (execution,) = world.run()
    sweep_for_half_an_hour(world)

    assert execution.path[-1] == "Superseded"
    assert_nothing_is_left(world, "user_a")
    assert world.mailer.sent == []


def test_a_face_that_is_added_after_the_deletion_goes_with_it(world: World) -> None:
    """Who adds it dies at once: only the picture, kept until then, finds the face again."""
    add = world.faces.add

    def dies_afterwards(picture: bytes, owner: object) -> None:
        world.part(ProfileRetrieval).delete("user_a")
        add(picture, owner)  # type: ignore[arg-type]
        raise ConnectionError

    world.faces.add = dies_afterwards  # type: ignore[method-assign]
    world.put("user_a")
    world.run()
    world.faces.add = add  # type: ignore[method-assign]
    assert len(world.faces_of("user_a")) == 1
    sweep_for_half_an_hour(world)

    assert_nothing_is_left(world, "user_a")


def test_deleting_twice_does_no_harm(world: World) -> None:
    world.register("user_a")

    world.part(ProfileRetrieval).delete("user_a")
    world.part(ProfileRetrieval).delete("user_a")
    sweep_for_half_an_hour(world)

    assert_nothing_is_left(world, "user_a")


def test_a_profile_that_is_not_there_cannot_be_deleted(world: World) -> None:
    with pytest.raises(UnknownProfileError):
        world.part(ProfileRetrieval).delete("user_a")


def test_a_new_photo_after_the_deletion_makes_a_new_profile(world: World) -> None:
    world.register("user_a", ANNA)
    world.part(ProfileRetrieval).delete("user_a")

    profile = world.register("user_a", ANNA)
    world.clock.advance(300)
    world.sweep()

    assert profile.status is ProfileStatus.READY
    assert world.profile("user_a").photo == profile.photo
    assert profile.photo is not None
    assert world.faces_of("user_a") == [profile.photo.face_id]
    assert all(f"/{profile.photo.generation}/" in key for key in world.files_of("user_a"))


def test_while_rekognition_is_away_the_deletion_stands_and_is_done_later(
    world: World,
) -> None:
    world.register("user_a")
    remove = world.faces.remove

    def away(_: object) -> None:
        raise TransientError("DeleteFaces failed with ThrottlingException")

    world.faces.remove = away  # type: ignore[method-assign,assignment]
    world.part(ProfileRetrieval).delete("user_a")
    world.faces.remove = remove  # type: ignore[method-assign]
    sweep_for_half_an_hour(world)

    assert_nothing_is_left(world, "user_a")


def test_an_execution_that_is_still_waiting_finds_nothing_to_do(world: World) -> None:
    world.put("user_a")
    world.part(ProfileRetrieval).delete("user_a")
    sweep_for_half_an_hour(world)

    (execution,) = world.workflow.run(Interpreter(world.functions))

    assert execution.path == ["FaceDetection", "Superseded"]
    assert_nothing_is_left(world, "user_a")


def test_what_was_staged_before_goes_with_the_profile_and_what_came_after_stays(
    world: World,
) -> None:
    world.register("user_a")
    world.intake_bucket.post("profiles/user_a/before.jpg", portrait(BEN))
    world.clock.advance(10)
    world.part(ProfileRetrieval).delete("user_a")
    world.clock.advance(10)
    world.intake_bucket.post("profiles/user_a/after.jpg", portrait(BEN))
    world.clock.advance(300)

    world.sweep()

    assert list(world.intake_bucket.objects) == ["profiles/user_a/after.jpg"]
