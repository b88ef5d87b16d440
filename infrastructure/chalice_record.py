"""Chalice's record of the resources that it made.

Chalice writes the record (``.chalice/deployed/<stage>.json``) only after a successful deployment,
and only on the machine that deployed. A copy in the stage's media bucket lets other people deploy
the stage from their own clone.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infrastructure.stage import DeploymentError, Stage

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

RECORD_KEY: Final = "deployment/chalice.json"
"""In the media bucket, outside of ``public/``: CloudFront does not serve it."""


def record_file(stage: Stage) -> Path:
    return stage.project / ".chalice" / "deployed" / f"{stage.name}.json"


def fetch_record(s3: "S3Client", bucket: str, stage: Stage) -> str | None:
    """Download the record of the last deployment, unless the local record is newer.

    The local record is newer after a ``chalice deploy`` by hand. Return the
    fingerprint of the app that was deployed; None if the bucket has no record.
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
    """Return the resources in the record; none if there is no record."""
    try:
        record = json.loads(record_file(stage).read_text())
    except FileNotFoundError:
        return []
    resources: list[dict[str, Any]] = record["resources"]
    return resources


def recorded_values(stage: Stage, name: str) -> set[str]:
    """Return every value that a field has in the record, such as ``lambda_arn``."""
    return {str(each[name]) for each in recorded(stage) if name in each}


def rest_api_id(stage: Stage) -> str:
    """Return the id of the REST API that the last deployment made.

    Raises:
        DeploymentError: The record has no REST API.
    """
    found = recorded_values(stage, "rest_api_id")
    if not found:
        raise DeploymentError(
            f"Chalice's record {record_file(stage)} has no REST API. Deploy the app again: "
            f"make deploy STAGE={stage.name} ANYWAY=1"
        )
    return found.pop()


def code_in_lambda(client: "LambdaClient", stage: Stage) -> str | None:
    """Return the digest of the API function's code; None if the function does not exist.

    Another digest than the recorded one means that somebody ran ``chalice deploy`` by hand.
    """
    try:
        return client.get_function_configuration(FunctionName=stage.prefix)["CodeSha256"]
    except client.exceptions.ResourceNotFoundException:
        return None
