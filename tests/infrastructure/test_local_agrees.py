"""What the local AWS makes is what the template makes for a stage called ``local``."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from local.resources import names as resources
from tests.infrastructure.resolved import Resource, Stack
from tests.local.conftest import Aws

CONFIG: Final = json.loads(
    (Path(__file__).resolve().parents[2] / ".chalice" / "config.json").read_text()
)
STACK: Final = Stack("local")
ACCOUNT_AND_REGION: Final = "-123456789012-us-east-1"
"""Which buckets on AWS have in their names, because those are the whole world's."""

_DEFAULTS: Final = {"VisibilityTimeout": 30, "MessageRetentionPeriod": 4 * 24 * 3600}
"""Of SQS (API reference, "SetQueueAttributes"), in seconds."""

CONSUMERS: Final = {
    "intake": "take_in_staged",
    "reading": "read_page",
    "narration": "narrate",
    "renditions": "make_renditions",
    "deletion": "erase",
}


@pytest.fixture
def clients(aws: Aws) -> resources.StackClients:
    clients = resources.StackClients(aws.url)
    resources.create(clients)
    return clients


def attributes(clients: resources.StackClients, name: str) -> dict[str, Any]:
    url = clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    answer = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return {str(name): value for name, value in answer["Attributes"].items()}


def bucket(name: str) -> Resource:
    return STACK.named(name + ACCOUNT_AND_REGION)


def local_rules(clients: resources.StackClients, name: str) -> dict[str, Any]:
    answer = clients.s3.get_bucket_lifecycle_configuration(Bucket=name)
    return {
        rule["ID"]: (
            rule["Status"],
            rule.get("Expiration", {}).get("Days"),
            rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
        )
        for rule in answer["Rules"]
    }


def template_rules(name: str) -> dict[str, Any]:
    return {
        rule["Id"]: (
            rule["Status"],
            rule.get("ExpirationInDays"),
            rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
        )
        for rule in bucket(name)["LifecycleConfiguration"]["Rules"]
    }


def test_the_buckets_have_the_same_names_and_forget_alike(clients: resources.StackClients) -> None:
    local = {each["Name"] for each in clients.s3.list_buckets()["Buckets"]}

    names = {
        each["BucketName"].removesuffix(ACCOUNT_AND_REGION) for each in STACK.of_type("S3::Bucket")
    }
    assert local == names == {resources.MEDIA_BUCKET, resources.INTAKE_BUCKET}
    for name in local:
        assert local_rules(clients, name) == template_rules(name)


def test_the_same_pages_may_post_to_the_staging_bucket(clients: resources.StackClients) -> None:
    (local,) = clients.s3.get_bucket_cors(Bucket=resources.INTAKE_BUCKET)["CORSRules"]
    (rule,) = bucket(resources.INTAKE_BUCKET)["CorsConfiguration"]["CorsRules"]

    assert {name: local.get(name) for name in ("AllowedOrigins", "AllowedMethods")} == {
        name: rule[name] for name in ("AllowedOrigins", "AllowedMethods")
    }
    assert local["AllowedHeaders"] == rule["AllowedHeaders"]
    assert local["ExposeHeaders"] == rule["ExposedHeaders"]
    assert local["MaxAgeSeconds"] == rule["MaxAge"]


def test_the_same_queues_wait_keep_and_give_up_alike(clients: resources.StackClients) -> None:
    names = {url.rsplit("/", 1)[1] for url in clients.sqs.list_queues()["QueueUrls"]}
    assert names == {each["QueueName"] for each in STACK.of_type("SQS::Queue")}
    for queue in STACK.of_type("SQS::Queue"):
        name = queue["QueueName"]
        local = attributes(clients, name)

        for attribute, default in _DEFAULTS.items():
            assert int(local[attribute]) == queue.properties.get(attribute, default), name
        redrive = json.loads(local["RedrivePolicy"]) if "RedrivePolicy" in local else None
        assert redrive == queue.properties.get("RedrivePolicy"), name


