"""Records the AWS requests of each function: how many, and their resources, for its role.

botocore reports them in the function's own thread, so that the app need not know. The AWS port
could not tell the functions apart, and never sees that a form is signed.
"""

import re
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from botocore import handlers

from local.runner.lambda_function import running_function

_ID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FOLDERS: Final = re.compile(
    rf"(?:(?:private|public|images|profiles|rejected|by-hand)/)*(?:{_ID}/)?"
)

_Parameters = Mapping[str, Any]


class Calls:
    """The calls of each function, each kind once: ``s3.PutObject storytime-local-media/...``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: defaultdict[str, set[str]] = defaultdict(set)
        self._counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def listen(self) -> None:
        """Record every call of every client of the sessions that are created from now on."""
        handlers.BUILTIN_HANDLERS += [
            ("provide-client-params", self._call),
            ("before-sign.s3.PutObject", self._form),
        ]

    def to_json(self) -> dict[str, list[str]]:
        with self._lock:
            return {name: sorted(calls) for name, calls in sorted(self._calls.items())}

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def counts(self) -> dict[str, dict[str, int]]:
        """Count the requests of each function by operation, without the clients' own retries."""
        with self._lock:
            return {name: dict(sorted(each.items())) for name, each in sorted(self._counts.items())}

    def clear_counts(self) -> None:
        with self._lock:
            self._counts.clear()

    def _call(
        self, params: _Parameters, model: Any, context: Mapping[str, Any], **_event: Any
    ) -> None:
        if context.get("is_presign_request") and model.name == "CreateBucket":
            return  # botocore makes the address of a form of it, and never sends it
        operation = f"{model.service_model.service_name}.{model.name}"
        self._record(operation, params)
        if (function := running_function()) is not None:
            with self._lock:
                self._counts[function][operation] += 1

    def _form(self, request: Any, **_event: Any) -> None:
        policy = request.context.get("s3-presign-post-policy")
        if policy is not None:
            exact = [each for each in policy["conditions"] if isinstance(each, Mapping)]
            bucket, key = (next(e[name] for e in exact if name in e) for name in ("bucket", "key"))
            self._record("s3.PutObject", {"Bucket": bucket, "Key": key})

    def _record(self, operation: str, parameters: _Parameters) -> None:
        function = running_function()
        if function is not None:
            with self._lock:
                self._calls[function].update(calls_of(operation, parameters))


def calls_of(operation: str, parameters: _Parameters) -> list[str]:
    """Split a request into operations of one resource each, without ids.

    Args:
        operation: By boto3's name: ``s3.PutObject``.
        parameters: Of the call.
    """
    service = operation.partition(".")[0]
    return [f"{operation}{each}".rstrip() for each in _TARGETS.get(service, _unknown)(parameters)]


def _folder(bucket: str, key: str) -> str:
    """Name an object by its folder, with ``{id}`` for a story's id."""
    folders = _FOLDERS.match(key)
    return f"{bucket}/{re.sub(_ID, '{id}', folders[0] if folders else '')}*"


def _objects(parameters: _Parameters) -> Iterable[str]:
    bucket = parameters["Bucket"]
    if "CopySource" in parameters:
        source = parameters["CopySource"]
        yield f":from {_folder(source['Bucket'], source['Key'])}"
        yield f":to {_folder(bucket, parameters['Key'])}"
    elif "Key" in parameters:
        how = ":if-match" if "IfMatch" in parameters else ""
        yield f"{how} {_folder(bucket, parameters['Key'])}"
    elif "Delete" in parameters:
        for each in parameters["Delete"]["Objects"]:
            yield f" {_folder(bucket, each['Key'])}"
    else:
        yield f" {_folder(bucket, parameters.get('Prefix', ''))}"


def _items(parameters: _Parameters) -> Iterable[str]:
    for part in parameters.get("TransactItems", ()):
        for kind, step in part.items():
            yield f":{kind} {step['TableName']} {_kind_of(step)}"
    for table, wanted in parameters.get("RequestItems", {}).items():
        for key in wanted["Keys"]:
            yield f" {table} {_kind_of({'Key': key})}"
    if "IndexName" in parameters:
        yield f" {parameters['TableName']}/index/{parameters['IndexName']}"
    elif "TableName" in parameters:
        yield f" {parameters['TableName']} {_kind_of(parameters)}"


def _kind_of(parameters: _Parameters) -> str:
    """Return the beginning of an item's key, which names the kind of record."""
    key: str = parameters.get("Key", parameters.get("Item", {}))["pk"]["S"]
    return f"{key.partition('#')[0]}#*"


def _executions(parameters: _Parameters) -> Iterable[str]:
    if "stateMachineArn" in parameters:
        yield f" stateMachine:{parameters['stateMachineArn'].split(':')[6]}"
    else:
        yield f" execution:{parameters['executionArn'].split(':')[6]}:*"


def _unknown(_parameters: _Parameters) -> Iterable[str]:
    yield " ?"


def _named(parameter: str, separator: str) -> Callable[[_Parameters], Iterable[str]]:
    """Name one resource by the last part of a parameter, or none without it."""
    return lambda parameters: [f" {str(parameters.get(parameter, '')).rsplit(separator, 1)[-1]}"]


_TARGETS: Final[Mapping[str, Callable[[_Parameters], Iterable[str]]]] = {
    "s3": _objects,
    "dynamodb": _items,
    "sqs": _named("QueueUrl", "/"),
    "sns": _named("TopicArn", ":"),
    "rekognition": _named("CollectionId", ":"),
    "polly": _named("", ":"),
    "textract": _named("", ":"),
    "stepfunctions": _executions,
    "sesv2": _named("FromEmailAddress", ":"),
    "cloudfront": _named("DistributionId", ":"),
}
