"""Everything that the application needs of AWS, in one table, as it is named on one machine.

infrastructure/template.yaml describes the same for AWS; a test holds the two together.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import boto3

from chalicelib.http.tokens import OPEN
from local.server.http_server import HOST
from local.services.moto_backend import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import (
        CORSConfigurationTypeDef,
        LifecycleRuleTypeDef,
    )
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType
    from mypy_boto3_stepfunctions import SFNClient

    _Attributes = dict[QueueAttributeNameType, str]

PREFIX: Final = "storytime-local-"
MEDIA_BUCKET: Final = f"{PREFIX}media"
INTAKE_BUCKET: Final = f"{PREFIX}staging"
STORIES_TABLE: Final = f"{PREFIX}stories"
NOTIFICATION_TOPIC: Final = f"{PREFIX}notifications"
SUBSCRIBER: Final = "reader@example.com"
DISTRIBUTION_ID: Final = "ESTORYTIMELOCAL"
"""The CloudFront distribution of the media bucket's ``public/``."""
PROFILE_WORKFLOW: Final = f"{PREFIX}profile-photo"
PROFILE_WORKFLOW_ARN: Final = (
    f"arn:aws:states:{REGION}:{ACCOUNT_ID}:stateMachine:{PROFILE_WORKFLOW}"
)
FACE_COLLECTION: Final = f"{PREFIX}faces"
SENDER: Final = "stories@example.com"
"""Who SES sends e-mails from."""

APP_KEYS: Final = ("storytime-app", "not-a-secret")
"""Access key id and secret access key of the application: they sign, but protect nothing."""
STACK_KEYS: Final = ("storytime-stack", "not-a-secret-either")
"""The stack's own, so that its requests can be told from the application's."""

CONCURRENCY: Final = 2
"""Functions of one stage at once: as many as the engines have cores to run on."""

_BROWSERS_MAY_POST: Final["CORSConfigurationTypeDef"] = {
    "CORSRules": [
        {
            "AllowedOrigins": ["*"],
            "AllowedMethods": ["POST"],
            "AllowedHeaders": ["*"],
            "ExposeHeaders": ["ETag", "Location"],
            "MaxAgeSeconds": 3600,
        }
    ]
}
_ABANDONED_UPLOADS: Final["LifecycleRuleTypeDef"] = {
    "ID": "abandoned-uploads",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
}
_STAGED_FOR_A_DAY: Final["LifecycleRuleTypeDef"] = {
    "ID": "staged-for-a-day",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "Expiration": {"Days": 1},
}

_PROFILE_PHOTO: Final = Path(__file__).parents[2] / "infrastructure" / "profile_photo.asl.json"
_FUNCTION_ARN_PREFIX: Final = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{PREFIX}"
_WORKFLOW_ROLE: Final = f"arn:aws:iam::{ACCOUNT_ID}:role/{PROFILE_WORKFLOW}"

_MAX_BURIALS: Final = 5
"""How often a dead letter is received until it is parked, besides its stage's receives.

SQS counts them "across all queues" (API reference, ReceiveMessage, ApproximateReceiveCount).
"""
_DEAD_LETTER_TIMEOUT: Final = 29  # seconds that a dead-letter queue's function may run
_LONGEST_RETENTION: Final = 14 * 24 * 3600  # seconds


@dataclass(frozen=True)
class StageQueue:
    """A stage's queue; ``<name>-dead`` takes what it gave up, ``<name>-parked`` keeps it.

    Attributes:
        name: The queue's name.
        function_timeout: Seconds that the stage's function may run.
        max_receives: How often a message is received before it is given up.
    """

    name: str
    function_timeout: int
    max_receives: int = 5


READING: Final = StageQueue(f"{PREFIX}reading", function_timeout=60)
NARRATION: Final = StageQueue(f"{PREFIX}narration", function_timeout=120)
INTAKE: Final = StageQueue(f"{PREFIX}intake", function_timeout=60)
RENDITIONS: Final = StageQueue(f"{PREFIX}renditions", function_timeout=60)
DELETION: Final = StageQueue(f"{PREFIX}deletion", function_timeout=60, max_receives=10)
STAGE_QUEUES: Final = (INTAKE, READING, NARRATION, RENDITIONS, DELETION)


def app_environment(aws_port: int) -> dict[str, str]:
    """The environment variables that point the application at the local AWS on this port."""
    url = f"http://{HOST}:{aws_port}"
    access_key_id, secret_access_key = APP_KEYS
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": access_key_id,
        "AWS_SECRET_ACCESS_KEY": secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "MEDIA_BUCKET": MEDIA_BUCKET,
        "INTAKE_BUCKET": INTAKE_BUCKET,
        "STORIES_TABLE": STORIES_TABLE,
        "QUEUE_URL_PREFIX": f"{url}/{ACCOUNT_ID}/{PREFIX}",
        "NOTIFICATION_TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{NOTIFICATION_TOPIC}",
        "MEDIA_BASE_URL": f"{url}/cdn",
        "DISTRIBUTION_ID": DISTRIBUTION_ID,
        "PROFILE_WORKFLOW_ARN": PROFILE_WORKFLOW_ARN,
        "FACE_COLLECTION_ID": FACE_COLLECTION,
        "SENDER_EMAIL": SENDER,
        "MAXIMUM_CONCURRENCY": str(CONCURRENCY),
        "STORY_NAMESPACE": "2f6b1b0e-6c1c-4c0e-9d6a-5b0f0c6a7e11",
        "API_TOKENS": OPEN,
    }


