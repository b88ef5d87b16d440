"""The pieces that what a function may do is put together from.

Sources: the AWS Service Authorization Reference (which action takes which resources and condition
keys), and where it says so the service's own guide.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any, Final

from infrastructure.names import Names


@dataclass(frozen=True)
class Grant:
    """Actions on resources; resources and conditions have the fields of `Names` in braces."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Mapping[str, tuple[str, ...]]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def statement(self, names: Names, function: str) -> dict[str, Any]:
        """The same as a statement of an IAM policy."""
        fields = {**asdict(names), "function": names.function(function)}

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


_HERE: Final = "{region}:{account}"
_TABLE: Final = f"arn:{{partition}}:dynamodb:{_HERE}:table/{{table}}"

MEDIA: Final = "{media_bucket}"
INTAKE_BUCKET: Final = "{intake_bucket}"

# A story's files lie under its id, a UUID: this leaves out profiles/, people's photos.
STORY_PRIVATE: Final = f"{MEDIA}/private/????????-*"
STORY_PUBLIC: Final = f"{MEDIA}/public/????????-*"
STORY_FILES: Final = (STORY_PRIVATE, STORY_PUBLIC)
PROFILE_PRIVATE: Final = f"{MEDIA}/private/profiles/*"
PROFILE_PUBLIC: Final = f"{MEDIA}/public/profiles/*"
PROFILE_FILES: Final = (PROFILE_PRIVATE, PROFILE_PUBLIC)
STAGED: Final = f"{INTAKE_BUCKET}/images/*"
STAGED_PROFILES: Final = f"{INTAKE_BUCKET}/profiles/*"
REJECTED: Final = f"{INTAKE_BUCKET}/rejected/*"

STORIES, UPLOADS, PROFILES = ("story#*",), ("upload#*",), ("profile#*",)


def records(kinds: tuple[str, ...], *operations: str) -> Grant:
    """Operations on single items of some kinds, which the beginnings of their keys tell apart."""
    # ForAllValues would hold for a request without a key, too: these operations have one each.
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
    """Also what a form needs that the function signs: it is posted by the role of its signer."""
    return _on_objects("s3:PutObject", *folders)


def delete(*folders: str) -> Grant:
    return _on_objects("s3:DeleteObject", *folders)


def know_absent(*buckets: str) -> Grant:
    """S3 answers 404 for what is not there only to whoever may list, and else 403 (GetObject).

    Whoever asks for an object says no prefix, so that no condition on the prefix can hold.
    """
    return Grant(("s3:ListBucket",), tuple(f"arn:{{partition}}:s3:::{each}" for each in buckets))


def list_only(*folders: str) -> Grant:
    """List folders of one bucket, for whoever reads nothing that may be absent."""
    bucket = folders[0].partition("/")[0]
    prefixes = tuple(each.partition("/")[2] for each in folders)
    return Grant(
        ("s3:ListBucket",),
        (f"arn:{{partition}}:s3:::{bucket}",),
        {"StringLike": {"s3:prefix": prefixes}},
    )


def send_to(*queues: str) -> Grant:
    return Grant(("sqs:SendMessage",), tuple(map(_queue, queues)))


def consume(queue: str) -> tuple[Grant, Grant]:
    """Be invoked for its messages, and have those that failed come again soon.

    Lambda polls with the function's own role (AWS Lambda, "Using Lambda with Amazon SQS").
    """
    polled = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    return (
        Grant(polled, (_queue(queue),)),
        Grant(("sqs:ChangeMessageVisibility",), (_queue(queue),)),
    )


def faces(*operations: str) -> Grant:
    """Operations on the collection of faces."""
    arn = f"arn:{{partition}}:rekognition:{_HERE}:collection/{{collection}}"
    return Grant(tuple(f"rekognition:{each}" for each in operations), (arn,))


def _queue(name: str) -> str:
    """A queue's ARN, by its short name: ``reading``, ``reading-dead``."""
    return f"arn:{{partition}}:sqs:{_HERE}:{{queues}}{name}"


def _on_objects(action: str, *folders: str) -> Grant:
    return Grant((action,), tuple(f"arn:{{partition}}:s3:::{each}" for each in folders))


# These three take no resource.
read_text: Final = Grant(("rekognition:DetectText",), ("*",))
detect_faces: Final = Grant(("rekognition:DetectFaces",), ("*",))
speak: Final = Grant(("polly:SynthesizeSpeech",), ("*",))  # but lexicons, of which there are none

tell_subscribers: Final = Grant(("sns:Publish",), (f"arn:{{partition}}:sns:{_HERE}:{{topic}}",))
tell_person: Final = Grant(
    # In SES's sandbox the recipient's identity is asked for, too, and the sender may be one of
    # a domain: so whose identity it is may not matter, and who sends must.
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

# The stack makes the log group, and how long it keeps what is logged.
log: Final = Grant(
    ("logs:CreateLogStream", "logs:PutLogEvents"),
    (f"arn:{{partition}}:logs:{_HERE}:log-group:/aws/lambda/{{function}}:*",),
)
trace: Final = Grant(
    ("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    ("*",),  # X-Ray's segments belong to no resource
)
