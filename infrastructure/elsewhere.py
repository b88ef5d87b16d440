"""Protect a stage of the same name in another region or account."""

from typing import TYPE_CHECKING, Any

from infrastructure.chalice_record import record_file, recorded_values
from infrastructure.stage import API_HANDLER, DeploymentError, Stage

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


def forget_record_of_elsewhere(stage: Stage, region: str, account: str) -> bool:
    """Remove Chalice's record if it is of another account or region; return whether it was.

    One clone may deploy a stage to several places. With another place's record, Chalice would
    disconnect that place's bucket and give functions its roles.
    """
    here = f":{region}:{account}:"
    elsewhere = any(here not in arn for arn in recorded_values(stage, "lambda_arn"))
    if elsewhere:
        record_file(stage).unlink()
    return elsewhere


def check_roles(iam: "IAMClient", stage: Stage, region: str) -> None:
    """Check that the stage's roles are not those of a stage of the same name in another region.

    A role belongs to all regions of an account, and Chalice names it by the stage alone: it would
    overwrite the other stage's permissions.

    Raises:
        DeploymentError: The roles belong to a stage in another region.
    """
    role = f"{stage.prefix}-{API_HANDLER}"
    try:
        # Chalice gives a policy the name of its role; botocore decodes the document.
        policy: Any = iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return
    resources = [arn for each in policy["Statement"] for arn in each["Resource"] if arn != "*"]
    others = {arn.split(":")[3] for arn in resources} - {"", region}
    if others:
        raise DeploymentError(
            f"Stage {stage.name!r} of this account already exists in {others.pop()}, and its "
            f"functions' roles belong to all regions. Use another stage name in {region}."
        )