@pytest.mark.parametrize(("name", "consumer"), CONSUMERS.items())
def test_a_message_stays_invisible_for_six_times_its_functions_timeout(
    name: str, consumer: str
) -> None:
    functions = CONFIG["stages"]["local"]["lambda_functions"]

    queue, dead = (
        STACK.named(f"storytime-local-{name}"),
        STACK.named(f"storytime-local-{name}-dead"),
    )
    assert queue["VisibilityTimeout"] == 6 * functions[consumer]["lambda_timeout"]
    assert dead["VisibilityTimeout"] == 6 * functions[f"give_up_{name}"]["lambda_timeout"]


def test_the_table_has_the_same_keys_indexes_and_expiry(clients: resources.StackClients) -> None:
    name = resources.STORIES_TABLE
    table = STACK.named(name)
    local = clients.dynamodb.describe_table(TableName=name)["Table"]
    expiry = clients.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]

    def by_name(attributes: Any) -> dict[str, str]:
        return {each["AttributeName"]: each["AttributeType"] for each in attributes}

    def indexes(described: Any) -> dict[str, Any]:
        return {
            each["IndexName"]: (each["KeySchema"], each["Projection"])
            for each in described["GlobalSecondaryIndexes"]
        }

    assert local["KeySchema"] == table["KeySchema"]
    assert by_name(local["AttributeDefinitions"]) == by_name(table["AttributeDefinitions"])
    assert indexes(local) == indexes(table)
    assert local["BillingModeSummary"]["BillingMode"] == table["BillingMode"]
    assert expiry["TimeToLiveStatus"] == "ENABLED"
    assert expiry["AttributeName"] == table["TimeToLiveSpecification"]["AttributeName"]
    assert table["TimeToLiveSpecification"]["Enabled"] is True


def test_the_same_topic_has_the_same_subscriber(clients: resources.StackClients) -> None:
    (topic,) = clients.sns.list_topics()["Topics"]
    (local,) = clients.sns.list_subscriptions_by_topic(TopicArn=topic["TopicArn"])["Subscriptions"]
    subscription = STACK.resources["NotificationSubscription"]

    name = STACK.resources["NotificationTopic"]["TopicName"]
    assert topic["TopicArn"].rsplit(":", 1)[1] == name == resources.NOTIFICATION_TOPIC
    assert subscription["TopicArn"] == "<NotificationTopic>"
    assert (local["Protocol"], local["Endpoint"]) == (
        subscription["Protocol"],
        subscription["Endpoint"],
    )


def test_the_same_workflow_goes_the_same_way(clients: resources.StackClients) -> None:
    (machine,) = STACK.of_type("StepFunctions::StateMachine")
    local = clients.stepfunctions.describe_state_machine(
        stateMachineArn=resources.PROFILE_WORKFLOW_ARN
    )

    def without_comments(node: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in node.items() if name != "Comment"}

    assert local["name"] == machine["StateMachineName"]
    assert local["type"] == machine["StateMachineType"]
    assert json.loads(local["definition"], object_hook=without_comments) == json.loads(
        machine["DefinitionString"]
    )


def test_the_same_sender_and_the_same_faces(clients: resources.StackClients) -> None:
    collections = clients.rekognition.list_collections()["CollectionIds"]

    (sender,) = STACK.of_type("SES::EmailIdentity")
    assert sender["EmailIdentity"] == resources.SENDER
    assert collections == [STACK.outputs["FaceCollectionId"]]


def test_the_app_is_told_the_same() -> None:
    """But for what leads to one AWS or another: addresses, ARNs and ids."""
    environment = resources.app_environment(4566)

    for output, name in {
        "StoriesTable": "STORIES_TABLE",
        "FaceCollectionId": "FACE_COLLECTION_ID",
        "SenderEmail": "SENDER_EMAIL",
        "StoryNamespace": "STORY_NAMESPACE",
    }.items():
        assert STACK.outputs[output] == environment[name]
