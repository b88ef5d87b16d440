"""Requests about state machines and executions, and what Step Functions refuses of them."""

import json
from typing import Any

import pytest

from tests.local.conftest import Aws, refusal
from tests.local.runner.handlers import Gate
from tests.local.services.workflows import ROLE, Workflows, definition, task

UNKNOWN_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:unknown"
UNKNOWN_EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:unknown:unknown"
PASS = {"A": {"Type": "Pass", "End": True}}


@pytest.fixture
def workflows(aws: Aws) -> Workflows:
    return Workflows(aws)


@pytest.fixture
def machine(workflows: Workflows) -> str:
    return workflows.create(PASS)


def refusal_of(workflows: Workflows, operation: str, **request: Any) -> tuple[str, int]:
    client = workflows.aws.client("stepfunctions", inject_host_prefix=False)
    return refusal(getattr(client, operation), **request)


def test_the_same_start_again_is_the_same_execution_while_it_runs(workflows: Workflows) -> None:
    gate = Gate()
    workflows.functions(wait=gate)
    machine = workflows.create({"Wait": task("wait")})
    same = {"stateMachineArn": machine, "name": "once", "input": '{"a": 1}'}
    exists = ("ExecutionAlreadyExists", 400)

    first, again = (workflows.client.start_execution(**same) for _ in range(2))
    assert refusal_of(workflows, "start_execution", **same | {"input": '{"a": 2}'}) == exists
    gate.opened.set()

    arn = "arn:aws:states:us-east-1:123456789012:execution:tried-out:once"
    assert first["executionArn"] == again["executionArn"] == arn
    assert first["startDate"] == again["startDate"]
    assert workflows.ended(arn)["status"] == "SUCCEEDED"
    assert refusal_of(workflows, "start_execution", **same) == exists


def test_an_execution_without_a_name_gets_one_and_without_an_input_an_empty_object(
    workflows: Workflows, machine: str
) -> None:
    one, other = (workflows.ended(workflows.start(machine)) for _ in range(2))

    assert one["name"] != other["name"]
    assert len(one["name"]) == 36
    assert one["executionArn"].endswith(f":tried-out:{one['name']}")
    assert (one["input"], one["output"]) == ("{}", "{}")


@pytest.mark.parametrize("name", ["x" * 80, "Zoë's-photo_1.jpg@home"])
def test_a_name_has_up_to_80_characters(workflows: Workflows, machine: str, name: str) -> None:
    assert workflows.ended(workflows.start(machine, name=name))["name"] == name


def test_a_bad_name_or_input_is_refused(workflows: Workflows, machine: str) -> None:
    def refused(**request: Any) -> tuple[str, int]:
        return refusal_of(workflows, "start_execution", stateMachineArn=machine, **request)

    for character in ' \t\n<>{}[]?*"#%\\^|~`$&,;:/\x00\x1f\x7f\x9f\ufffe\uffff':
        assert refused(name=f"a{character}b") == ("InvalidName", 400)
    assert refused(name="x" * 81) == ("ValidationException", 400)
    for text in ("", "{", "photo", "{'a': 1}"):
        assert refused(input=text) == ("InvalidExecutionInput", 400)
    assert refused(input=json.dumps("x" * 262_143)) == ("ValidationException", 400)


def test_an_unknown_machine_or_execution_does_not_exist(workflows: Workflows) -> None:
    start = refusal_of(workflows, "start_execution", stateMachineArn=UNKNOWN_MACHINE)
    assert start == ("StateMachineDoesNotExist", 400)
    for operation in ("describe_execution", "get_execution_history"):
        refused = refusal_of(workflows, operation, executionArn=UNKNOWN_EXECUTION)
        assert refused == ("ExecutionDoesNotExist", 400)


def test_events_of_a_history_are_numbered_and_have_their_data(
    workflows: Workflows, machine: str
) -> None:
    arn = workflows.ended(workflows.start(machine, input='{"a": 1}'))["executionArn"]

    events = workflows.events(arn)

    assert [event["id"] for event in events] == [1, 2, 3, 4]
    assert [event["previousEventId"] for event in events] == [0, 0, 2, 3]
    assert json.loads(events[1]["stateEnteredEventDetails"]["input"]) == {"a": 1}


def test_a_machine_is_created_once_and_never_another_of_its_name(workflows: Workflows) -> None:
    create = workflows.client.create_state_machine
    fine = {"name": "tried-out", "definition": definition(PASS), "roleArn": ROLE}

    first, again = create(**fine), create(**fine)

    assert first["stateMachineArn"] == again["stateMachineArn"]
    assert first["creationDate"] == again["creationDate"]
    other = fine | {"definition": definition({"B": {"Type": "Succeed"}})}
    assert refusal_of(workflows, "create_state_machine", **other)[0] == "StateMachineAlreadyExists"


SERVICE = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
BRANCHES = [{"StartAt": "B", "States": {"B": SERVICE}}]
IN_A_BRANCH = {"Type": "Parallel", "Branches": BRANCHES, "End": True}
INVALID, NOT_IMPLEMENTED = ("InvalidDefinition", 400), ("NotImplemented", 501)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("{", INVALID),
        ("{}", INVALID),
        ('{"StartAt": "A", "States": {"A": "state"}}', INVALID),
        (definition({"A": task("a", Retries=[])}), INVALID),
        (definition({"A": task("a", TimeoutSeconds="soon")}), INVALID),
        (definition({"A": SERVICE}), NOT_IMPLEMENTED),
        (definition({"A": IN_A_BRANCH}), NOT_IMPLEMENTED),
        (definition({"A": {"Type": "Wait", "Seconds": 1, "End": True}}), NOT_IMPLEMENTED),
    ],
)
def test_a_definition_that_is_malformed_or_has_other_states_than_the_apps_is_refused(
    workflows: Workflows, text: str, refused: tuple[str, int]
) -> None:
    request = {"name": "tried-out", "definition": text, "roleArn": ROLE}

    assert refusal_of(workflows, "create_state_machine", **request) == refused


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("send_task_success", {"taskToken": "t", "output": "{}"}),
        ("stop_execution", {"executionArn": UNKNOWN_EXECUTION}),
        ("start_execution", {"stateMachineArn": UNKNOWN_MACHINE, "traceHeader": "Root=1"}),
        ("get_execution_history", {"executionArn": UNKNOWN_EXECUTION, "reverseOrder": True}),
    ],
)
def test_other_requests_to_step_functions_are_not_implemented(
    workflows: Workflows, operation: str, request_: dict[str, Any]
) -> None:
    assert refusal_of(workflows, operation, **request_) == NOT_IMPLEMENTED
