"""What can be asked of Step Functions about executions, and what it refuses."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Aws
from tests.local.services.workflows import SECONDS, Gate, Workflows, task

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
    with pytest.raises(ClientError) as refusal:
        getattr(workflows.client, operation)(**request)
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
    listed = workflows.client.list_executions(stateMachineArn=machine)["executions"]
    assert [each["name"] for each in listed] == ["once"]


def test_the_name_of_an_aborted_execution_is_taken_although_its_function_still_runs(
    workflows: Workflows,
) -> None:
    gate = Gate()
    workflows.functions(wait=gate)
    same = {"stateMachineArn": workflows.create({"Wait": task("wait")}), "name": "once"}
    arn = workflows.client.start_execution(**same)["executionArn"]
    assert gate.entered.wait(SECONDS)
    workflows.client.stop_execution(executionArn=arn)

    refusal = refusal_of(workflows, "start_execution", **same)
    gate.opened.set()

    assert refusal[0] == "ExecutionAlreadyExists"


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


@pytest.mark.parametrize("character", [*' \t\n<>{}[]?*"#%\\^|~`$&,;:/\x00\x1f\x7f\x9f\ufffe\uffff'])
def test_a_name_with_a_forbidden_character_is_invalid(
    workflows: Workflows, machine: str, character: str
) -> None:
    name = f"a{character}b"

    refusal = refusal_of(workflows, "start_execution", stateMachineArn=machine, name=name)

    assert refusal[:2] == ("InvalidName", 400)


def test_a_name_of_over_80_characters_breaks_the_model(workflows: Workflows, machine: str) -> None:
    refusal = refusal_of(workflows, "start_execution", stateMachineArn=machine, name="x" * 81)

    assert refusal[:2] == ("ValidationException", 400)
    assert "length less than or equal to 80" in refusal[2]


@pytest.mark.parametrize("text", ["", "{", "photo", "{'a': 1}"])
def test_an_input_that_is_not_json_is_invalid(
    workflows: Workflows, machine: str, text: str
) -> None:
    refusal = refusal_of(workflows, "start_execution", stateMachineArn=machine, input=text)

    assert refusal[:2] == ("InvalidExecutionInput", 400)


def test_an_input_has_up_to_256_kib(workflows: Workflows, machine: str) -> None:
    text = json.dumps("é" * 131_071, ensure_ascii=False)

    workflows.start(machine, input=text)
    refusal = refusal_of(workflows, "start_execution", stateMachineArn=machine, input=f"{text} ")

    assert refusal[:2] == ("ValidationException", 400)


def test_what_there_is_not_is_said_to_be_missing(workflows: Workflows) -> None:
    machine, execution = {"stateMachineArn": UNKNOWN_MACHINE}, {"executionArn": UNKNOWN_EXECUTION}
    no_machine = ("StateMachineDoesNotExist", 400)
    no_execution = ("ExecutionDoesNotExist", 400)

    for operation in ("start_execution", "describe_state_machine", "list_executions"):
        assert refusal_of(workflows, operation, **machine)[:2] == no_machine
    for operation in ("describe_execution", "stop_execution", "get_execution_history"):
        assert refusal_of(workflows, operation, **execution)[:2] == no_execution


def test_what_is_no_arn_is_invalid(workflows: Workflows) -> None:
    for operation, parameter in {
        "start_execution": "stateMachineArn",
        "list_executions": "stateMachineArn",
        "describe_execution": "executionArn",
        "stop_execution": "executionArn",
    }.items():
        assert refusal_of(workflows, operation, **{parameter: "mine"})[:2] == ("InvalidArn", 400)


def test_executions_are_listed_newest_first_by_status_and_page(workflows: Workflows) -> None:
    gate = Gate()
    workflows.functions(wait=gate)
    states = {
        "Which": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.wait", "BooleanEquals": True, "Next": "Wait"}],
            "Default": "Fail",
        },
        "Wait": task("wait"),
        "Fail": {"Type": "Fail", "Error": "E"},
    }
    machine = workflows.create(states)
    workflows.start(workflows.create(PASS, name="another"), name="unrelated")
    for name in ("first", "second", "third"):
        workflows.ended(workflows.start(machine, name=name, input='{"wait": false}'))
    workflows.start(machine, name="fourth", input='{"wait": true}')
    assert gate.entered.wait(SECONDS)

    def names(**request: Any) -> list[str]:
        answer = workflows.client.list_executions(stateMachineArn=machine, **request)
        return [each["name"] for each in answer["executions"]]

    assert names() == ["fourth", "third", "second", "first"]
    assert names(statusFilter="RUNNING") == ["fourth"]
    assert names(statusFilter="FAILED") == ["third", "second", "first"]
    assert names(statusFilter="ABORTED") == []
    paginator = workflows.client.get_paginator("list_executions")
    pages = paginator.paginate(stateMachineArn=machine, PaginationConfig={"PageSize": 3})
    assert [[each["name"] for each in page["executions"]] for page in pages] == [
        ["fourth", "third", "second"],
        ["first"],
    ]
    exactly_all = workflows.client.list_executions(stateMachineArn=machine, maxResults=4)
    assert "nextToken" not in exactly_all
    first = exactly_all["executions"][-1]
    assert (first["status"], first["stateMachineArn"]) == ("FAILED", machine)
    assert first["startDate"] <= first["stopDate"]
    gate.opened.set()


def test_a_history_can_be_read_backwards_page_by_page_and_without_data(
    workflows: Workflows, machine: str
) -> None:
    arn = workflows.ended(workflows.start(machine, input='{"a": 1}'))["executionArn"]
    client = workflows.client

    events = workflows.events(arn)
    backwards = client.get_execution_history(executionArn=arn, reverseOrder=True)["events"]
    bare = client.get_execution_history(executionArn=arn, includeExecutionData=False)["events"]
    paginator = client.get_paginator("get_execution_history")
    pages = list(paginator.paginate(executionArn=arn, PaginationConfig={"PageSize": 3}))

    assert [event["id"] for event in events] == [1, 2, 3, 4]
    assert [event["previousEventId"] for event in events] == [0, 0, 2, 3]
    assert json.loads(events[1]["stateEnteredEventDetails"]["input"]) == {"a": 1}
    assert backwards == events[::-1]
    assert bare[1]["stateEnteredEventDetails"] == {"name": "A"}
    assert [event["id"] for page in pages for event in page["events"]] == [1, 2, 3, 4]
    assert [len(page["events"]) for page in pages] == [3, 1]
    refusal = refusal_of(workflows, "get_execution_history", executionArn=arn, nextToken="nonsense")
    assert refusal[:2] == ("InvalidToken", 400)


def test_a_throttled_start_is_tried_again_and_counted(
    workflows: Workflows, machine: str, aws: Aws
) -> None:
    fault = {"operation": "stepfunctions.StartExecution", "error": "ThrottlingException"}
    assert aws.inject(**fault, times=1).status == 201
    aws.http("DELETE", "/_local/requests")

    workflows.start(machine)

    assert aws.control("requests") == {"stepfunctions.StartExecution": 2}


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("send_task_success", {"taskToken": "t", "output": "{}"}),
        ("start_sync_execution", {"stateMachineArn": UNKNOWN_MACHINE}),
        ("redrive_execution", {"executionArn": UNKNOWN_EXECUTION}),
        ("delete_state_machine", {"stateMachineArn": UNKNOWN_MACHINE}),
        ("list_activities", {}),
    ],
)
def test_what_else_step_functions_can_do_is_refused_not_made_up(
    workflows: Workflows, operation: str, request_: dict[str, Any]
) -> None:
    client = workflows.aws.client("stepfunctions", inject_host_prefix=False)

    with pytest.raises(ClientError) as refusal:
        getattr(client, operation)(**request_)

    assert refusal.value.response["Error"]["Code"] == "NotImplemented"


def test_what_a_request_says_beyond_what_we_have_is_refused_not_ignored(
    workflows: Workflows, machine: str
) -> None:
    refusal = refusal_of(
        workflows, "start_execution", stateMachineArn=machine, traceHeader="Root=1"
    )
    assert refusal[:2] == ("NotImplemented", 501)
