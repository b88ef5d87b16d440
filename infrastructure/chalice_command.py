"""`chalice deploy` and `chalice delete` in a stage's folder, and the record that Chalice keeps.

Chalice writes down what it made (``.chalice/deployed/<stage>.json``) only when a deployment has
succeeded, and only on the machine where it ran. So the record is kept in the stage's own bucket,
too, for others who deploy it; and what a deployment that broke off left behind is removed before
the next.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infrastructure.stage import DeploymentError, Stage

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

RECORD_KEY: Final = "deployment/chalice.json"
"""In the media bucket; outside of ``public/``, so CloudFront does not serve it."""
_CHALICE: Final = Path(sys.executable).with_name("chalice")


def run(stage: Stage, command: Sequence[str], report: Callable[[str], None]) -> None:
    """Run ``chalice`` with such a command in the stage's folder; its lines are reported.

    Raises:
        DeploymentError: It failed; what it said has been reported.
    """
    process = subprocess.Popen(  # noqa: S603  # our own words only
        [_CHALICE, command[0], "--stage", stage.name, *command[1:]],
        cwd=stage.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process as running:
        assert running.stdout is not None  # noqa: S101  # a pipe was asked for
        for line in running.stdout:
            if line.strip():
                report(line.rstrip())
    if process.returncode:
        raise DeploymentError(
            f"`chalice {command[0]}` failed; its last lines above say why. Mend that, and run the "
            "same command again: it goes on from what is there."
        )


def record_file(stage: Stage) -> Path:
    return stage.folder / ".chalice" / "deployed" / f"{stage.name}.json"


def fetch_record(s3: "S3Client", bucket: str, stage: Stage) -> str | None:
    """Take over what Chalice recorded at the last deployment, whoever deployed.

    Answers the fingerprint of the app that was deployed then.
    """
    try:
        kept = s3.get_object(Bucket=bucket, Key=RECORD_KEY)
    except s3.exceptions.NoSuchKey:
        return None
    file = record_file(stage)
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


def rest_api_id(stage: Stage) -> str:
    """The id of the REST API that the last deployment made."""
    return next(
        str(resource["rest_api_id"])
        for resource in recorded(stage)
        if resource["resource_type"] == "rest_api"
    )


def remove_unrecorded_triggers(
    client: "LambdaClient", stage: Stage, functions: Iterable[str]
) -> int:
    """Take away queues' triggers that Chalice does not know of; how many there were.

    A deployment that broke off leaves them behind, and Chalice could not make them again: Lambda
    takes one trigger of a queue and a function. The queues' messages wait meanwhile.
    """
    known = {resource.get("event_uuid") for resource in recorded(stage)}
    removed = 0
    for function in functions:
        try:
            triggers = client.list_event_source_mappings(FunctionName=stage.function(function))
        except client.exceptions.ResourceNotFoundException:
            continue
        for trigger in triggers["EventSourceMappings"]:
            if trigger["UUID"] not in known:
                client.delete_event_source_mapping(UUID=trigger["UUID"])
                removed += 1
    return removed
