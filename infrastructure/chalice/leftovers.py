"""What a deployment that broke off left behind: Chalice has no record of it.

Functions and roles Chalice finds again by their names. Queues' triggers and REST APIs it would make
anew, so those are removed before it begins; when a stage is destroyed, all of it is, by name.
"""

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from infrastructure.account import Account
from infrastructure.chalice_record import recorded_values
from infrastructure.stage import APP, DeploymentError, Stage

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_lambda import LambdaClient

_SECONDS_BETWEEN_LOOKS: Final = 2.0
_LOOKS: Final = 60


def _pause() -> None:
    threading.Event().wait(_SECONDS_BETWEEN_LOOKS)


def remove_leftovers(account: Account, stage: Stage, functions: Iterable[str]) -> int:
    """Delete what the record does not have of a stage's app; how many things there were."""
    names = list(functions)
    client = account.client("lambda")
    removed = remove_unrecorded_apis(account.client("apigateway"), stage)
    removed += remove_unrecorded_triggers(client, stage, names)
    for name in names:
        removed += _delete_function(client, stage.function(name))
        removed += _delete_role(account.client("iam"), f"{stage.prefix}-{name}")
        # What Chalice calls a schedule's rule.
        removed += _delete_rule(account.client("events"), f"{stage.prefix}-{name}-event")
    return removed


def remove_unrecorded_triggers(
    client: "LambdaClient",
    stage: Stage,
    functions: Iterable[str],
    pause: Callable[[], object] = _pause,
) -> int:
    """Take away queues' triggers that Chalice does not know of; how many there were.

    A deployment that broke off leaves them behind, and Chalice could not make them again: Lambda
    takes one trigger of a queue and a function, and one that is being deleted still counts. The
    queues' messages wait meanwhile.

    Args:
        client: Lambda.
        stage: The stage.
        functions: Those of the app that may have triggers.
        pause: Waits between two looks at what is being deleted.

    Raises:
        DeploymentError: One is there still, after two minutes.
    """
    known = recorded_values(stage, "event_uuid")
    found = [
        identifier
        for function in functions
        for identifier in _triggers(client, stage.function(function))
        if identifier not in known
    ]
    left = found
    for _ in range(_LOOKS):
        left = [identifier for identifier in left if not _is_gone(client, identifier)]
        if not left:
            return len(found)
        pause()
    raise DeploymentError(
        f"{len(left)} triggers that an earlier deployment left behind are not gone after two "
        "minutes: run the same command again."
    )


def remove_unrecorded_apis(client: "APIGatewayClient", stage: Stage) -> int:
    """Take away the stage's REST APIs that Chalice does not know of; how many there were.

    All stages' APIs have the app's name; whose one is, is told by the function that it calls.
    """
    known = recorded_values(stage, "rest_api_id")
    removed = 0
    apis = [
        api["id"]
        for page in client.get_paginator("get_rest_apis").paginate()
        for api in page["items"]
        if api["name"] == APP and api["id"] not in known
    ]
    for api_id in apis:
        if _calls(client, api_id, stage.prefix):
            client.delete_rest_api(restApiId=api_id)
            removed += 1
    return removed


def _triggers(client: "LambdaClient", function: str) -> list[str]:
    pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=function)
    try:
        return [each["UUID"] for page in pages for each in page["EventSourceMappings"]]
    except client.exceptions.ResourceNotFoundException:
        return []


def _calls(client: "APIGatewayClient", api_id: str, function: str) -> bool:
    pages = client.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    return any(
        f":function:{function}/" in method.get("methodIntegration", {}).get("uri", "")
        for page in pages
        for resource in page["items"]
        for method in resource.get("resourceMethods", {}).values()
    )


def _is_gone(client: "LambdaClient", trigger: str) -> bool:
    """Have a trigger deleted; whether it is."""
    try:
        client.delete_event_source_mapping(UUID=trigger)
    except client.exceptions.ResourceNotFoundException:
        return True
    except client.exceptions.ResourceInUseException:  # it is being made, changed or deleted
        return False
    return False


def _delete_function(client: Any, name: str) -> bool:
    try:
        client.delete_function(FunctionName=name)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _delete_role(client: Any, name: str) -> bool:
    try:
        for policy in client.list_role_policies(RoleName=name)["PolicyNames"]:
            client.delete_role_policy(RoleName=name, PolicyName=policy)
        client.delete_role(RoleName=name)
    except client.exceptions.NoSuchEntityException:
        return False
    return True


def _delete_rule(client: Any, name: str) -> bool:
    try:
        targets = client.list_targets_by_rule(Rule=name)["Targets"]
    except client.exceptions.ResourceNotFoundException:
        return False
    if targets:
        client.remove_targets(Rule=name, Ids=[each["Id"] for each in targets])
    client.delete_rule(Name=name)
    return True
