"""Single permissions, from which `permissions.py` builds each function's policy.

Sources: the AWS Service Authorization Reference (which action takes which resources and condition
keys), and the guides of the services where a comment names them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True)
class Grant:
    """Actions on resources. Resources and conditions contain names of fields in braces."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Mapping[str, tuple[str, ...]]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def statement(self, fields: Mapping[str, str]) -> dict[str, Any]:
        """Return the statement of an IAM policy."""

        def filled(templates: tuple[str, ...]) -> list[str]:
            return [each.format_map(fields) for each in templates]

        statement: dict[str, Any] = {
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": filled(self.resources),
        }
        if self.condition:
            statement["Condition"] = {
                operator: {key: filled(values) for key, values in keys.items()}
                for operator, keys in self.condition.items()
            }
        return statement


def policy(grants: Iterable[Grant], fields: Mapping[str, str]) -> dict[str, Any]:
    """Return an IAM policy; `fields` has what stands in braces in the grants."""
    statements = [grant.statement(fields) for grant in grants]
    return {"Version": "2012-10-17", "Statement": statements}


_HERE: Final = "{region}:{account}"
_TABLE: Final = f"arn:{{partition}}:dynamodb:{_HERE}:table/{{table}}"


def records(kinds: tuple[str, ...], *operations: str) -> Grant:
    """Allow operations on single items whose keys begin like `kinds`."""
    # ForAllValues also holds for a request without a key, but these operations always have one.
    return Grant(
        tuple(f"dynamodb:{each}" for each in operations),
        (_TABLE,),
        {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": kinds}},
    )


def query(index: str) -> Grant:
    return Grant(("dynamodb:Query",), (f"{_TABLE}/index/{index}",))


def scan(index: str) -> Grant:
    return Grant(("dynamodb:Scan",), (f"{_TABLE}/index/{index}",))


def get(*folders: str) -> Grant:
    return _on_objects("s3:GetObject", *folders)


def put(*folders: str) -> Grant:
    """Allow storing objects. A function that signs a form needs this for the form's upload."""
    return _on_objects("s3:PutObject", *folders)


def delete(*folders: str) -> Grant:
    return _on_objects("s3:DeleteObject", *folders)


def know_absent(*buckets: str) -> Grant:
    """Allow listing buckets. Without it, S3 answers 403 instead of 404 (GetObject).

    A GetObject request has no prefix, so a condition on the prefix would never hold.
    """
    return Grant(("s3:ListBucket",), tuple(f"arn:{{partition}}:s3:::{each}" for each in buckets))


def list_only(*folders: str) -> Grant:
    """Allow listing folders of one bucket, for functions that read no objects."""
    bucket = folders[0].partition("/")[0]
    prefixes = tuple(each.partition("/")[2] for each in folders)
    return Grant(
        ("s3:ListBucket",),
        (f"arn:{{partition}}:s3:::{bucket}",),
        {"StringLike": {"s3:prefix": prefixes}},
    )


def send_to(*queues: str) -> Grant:
    return Grant(("sqs:SendMessage",), tuple(map(_queue, queues)))


def count(*queues: str) -> Grant:
    """Allow counting the messages of queues."""
    return Grant(("sqs:GetQueueAttributes",), tuple(map(_queue, queues)))


def consume(queue: str) -> tuple[Grant, Grant]:
    """Allow receiving messages, and retrying a failed message soon.

    Lambda receives messages with the function's role (AWS Lambda, "Using Lambda with Amazon SQS").
    """
    polled = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    return (
        Grant(polled, (_queue(queue),)),
        Grant(("sqs:ChangeMessageVisibility",), (_queue(queue),)),
    )


def faces(*operations: str) -> Grant:
    """Allow operations on the face collection."""
    arn = f"arn:{{partition}}:rekognition:{_HERE}:collection/{{collection}}"
    return Grant(tuple(f"rekognition:{each}" for each in operations), (arn,))


def _queue(name: str) -> str:
    """Return a queue's ARN; its name is ``reading`` or ``reading-dead``."""
    return f"arn:{{partition}}:sqs:{_HERE}:{{queues}}{name}"


def _on_objects(action: str, *folders: str) -> Grant:
    return Grant((action,), tuple(f"arn:{{partition}}:s3:::{each}" for each in folders))


# These actions take no resource.
read_text: Final = Grant(("rekognition:DetectText", "textract:DetectDocumentText"), ("*",))
detect_faces: Final = Grant(("rekognition:DetectFaces",), ("*",))
speak: Final = Grant(("polly:SynthesizeSpeech",), ("*",))  # only lexicons, which the app has not

publish: Final = Grant(("sns:Publish",), (f"arn:{{partition}}:sns:{_HERE}:{{topic}}",))
send_email: Final = Grant(
    # The sender's identity may be a domain, and SES's sandbox also checks the recipient's identity.
    # So the condition on the sender is the limit, not the identity.
    ("ses:SendEmail",),
    (f"arn:{{partition}}:ses:{_HERE}:identity/*",),
    {"StringEquals": {"ses:FromAddress": ("{sender}",)}},
)
invalidate: Final = Grant(
    ("cloudfront:CreateInvalidation",),
    ("arn:{partition}:cloudfront::{account}:distribution/{distribution}",),
)
start_workflow: Final = Grant(
    ("states:StartExecution",), (f"arn:{{partition}}:states:{_HERE}:stateMachine:{{workflow}}",)
)
look_at_workflow: Final = Grant(
    ("states:DescribeExecution",), (f"arn:{{partition}}:states:{_HERE}:execution:{{workflow}}:*",)
)

# The stack makes the log group, and sets how long it keeps lines.
log: Final = Grant(
    ("logs:CreateLogStream", "logs:PutLogEvents"),
    (f"arn:{{partition}}:logs:{_HERE}:log-group:/aws/lambda/{{function}}:*",),
)
trace: Final = Grant(
    ("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    ("*",),  # X-Ray's segments belong to no resource
)
