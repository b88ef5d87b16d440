"""Limits of the real services, at their edges."""

import pytest

from tests.local.conftest import Aws, refusal

KIB = 1024


@pytest.fixture
def topic(aws: Aws) -> str:
    arn: str = aws.stack_client("sns").create_topic(Name="notices")["TopicArn"]
    return arn


@pytest.fixture
def queue_url(aws: Aws) -> str:
    url: str = aws.stack_client("sqs").create_queue(QueueName="work")["QueueUrl"]
    return url


def test_sns_takes_subjects_of_fewer_than_100_characters(aws: Aws, topic: str) -> None:
    for subject in ("s" * 99, "Ünïcode 🚀", "“quoted”"):
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
    publish = aws.client("sns").publish

    assert refusal(publish, TopicArn=topic, **notice) == ("InvalidParameter", 400)


def test_sqs_takes_every_character_of_its_set_up_to_1_mib(aws: Aws, queue_url: str) -> None:
    sqs = aws.client("sqs")
    edges = "\ud7ff\ue000\ufffd\U00010000\U0010ffff"

    for body in ("tab\tline\nreturn\r", edges, "é" * (512 * KIB)):
        sqs.send_message(QueueUrl=queue_url, MessageBody=body)
        assert sqs.receive_message(QueueUrl=queue_url)["Messages"][0]["Body"] == body


def test_sqs_refuses_control_characters_and_bodies_over_1_mib(aws: Aws, queue_url: str) -> None:
    sqs = aws.client("sqs")

    def refused(body: str) -> str:
        return refusal(sqs.send_message, QueueUrl=queue_url, MessageBody=body)[0]

    for body in ("nul\x00", "vertical tab\x0b", "no character: \ufffe"):
        assert refused(body) == "InvalidMessageContents"
    assert refused("") == "MissingParameter"
    assert refused("é" * (512 * KIB) + "e") == "InvalidParameterValue"
    assert "Messages" not in sqs.receive_message(QueueUrl=queue_url)
