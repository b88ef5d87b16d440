"""Requests about state machines and executions, and what Step Functions refuses of them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Aws
from tests.local.services.workflows import ROLE, SECONDS, Gate, Workflows, definition, task

UNKNOWN_MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:unknown"
UNKNOWN_EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:unknown:unknown"
PASS = {"A": {"Type": "Pass", "End": True}}


@pytest.fixture
def workflows(aws: Aws) -> Workflows:
    return Workflows(aws)


@pytest.fixture
def machine(workflows: Workflows) -> str:
    return workflows.create(PASS)


def refusal_of(workflows: Workflows, operation: str, **request: Any) -> tuple[str, int, str]:
    client = workflows.aws.client("stepfunctions", inject_host_prefix=False)
    with pytest.raises(ClientError) as refusal:
        getattr(client, operation)(**request)
    response = refusal.value.response
    error = response["Error"]
    return error["Code"], response["ResponseMetadata"]["HTTPStatusCode"], error["Message"]


def test_the_same_start_again_is_the_same_execution_while_it_runs(workflows: Workflows) -> None:
    gate = Gate()
    workflows.functions(wait=gate)
    machine = workflows.create({"Wait": task("wait")})
    same = {"stateMachineArn": machine, "name": "once", "input": '{"a": 1}'}

    first = workflows.client.start_execution(**same)
    assert gate.entered.wait(SECONDS)
    again = workflows.client.start_execution(**same)
    other = refusal_of(workflows, "start_execution", **same | {"input": '{"a": 2}'})

    assert (again["executionArn"], again["startDate"]) == (
        first["executionArn"],
        first["startDate"],
    )
    arn = "arn:aws:states:us-east-1:123456789012:execution:tried-out:once"
    exists = ("ExecutionAlreadyExists", 400, f"Execution Already Exists: '{arn}'")
    assert other == exists
    gate.opened.set()
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


@pytest.mark.parametrize("name", ["n", "x" * 80, "Zoë's-photo_1.jpg@home", "profile=7+1"])
def test_a_name_has_up_to_80_characters(workflows: Workflows, machine: str, name: str) -> None:
    assert workflows.ended(workflows.start(machine, name=name))["name"] == name


def test_a_bad_name_or_input_is_refused(workflows: Workflows, machine: str) -> None:
    def refused(**request: Any) -> tuple[str, int]:
        return refusal_of(workflows, "start_execution", stateMachineArn=machine, **request)[:2]

    for character in ' \t\n<>{}[]?*"#%\\^|~`$&,;:/\x00\x1f\x7f\x9f\ufffe\uffff':
        assert refused(name=f"a{character}b") == ("InvalidName", 400)
    assert refused(name="x" * 81) == ("ValidationException", 400)
    for text in ("", "{", "photo", "{'a': 1}"):
        assert refused(input=text) == ("InvalidExecutionInput", 400)
    assert refused(input=json.dumps("x" * 262_143)) == ("ValidationException", 400)


def test_an_unknown_machine_or_execution_does_not_exist(workflows: Workflows) -> None:
    assert refusal_of(workflows, "start_execution", stateMachineArn=UNKNOWN_MACHINE)[:2] == (
        "StateMachineDoesNotExist",
        400,
    )
    for operation in ("describe_execution", "get_execution_history"):
        assert refusal_of(workflows, operation, executionArn=UNKNOWN_EXECUTION)[:2] == (
            "ExecutionDoesNotExist",
            400,
        )


def test_events_of_a_history_are_numbered_and_have_their_data(
    workflows: Workflows, machine: str
) -> None:
    arn = workflows.ended(workflows.start(machine, input='{"a": 1}'))["executionArn"]

    events = workflows.events(arn)

    assert [event["id"] for event in events] == [1, 2, 3, 4]
    assert [event["previousEventId"] for event in events] == [0, 0, 2, 3]
    assert json.loads(events[1]["stateEnteredEventDetails"]["input"]) == {"a": 1}


def test_a_throttled_start_is_tried_again_and_counted(
    workflows: Workflows, machine: str, aws: Aws
) -> None:
    fault = {"operation": "stepfunctions.StartExecution", "error": "ThrottlingException"}
    assert aws.inject(**fault, times=1).status == 201
    aws.http("DELETE", "/_local/requests")

    workflows.start(machine)

    assert aws.control("requests") == {"stepfunctions.StartExecution": 2}


def test_a_machine_is_created_once_and_never_another_of_its_name(workflows: Workflows) -> None:
    create = workflows.client.create_state_machine
    fine = {"name": "tried-out", "definition": definition(PASS), "roleArn": ROLE}

    first, again = create(**fine), create(**fine)

    assert first["stateMachineArn"] == again["stateMachineArn"]
    assert first["creationDate"] == again["creationDate"]
    other = fine | {"definition": definition({"B": {"Type": "Succeed"}})}
    assert refusal_of(workflows, "create_state_machine", **other)[0] == "StateMachineAlreadyExists"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"StartAt": "A", "States": {"A": "state"}}',
        definition({"A": task("a", Retries=[])}),
        definition({"A": task("a", Retry=[{"ErrorEquals": ["X"], "IntervalSeconds": 0}])}),
        definition({"A": task("a", Retry=[{"ErrorEquals": ["X", "States.ALL"]}])}),
        definition({"A": task("a", TimeoutSeconds="soon")}),
    ],
)
def test_a_malformed_definition_is_refused(workflows: Workflows, text: str) -> None:
    code, status, message = refusal_of(
        workflows, "create_state_machine", name="tried-out", definition=text, roleArn=ROLE
    )

    assert (code, status) == ("InvalidDefinition", 400)
    assert message.startswith("Invalid State Machine Definition: '")


SERVICE = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
BRANCH = {"StartAt": "B", "States": {"B": SERVICE}}


@pytest.mark.parametrize(
    "states",
    [
        {"A": SERVICE},
        {"A": {"Type": "Parallel", "Branches": [BRANCH], "End": True}},
        {"A": {"Type": "Map", "Iterator": {}, "End": True}},
        {"A": {"Type": "Wait", "Seconds": 1, "End": True}},
    ],
    ids=["another service", "in a branch", "map", "wait"],
)
def test_a_definition_beyond_functions_is_not_implemented(
    workflows: Workflows, states: dict[str, Any]
) -> None:
    request = {"name": "tried-out", "definition": definition(states), "roleArn": ROLE}

    assert refusal_of(workflows, "create_state_machine", **request)[0] == "NotImplemented"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("send_task_success", {"taskToken": "t", "output": "{}"}),
        ("start_sync_execution", {"stateMachineArn": UNKNOWN_MACHINE}),
        ("list_executions", {"stateMachineArn": UNKNOWN_MACHINE}),
        ("stop_execution", {"executionArn": UNKNOWN_EXECUTION}),
        ("start_execution", {"stateMachineArn": UNKNOWN_MACHINE, "traceHeader": "Root=1"}),
        ("get_execution_history", {"executionArn": UNKNOWN_EXECUTION, "reverseOrder": True}),
        (
            "create_state_machine",
            {"name": "n", "definition": "{}", "roleArn": ROLE, "type": "EXPRESS"},
        ),
    ],
)
def test_what_the_app_never_asks_for_is_not_implemented(
    workflows: Workflows, operation: str, request_: dict[str, Any]
) -> None:
    assert refusal_of(workflows, operation, **request_)[:2] == ("NotImplemented", 501)
