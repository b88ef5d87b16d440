"""What Chalice made of a stage, by its names: for what it made without writing it down.

A first deployment that broke off leaves functions, roles and rules behind that ``chalice delete``
knows nothing of.
"""

from collections.abc import Iterable
from typing import Any

from infrastructure.account import Account
from infrastructure.chalice_command import remove_unrecorded_apis, remove_unrecorded_triggers
from infrastructure.stage import Stage


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
