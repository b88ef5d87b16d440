"""Two at work on one profile at a time, in each order that the proof found to matter."""

from typing import Any

import pytest

from chalicelib.errors import PhotoDoesNotMeetRequirementError, TransientError
from chalicelib.profiles import moves
from chalicelib.profiles.profile import Profile, ProfileStatus
from chalicelib.profiles.retrieval import ProfileRetrieval
from tests.fakes.engines import CLEAR_FACE
from tests.fakes.trouble import before, failing
from tests.fakes.workflow import Execution
from tests.fakes.world import ANNA, World


def in_work(world: World, *done: str) -> Execution:
    """An execution of which these functions have run."""
    world.put("user_a")
    (execution,) = world.workflow.executions.values()
    for function in done:
        invoke(world, function, execution)
    return execution


def invoke(world: World, function: str, execution: Execution) -> None:
    started_at = execution.started_at.isoformat()
    event = {"execution": execution.name, "startedAt": started_at, "input": execution.input}
    world.functions[function](event)


def test_a_poll_does_not_fail_a_photo_that_is_being_sent_again(world: World) -> None:
    """The first try died before the photo was stored; a client polls during the second."""
    with failing(world.media, "put"), pytest.raises(TransientError):
        world.put("user_a")
    world.clock.advance(71)
    before(world.media, "put", lambda: world.part(ProfileRetrieval).retrieve("user_a"))
    world.put("user_a")
    world.run()

    assert world.profile("user_a").status is ProfileStatus.READY


def test_a_late_thumbnail_of_a_deleted_profile_is_removed(world: World) -> None:
    """Its execution was stopped, another one finished, and the profile was deleted."""
    execution = in_work(world, "detect_face", "check_face_duplicate", "add_face_to_index")
    world.clock.advance(41)  # it is not the first try

    def finish_and_delete() -> None:
        execution.status = "ABORTED"
        world.clock.advance(30)
        world.part(ProfileRetrieval).retrieve("user_a")
        world.run()
        assert world.profile("user_a").status is ProfileStatus.READY
        world.leave("user_a")

    before(world.media, "put", finish_and_delete)
    invoke(world, "make_thumbnail", execution)
    world.sweep_for(1800)

    assert world.media.objects == {}
    assert world.profiles.kept == {}


def test_a_thumbnail_stored_after_the_refusal_is_removed(world: World) -> None:
    """Step Functions does not wait for the thumbnail when the other branch refuses the face."""
    execution = in_work(world, "detect_face", "check_face_duplicate")
    world.faces.unclear.add(ANNA)
    late: list[tuple[Any, ...]] = []
    put = world.media.put

    def held_up(key: str, *content: Any) -> None:
        if key.endswith("thumbnail.jpg"):
            late.append((key, *content))
        else:
            put(key, *content)

    world.media.put = held_up  # type: ignore[method-assign,assignment]
    invoke(world, "make_thumbnail", execution)
    with pytest.raises(PhotoDoesNotMeetRequirementError):
        invoke(world, "add_face_to_index", execution)
    invoke(world, "refuse_photo", execution)
    put(*late[0])
    assert world.files_of("user_a") != []
    world.sweep_for(300)

    assert world.profile("user_a").status is ProfileStatus.REJECTED
    assert world.files_of("user_a") == []


def test_a_writer_that_meets_another_version_loads_the_profile_again(world: World) -> None:
    save = world.profiles.save

    def after_another_writer(profile: Profile, *, over: Profile | None) -> None:
        world.profiles.save = save  # type: ignore[method-assign]
        assert over is not None
        save(moves.detected(over, CLEAR_FACE, world.clock()), over=over)
        save(profile, over=over)

    world.put("user_a")
    world.profiles.save = after_another_writer  # type: ignore[method-assign]
    world.leave("user_a")

    assert world.profile("user_a").status is ProfileStatus.DELETED
