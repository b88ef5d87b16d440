"""What the state machine that is deployed does with each error of each task."""

from typing import Any

import pytest

from chalicelib.errors import TransientError
from chalicelib.profiles.profile import ProfileStatus
from tests.fakes.trouble import before, fail, put
from tests.fakes.workflow import Execution
from tests.fakes.world import ANNA, BEN, World

TASKS = {
    "detect_face": "FaceDetection",
    "check_face_duplicate": "CheckFaceDuplicate",
    "add_face_to_index": "AddFaceToIndex",
    "make_thumbnail": "Thumbnail",
    "persist_metadata": "PersistMetadata",
}
ENDS = {"refuse_photo": "PhotoDoesNotMeetRequirement", "fail_photo": "ProcessingFailed"}
HICCUP = 25
"""Seconds: as long as a throttled or restarted service takes to answer again."""


def send(world: World, *, to: str) -> None:
    """Send a photo that gets as far as this task."""
    if to == "refuse_photo":
        world.faces.seen[ANNA] = []
    if to == "fail_photo":
        fail(world.functions, "persist_metadata", error=ZeroDivisionError())
    world.put("user_a", email="a@example.com")


def run(world: World) -> Execution:
    """Run the photo's execution; another one may begin meanwhile."""
    (execution,) = world.workflow.executions.values()
    world.run()
    return execution


@pytest.mark.parametrize("task", [*TASKS, *ENDS])
def test_a_hiccup_of_half_a_minute_changes_nothing(world: World, task: str) -> None:
    send(world, to=task)
    function, ends_at = world.functions[task], None

    def away_at_first(event: dict[str, Any]) -> Any:
        nonlocal ends_at
        ends_at = ends_at or world.clock.now.timestamp() + HICCUP
        if world.clock.now.timestamp() < ends_at:
            raise TransientError("AWS is away")
        return function(event)

    put(world.functions, task, away_at_first)

    execution = run(world)

    expected = {"refuse_photo": ProfileStatus.REJECTED, "fail_photo": ProfileStatus.FAILED}
    assert world.profile("user_a").status is expected.get(task, ProfileStatus.READY)
    assert ("ProcessingFailed" in execution.path) == (task == "fail_photo")


@pytest.mark.parametrize("task", TASKS)
def test_a_task_that_keeps_failing_fails_the_photo_with_mail(world: World, task: str) -> None:
    fail(world.functions, task, error=ZeroDivisionError())
    send(world, to=task)

    execution = run(world)

    assert (execution.status, execution.error) == ("FAILED", "ProcessingFailed")
    assert execution.path[-3:] == [TASKS[task], "ProcessingFailed", "Failed"]
    assert world.profile("user_a").status is ProfileStatus.FAILED
    ((to, subject, _),) = world.mailer.sent
    assert (to, subject) == ("a@example.com", "Your profile photo could not be processed")
    assert world.faces_of("user_a") == []


@pytest.mark.parametrize("task", [*TASKS, *ENDS])
def test_an_execution_whose_photo_is_replaced_ends_at_once_and_well(
    world: World, task: str
) -> None:
    send(world, to=task)
    before(world.functions, task, lambda: world.put("user_a", BEN))

    execution = run(world)

    assert execution.status == "SUCCEEDED"
    assert execution.path[-2:] == [{**TASKS, **ENDS}[task], "Superseded"]
    assert world.mailer.sent == []
    assert world.profile("user_a").status is ProfileStatus.PROCESSING
