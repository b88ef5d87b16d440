"""Two at work on one profile at a time, each order as the proof found it to matter."""

from typing import Any

import pytest

from chalicelib.errors import PhotoDoesNotMeetRequirementError, TransientError
from chalicelib.profiles import moves
from chalicelib.profiles.profile import Profile, ProfileStatus
from chalicelib.profiles.retrieval import ProfileRetrieval
from tests.fakes.engines import CLEAR_FACE
from tests.fakes.workflow import Execution
from tests.fakes.world import ANNA, World


@pytest.fixture
def world() -> World:
    return World()


def under_way(world: World, *done: str) -> Execution:
    """A photo on its way, of which these functions have done their part."""
    world.put("user_a")
    (execution,) = world.workflow.executions.values()
    for function in done:
        invoke(world, function, execution)
    return execution


def invoke(world: World, function: str, execution: Execution) -> None:
    started_at = execution.started_at.isoformat()
    event = {"execution": execution.name, "startedAt": started_at, "input": execution.input}
    world.functions[function](event)


def test_a_photo_that_is_being_sent_again_is_not_given_up(world: World) -> None:
    """The first try died before the photo was stored, and somebody asks during the second."""
    put = world.media.put

    def fails(*_: Any) -> None:
        raise TransientError("PutObject failed with SlowDown")

    def late(*args: Any) -> None:
        world.part(ProfileRetrieval).retrieve("user_a")
        put(*args)

    world.media.put = fails  # type: ignore[method-assign,assignment]
    with pytest.raises(TransientError):
        world.put("user_a")
    world.clock.advance(71)
    world.media.put = late  # type: ignore[method-assign,assignment]
    world.put("user_a")
    world.media.put = put  # type: ignore[method-assign]
    world.run()

    assert world.profile("user_a").status is ProfileStatus.READY


def test_a_thumbnail_that_nobody_waits_for_any_more_is_no_orphan(world: World) -> None:
    """Its execution was stopped, another one came through, and the profile is deleted."""
    execution = under_way(world, "detect_face", "check_face_duplicate", "add_face_to_index")
    world.clock.advance(41)  # it is not the first try
    put = world.media.put

    def late(*args: Any) -> None:
        world.media.put = put  # type: ignore[method-assign]
        execution.status = "ABORTED"
        world.clock.advance(30)
        world.part(ProfileRetrieval).retrieve("user_a")
        world.run()
        assert world.profile("user_a").status is ProfileStatus.READY
        world.part(ProfileRetrieval).delete("user_a")
        put(*args)

    world.media.put = late  # type: ignore[method-assign,assignment]
    invoke(world, "make_thumbnail", execution)
    for _ in range(6):
        world.clock.advance(300)
        world.sweep()

    assert world.media.objects == {}
    assert world.profiles.kept == {}


def test_what_a_stopped_branch_stores_after_the_refusal_goes_as_well(world: World) -> None:
    """Step Functions does not wait for the thumbnail when the other branch refuses the face."""
    execution = under_way(world, "detect_face", "check_face_duplicate")
    world.faces.unclear.add(ANNA)
    late: list[tuple[str, bytes, str]] = []
    put = world.media.put

    def held_up(key: str, content: bytes, content_type: str) -> None:
        if key.endswith("thumbnail.jpg"):
            late.append((key, content, content_type))
        else:
            put(key, content, content_type)

    world.media.put = held_up  # type: ignore[method-assign]
    invoke(world, "make_thumbnail", execution)
    with pytest.raises(PhotoDoesNotMeetRequirementError):
        invoke(world, "add_face_to_index", execution)
    invoke(world, "refuse_photo", execution)
    put(*late[0])
    assert world.files_of("user_a") != []
    world.clock.advance(300)
    world.sweep()

    assert world.profile("user_a").status is ProfileStatus.REJECTED
    assert world.files_of("user_a") == []


def test_who_meets_another_writer_looks_again(world: World) -> None:
    save = world.profiles.save

    def after_somebody_else(profile: Profile, *, over: Profile | None) -> None:
        world.profiles.save = save  # type: ignore[method-assign]
        assert over is not None
        save(moves.detected(over, CLEAR_FACE, world.clock()), over=over)
        save(profile, over=over)

    world.put("user_a")
    world.profiles.save = after_somebody_else  # type: ignore[method-assign]
    world.part(ProfileRetrieval).delete("user_a")

    assert world.profile("user_a").status is ProfileStatus.DELETED
