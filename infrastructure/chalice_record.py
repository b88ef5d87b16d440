"""The record that Chalice keeps of what it made.

Chalice writes it (``.chalice/deployed/<stage>.json``) only when a deployment has succeeded, and
only on the machine where it ran. So it is kept in the stage's own bucket, too, for others who
deploy the stage.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infrastructure.stage import DeploymentError, Stage

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

RECORD_KEY: Final = "deployment/chalice.json"
"""In the media bucket; outside of ``public/``, so CloudFront does not serve it."""


def record_file(stage: Stage) -> Path:
    return stage.folder / ".chalice" / "deployed" / f"{stage.name}.json"


def fetch_record(s3: "S3Client", bucket: str, stage: Stage) -> str | None:
    """Take over what Chalice recorded at the last deployment, whoever deployed.

    A later ``chalice deploy`` in the stage's folder has recorded later, and keeps its record.
    Answers the fingerprint of the app that was deployed then; none if nothing is kept.
    """
    try:
        kept = s3.get_object(Bucket=bucket, Key=RECORD_KEY)
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket):
        return None
    file = record_file(stage)
    if not file.exists() or file.stat().st_mtime < kept["LastModified"].timestamp():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(kept["Body"].read())
    return kept["Metadata"].get("fingerprint")


def keep_record(s3: "S3Client", bucket: str, stage: Stage, fingerprint: str) -> None:
    s3.put_object(
        Bucket=bucket,
        Key=RECORD_KEY,
        Body=record_file(stage).read_bytes(),
        Metadata={"fingerprint": fingerprint},
    )


def recorded(stage: Stage) -> list[dict[str, Any]]:
    """The resources of Chalice's record, none if there is no record."""
    try:
        record = json.loads(record_file(stage).read_text())
    except FileNotFoundError:
        return []
    resources: list[dict[str, Any]] = record["resources"]
    return resources


def recorded_values(stage: Stage, name: str) -> set[str]:
    """The values of this name that any resource of the record has."""
    return {str(each[name]) for each in recorded(stage) if name in each}


def rest_api_id(stage: Stage) -> str:
    """The id of the REST API that the last deployment made.

    Raises:
        DeploymentError: The record knows of none.
    """
    found = recorded_values(stage, "rest_api_id")
    if not found:
        raise DeploymentError(
            f"Chalice's record {record_file(stage)} has no REST API: deploy the app anew with "
            f"make deploy STAGE={stage.name} ANYWAY=1"
        )
    return found.pop()


def code_in_lambda(client: "LambdaClient", stage: Stage) -> str | None:
    """The digest of the code that the API's function has; None if there is no such function.

    It tells whether somebody has deployed past `keep_record`, with ``chalice deploy`` say.
    """
    try:
        return client.get_function_configuration(FunctionName=stage.prefix)["CodeSha256"]
    except client.exceptions.ResourceNotFoundException:
        return None
