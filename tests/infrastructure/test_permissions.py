"""Each function may do what it did in the end-to-end tests and the proof, and nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest

from chalicelib.stories.queues import DEAD_LETTERS, QUEUES, Step
from infrastructure.iam.names import Names
from infrastructure.iam.permissions import GRANTS, policy_of
from infrastructure.stage import API_HANDLER
from local.resources.environment import app_environment
from local.resources.names import ACCOUNT_ID, DISTRIBUTION_ID, REGION, SENDER
from tests.infrastructure import calls
from tests.infrastructure.iam import (
    OF_THE_PLATFORM,
    WITHOUT_RESOURCE,
    Need,
    Policy,
    allows,
    needs_of,
    needs_of_polling,
    one_by_one,
    problems,
    wider,
    without_one,
)

PROJECT: Final = Path(__file__).parents[2]
APP_FACTS: Final = """
import json
from app import app
own = [*app.event_sources, *app.pure_lambda_functions, *app.builtin_auth_handlers]
queues = {each.queue: each.name for each in app.event_sources if hasattr(each, "queue")}
print(json.dumps({"functions": [each.name for each in own], "queues": queues}))
"""
NAMES: Final = Names.from_environment(app_environment(1), "local")

WITHOUT_CALLS: Final = {"authorize"}
"""Functions that make no AWS requests."""


@pytest.fixture(scope="module")
def app() -> dict[str, Any]:
    """The app's functions without the API's, and by queue the function that works on it."""
    environment = os.environ | app_environment(1)
    command = [sys.executable, "-c", APP_FACTS]
    told = subprocess.run(  # noqa: S603  # the command is ours
        command, cwd=PROJECT, env=environment, check=True, capture_output=True
    )
    facts: dict[str, Any] = json.loads(told.stdout)
    return facts


POLLED: Final = {
    **{queue.handler: str(queue.step) for queue in QUEUES},
    **{queue.dead_letter_handler: f"{queue.step}{DEAD_LETTERS}" for queue in QUEUES},
}
"""By function, the queue that Lambda polls for it."""


def needs_of_function(function: str) -> dict[str, Need]:
    needs = [need for call in calls.kept().get(function, ()) for need in needs_of(call, NAMES)]
    if function in POLLED:
        needs += needs_of_polling(POLLED[function], NAMES)
    return {str(need): need for need in needs}


NEEDS: Final = {function: needs_of_function(function) for function in GRANTS}
OF_ANYBODY: Final = {name: need for needs in NEEDS.values() for name, need in needs.items()}


def _kind_of(need: Need) -> tuple[object, ...]:
    """Return what needs share whose resources take the same actions."""
    service, path = need.action.partition(":")[0], need.resource.split(":", 5)[-1]
    return service, path.startswith("table/"), path.count("/") > 1, "/" in path, *need.context


def of_any_combination() -> Iterator[Need]:
    """Yield every action of any function on every resource of its kind."""
    alone = [each for need in OF_ANYBODY.values() for each in one_by_one(need)]
    for kind in {_kind_of(need) for need in alone}:
        alike = [need for need in alone if _kind_of(need) == kind]
        for action, need in product({each.action for each in alike}, alike):
            yield Need(action, need.resource, need.context)


def of_elsewhere() -> Iterator[Need]:
    """Yield the needs with resources of another stage or account, and with another sender."""
    for need in OF_ANYBODY.values():
        resource = need.resource.replace("storytime-local-", "storytime-live-")
        resources = {
            resource.replace(DISTRIBUTION_ID, "EANOTHER"),
            need.resource.replace(ACCOUNT_ID, "210987654321"),
        }
        for other in resources - {need.resource}:
            yield Need(need.action, other, need.context)
        if frozenset({SENDER}) in need.context.values():
            yield Need(need.action, need.resource, {"ses:FromAddress": frozenset({"me@live"})})


def of_something_new() -> Iterator[Need]:
    """Yield the needs with folders and kinds of records that do not exist yet."""
    for need in OF_ANYBODY.values():
        bucket, is_object, key = need.resource.partition("/")
        if is_object and need.action.startswith("s3:"):
            yield Need(need.action, f"{bucket}/new/file")
            if key.startswith(("private/", "public/")):
                yield Need(need.action, f"{bucket}/{key.partition('/')[0]}/new/file")
        if "dynamodb:LeadingKeys" in need.context:
            new = {"dynamodb:LeadingKeys": frozenset({"new#1"})}
            yield Need(need.action, need.resource, new)


OF_OTHERS: Final = {
    str(need): need for need in (*of_any_combination(), *of_elsewhere(), *of_something_new())
}


def problems_of(function: str, policy: Policy) -> list[str]:
    return problems(policy, NEEDS[function].values(), OF_OTHERS.values())


def with_foreign(policy: Policy, function: str) -> Iterator[tuple[str, Policy]]:
    """Yield the policy with a permission of another function, for each of them."""
    for name, need in OF_OTHERS.items():
        if name not in NEEDS[function] and not allows(policy, need):
            added = {"Effect": "Allow", "Action": [need.action], "Resource": [need.resource]}
            yield name, {"Statement": [*policy["Statement"], added]}


@pytest.mark.parametrize("function", GRANTS)
def test_a_function_may_do_what_it_did_and_nothing_else(function: str) -> None:
    assert problems_of(function, policy_of(function, NAMES)) == []


@pytest.mark.parametrize("function", GRANTS)
def test_a_permission_that_is_missing_or_too_much_is_noticed(function: str) -> None:
    statements = policy_of(function, NAMES)["Statement"]
    of_the_app = [each for each in statements if not set(each["Action"]) <= OF_THE_PLATFORM]
    policy = {"Statement": of_the_app}

    changed = (*without_one(policy), *wider(policy), *with_foreign(policy, function))

    assert changed
    assert [name for name, other in changed if not problems_of(function, other)] == []


def test_the_permissions_are_those_of_the_apps_functions(app: dict[str, Any]) -> None:
    functions = {API_HANDLER, *app["functions"]}

    assert {*GRANTS} - WITHOUT_CALLS == functions - WITHOUT_CALLS
    assert functions <= {*GRANTS}


def test_every_function_made_calls() -> None:
    assert calls.kept().keys() == GRANTS.keys() - WITHOUT_CALLS
    assert [function for function in WITHOUT_CALLS & GRANTS.keys() if GRANTS[function]] == []


@pytest.mark.parametrize("function", GRANTS)
def test_only_actions_without_resources_have_any_resource(function: str) -> None:
    for statement in policy_of(function, NAMES)["Statement"]:
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in statement["Action"])
        if "*" in statement["Resource"]:
            assert set(statement["Action"]) <= {
                *WITHOUT_RESOURCE.values(),
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
            }


@pytest.mark.parametrize("function", GRANTS)
def test_a_function_may_log_trace_and_receive_its_own_messages(
    function: str, app: dict[str, Any]
) -> None:
    policy = policy_of(function, NAMES)
    name = "storytime-local" if function == API_HANDLER else f"storytime-local-{function}"
    group = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/aws/lambda/{name}"

    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        assert allows(policy, Need(action, f"{group}:log-stream:2026/11/21/[$LATEST]1"))
        assert not allows(policy, Need(action, f"{group}-other:log-stream:1"))
    assert not allows(policy, Need("logs:CreateLogGroup", group))
    assert allows(policy, Need("xray:PutTraceSegments", "*"))
    ends = product(Step, ("", DEAD_LETTERS))
    assert app["queues"].keys() == {f"storytime-local-{step}{end}" for step, end in ends}
    for queue, consumer in app["queues"].items():
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue}"
        for action in ("ReceiveMessage", "DeleteMessage"):
            assert allows(policy, Need(f"sqs:{action}", arn)) == (function == consumer)


def test_names_are_read_from_the_apps_environment_variables() -> None:
    topic = "arn:aws-cn:sns:cn-north-1:210987654321:storytime-dev-notifications"
    environment = app_environment(1) | {"NOTIFICATION_TOPIC_ARN": topic}

    names = Names.from_environment(environment, "dev")

    assert (names.partition, names.region) == ("aws-cn", "cn-north-1")
    assert (names.account, names.topic) == ("210987654321", "storytime-dev-notifications")
    for function in GRANTS:
        for statement in policy_of(function, names)["Statement"]:
            for resource in statement["Resource"]:
                assert resource == "*" or resource.startswith("arn:aws-cn:")
                assert "{" not in resource


@pytest.mark.parametrize("function", GRANTS)
def test_a_policy_is_short_enough_for_a_role(function: str) -> None:
    """IAM's quota: a role's inline policies have 10,240 characters, without white space."""
    text = json.dumps(policy_of(function, NAMES), separators=(",", ":"))

    assert len(text) < 10_240
