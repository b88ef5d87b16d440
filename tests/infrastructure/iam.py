"""The permissions that a call needs, and the permissions that a policy gives.

Sources: the AWS Service Authorization Reference; API references of S3 (HeadObject, CopyObject,
DeleteObject) and DynamoDB ("Using IAM with DynamoDB transactions"); IAM's User Guide ("Policy
evaluation logic", "Condition operators").
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Final

from infrastructure.iam.names import Names

_SAMPLE_ID: Final = "0f8fad5b-d9cb-469f-a165-70867728950e"

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Need:
    """A question to IAM when a call is made.

    Attributes:
        context: The request's condition keys, with their values.
    """

    action: str
    resource: str
    context: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))

    def covers(self, other: "Need") -> bool:
        """Return whether this need's conditions cannot tell the other need from this one."""
        return (self.action, self.resource) == (other.action, other.resource) and all(
            other.context.get(key, frozenset("?")) <= values for key, values in self.context.items()
        )

    def __str__(self) -> str:
        conditions = (f" with {key} {', '.join(sorted(v))}" for key, v in self.context.items())
        return f"{self.action} on {self.resource}{''.join(conditions)}"


_ON_OBJECTS: Final[Mapping[str, Sequence[str]]] = {
    # HEAD has no action of its own. S3 answers 404 instead of 403 only if the caller may list the
    # bucket; the request has no prefix (GetObject, "Permissions").
    "s3.GetObject": ("s3:GetObject", "s3:ListBucket"),
    "s3.HeadObject": ("s3:GetObject", "s3:ListBucket"),
    "s3.PutObject": ("s3:PutObject",),
    "s3.CopyObject:from": ("s3:GetObject",),
    "s3.CopyObject:to": ("s3:PutObject",),  # the app sets no tags, ACLs or keys
    "s3.DeleteObjects": ("s3:DeleteObject",),
    # With If-Match, S3 reads the object (User Guide, "Enforce conditional deletes").
    "s3.DeleteObject:if-match": ("s3:DeleteObject", "s3:GetObject", "s3:ListBucket"),
}
_ON_ITEMS: Final = {
    **{
        f"dynamodb.{each}": f"dynamodb:{each}"
        for each in ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem")
    },
    # There is no dynamodb:TransactWriteItems: IAM checks each step as its own operation.
    "dynamodb.TransactWriteItems:ConditionCheck": "dynamodb:ConditionCheckItem",
    "dynamodb.TransactWriteItems:Put": "dynamodb:PutItem",
    "dynamodb.TransactWriteItems:Update": "dynamodb:UpdateItem",
}
_ON_ONE: Final = {
    "dynamodb.Query": ("dynamodb:Query", "dynamodb:{here}:table/{target}"),
    "dynamodb.Scan": ("dynamodb:Scan", "dynamodb:{here}:table/{target}"),
    "sqs.ChangeMessageVisibility": ("sqs:ChangeMessageVisibility", "sqs:{here}:{target}"),
    "sqs.GetQueueAttributes": ("sqs:GetQueueAttributes", "sqs:{here}:{target}"),
    "sqs.SendMessage": ("sqs:SendMessage", "sqs:{here}:{target}"),
    "sns.Publish": ("sns:Publish", "sns:{here}:{target}"),
    **{
        f"rekognition.{each}": (f"rekognition:{each}", "rekognition:{here}:collection/{target}")
        for each in ("DeleteFaces", "IndexFaces", "SearchFacesByImage")
    },
    "stepfunctions.StartExecution": ("states:StartExecution", "states:{here}:{target}"),
    "stepfunctions.DescribeExecution": ("states:DescribeExecution", "states:{here}:{target}"),
    "cloudfront.CreateInvalidation": (
        "cloudfront:CreateInvalidation",
        "cloudfront::{account}:distribution/{target}",
    ),
}
WITHOUT_RESOURCE: Final = {
    "rekognition.DetectText": "rekognition:DetectText",
    "rekognition.DetectFaces": "rekognition:DetectFaces",
    "polly.SynthesizeSpeech": "polly:SynthesizeSpeech",
    "textract.DetectDocumentText": "textract:DetectDocumentText",
}
"""Actions for which a policy can name no resource; Polly's only resource is not used here."""

OF_THE_PLATFORM: Final = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}
"""Actions that Lambda does with a function's role, and that the function never requests."""


def needs_of_polling(queue: str, names: Names) -> list[Need]:
    """Return the needs of Lambda's pollers, which use the role of the queue's function.

    Source: AWS Lambda, "Using Lambda with Amazon SQS" (execution role permissions).
    """
    arn = f"arn:{names.partition}:sqs:{names.region}:{names.account}:{names.queues}{queue}"
    actions = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    return [Need(f"sqs:{action}", arn) for action in actions]


def needs_of(call: str, names: Names) -> list[Need]:
    """Return the needs of a call, in the words of `local.control.calls`.

    Raises:
        KeyError: The tables above do not have the operation.
    """
    operation, _, target = call.partition(" ")
    arn = f"arn:{names.partition}"
    here = f"{names.region}:{names.account}"
    if operation.startswith("s3."):
        return list(_on_objects(operation, arn, _sampled(target)))
    if operation in _ON_ITEMS:
        table, _, kind = target.partition(" ")
        is_step = operation.startswith("dynamodb.TransactWriteItems")
        # AWS does not say whether IAM checks a step's own key or the keys of all steps: assume all.
        kinds = ("story#*", "upload#*") if is_step else (kind,)
        keys = frozenset(_sampled(each) for each in kinds)
        context = {"dynamodb:LeadingKeys": keys}
        return [Need(_ON_ITEMS[operation], f"{arn}:dynamodb:{here}:table/{table}", context)]
    if operation == "sesv2.SendEmail":
        # SES checks the sender's identity; in its sandbox, also the recipient's.
        identities = (f"{arn}:ses:{here}:identity/{each}" for each in (target, "to@example.com"))
        context = {"ses:FromAddress": frozenset({target})}
        return [Need("ses:SendEmail", identity, context) for identity in identities]
    if operation in WITHOUT_RESOURCE:
        return [Need(WITHOUT_RESOURCE[operation], "*")]
    action, resource = _ON_ONE[operation]
    filled = resource.format(here=here, account=names.account, target=_sampled(target))
    return [Need(action, f"{arn}:{filled}")]


