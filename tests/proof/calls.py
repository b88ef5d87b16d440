"""A run's requests as calls of functions, in the words of the local AWS (`local.control.calls`).

The end-to-end tests see the real requests, but few of the paths after failures; the proof plays
them all. `test_calls` compares its words with the app's own adapters.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.stories.queues import QUEUES
from local.control.calls import calls_of
from local.resources.environment import app_environment
from local.resources.names import DISTRIBUTION_ID, INTAKE_BUCKET, MEDIA_BUCKET, PREFIX, SENDER
from tests.infrastructure import calls
from tests.proof.tape import Request, Tape

_API: Final = ("bulk", "delete", "get", "list", "poll", "put", "request", "upload")
_FUNCTIONS: Final = {
    **dict.fromkeys(_API, "api_handler"),
    "announce": "announce_staged",
    **{str(queue.step): queue.handler for queue in QUEUES},
    **{f"{queue.step} dead letter": queue.dead_letter_handler for queue in QUEUES},
}
"""By the kind of a process; the others have the names of their functions."""

_ENVIRONMENT: Final = app_environment(0)
_WORKFLOW: Final = _ENVIRONMENT["PROFILE_WORKFLOW_ARN"]
_COLLECTION: Final = {"CollectionId": _ENVIRONMENT["FACE_COLLECTION_ID"]}
_EXECUTION: Final = _WORKFLOW.replace(":stateMachine:", ":execution:")
_OF_THE_ONLY_ONE: Final[Mapping[str, Mapping[str, str]]] = {
    "rekognition.DeleteFaces": _COLLECTION,
    "rekognition.IndexFaces": _COLLECTION,
    "rekognition.SearchFacesByImage": _COLLECTION,
    "stepfunctions.StartExecution": {"stateMachineArn": _WORKFLOW},
    "stepfunctions.DescribeExecution": {"executionArn": f"{_EXECUTION}:any"},
    "sns.Publish": {"TopicArn": _ENVIRONMENT["NOTIFICATION_TOPIC_ARN"]},
    "sesv2.SendEmail": {"FromEmailAddress": SENDER},
    "cloudfront.CreateInvalidation": {"DistributionId": DISTRIBUTION_ID},
}
_KINDS: Final = {"": "story", "upload": "upload", "profiles": "profile"}
_KNOWN: set[tuple[str, ...]] = set()
"""Requests that are recorded already: of millions, a few thousand differ."""


def record(tape: Tape) -> None:
    for request in tape.requests:
        where = request.detail[1] if request.operation.startswith("s3.") else ""
        known = (request.process.kind, request.operation, request.target, str(where))
        if known not in _KNOWN:
            _KNOWN.add(known)
            calls.add({function_of(request): calls_in(request)})


def function_of(request: Request) -> str:
    kind = re.sub(r" \d+$", "", request.process.kind)
    return _FUNCTIONS.get(kind, kind.partition(" ")[0])


def real_bucket(name: str) -> str:
    return MEDIA_BUCKET if name == "media" else name


def calls_in(request: Request) -> list[str]:
    return calls_of(request.operation, _parameters(request))


def _parameters(request: Request) -> Mapping[str, Any]:
    """What the adapter passes to boto3 to name a resource."""
    match request.operation.partition(".")[0]:
        case "s3":
            return _of_an_object(request)
        case "dynamodb":
            return _of_an_item(request)
        case "sqs":
            return {"QueueUrl": f"http://aws/{PREFIX}{request.target}"}
    return _OF_THE_ONLY_ONE.get(request.operation, {})


def _of_an_object(request: Request) -> Mapping[str, Any]:
    bucket = {"Bucket": INTAKE_BUCKET if request.target == "intake_bucket" else MEDIA_BUCKET}
    match request.detail:
        case ("copy", key, to):
            return {**bucket, "Key": to, "CopySource": {**bucket, "Key": key}}
        case ("delete", keys):
            return {**bucket, "Delete": {"Objects": [{"Key": key} for key in keys]}}
        case ("keys_under" | "waiting", prefix, *_):
            return {**bucket, "Prefix": prefix}
        case ("remove", key, version):
            return {**bucket, "Key": key, "IfMatch": version}
        case ("get", own, key, _) if request.target == "sent":
            return {"Bucket": real_bucket(own), "Key": key}
        case (_, key, *_):
            return {**bucket, "Key": key}
    raise AssertionError(request.detail)


def _of_an_item(request: Request) -> Mapping[str, Any]:
    table = {"TableName": _ENVIRONMENT["STORIES_TABLE"]}
    story, upload = ({**table, "Key": {"pk": {"S": f"{kind}#"}}} for kind in ("story", "upload"))
    match request.detail[0]:
        case "claim_story":
            return {"TransactItems": [{"Put": story}, {"Update": upload}]}
        case "fulfil":
            return {"TransactItems": [{"ConditionCheck": story}, {"Update": upload}]}
        case "find_all":
            return {"RequestItems": {_ENVIRONMENT["STORIES_TABLE"]: {"Keys": [story["Key"]]}}}
        case "listed" | "fulfilled_by":
            return {**table, "IndexName": "listing"}
        case "unfinished":
            return {**table, "IndexName": "unfinished"}
    return {**table, "Key": {"pk": {"S": f"{_KINDS[request.target]}#"}}}