class StackClients:
    """The stack's own boto3 clients, under its own access key, for the AWS at `url`."""

    def __init__(self, url: str) -> None:
        access_key_id, secret_access_key = STACK_KEYS
        session = boto3.session.Session(access_key_id, secret_access_key, region_name=REGION)
        self.s3: S3Client = session.client("s3", endpoint_url=url)
        self.dynamodb: DynamoDBClient = session.client("dynamodb", endpoint_url=url)
        self.sqs: SQSClient = session.client("sqs", endpoint_url=url)
        self.sns: SNSClient = session.client("sns", endpoint_url=url)
        self.stepfunctions: SFNClient = session.client("stepfunctions", endpoint_url=url)
        self.rekognition: RekognitionClient = session.client("rekognition", endpoint_url=url)
        self.sesv2: SESV2Client = session.client("sesv2", endpoint_url=url)


def create(clients: StackClients) -> None:
    """Create every resource of the table above."""
    _create_bucket(clients.s3, MEDIA_BUCKET, _ABANDONED_UPLOADS)
    _create_bucket(clients.s3, INTAKE_BUCKET, _STAGED_FOR_A_DAY, _ABANDONED_UPLOADS)
    clients.s3.put_bucket_cors(Bucket=INTAKE_BUCKET, CORSConfiguration=_BROWSERS_MAY_POST)
    create_stories_table(clients.dynamodb, STORIES_TABLE)
    for stage in STAGE_QUEUES:
        _create_stage_queue(clients.sqs, stage)
    topic = clients.sns.create_topic(Name=NOTIFICATION_TOPIC)
    clients.sns.subscribe(TopicArn=topic["TopicArn"], Protocol="email", Endpoint=SUBSCRIBER)
    clients.rekognition.create_collection(CollectionId=FACE_COLLECTION)
    clients.sesv2.create_email_identity(EmailIdentity=SENDER)
    _create_profile_workflow(clients.stepfunctions)


def _create_bucket(s3: "S3Client", name: str, *rules: "LifecycleRuleTypeDef") -> None:
    s3.create_bucket(Bucket=name)
    s3.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": list(rules)}
    )


def _create_profile_workflow(stepfunctions: "SFNClient") -> None:
    definition = _PROFILE_PHOTO.read_text()
    stepfunctions.create_state_machine(
        name=PROFILE_WORKFLOW,
        definition=definition.replace("${FunctionArnPrefix}", _FUNCTION_ARN_PREFIX),
        roleArn=_WORKFLOW_ROLE,
    )


def create_stories_table(dynamodb: "DynamoDBClient", name: str) -> None:
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "unfinished_since", "AttributeType": "N"},
            {"AttributeName": "listed_under", "AttributeType": "S"},
            {"AttributeName": "listed_as", "AttributeType": "S"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "unfinished",
                "KeySchema": [{"AttributeName": "unfinished_since", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            },
            {
                "IndexName": "listing",
                "KeySchema": [
                    {"AttributeName": "listed_under", "KeyType": "HASH"},
                    {"AttributeName": "listed_as", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            },
        ],
    )
    dynamodb.update_time_to_live(
        TableName=name,
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"},
    )


def _create_stage_queue(sqs: "SQSClient", stage: StageQueue) -> None:
    dead, parked = f"{stage.name}-dead", f"{stage.name}-parked"
    keep_long: _Attributes = {"MessageRetentionPeriod": str(_LONGEST_RETENTION)}
    sqs.create_queue(QueueName=parked, Attributes=keep_long)
    sqs.create_queue(
        QueueName=dead,
        Attributes=keep_long
        | _invisible_while(_DEAD_LETTER_TIMEOUT)
        | _redrive_to(parked, stage.max_receives + _MAX_BURIALS),
    )
    sqs.create_queue(
        QueueName=stage.name,
        Attributes=_invisible_while(stage.function_timeout) | _redrive_to(dead, stage.max_receives),
    )


def _invisible_while(function_timeout: int) -> "_Attributes":
    """Six times the function's timeout (AWS Lambda, "Using Lambda with SQS")."""
    return {"VisibilityTimeout": str(6 * function_timeout)}


def _redrive_to(queue_name: str, max_receives: int) -> "_Attributes":
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{queue_name}"
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": max_receives}
    return {"RedrivePolicy": json.dumps(policy)}
