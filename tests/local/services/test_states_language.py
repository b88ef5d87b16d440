"""Definitions of state machines: which there can be."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Aws
from tests.local.services.workflows import FUNCTION, ROLE, definition, task

PASS = {"Type": "Pass", "End": True}
PROFILE_PHOTO = Path(__file__).parents[3] / "infrastructure" / "profile_photo.asl.json"


def create(aws: Aws, text: str) -> Any:
    client = aws.client("stepfunctions")
    return client.create_state_machine(name="tried-out", definition=text, roleArn=ROLE)


def refusal_of(aws: Aws, text: str) -> tuple[str, str]:
    with pytest.raises(ClientError) as refusal:
        create(aws, text)
    error = refusal.value.response["Error"]
    return error["Code"], error["Message"]


def parallel(*branches: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": list(branches), **fields}


def test_the_profile_photo_workflow_is_a_definition(aws: Aws) -> None:
    text = PROFILE_PHOTO.read_text().replace("${FunctionArnPrefix}", FUNCTION)

    arn = create(aws, text)["stateMachineArn"]

    found = aws.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
    assert (found["definition"], found["roleArn"], found["status"]) == (text, ROLE, "ACTIVE")
    assert arn == "arn:aws:states:us-east-1:123456789012:stateMachine:tried-out"


@pytest.mark.parametrize(
    ("states", "fields", "fault"),
    [
        (
            {"A": {"Type": "Pass", "Next": "B"}},
            {},
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next",
        ),
        (
            {"A": PASS, "B": PASS},
            {},
            'MISSING_TRANSITION_TARGET: State "B" is not reachable. at /States/B',
        ),
        (
            {"A": PASS},
            {"StartAt": "B"},
            (
                "MISSING_TRANSITION_TARGET: Missing 'StartAt' target: B at /StartAt, "
                'MISSING_TRANSITION_TARGET: State "A" is not reachable. at /States/A'
            ),
        ),
        (
            {"A": task("a", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B"}])},
            {},
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Catch[0]/Next",
        ),
        (
            {
                "A": parallel(
                    {"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "A"}}}, End=True
                )
            },
            {},
            (
                "MISSING_TRANSITION_TARGET: Missing 'Next' target: A "
                "at /States/A/Branches[0]/States/B/Next"
            ),
        ),
    ],
    ids=["next", "unreachable", "start", "catch", "out of a branch"],
)
def test_every_transition_leads_to_a_state_and_one_to_every_state(
    aws: Aws, states: dict[str, Any], fields: dict[str, Any], fault: str
) -> None:
    code, message = refusal_of(aws, definition(states, **fields))

    assert code == "InvalidDefinition"
    assert message == f"Invalid State Machine Definition: '{fault}'"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"StartAt": "A", "States": {"A": "state"}}',
        definition({"A": {"Type": "Task", "Resource": f"{FUNCTION}a"}}),
        definition({"A": {**task("a"), "End": False}}),
        definition({"A": task("a", Next="B", End=True), "B": PASS}),
        definition({"A": task("a", Retries=[])}),
        definition(
            {"A": task("a", Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["X"]}])}
        ),
        definition({"A": task("a", Retry=[{"ErrorEquals": ["X"], "IntervalSeconds": 0}])}),
        definition({"A": task("a", Retry=[{"ErrorEquals": ["X"], "BackoffRate": 0.5}])}),
        definition({"A": task("a", Retry=[{"ErrorEquals": ["X"], "MaxDelaySeconds": 0}])}),
        definition({"A": task("a", Retry=[{"ErrorEquals": ["X"], "JitterStrategy": "SOME"}])}),
        definition({"A": task("a", Retry=[{"ErrorEquals": ["X", "States.ALL"]}])}),
        definition({"A": task("a", TimeoutSeconds="soon")}),
    ],
)
def test_what_is_no_definition_is_refused(aws: Aws, text: str) -> None:
    code, message = refusal_of(aws, text)

    assert code == "InvalidDefinition"
    assert message.startswith("Invalid State Machine Definition: '")
    assert aws.client("stepfunctions").list_state_machines()["stateMachines"] == []


@pytest.mark.parametrize(
    ("states", "fields"),
    [
        ({"A": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}}, {}),
        ({"A": {"Type": "Map", "Iterator": {}, "End": True}}, {}),
        ({"A": PASS}, {"QueryLanguage": "JSONata"}),
        ({"A": {**PASS, "QueryLanguage": "JSONata"}}, {}),
    ],
    ids=["another service", "map", "jsonata", "jsonata in a state"],
)
def test_a_definition_that_is_beyond_us_is_refused_as_that(
    aws: Aws, states: dict[str, Any], fields: dict[str, Any]
) -> None:
    assert refusal_of(aws, definition(states, **fields))[0] == "NotImplemented"


def test_a_machine_is_created_once_and_never_another_of_its_name(aws: Aws) -> None:
    first = create(aws, definition({"A": PASS}))
    again = create(aws, definition({"A": PASS}))

    assert first["stateMachineArn"] == again["stateMachineArn"]
    assert first["creationDate"] == again["creationDate"]
    assert refusal_of(aws, definition({"B": PASS}))[0] == "StateMachineAlreadyExists"
    listed = aws.client("stepfunctions").list_state_machines()["stateMachines"]
    assert [each["name"] for each in listed] == ["tried-out"]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"name": "with space"}, "InvalidName"),
        ({"roleArn": "somebody"}, "InvalidArn"),
        ({"type": "EXPRESS"}, "NotImplemented"),
        ({"publish": True}, "NotImplemented"),
        ({"definition": '"' + "x" * (1024 * 1024) + '"'}, "ValidationException"),
    ],
)
def test_a_machine_has_a_name_a_role_and_nothing_that_we_lack(
    aws: Aws, request_: dict[str, Any], code: str
) -> None:
    fine = {"name": "fine", "definition": definition({"A": PASS}), "roleArn": ROLE}

    with pytest.raises(ClientError) as refusal:
        aws.client("stepfunctions").create_state_machine(**fine | request_)

    assert refusal.value.response["Error"]["Code"] == code


def test_what_is_no_array_of_branches_rules_or_catchers_is_refused(aws: Aws) -> None:
    for state in (
        {"Type": "Parallel", "Branches": [1], "End": True},
        task("a", Catch=[1]),
        task("a", Catch=7),
        {"Type": "Choice", "Choices": {"Next": "B"}},
    ):
        assert refusal_of(aws, definition({"A": state}))[0] == "InvalidDefinition"
