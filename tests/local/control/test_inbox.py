"""E-mail as it arrives."""

from typing import Any

import pytest

from tests.local.conftest import Aws


@pytest.fixture
def topic(aws: Aws) -> str:
    sns = aws.stack_client("sns")
    arn: str = sns.create_topic(Name="notices")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="reader@example.com")
    return arn


def publish(aws: Aws, topic: str, **notice: Any) -> None:
    aws.client("sns").publish(TopicArn=topic, **notice)


def test_a_notice_arrives_in_the_inbox_which_can_be_emptied(aws: Aws, topic: str) -> None:
    publish(aws, topic, Subject="Ready: Ünïcode", Message="Listen\nhttp://x/y?a=b&c=d ✓")

    email = {"subject": "Ready: Ünïcode", "body": "Listen\nhttp://x/y?a=b&c=d ✓"}
    assert aws.control("inbox") == [{"to": "reader@example.com", **email}]
    assert aws.http("DELETE", "/_local/inbox").status == 204
    assert aws.control("inbox") == []


def test_every_subscriber_by_email_gets_it_and_nobody_else(aws: Aws, topic: str) -> None:
    sns = aws.stack_client("sns")
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="second@example.com")
    sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="+15550100")
    other = sns.create_topic(Name="other")["TopicArn"]
    sns.subscribe(TopicArn=other, Protocol="email", Endpoint="stranger@example.com")

    publish(aws, topic, Subject="s", Message="m")

    assert [email["to"] for email in aws.control("inbox")] == [
        "reader@example.com",
        "second@example.com",
    ]


def test_a_notice_without_a_subject_arrives_under_snss_own_and_a_refused_one_never(
    aws: Aws, topic: str
) -> None:
    sns = aws.client("sns")
    publish(aws, topic, Message="m")
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.publish(TopicArn=f"{topic}-missing", Message="m")

    assert [email["subject"] for email in aws.control("inbox")] == ["AWS Notification Message"]
