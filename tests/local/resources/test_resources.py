"""What the app finds in its AWS, and the environment that leads it there."""

import json
import os
import re
from pathlib import Path

import pytest

from chalicelib.settings import Settings
from chalicelib.stories.queues import Step
from local.resources import environment
from local.resources.names import (
    APP_KEYS,
    DELETION,
    INTAKE,
    INTAKE_BUCKET,
    MEDIA_BUCKET,
    NARRATION,
    PREFIX,
    READING,
    RENDITIONS,
    SENDER,
    STACK_KEYS,
    STAGE_QUEUES,
    STORIES_TABLE,
    SUBSCRIBER,
    StackClients,
    StageQueue,
    app_environment,
    create,
)
from tests.local.conftest import Aws

INFRASTRUCTURE = Path(__file__).parents[3] / "infrastructure"
CONFIG = json.loads((Path(__file__).parents[3] / ".chalice" / "config.json").read_text())


@pytest.fixture
def clients(aws: Aws) -> StackClients:
    clients = StackClients(aws.url)
    create(clients)
    return clients


def test_the_app_finds_every_resource_that_its_environment_names(
    aws: Aws, clients: StackClients
) -> None:
    settings = app_environment(int(aws.url.rsplit(":", 1)[1]))

    for bucket in ("MEDIA_BUCKET", "INTAKE_BUCKET"):
        aws.client("s3").head_bucket(Bucket=settings[bucket])
    for step in Step:
        url = settings["QUEUE_URL_PREFIX"] + step
        aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    topic = clients.sns.list_subscriptions_by_topic(TopicArn=settings["NOTIFICATION_TOPIC_ARN"])
    assert [each["Endpoint"] for each in topic["Subscriptions"]] == [SUBSCRIBER]


def test_the_table_is_on_demand_keyed_by_pk_and_expires_by_its_attribute(
    clients: StackClients,
) -> None:
    table = clients.dynamodb.describe_table(TableName=STORIES_TABLE)["Table"]
    expiry = clients.dynamodb.describe_time_to_live(TableName=STORIES_TABLE)

    assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    keys = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
        if index["Projection"] == {"ProjectionType": "ALL"}
    }
    assert keys == {
        "unfinished": ["unfinished_since"],
        "listing": ["listed_under", "listed_as"],
    }
    assert expiry["TimeToLiveDescription"]["AttributeName"] == "expires_at"


@pytest.mark.usefixtures("clients")
def test_the_profile_workflow_is_the_one_that_is_deployed_with_this_stages_functions(
    aws: Aws,
) -> None:
    settings = app_environment(int(aws.url.rsplit(":", 1)[1]))
    found = aws.client("stepfunctions").describe_state_machine(
        stateMachineArn=settings["PROFILE_WORKFLOW_ARN"]
    )

    prefix = f"arn:aws:lambda:us-east-1:123456789012:function:{PREFIX}"
    deployed = (INFRASTRUCTURE / "profile_photo.asl.json").read_text()
    assert found["definition"].replace(prefix, "${FunctionArnPrefix}") == deployed
    functions = set(re.findall(rf"{prefix}(\w+)", found["definition"]))
    assert functions >= {"detect_face", "add_face_to_index", "persist_metadata"}


@pytest.mark.usefixtures("clients")
def test_emails_can_be_sent_from_the_sender(aws: Aws) -> None:
    settings = app_environment(int(aws.url.rsplit(":", 1)[1]))
    assert settings["SENDER_EMAIL"] == SENDER

    aws.client("sesv2").send_email(
        FromEmailAddress=settings["SENDER_EMAIL"],
        Destination={"ToAddresses": ["zoe@example.org"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "b"}}}},
    )

    assert [each["to"] for each in aws.control("inbox")] == ["zoe@example.org"]


def test_the_staging_bucket_keeps_nothing_for_longer_than_a_day(clients: StackClients) -> None:
    answer = clients.s3.get_bucket_lifecycle_configuration(Bucket=INTAKE_BUCKET)

    (rule,) = (rule for rule in answer["Rules"] if "Expiration" in rule)
    assert (rule["Status"], rule["Filter"]) == ("Enabled", {"Prefix": ""})
    assert rule["Expiration"]["Days"] == 1


@pytest.mark.parametrize("stage", STAGE_QUEUES, ids=lambda stage: stage.name)
def test_a_stages_queue_gives_up_to_its_dead_letters_and_they_to_be_parked(
    clients: StackClients, stage: StageQueue
) -> None:
    def attributes(name: str) -> dict[str, str]:
        url = clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        answer = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return {str(name): value for name, value in answer["Attributes"].items()}

    work, dead = attributes(stage.name), attributes(f"{stage.name}-dead")

    assert work["VisibilityTimeout"] == str(6 * stage.function_timeout)
    assert json.loads(work["RedrivePolicy"]) == {
        "deadLetterTargetArn": f"{work['QueueArn']}-dead",
        "maxReceiveCount": 10 if stage == DELETION else 5,
    }
    assert json.loads(dead["RedrivePolicy"])["deadLetterTargetArn"].endswith("-parked")
    assert dead["VisibilityTimeout"] == str(6 * CONFIG["lambda_timeout"])
    assert "RedrivePolicy" not in attributes(f"{stage.name}-parked")


def test_chalices_local_stage_has_the_very_environment_of_the_stack() -> None:
    assert CONFIG["stages"]["local"]["environment_variables"] == app_environment(4566)


def test_the_functions_timeouts_are_those_that_the_queues_are_made_for() -> None:
    functions = CONFIG["stages"]["local"]["lambda_functions"]

    names = {
        READING: "read_page",
        NARRATION: "narrate",
        INTAKE: "take_in_staged",
        RENDITIONS: "make_renditions",
        DELETION: "erase",
    }
    for stage in STAGE_QUEUES:
        assert functions[names[stage]]["lambda_timeout"] == stage.function_timeout
    assert CONFIG["lambda_timeout"] <= 29  # API Gateway waits no longer


def test_the_environment_is_what_the_app_needs() -> None:
    settings = Settings.from_environment(app_environment(4566))

    assert settings.media_bucket == MEDIA_BUCKET
    assert settings.media_base_url == "http://127.0.0.1:4566/cdn"


def test_the_app_and_the_stack_sign_with_different_keys() -> None:
    assert len({APP_KEYS[0], STACK_KEYS[0]}) == 2


def test_a_developers_own_aws_settings_cannot_lead_astray() -> None:
    environ = {
        "AWS_PROFILE": "work",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_S3": "https://s3.example.com",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "NO_PROXY": "example.com",
        "HOME": "/home/me",
        "LOG_LEVEL": "WARNING",
    }

    environment.point_at(4999, environ)

    assert environ == app_environment(4999) | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "example.com,127.0.0.1",
        "no_proxy": "127.0.0.1",
        "HOME": "/home/me",
        "LOG_LEVEL": "WARNING",
    }
