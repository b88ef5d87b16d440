"""Remove resources of an interrupted deployment, which are not in Chalice's record.

Chalice finds functions and roles again by their names. It would make queue triggers and REST APIs
a second time, and forget a version of the layer, so `make deploy` removes the unrecorded ones
first. `make destroy` removes everything by name.
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
_MAX_LOOKS: Final = 60


def _pause() -> None:
    threading.Event().wait(_SECONDS_BETWEEN_LOOKS)


def remove_leftovers(account: Account, stage: Stage, functions: Iterable[str]) -> int:
    """Delete the unrecorded resources of a stage's app; return how many there were."""
    names = list(functions)
    client = account.client("lambda")
    removed = remove_unrecorded(account, stage, names)
    for name in names:
        removed += _delete_function(client, stage.function(name))
        removed += _delete_role(account.client("iam"), f"{stage.prefix}-{name}")
        # Chalice's name for the rule of a schedule.
        removed += _delete_rule(account.client("events"), f"{stage.prefix}-{name}-event")
    return removed


def remove_unrecorded(account: Account, stage: Stage, functions: Iterable[str]) -> int:
    """Delete what Chalice would make a second time; return how many resources there were."""
    client = account.client("lambda")
    removed = remove_unrecorded_apis(account.client("apigateway"), stage)
    removed += remove_unrecorded_triggers(client, stage, functions)
    return removed + remove_unrecorded_layers(client, stage)


def remove_unrecorded_triggers(
    client: "LambdaClient",
    stage: Stage,
    functions: Iterable[str],
    pause: Callable[[], object] = _pause,
) -> int:
    """Delete queue triggers that Chalice's record does not have; return how many there were.

    Lambda accepts one trigger for each queue and function, and counts a trigger until its deletion
    is complete. So this waits, calling `pause` between looks. The queues keep their messages.

    Raises:
        DeploymentError: A trigger still exists after two minutes.
    """
    known = recorded_values(stage, "event_uuid")
    found = [
        identifier
        for function in functions
        for identifier in _triggers(client, stage.function(function))
        if identifier not in known
    ]
    left = found
    for _ in range(_MAX_LOOKS):
        left = [identifier for identifier in left if not _is_gone(client, identifier)]
        if not left:
            return len(found)
        pause()
    raise DeploymentError(
        f"{len(left)} queue triggers of an earlier deployment still exist after two minutes. "
        "Run the same command again."
    )


def remove_unrecorded_apis(client: "APIGatewayClient", stage: Stage) -> int:
    """Delete the stage's REST APIs that Chalice's record does not have; return how many.

    The APIs of all stages have the same name. The function that an API calls tells its stage.
    """
    known = recorded_values(stage, "rest_api_id")
    unrecorded = [
        api["id"]
        for page in client.get_paginator("get_rest_apis").paginate()
        for api in page["items"]
        if api["name"] == APP and api["id"] not in known
    ]
    ours = [api_id for api_id in unrecorded if _calls(client, api_id, stage.prefix)]
    for api_id in ours:
        client.delete_rest_api(restApiId=api_id)
    return len(ours)


def _triggers(client: "LambdaClient", function: str) -> list[str]:
    pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=function)
    try:
        return [each["UUID"] for page in pages for each in page["EventSourceMappings"]]
    except client.exceptions.ResourceNotFoundException:
        return []


def remove_unrecorded_layers(client: "LambdaClient", stage: Stage) -> int:
    """Delete versions of the stage's layer that Chalice's record does not have; return how many.

    A function that uses a deleted version keeps it (AWS Lambda API, DeleteLayerVersion).
    """
    known = recorded_values(stage, "layer_version_arn")
    name = f"{stage.prefix}-managed-layer"  # Chalice's name
    unrecorded = [
        version["Version"]
        for page in client.get_paginator("list_layer_versions").paginate(LayerName=name)
        for version in page["LayerVersions"]
        if version["LayerVersionArn"] not in known
    ]
    for number in unrecorded:
        client.delete_layer_version(LayerName=name, VersionNumber=number)
    return len(unrecorded)


def _calls(client: "APIGatewayClient", api_id: str, function: str) -> bool:
    pages = client.get_paginator("get_resources").paginate(restApiId=api_id, embed=["methods"])
    return any(
        f":function:{function}/" in method.get("methodIntegration", {}).get("uri", "")
        for page in pages
        for resource in page["items"]
        for method in resource.get("resourceMethods", {}).values()
    )


def _is_gone(client: "LambdaClient", trigger: str) -> bool:
    """Request the trigger's deletion; return whether it is complete."""
    try:
        client.delete_event_source_mapping(UUID=trigger)
    except client.exceptions.ResourceNotFoundException:
        return True
    except client.exceptions.ResourceInUseException:  # Lambda is making, changing or deleting it
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
