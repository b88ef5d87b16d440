"""`chalice deploy` and `chalice delete` in a stage's folder, and the record that Chalice keeps.

Chalice writes down what it made (``.chalice/deployed/<stage>.json``) only when a deployment has
succeeded, and only on the machine where it ran. So the record is kept in the stage's own bucket,
too, for others who deploy it; and what a deployment that broke off left behind, and Chalice does
not find by its name, is removed before the next.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infrastructure.account import region_variable
from infrastructure.stage import API_HANDLER, APP, DeploymentError, Stage

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

RECORD_KEY: Final = "deployment/chalice.json"
"""In the media bucket; outside of ``public/``, so CloudFront does not serve it."""
PYTHONS: Final = ((3, 11), (3, 12), (3, 13))
"""Chalice has Lambda run the Python that runs Chalice; the zip is tried with each of these."""
# Not the script `chalice`, which need not lie beside the interpreter.
_CHALICE: Final = (sys.executable, "-c", "from chalice.cli import main; raise SystemExit(main())")
_SECONDS_BETWEEN_LOOKS: Final = 2.0
_LOOKS: Final = 60


def _pause() -> None:
    threading.Event().wait(_SECONDS_BETWEEN_LOOKS)


def check_python(running: tuple[int, int] = sys.version_info[:2]) -> None:
    """See that Lambda can run what is deployed from here.

    Raises:
        DeploymentError: This Python is none of those.
    """
    if running not in PYTHONS:
        names = [f"{major}.{minor}" for major, minor in PYTHONS]
        raise DeploymentError(
            f"This is Python {running[0]}.{running[1]}, and Lambda would have to run the same; "
            f"Storytime is built for {', '.join(names)}. Install one of them, then: make clean, "
            f"and make deploy PYTHON=python{names[-1]}, with your settings."
        )


def run(stage: Stage, command: Sequence[str], report: Callable[[str], None]) -> None:
    """Run ``chalice`` with such a command in the stage's folder; its lines are reported.

    Raises:
        DeploymentError: It failed; what it said has been reported.
    """
    process = subprocess.Popen(  # noqa: S603  # our own words only
        [*_CHALICE, command[0], "--stage", stage.name, *command[1:]],
        cwd=stage.folder,
        env={
            **os.environ,
            **region_variable(os.environ),
            "PYTHONDONTWRITEBYTECODE": "1",  # it packs what lies beside the code
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
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


def forget_record_of_elsewhere(stage: Stage, region: str, account: str) -> bool:
    """Remove a record of what Chalice made in another account or region; whether there was one.

    A clone may deploy a stage to several. By the record of another, Chalice would disconnect that
    one's bucket, and give functions that one's roles.
    """
    here = f":{region}:{account}:"
    elsewhere = any(here not in arn for arn in _recorded_values(stage, "lambda_arn"))
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


def rest_api_id(stage: Stage) -> str:
    """The id of the REST API that the last deployment made.

    Raises:
        DeploymentError: The record knows of none.
    """
    found = _recorded_values(stage, "rest_api_id")
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
    known = _recorded_values(stage, "event_uuid")
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
    known = _recorded_values(stage, "rest_api_id")
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


def _recorded_values(stage: Stage, name: str) -> set[str]:
    return {str(each[name]) for each in recorded(stage) if name in each}


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
