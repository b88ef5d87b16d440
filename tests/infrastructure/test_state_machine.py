"""The state machine follows the States Language, and fits the app."""

import json
from collections.abc import Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.profiles.clean_up import MAX_EXECUTION_DURATION
from chalicelib.profiles.moves import MAX_WRITER_DURATION
from infrastructure.iam.permissions import GRANTS
from tests.fakes.workflow import DEFINITION
from tests.infrastructure.projects import functions_of
from tests.infrastructure.test_template import problems

PROJECT: Final = Path(__file__).resolve().parent.parent.parent
PREFIX: Final = "${FunctionArnPrefix}"


def linted(definition: Mapping[str, Any]) -> list[str]:
    """Return cfn-lint's errors and warnings for a template with this state machine."""
    function = "arn:aws:lambda:us-east-1:123456789012:function:storytime-dev-"
    properties = {
        "RoleArn": "arn:aws:iam::123456789012:role/workflow",
        "Definition": json.loads(json.dumps(definition).replace(PREFIX, function)),
    }
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}
    return problems(json.dumps({"Resources": {"Workflow": machine}}))


def machines(machine: Mapping[str, Any] = DEFINITION) -> Iterator[Mapping[str, Any]]:
    """Yield the state machine and its branches."""
    yield machine
    for state in machine["States"].values():
        for branch in state.get("Branches", []):
            yield from machines(branch)


TASKS: Final = {
    name: state
    for machine in machines()
    for name, state in machine["States"].items()
    if state["Type"] == "Task"
}


def followers(state: Mapping[str, Any]) -> Iterator[str]:
    if "Next" in state:
        yield state["Next"]
    yield from (catcher["Next"] for catcher in state.get("Catch", []))


def test_cfn_lint_finds_no_problem() -> None:
    assert linted(DEFINITION) == []


def test_cfn_lint_would_find_a_problem() -> None:
    task = {"Type": "Tusk", "Resource": "arn:aws:lambda:us-east-1:1:function:f", "End": True}

    assert linted({"StartAt": "Only", "States": {"Only": task}}) != []


@pytest.mark.parametrize("machine", list(machines()), ids=lambda machine: machine["StartAt"])
def test_every_state_can_be_reached(machine: Mapping[str, Any]) -> None:
    states = machine["States"]
    reached, ahead = set(), [machine["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += followers(states[name])

    assert reached == set(states)


@pytest.mark.parametrize("machine", list(machines()), ids=lambda machine: machine["StartAt"])
def test_no_way_leads_back_to_a_state(machine: Mapping[str, Any]) -> None:
    """Each round would cost requests to Rekognition, until the execution's time is over."""
    ways = {name: set(followers(state)) for name, state in machine["States"].items()}

    TopologicalSorter(ways).prepare()  # raises CycleError


def test_each_state_leaves_its_result_where_the_next_ones_look() -> None:
    """The paths of the seed; without one, a result would take the place of the input."""
    every = [*machines()]
    states = {name: state for machine in every for name, state in machine["States"].items()}

    assert {
        name: state.get("ResultPath", "$")
        for name, state in states.items()
        if state["Type"] in {"Task", "Parallel"}
    } == {
        "FaceDetection": "$.detectedFaceDetails",
        "CheckFaceDuplicate": None,
        "ParallelProcessing": "$.parallelResult",
        "AddFaceToIndex": "$",
        "Thumbnail": "$",
        "PersistMetadata": None,
        "PhotoDoesNotMeetRequirement": "$",  # its message is the execution's output
        "ProcessingFailed": None,
    }
    caught = [catcher for state in states.values() for catcher in state.get("Catch", [])]
    assert len(caught) > 10
    assert {catcher["ResultPath"] for catcher in caught} == {"$.errorInfo"}


def test_every_task_is_a_function_of_the_app() -> None:
    assert {task["Resource"] for task in TASKS.values()} < {f"{PREFIX}{name}" for name in GRANTS}


def test_a_task_is_retried_after_every_error_except_a_decision() -> None:
    decided = {
        "PhotoDoesNotMeetRequirementError",
        "FaceAlreadyExistsError",
        "SupersededError",
        "InvalidRequestError",
    }
    for task in TASKS.values():
        never, whatever = task["Retry"]
        assert set(never["ErrorEquals"]) == decided
        assert never["MaxAttempts"] == 0
        assert whatever["ErrorEquals"] == ["States.ALL"]
        assert whatever["MaxAttempts"] > 0


def test_every_state_catches_each_refusal_and_all_other_errors() -> None:
    """The next task raises a refusal that is already recorded.

    The Parallel state catches the errors of its branches.
    """
    refusals = {"PhotoDoesNotMeetRequirementError", "FaceAlreadyExistsError"}
    for name in ("FaceDetection", "CheckFaceDuplicate", "ParallelProcessing", "PersistMetadata"):
        caught = {
            error
            for catcher in DEFINITION["States"][name]["Catch"]
            if catcher["Next"] == "PhotoDoesNotMeetRequirement"
            for error in catcher["ErrorEquals"]
        }
        assert caught == refusals, name
    for name, state in DEFINITION["States"].items():
        if state["Type"] in {"Task", "Parallel"}:
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
    assert DEFINITION["States"]["ProcessingFailed"]["Catch"][-1]["Next"] == "Failed"


def test_an_execution_ends_before_a_deleted_profile_is_removed() -> None:
    assert DEFINITION["TimeoutSeconds"] <= MAX_EXECUTION_DURATION.total_seconds() < 20 * 60


def test_there_is_time_to_undo_a_task_that_used_all_its_tries() -> None:
    """Else the execution ends without a notice, and the attempt is left to the sweeper."""
    for task in TASKS.values():
        *_, again = task["Retry"]
        waits = [
            again["IntervalSeconds"] * again["BackoffRate"] ** number
            for number in range(again["MaxAttempts"])
        ]
        longest = sum(waits) + (len(waits) + 1) * task["TimeoutSeconds"]
        assert 2 * longest <= DEFINITION["TimeoutSeconds"]


def test_a_tasks_timeout_is_longer_than_its_functions() -> None:
    """Else Step Functions would retry while the first function still writes."""
    config = json.loads((PROJECT / ".chalice" / "config.json").read_text())
    functions = functions_of("prod")
    for task in TASKS.values():
        name = task["Resource"].removeprefix(PREFIX)
        assert functions[name]["lambda_timeout"] < task["TimeoutSeconds"]
        assert functions[name]["lambda_timeout"] < MAX_WRITER_DURATION.total_seconds()
    storing = (config["lambda_timeout"], functions["take_in_staged"]["lambda_timeout"])
    assert max(storing) < MAX_WRITER_DURATION.total_seconds()
