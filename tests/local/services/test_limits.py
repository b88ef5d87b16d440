"""Limits of the real services, at their edges."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Aws

KIB = 1024


@pytest.fixture
def topic(aws: Aws) -> str:
    arn: str = aws.stack_client("sns").create_topic(Name="notices")["TopicArn"]
    return arn


@pytest.fixture
def queue_url(aws: Aws) -> str:
    url: str = aws.stack_client("sqs").create_queue(QueueName="work")["QueueUrl"]
    return url


@pytest.mark.parametrize(
    "subject", ["s" * 99, "Ünïcode 🚀", "“quoted”"], ids=["99 characters", "unicode", "quotes"]
)
def test_sns_takes_subjects_of_fewer_than_100_characters(
    aws: Aws, topic: str, subject: str
) -> None:
    aws.client("sns").publish(TopicArn=topic, Subject=subject, Message="m")


@pytest.mark.parametrize(
    "notice",
    [
        {"Subject": "s" * 100, "Message": "m"},
        {"Subject": "two\nlines", "Message": "m"},
        {"Subject": "carriage\rreturn", "Message": "m"},
        {"Subject": "bell\x07", "Message": "m"},
        {"Subject": "line\u2028separator", "Message": "m"},
        {"Message": ""},
        {"Message": "é" * (128 * KIB) + "e"},
    ],
    ids=["100 characters", "newline", "return", "control", "separator", "empty", "256 KiB + 1"],
)
def test_sns_refuses_subjects_with_control_characters_or_100_and_messages_over_256_kib(
    aws: Aws, topic: str, notice: dict[str, str]
) -> None:
    with pytest.raises(ClientError) as refusal:
        aws.client("sns").publish(TopicArn=topic, **notice)

    assert refusal.value.response["Error"]["Code"] == "InvalidParameter"
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    "body",
    ["tab\tline\nreturn\r", "\ud7ff\ue000\ufffd\U00010000\U0010ffff", "é" * (512 * KIB)],
    ids=["white space", "edges of the allowed set", "1 MiB"],
)
def test_sqs_takes_every_character_of_its_set_up_to_1_mib(
    aws: Aws, queue_url: str, body: str
) -> None:
    sqs = aws.client("sqs")
    sqs.send_message(QueueUrl=queue_url, MessageBody=body)

    assert sqs.receive_message(QueueUrl=queue_url)["Messages"][0]["Body"] == body


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("nul\x00", "InvalidMessageContents"),
        ("vertical tab\x0b", "InvalidMessageContents"),
        ("\ufffe", "InvalidMessageContents"),
        ("", "MissingParameter"),
        ("é" * (512 * KIB) + "e", "InvalidParameterValue"),
    ],
    ids=["nul", "control", "not a character", "empty", "1 MiB + 1"],
)
def test_sqs_refuses_control_characters_and_bodies_over_1_mib(
    aws: Aws, queue_url: str, body: str, code: str
) -> None:
    sqs = aws.client("sqs")

    with pytest.raises(ClientError) as refusal:
        sqs.send_message(QueueUrl=queue_url, MessageBody=body)

    assert refusal.value.response["Error"]["Code"] == code
    assert "Messages" not in sqs.receive_message(QueueUrl=queue_url)


@pytest.mark.parametrize("operation", ["put_item", "update_item", "transact_write_items"])
def test_dynamodb_refuses_items_over_400_kb(aws: Aws, operation: str) -> None:
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )

    getattr(dynamodb, operation)(**_write(operation, size=395 * KIB))
    with pytest.raises(ClientError) as refusal:
        getattr(dynamodb, operation)(**_write(operation, size=400 * KIB + 1))

    assert refusal.value.response["Error"]["Code"] == "ValidationException"


def _write(operation: str, size: int) -> dict[str, Any]:
    text = {"S": "x" * size}
    key = {"pk": {"S": operation}}
    if operation == "update_item":
        return {
            "TableName": "t",
            "Key": key,
            "UpdateExpression": "SET v = :v",
            "ExpressionAttributeValues": {":v": text},
        }
    put = {"TableName": "t", "Item": key | {"v": text}}
    return put if operation == "put_item" else {"TransactItems": [{"Put": put}]}
