"""A stage of the same name in another region or account is left alone."""

from typing import TYPE_CHECKING, Any

from infrastructure.chalice_record import record_file, recorded_values
from infrastructure.stage import API_HANDLER, DeploymentError, Stage

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient


def forget_record_of_elsewhere(stage: Stage, region: str, account: str) -> bool:
    """Remove a record of what Chalice made in another account or region; whether there was one.

    A clone may deploy a stage to several. By the record of another, Chalice would disconnect that
    one's bucket, and give functions that one's roles.
    """
    here = f":{region}:{account}:"
    elsewhere = any(here not in arn for arn in recorded_values(stage, "lambda_arn"))
    if elsewhere:
        record_file(stage).unlink()
    return elsewhere


def check_roles(iam: "IAMClient", stage: Stage, region: str) -> None:
    """See that the stage's roles are not those of a stage of the same name in another region.

    Roles are an account's, of all regions, and Chalice names them by the stage alone: it would
    take the other one's permissions away.

    Raises:
        DeploymentError: They are.
    """
    role = f"{stage.prefix}-{API_HANDLER}"
    try:
        # Chalice's policy has its role's name; botocore decodes the document.
        policy: Any = iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return
    resources = [arn for each in policy["Statement"] for arn in each["Resource"] if arn != "*"]
    others = {arn.split(":")[3] for arn in resources} - {"", region}
    if others:
        raise DeploymentError(
            f"Stage {stage.name!r} of this account is in {others.pop()} already, and its "
            f"functions' roles are of all regions: for {region}, take another name of a stage."
        )
