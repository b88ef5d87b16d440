"""E-mail as it arrives."""

import pytest

from tests.local.conftest import Aws


@pytest.fixture
def topic(aws: Aws) -> str:
    """Two readers get its notices by e-mail, and another one by SMS."""
    sns = aws.stack_client("sns")
    arn: str = sns.create_topic(Name="notices")["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="reader@example.com")
    sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="second@example.com")
    sns.subscribe(TopicArn=arn, Protocol="sms", Endpoint="+15550100")
    other = sns.create_topic(Name="other")["TopicArn"]
    sns.subscribe(TopicArn=other, Protocol="email", Endpoint="stranger@example.com")
    return arn


def test_a_notice_arrives_in_the_inbox_which_can_be_emptied(aws: Aws, topic: str) -> None:
    text = "Listen\nhttp://x/y?a=b&c=d ✓"
    aws.client("sns").publish(TopicArn=topic, Subject="Ready: Ünïcode", Message=text)

    email = {"subject": "Ready: Ünïcode", "body": text}
    assert aws.control("inbox") == [
        {"to": "reader@example.com", **email},
        {"to": "second@example.com", **email},
    ]
    assert aws.http("DELETE", "/_local/inbox").status == 204
    assert aws.control("inbox") == []


def test_a_refused_notice_does_not_arrive(aws: Aws, topic: str) -> None:
    sns = aws.client("sns")

    with pytest.raises(sns.exceptions.NotFoundException):
        sns.publish(TopicArn=f"{topic}-missing", Message="m")

    assert aws.control("inbox") == []
