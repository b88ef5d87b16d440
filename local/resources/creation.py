"""Creates the resources of infrastructure/template.yaml in the local AWS."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import boto3

from local.resources.environment import local_template
from local.resources.names import REGION, STACK_KEYS
from local.resources.template import TemplateResource

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_rekognition import RekognitionClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_stepfunctions import SFNClient

_TABLE: Final = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
_QUEUE: Final = ("VisibilityTimeout", "MessageRetentionPeriod")


class StackClients:
    """The stack's own boto3 clients, under its own access key.

    Args:
        url: Of the local AWS.
        client: Makes a client of a service; by default a boto3 client for `url`.
    """

    def __init__(self, url: str, client: Callable[[str], Any] | None = None) -> None:
        self.url = url
        make = client or _client_maker(url)
        self.s3: S3Client = make("s3")
        self.dynamodb: DynamoDBClient = make("dynamodb")
        self.sqs: SQSClient = make("sqs")
        self.sns: SNSClient = make("sns")
        self.stepfunctions: SFNClient = make("stepfunctions")
        self.rekognition: RekognitionClient = make("rekognition")
        self.sesv2: SESV2Client = make("sesv2")


def _client_maker(url: str) -> Callable[[str], Any]:
    session: Any = boto3.session.Session(*STACK_KEYS, region_name=REGION)
    return partial(session.client, endpoint_url=url)


def create(clients: StackClients) -> None:
    """Create every resource of the template that the local AWS can have."""
    template = local_template(clients.url)
    for resource in template.resources.values():
        creator = _CREATORS.get(resource.type)
        if creator is not None:
            creator(clients, resource)
    collection = template.outputs["FaceCollectionId"]  # made beside the stack
    clients.rekognition.create_collection(CollectionId=collection)


def create_stories_table(
    dynamodb: "DynamoDBClient", name: str, *, projection: str | None = None
) -> None:
    """Create a table of the template's keys, indexes and expiry under any name.

    Another projection of the indexes is that of an older stage.
    """
    (table,) = local_template("").of_type("DynamoDB::Table")
    request: Any = {each: table[each] for each in _TABLE}
    if projection:
        for index in request["GlobalSecondaryIndexes"]:
            index["Projection"] = {"ProjectionType": projection}
    dynamodb.create_table(TableName=name, **request)
    expiry = table["TimeToLiveSpecification"]
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)


def _create_table(clients: StackClients, table: TemplateResource) -> None:
    create_stories_table(clients.dynamodb, table["TableName"])


def _create_bucket(clients: StackClients, bucket: TemplateResource) -> None:
    name = bucket["BucketName"]
    clients.s3.create_bucket(Bucket=name)
    rules: Any = [
        {
            "ID": rule["Id"],
            "Status": rule["Status"],
            "Filter": {"Prefix": rule.get("Prefix", "")},
            **({"Expiration": {"Days": days}} if (days := rule.get("ExpirationInDays")) else {}),
            **{key: value for key, value in rule.items() if key.startswith("Abort")},
        }
        for rule in bucket["LifecycleConfiguration"]["Rules"]
    ]
    clients.s3.put_bucket_lifecycle_configuration(
        Bucket=name, LifecycleConfiguration={"Rules": rules}
    )
    if "CorsConfiguration" in bucket.properties:
        cors: Any = [
            {
                "AllowedOrigins": rule["AllowedOrigins"],
                "AllowedMethods": rule["AllowedMethods"],
                "AllowedHeaders": rule["AllowedHeaders"],
                "ExposeHeaders": rule.get("ExposedHeaders", []),
                "MaxAgeSeconds": rule["MaxAge"],
            }
            for rule in bucket["CorsConfiguration"]["CorsRules"]
        ]
        clients.s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": cors})


def _create_queue(clients: StackClients, queue: TemplateResource) -> None:
    attributes: Any = {name: str(queue[name]) for name in _QUEUE if name in queue.properties}
    if "RedrivePolicy" in queue.properties:
        attributes["RedrivePolicy"] = json.dumps(queue["RedrivePolicy"])
    clients.sqs.create_queue(QueueName=queue["QueueName"], Attributes=attributes)


def _create_topic(clients: StackClients, topic: TemplateResource) -> None:
    clients.sns.create_topic(Name=topic["TopicName"])


def _subscribe(clients: StackClients, subscription: TemplateResource) -> None:
    clients.sns.subscribe(
        TopicArn=subscription["TopicArn"],
        Protocol=subscription["Protocol"],
        Endpoint=subscription["Endpoint"],
    )


def _create_identity(clients: StackClients, identity: TemplateResource) -> None:
    clients.sesv2.create_email_identity(EmailIdentity=identity["EmailIdentity"])


def _create_state_machine(clients: StackClients, machine: TemplateResource) -> None:
    clients.stepfunctions.create_state_machine(
        name=machine["StateMachineName"],
        definition=machine["DefinitionString"],
        roleArn=machine["RoleArn"],
    )


_CREATORS: Final[Mapping[str, Callable[[StackClients, TemplateResource], None]]] = {
    "DynamoDB::Table": _create_table,
    "S3::Bucket": _create_bucket,
    "SES::EmailIdentity": _create_identity,
    "SNS::Subscription": _subscribe,
    "SNS::Topic": _create_topic,
    "SQS::Queue": _create_queue,
    "StepFunctions::StateMachine": _create_state_machine,
}
"""By type; the local AWS needs none of the others."""
