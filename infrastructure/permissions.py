"""What each function may do: a role of its own, with exactly the actions and resources it uses.

The table is `GRANTS`; `policy_of` makes an IAM policy of one of its rows, for the resources of one
stage. That no row lacks or has anything is held against the calls that the functions were seen to
make (tests/infrastructure/test_permissions.py).

Sources: the AWS Service Authorization Reference (which action takes which resources and condition
keys), and where it says so the service's own guide.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from chalicelib.settings import queue_name

API: Final = "api_handler"
"""What Chalice's configuration calls the function behind the API."""


@dataclass(frozen=True)
class Names:
    """The resources of one stage, as its template and Chalice name them.

    Attributes:
        partition: AWS's, ``aws`` but for China and GovCloud.
        functions: What the names of its functions begin with: ``storytime-dev``.
        workflow: The name of the state machine.
    """

    partition: str
    region: str
    account: str
    functions: str
    media_bucket: str
    staging_bucket: str
    table: str
    intake: str
    reading: str
    narration: str
    renditions: str
    deletion: str
    topic: str
    distribution: str
    workflow: str
    collection: str
    sender: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], stage: str) -> Self:
        """Read them from the app's environment variables, which the template's outputs become.

        Raises:
            KeyError: One of them is missing.
        """
        _, partition, _, region, account, topic = environment["NOTIFICATION_TOPIC_ARN"].split(":")
        return cls(
            partition=partition,
            region=region,
            account=account,
            functions=f"storytime-{stage}",
            media_bucket=environment["MEDIA_BUCKET"],
            staging_bucket=environment["STAGING_BUCKET"],
            table=environment["STORIES_TABLE"],
            intake=queue_name(environment["INTAKE_QUEUE_URL"]),
            reading=queue_name(environment["READING_QUEUE_URL"]),
            narration=queue_name(environment["NARRATION_QUEUE_URL"]),
            renditions=queue_name(environment["RENDITIONS_QUEUE_URL"]),
            deletion=queue_name(environment["DELETION_QUEUE_URL"]),
            topic=topic,
            distribution=environment["DISTRIBUTION_ID"],
            workflow=environment["PROFILE_WORKFLOW_ARN"].rsplit(":", 1)[1],
            collection=environment["FACE_COLLECTION_ID"],
            sender=environment["SENDER_EMAIL"],
        )

    def function(self, name: str) -> str:
        """What Chalice calls the function of a handler, and Lambda its log group."""
        return self.functions if name == API else f"{self.functions}-{name}"


