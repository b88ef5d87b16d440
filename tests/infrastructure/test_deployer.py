"""Who deploys may do what the commands and CloudFormation do, and nothing else."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import boto3
import pytest
from botocore import xform_name
from botocore.session import get_session

from infrastructure.commands.deploy import next_steps
from infrastructure.gateway.configuration import LOGGING_ROLE
from infrastructure.iam.deployer import MAX_CHARACTERS, compact, policies
from infrastructure.stage import Stage
from local.resources.names import ACCOUNT_ID, REGION
from tests.infrastructure.deployer import (
    RESOURCES,
    UNUSED,
    kept_calls,
    needs_of_call,
    needs_of_resource,
    schema,
    taken_by,
)
from tests.infrastructure.iam import Need, Policy, allows, problems, wider, without_one
from tests.infrastructure.projects import make

PROJECT: Final = Path(__file__).parents[2]
UNSEEN: Final = {
    "apigateway.GetResources",  # of a REST API that an interrupted deployment left
    "dynamodb.UpdateTable storytime-*",  # to destroy prod, whose table is protected
}
"""Requests of the commands that the deployed tests do not see."""
STATEMENTS: Final = [
    statement
    for policy in policies(ACCOUNT_ID, REGION).values()
    for statement in policy["Statement"]
]


def calls_of_next_steps() -> set[str]:
    """Return the requests of the lines that a deployment tells people to run."""
    said = next_steps(Stage("dev"), "", REGION, defaultdict(str), None, is_open=False)
    return {
        f"{service}.{operation.title().replace('-', '')} storytime-*"
        for service, operation in re.findall(r"aws (\S+) (\S+)", said)
    }


NEEDS: Final = {
    str(need): need
    for needs in (
        *(needs_of_call(call) for call in (*kept_calls(), *UNSEEN, *calls_of_next_steps())),
        *(needs_of_resource(resource) for resource in RESOURCES),
    )
    for need in needs
}
SERVICES: Final = sorted({need.action.partition(":")[0] for need in NEEDS.values()})


def policy_for(service: str) -> Policy:
    return {
        "Statement": [each for each in STATEMENTS if each["Action"][0].startswith(f"{service}:")]
    }


def needs_at(service: str) -> list[Need]:
    return [each for each in NEEDS.values() if each.action.startswith(f"{service}:")]


def others_at(service: str) -> Iterator[Need]:
    """Yield needs that only others have: with foreign resources and conditions."""
    for need in needs_at(service):
        resources = {
            need.resource.replace(f":{ACCOUNT_ID}:", ":210987654321:"),
            need.resource.replace(f":{REGION}:", ":eu-west-1:"),
            re.sub("storytime-|API-Gateway-Execution-Logs_", "other-", need.resource),
            re.sub("/(account|restapis).*", "/domainnames", need.resource),
            need.resource.replace("/deployment/", "/private/"),
        }
        if need.action in {"sqs:DeleteMessage", "sqs:ReceiveMessage"}:
            resources.add(need.resource.removesuffix("-parked"))
        if need.action == "s3:PutObject":
            resources.add(need.resource.replace("-web-", "-media-"))
        for resource in resources - {need.resource}:
            yield Need(need.action, resource, need.context)
        for key in need.context:
            yield Need(need.action, need.resource, {key: frozenset({"other"})})


def problems_at(service: str, policy: Policy) -> list[str]:
    return problems(policy, needs_at(service), [*others_at(service)])


@pytest.mark.parametrize("service", SERVICES)
def test_who_deploys_may_do_what_is_needed_and_nothing_else(service: str) -> None:
    assert problems_at(service, policy_for(service)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_permission_that_is_missing_or_too_much_is_noticed(service: str) -> None:
    policy = policy_for(service)
    added = {"Effect": "Allow", "Action": [f"{service}:Other"], "Resource": ["*"]}

    changed = (
        *without_one(policy),
        *wider(policy),
        ("another action", {"Statement": [*policy["Statement"], added]}),
    )

    assert [name for name, other in changed if not problems_at(service, other)] == []


def test_no_service_has_permissions_without_need() -> None:
    assert {each["Action"][0].partition(":")[0] for each in STATEMENTS} == {*SERVICES}


def test_only_actions_without_resources_have_any_resource() -> None:
    for statement in STATEMENTS:
        assert not any("*" in action for action in statement["Action"])
        takes_none = [action for action in statement["Action"] if not taken_by(action)]
        assert takes_none == (statement["Action"] if statement["Resource"] == ["*"] else [])


def test_nobody_can_get_more_by_a_role() -> None:
    """A role goes to Lambda and Step Functions only, and gets no policy of somebody else."""
    policy: Policy = {"Statement": STATEMENTS}
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/storytime-dev-sweep"
    logging_role = f"arn:aws:iam::{ACCOUNT_ID}:role/{LOGGING_ROLE}"
    to_ec2 = {"iam:PassedToService": frozenset({"ec2.amazonaws.com"})}
    administrator = {"iam:PolicyARN": frozenset({"arn:aws:iam::aws:policy/AdministratorAccess"})}

    assert not allows(policy, Need("iam:PassRole", role, to_ec2))
    for each in (role, logging_role):
        assert not allows(policy, Need("iam:AttachRolePolicy", each, administrator))


@pytest.mark.parametrize("kind", UNUSED)
def test_actions_are_left_out_only_for_properties_that_no_resource_has(kind: str) -> None:
    described = json.dumps(schema(kind))
    for name, actions in UNUSED[kind].items():
        assert f'"{name}"' in described or name.startswith("AWS::")
        assert re.search(f'"({actions})"', described)
    used = json.dumps([each.properties for each in RESOURCES if each.type == kind])
    assert [name for name in UNUSED[kind] if f'"{name}"' in used] == []


def test_every_operation_that_the_commands_name_is_known() -> None:
    seen, unseen = (
        {tuple(re.split("[.: ]", call)[:2]) for call in calls} for calls in (kept_calls(), UNSEEN)
    )
    models = (get_session().get_service_model(service) for service in {each for each, _ in seen})
    operations = {xform_name(name) for model in models for name in model.operation_names}
    named = {
        name
        for room in ("", "chalice", "commands", "gateway", "stack")
        for file in (PROJECT / "infrastructure" / room).glob("*.py")
        for name in re.findall(r"(?<=[.\"])[a-z0-9_]+(?=[(\"])", file.read_text())
    }

    known = {xform_name(name) for _, name in seen}
    assert named & operations - known == {xform_name(name) for _, name in unseen}


@pytest.mark.parametrize("region", [*boto3.session.Session().get_available_regions("lambda"), "*"])
def test_a_policy_is_short_enough(region: str) -> None:
    for policy in policies(ACCOUNT_ID, region).values():
        assert len(compact(policy)) <= MAX_CHARACTERS


def test_the_policies_are_printed_for_an_account_and_region() -> None:
    said = make("deployer-policy", "ACCOUNT=210987654321", "REGION=cn-north-1").stdout

    _, *printed = re.split(r"^(storytime-\S+): .*\n", said, flags=re.MULTILINE)
    expected = policies("210987654321", "cn-north-1", "aws-cn")
    assert dict(zip(printed[::2], map(json.loads, printed[1::2]), strict=True)) == expected
    arns = re.findall(r"arn:\S+?:", said)
    assert {*arns} == {"arn:aws-cn:"}


def test_without_an_account_and_region_the_policies_are_for_all() -> None:
    assert policies() == policies("*", "*")
    assert '"arn:aws:sqs:*:*:storytime-*"' in make("deployer-policy").stdout


@pytest.mark.parametrize(
    ("setting", "reason"),
    [("ACCOUNT=1234", "ACCOUNT has 12 digits"), ("REGION=nowhere", "Unknown region: 'nowhere'")],
)
def test_a_wrong_account_or_region_is_an_error(setting: str, reason: str) -> None:
    ended = make("deployer-policy", setting)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert reason in ended.stderr
