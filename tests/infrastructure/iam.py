"""What a call needs of a role, and what a policy allows, as far as our policies go.

Sources: the AWS Service Authorization Reference, and where it leaves something open the API
reference of the operation: S3 (HeadObject, CopyObject, DeleteObject), DynamoDB ("Using IAM with
DynamoDB transactions"); IAM's own User Guide ("Policy evaluation logic", "Condition operators").
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any, Final

from infrastructure.names import Names

_SAMPLE_ID: Final = "0f8fad5b-d9cb-469f-a165-70867728950e"

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Need:
    """Something that IAM is asked when a call is made.

    Attributes:
        context: The condition keys that the request has, with their values.
    """

    action: str
    resource: str
    context: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))

    def covers(self, other: "Need") -> bool:
        """Is the other one of the same, but for what this one's conditions cannot tell?"""
        return (self.action, self.resource) == (other.action, other.resource) and all(
            other.context.get(key, frozenset("?")) <= values for key, values in self.context.items()
        )

    def __str__(self) -> str:
        conditions = (f" with {key} {', '.join(sorted(v))}" for key, v in self.context.items())
        return f"{self.action} on {self.resource}{''.join(conditions)}"


_ON_OBJECTS: Final[Mapping[str, Sequence[str]]] = {
    # HEAD has no action of its own. What is absent is told from what is forbidden only to
    # whoever may list the bucket; the request then says no prefix (GetObject, "Permissions").
    "s3.GetObject": ("s3:GetObject", "s3:ListBucket"),
    "s3.HeadObject": ("s3:GetObject", "s3:ListBucket"),
    "s3.PutObject": ("s3:PutObject",),
    "s3.CopyObject:from": ("s3:GetObject",),
    "s3.CopyObject:to": ("s3:PutObject",),  # no tags, ACLs or keys are copied or set
    "s3.DeleteObjects": ("s3:DeleteObject",),
    # With If-Match, the object is looked at (User Guide, "Enforce conditional deletes").
    "s3.DeleteObject:if-match": ("s3:DeleteObject", "s3:GetObject", "s3:ListBucket"),
}
_ON_ITEMS: Final = {
    **{
        f"dynamodb.{each}": f"dynamodb:{each}"
        for each in ("BatchGetItem", "DeleteItem", "GetItem", "PutItem", "UpdateItem")
    },
    # There is no dynamodb:TransactWriteItems: each step is the single operation that it is.
    "dynamodb.TransactWriteItems:ConditionCheck": "dynamodb:ConditionCheckItem",
    "dynamodb.TransactWriteItems:Put": "dynamodb:PutItem",
    "dynamodb.TransactWriteItems:Update": "dynamodb:UpdateItem",
}
_ON_ONE: Final = {
    "dynamodb.Query": ("dynamodb:Query", "dynamodb:{here}:table/{target}"),
    "dynamodb.Scan": ("dynamodb:Scan", "dynamodb:{here}:table/{target}"),
    "sqs.ChangeMessageVisibility": ("sqs:ChangeMessageVisibility", "sqs:{here}:{target}"),
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
}
"""Actions for which a policy can name no resource, or (Polly's) none that we use."""

OF_THE_PLATFORM: Final = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}
"""What Lambda does with a function's role, and the function itself never asks for."""


def needs_of(call: str, names: Names) -> list[Need]:
    """What a call, as `local.control.calls` words it, needs.

    Raises:
        KeyError: The table above does not know the operation.
    """
    operation, _, target = call.partition(" ")
    arn = f"arn:{names.partition}"
    here = f"{names.region}:{names.account}"
    if operation.startswith("s3."):
        return list(_on_objects(operation, arn, _sampled(target)))
    if operation in _ON_ITEMS:
        table, _, kind = target.partition(" ")
        is_step = operation.startswith("dynamodb.TransactWriteItems")
        # Nobody says whether a step is judged by its own key or by those of all: by all, then.
        kinds = ("story#*", "upload#*") if is_step else (kind,)
        keys = frozenset(_sampled(each) for each in kinds)
        context = {"dynamodb:LeadingKeys": keys}
        return [Need(_ON_ITEMS[operation], f"{arn}:dynamodb:{here}:table/{table}", context)]
    if operation == "sesv2.SendEmail":
        # The sender's identity, and in SES's sandbox the recipient's, too.
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
    """Something that a call's target stands for."""
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
        case "StringEquals":
            return actual is not None and set(actual) <= set(patterns)
        case "StringLike":
            return actual is not None and _are_like(actual, patterns)
        case "ForAllValues:StringLike":  # holds for a request without the key, too
            return _are_like(actual or (), patterns)
    raise AssertionError(f"this evaluator knows no {operator}")


def _are_like(actual: Collection[str], patterns: Sequence[str]) -> bool:
    return all(any(fnmatchcase(each, pattern) for pattern in patterns) for each in actual)


def parts_of(policy: Policy) -> Iterator[tuple[str, Policy]]:
    """Each part of a policy that could be left out, and a policy with nothing but this part."""
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
    """A line for whatever a policy lacks, or has without need.

    Args:
        policy: Of one function.
        needed: What the calls of that function need.
        others: What it must not be allowed, unless it needs the same.
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
    """Does any need have to do with this? One of several keys is enough."""
    return any(allows(part, each) for need in needed for each in one_by_one(need))


def one_by_one(need: Need) -> Iterator[Need]:
    """The same with each value of its context alone."""
    if not need.context:
        yield need
    for key, values in need.context.items():
        for value in values:
            yield Need(need.action, need.resource, {**need.context, key: frozenset({value})})