@dataclass(frozen=True)
class Grant:
    """Actions on resources; both resources and conditions name the fields of `Names` in braces.

    Attributes:
        is_platforms: Lambda itself needs it to run the function, which never asks for it.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: Mapping[str, Mapping[str, tuple[str, ...]]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    is_platforms: bool = False

    def statement(self, names: Names, function: str) -> dict[str, Any]:
        """The same as a statement of an IAM policy."""
        fields = {**asdict(names), "function": names.function(function)}

        def filled(templates: tuple[str, ...]) -> list[str]:
            return [each.format_map(fields) for each in templates]

        statement = {
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
STAGING: Final = "{staging_bucket}"

# A story's files lie under its id, a UUID: this leaves out profiles/, people's photos.
STORY_PRIVATE: Final = f"{MEDIA}/private/????????-*"
STORY_PUBLIC: Final = f"{MEDIA}/public/????????-*"
STORY_FILES: Final = (STORY_PRIVATE, STORY_PUBLIC)
PROFILE_PRIVATE: Final = f"{MEDIA}/private/profiles/*"
PROFILE_PUBLIC: Final = f"{MEDIA}/public/profiles/*"
PROFILE_FILES: Final = (PROFILE_PRIVATE, PROFILE_PUBLIC)
STAGED: Final = f"{STAGING}/images/*"
STAGED_PROFILES: Final = f"{STAGING}/profiles/*"
REJECTED: Final = f"{STAGING}/rejected/*"

STORIES, UPLOADS, PROFILES = "story#*", "upload#*", "profile#*"


def records(*kinds_and_operations: str) -> Grant:
    """Operations on single items of some kinds, which their keys tell apart."""
    kinds = tuple(each for each in kinds_and_operations if each.endswith("#*"))
    operations = kinds_and_operations[len(kinds) :]
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
    """Be invoked for its messages, and have those that failed come again soon."""
    polled = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
    return (
        Grant(polled, (_queue(queue),), is_platforms=True),
        Grant(("sqs:ChangeMessageVisibility",), (_queue(queue),)),
    )


def faces(*operations: str) -> Grant:
    """Operations on the collection of faces."""
    arn = f"arn:{{partition}}:rekognition:{_HERE}:collection/{{collection}}"
    return Grant(tuple(f"rekognition:{each}" for each in operations), (arn,))


def _queue(name: str) -> str:
    """A queue's ARN, by the name of its stage: ``reading``, ``reading-dead``."""
    stage, dash, suffix = name.partition("-")
    return f"arn:{{partition}}:sqs:{_HERE}:{{{stage}}}{dash}{suffix}"


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
    is_platforms=True,
)
trace: Final = Grant(
    ("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    ("*",),  # X-Ray's segments belong to no resource
    is_platforms=True,
)

# A story's files are looked for in a folder until there are none.
_remove_story_files: Final = (know_absent(MEDIA), delete(*STORY_FILES))
_remove_profile_files: Final = delete(*PROFILE_FILES)
_bring_stories_on: Final = records(STORIES, "GetItem", "UpdateItem")
_bring_profiles_on: Final = records(PROFILES, "GetItem", "PutItem")

_end_attempt: Final = (
    _bring_profiles_on,
    get(PROFILE_PRIVATE),
    know_absent(MEDIA),
    _remove_profile_files,
    faces("SearchFacesByImage", "DeleteFaces"),
    invalidate,
    tell_person,
)

GRANTS: Final[Mapping[str, tuple[Grant, ...]]] = MappingProxyType(
    {
        API: (
            records(STORIES, "GetItem", "BatchGetItem", "PutItem", "UpdateItem"),
            records(UPLOADS, "GetItem", "PutItem", "UpdateItem"),
            _bring_profiles_on,
            query("listing"),
            get(STORY_PRIVATE, PROFILE_PRIVATE, STAGED),
            know_absent(MEDIA, STAGING),
            put(STORY_PRIVATE, PROFILE_PRIVATE, STAGED, STAGED_PROFILES),
            delete(*STORY_FILES, *PROFILE_FILES),
            send_to("intake", "reading", "narration", "deletion"),
            faces("DeleteFaces"),
            invalidate,
            start_workflow,
            look_at_workflow,
            tell_subscribers,
        ),
        "announce_staged": (send_to("intake"),),
        "announce_staged_profile_photo": (send_to("intake"),),
        "take_in_staged": (
            *consume("intake"),
            # Of a transaction, each step is asked for, perhaps with the keys of all of them.
            records(STORIES, UPLOADS, "GetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),
            _bring_profiles_on,
            get(PROFILE_PRIVATE, STAGED, STAGED_PROFILES, REJECTED),
            know_absent(MEDIA, STAGING),
            put(STORY_PRIVATE, PROFILE_PRIVATE, REJECTED),
            delete(*STORY_FILES, *PROFILE_FILES, STAGED, STAGED_PROFILES, REJECTED),
            send_to("reading", "narration", "deletion", "intake-parked"),
            faces("DeleteFaces"),
            invalidate,
            start_workflow,
            look_at_workflow,
            tell_subscribers,
        ),
        "read_page": (
            *consume("reading"),
            _bring_stories_on,
            get(STORY_PRIVATE),
            put(*STORY_FILES),
            read_text,
            send_to("narration", "renditions"),
            tell_subscribers,
            *_remove_story_files,
        ),
        "narrate": (
            *consume("narration"),
            _bring_stories_on,
            get(*STORY_FILES),
            put(*STORY_FILES),
            speak,
            tell_subscribers,
            *_remove_story_files,
        ),
        "make_renditions": (
            *consume("renditions"),
            _bring_stories_on,
            get(STORY_PUBLIC),
            put(STORY_PUBLIC),
            *_remove_story_files,
        ),
        "erase": (
            *consume("deletion"),
            _bring_stories_on,
            records(UPLOADS, "UpdateItem"),
            query("listing"),
            list_only(*STORY_FILES),
            delete(*STORY_FILES, STAGED),
            get(STAGED),
            know_absent(STAGING),
            invalidate,
        ),
        "detect_face": (
            _bring_profiles_on,
            get(PROFILE_PRIVATE),
            know_absent(MEDIA),
            put(PROFILE_PRIVATE),
            detect_faces,
        ),
        "check_face_duplicate": (
            _bring_profiles_on,
            get(PROFILE_PRIVATE),
            know_absent(MEDIA),
            faces("SearchFacesByImage"),
        ),
        "add_face_to_index": (
            _bring_profiles_on,
            get(PROFILE_PRIVATE),
            know_absent(MEDIA),
            faces("SearchFacesByImage", "IndexFaces", "DeleteFaces"),
        ),
        "make_thumbnail": (
            records(PROFILES, "GetItem"),
            get(PROFILE_PRIVATE),
            know_absent(MEDIA),
            put(PROFILE_PUBLIC),
        ),
        "persist_metadata": (
            _bring_profiles_on,
            list_only(*PROFILE_FILES),
            _remove_profile_files,
            faces("DeleteFaces"),
            invalidate,
        ),
        "refuse_photo": _end_attempt,
        "fail_photo": _end_attempt,
        "sweep": (
            scan("unfinished"),
            _bring_stories_on,
            records(PROFILES, "GetItem", "PutItem", "DeleteItem"),
            get(STORY_PRIVATE, PROFILE_PRIVATE, STAGED_PROFILES),
            know_absent(MEDIA, STAGING),
            delete(*PROFILE_FILES, STAGED_PROFILES),
            send_to("intake", "reading", "narration", "deletion", "reading-dead", "narration-dead"),
            faces("SearchFacesByImage", "DeleteFaces"),
            invalidate,
            start_workflow,
            look_at_workflow,
            tell_person,
        ),
        "give_up_intake": (
            *consume("intake-dead"),
            records(UPLOADS, "GetItem", "UpdateItem"),
            send_to("intake-parked"),
        ),
        "give_up_reading": (
            *consume("reading-dead"),
            _bring_stories_on,
            list_only(*STORY_FILES),
            delete(*STORY_FILES),
            send_to("reading-parked"),
            tell_subscribers,
        ),
        "give_up_narration": (
            *consume("narration-dead"),
            _bring_stories_on,
            list_only(*STORY_FILES),
            delete(*STORY_FILES),
            send_to("narration-parked"),
            tell_subscribers,
        ),
        "give_up_renditions": (*consume("renditions-dead"), send_to("renditions-parked")),
        "give_up_deletion": (*consume("deletion-dead"), send_to("deletion-parked")),
    }
)
"""By function, what it may do besides logging and tracing."""


def policy_of(function: str, names: Names) -> dict[str, Any]:
    """The IAM policy of a function's role.

    Raises:
        KeyError: There is no such function in the table.
    """
    grants = (*GRANTS[function], log, trace)
    return {
        "Version": "2012-10-17",
        "Statement": [grant.statement(names, function) for grant in grants],
    }


def write_policies(folder: Path, names: Names) -> None:
    """Write each function's policy to ``policy-<function>.json``, for Chalice's configuration."""
    for function in GRANTS:
        text = json.dumps(policy_of(function, names), indent=2)
        (folder / f"policy-{function}.json").write_text(text + "\n")
