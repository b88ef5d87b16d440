"""The app finds its resources in the local AWS, and the environment leads it there."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from chalicelib.stories.queues import DEAD_LETTERS, PARKED, QUEUES, StepQueue
from local.resources.creation import StackClients
from local.resources.environment import app_environment, point_at
from local.resources.names import SUBSCRIBER
from local.resources.template import StageTemplate
from tests.local.conftest import Aws

CONFIG = json.loads((Path(__file__).parents[3] / ".chalice" / "config.json").read_text())


@pytest.fixture
def clients(aws: Aws) -> StackClients:
    return aws.with_resources()


@pytest.fixture
def settings(aws: Aws) -> dict[str, str]:
    return app_environment(int(aws.url.rsplit(":", 1)[1]))


def test_the_app_finds_every_resource_that_its_environment_names(
    aws: Aws, clients: StackClients, settings: dict[str, str]
) -> None:
    for bucket in ("MEDIA_BUCKET", "INTAKE_BUCKET"):
        aws.client("s3").head_bucket(Bucket=settings[bucket])
    table = clients.dynamodb.describe_table(TableName=settings["STORIES_TABLE"])["Table"]
    assert {each["IndexName"] for each in table["GlobalSecondaryIndexes"]} == {
        "unfinished",
        "listing",
    }
    expiry = clients.dynamodb.describe_time_to_live(TableName=settings["STORIES_TABLE"])
    assert expiry["TimeToLiveDescription"]["AttributeName"] == "expires_at"
    topic = clients.sns.list_subscriptions_by_topic(TopicArn=settings["NOTIFICATION_TOPIC_ARN"])
    assert [each["Endpoint"] for each in topic["Subscriptions"]] == [SUBSCRIBER]
    clients.rekognition.describe_collection(CollectionId=settings["FACE_COLLECTION_ID"])
    clients.sesv2.get_email_identity(EmailIdentity=settings["SENDER_EMAIL"])
    clients.stepfunctions.start_execution(stateMachineArn=settings["PROFILE_WORKFLOW_ARN"])


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.step)
def test_a_steps_queue_gives_up_to_its_dead_letters_and_they_to_be_parked(
    clients: StackClients, settings: dict[str, str], queue: StepQueue
) -> None:
    def attributes(suffix: str = "") -> dict[str, str]:
        url = settings["QUEUE_URL_PREFIX"] + queue.step + suffix
        answer = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return {str(name): value for name, value in answer["Attributes"].items()}

    work, dead, parked = attributes(), attributes(DEAD_LETTERS), attributes(PARKED)

    seconds = int(queue.time_limit.total_seconds())
    assert work["VisibilityTimeout"] == str(6 * seconds)
    assert json.loads(work["RedrivePolicy"]) == {
        "deadLetterTargetArn": dead["QueueArn"],
        "maxReceiveCount": queue.max_receives,
    }
    assert json.loads(dead["RedrivePolicy"])["deadLetterTargetArn"] == parked["QueueArn"]
    assert "RedrivePolicy" not in parked
    assert dead["MessageRetentionPeriod"] == parked["MessageRetentionPeriod"] == str(14 * 86_400)


def test_chalices_local_stage_has_the_environment_of_the_stack() -> None:
    assert CONFIG["stages"]["local"]["environment_variables"] == app_environment(4566)


def test_a_developers_own_aws_settings_are_deleted() -> None:
    environ = {
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "NO_PROXY": "example.com",
        "HOME": "/home/me",
        "LOG_LEVEL": "WARNING",
    }

    point_at(4999, environ)

    assert environ == app_environment(4999) | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "example.com,127.0.0.1",
        "no_proxy": "127.0.0.1",
        "HOME": "/home/me",
        "LOG_LEVEL": "WARNING",
    }


def test_another_stage_has_other_names_and_the_names_of_an_account() -> None:
    template = StageTemplate("prod")

    assert template.resources["MediaBucket"]["BucketName"] == (
        "storytime-prod-media-123456789012-us-east-1"
    )
    assert template.resources["Queuereading"]["RedrivePolicy"]["deadLetterTargetArn"] == (
        "arn:aws:sqs:us-east-1:123456789012:storytime-prod-reading-dead"
    )
    assert template.outputs["NotificationTopicArn"] == "<NotificationTopic>"


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Fn::Select": [1, {"Fn::Split": ["-", "a-b"]}]}, "b"),
        ({"Fn::Sub": ["${Stage} ${X}", {"X": {"Ref": "AWS::Region"}}]}, "dev us-east-1"),
        ({"Fn::If": ["IsProd", "yes", "no"]}, "no"),
        ([{"Fn::GetAtt": ["Queuereading", "QueueName"]}], ["storytime-dev-reading"]),
    ],
)
def test_functions_are_resolved_and_an_unknown_one_is_an_error(value: Any, resolved: Any) -> None:
    assert StageTemplate("dev")._value(value) == resolved
    with pytest.raises(ValueError, match="Fn::Cidr"):
        StageTemplate("dev")._value({"Fn::Cidr": []})