def _on_objects(operation: str, arn: str, target: str) -> Iterator[Need]:
    bucket, _, key = target.partition("/")
    where = f"{arn}:s3:::{bucket}"
    if operation == "s3.ListObjectsV2":
        yield Need("s3:ListBucket", where, {"s3:prefix": frozenset({key})})
        return
    for action in _ON_OBJECTS[operation]:
        yield Need(action, where if action == "s3:ListBucket" else f"{where}/{key}")


def _sampled(pattern: str) -> str:
    """Return an example of a pattern."""
    return re.sub(r"\*$", "sample", pattern.replace("{id}", _SAMPLE_ID))


def allows(policy: Policy, need: Need) -> bool:
    return any(_statement_allows(statement, need) for statement in policy["Statement"])


def _statement_allows(statement: Mapping[str, Any], need: Need) -> bool:
    return (
        statement["Effect"] == "Allow"
        and need.action in statement["Action"]
        and any(fnmatchcase(need.resource, each) for each in statement["Resource"])
        and all(
            _holds(operator, need.context.get(key), values)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(operator: str, actual: Collection[str] | None, patterns: Sequence[str]) -> bool:
    match operator:
        case "StringEquals" | "ArnEquals":
            return actual is not None and set(actual) <= set(patterns)
        case "StringLike":
            return actual is not None and _are_like(actual, patterns)
        case "ForAllValues:StringLike":  # also holds for a request without the key
            return _are_like(actual or (), patterns)
    raise AssertionError(f"unknown operator {operator}")


def _are_like(actual: Collection[str], patterns: Sequence[str]) -> bool:
    return all(any(fnmatchcase(each, pattern) for pattern in patterns) for each in actual)


def parts_of(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Yield each part of a policy that could be left out, and a policy with only this part."""
    for statement in policy["Statement"]:
        for action in statement["Action"]:
            for resource in statement["Resource"]:
                part = {**statement, "Action": [action], "Resource": [resource]}
                yield f"{action} on {resource}", {"Statement": [part]}
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                for value in values:
                    part = {**statement, "Condition": {operator: {key: [value]}}}
                    yield f"{key} {value}", {"Statement": [part]}


def problems(policy: Policy, needed: Collection[Need], others: Collection[Need]) -> list[str]:
    """Return a line for each permission that a function's policy lacks, or has without need.

    Args:
        policy: The function's policy.
        needed: The needs of the function's calls.
        others: Needs that the policy must not allow, unless the function has them, too.
    """
    lacks = [f"lacks {need}" for need in needed if not allows(policy, need)]
    unused = [
        f"has {name}, which no call needs"
        for name, part in parts_of(policy)
        if not _is_platforms(name) and not _is_used(part, needed)
    ]
    too_much = [
        f"has {other}, which only others need"
        for other in others
        if allows(policy, other) and not any(need.covers(other) for need in needed)
    ]
    return sorted({*lacks, *unused, *too_much})


def _is_platforms(part: str) -> bool:
    return part.partition(" ")[0] in OF_THE_PLATFORM


def _is_used(part: Policy, needed: Collection[Need]) -> bool:
    """Return whether the part allows anything that is needed; one of several keys is enough."""
    return any(allows(part, each) for need in needed for each in one_by_one(need))


def one_by_one(need: Need) -> Iterator[Need]:
    """Yield the need with each single value of its context."""
    if not need.context:
        yield need
    for key, values in need.context.items():
        for value in values:
            yield Need(need.action, need.resource, {**need.context, key: frozenset({value})})


def edited(policy: Policy, number: int, **parts: object) -> Policy:
    """Return the policy with other parts in one of its statements."""
    statements = [*policy["Statement"]]
    statements[number] = {**statements[number], **parts}
    return {"Statement": statements}


def without_one(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Yield the policy without one action, resource or condition value, for each of them."""
    for number, statement in enumerate(policy["Statement"]):
        of = f", of {statement['Action']}"
        for part in ("Action", "Resource"):
            for value in statement[part]:
                rest = [each for each in statement[part] if each != value]
                yield value + of, edited(policy, number, **{part: rest})
        for operator, keys in statement.get("Condition", {}).items():
            for key, values in keys.items():
                for value in values:
                    left = {**keys, key: [each for each in values if each != value]}
                    yield value + of, edited(policy, number, Condition={operator: left})


def wider(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Yield the policy with one resource shortened or "*", or without one condition."""
    for number, statement in enumerate(policy["Statement"]):
        of = f", of {statement['Action']}"
        for resource in statement["Resource"]:
            for other in {"*", _cut(resource)} - {resource}:
                yield other + of, edited(policy, number, Resource=[*statement["Resource"], other])
        if "Condition" in statement:
            yield f"no condition{of}", edited(policy, number, Condition={})


def _cut(resource: str) -> str:
    """``…:table/stories`` as ``…:table/*``, ``…/private/????????-*`` as ``…/private/*``."""
    head, separator, _ = resource.rpartition("/") if "/" in resource else resource.rpartition(":")
    return f"{head}{separator}*"
