"""SQS's long polls wait for a message, and for nothing else."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

SOON = 15
"""Seconds: much more than usual, and less than the 20 of a long poll."""


@pytest.fixture
def queue_url(sqs: Any) -> str:
    url: str = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    return url


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def receive(sqs: Any, queue_url: str, wait: int = 20, **more: Any) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=queue_url, WaitTimeSeconds=wait, MessageSystemAttributeNames=["All"], **more
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def let_it_wait() -> None:
    """Let a poll begin to wait; the test holds even if it has not begun."""
    threading.Event().wait(0.1)


def test_a_long_poll_gets_a_message_as_soon_as_it_is_sent(
    sqs: Any, queue_url: str, pool: ThreadPoolExecutor
) -> None:
    poll = pool.submit(receive, sqs, queue_url)
    let_it_wait()

    sqs.send_message(QueueUrl=queue_url, MessageBody="hello")

    assert [each["Body"] for each in poll.result(SOON)] == ["hello"]


def test_a_long_poll_gets_a_message_when_it_becomes_visible_again(sqs: Any, queue_url: str) -> None:
    sqs.send_message(QueueUrl=queue_url, MessageBody="hello")
    first = receive(sqs, queue_url)

    started = time.monotonic()
    second = receive(sqs, queue_url)

    assert time.monotonic() - started < SOON
    assert second[0]["MessageId"] == first[0]["MessageId"]
    assert second[0]["ReceiptHandle"] != first[0]["ReceiptHandle"]
    assert second[0]["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_long_poll_gets_a_message_whose_visibility_changes_meanwhile(
    sqs: Any, queue_url: str, pool: ThreadPoolExecutor
) -> None:
    sqs.send_message(QueueUrl=queue_url, MessageBody="hello")
    (message,) = receive(sqs, queue_url, VisibilityTimeout=600)
    poll = pool.submit(receive, sqs, queue_url)
    let_it_wait()

    sqs.change_message_visibility(
        QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )

    assert [again["Body"] for again in poll.result(SOON)] == ["hello"]


def test_waiting_polls_use_no_cpu_and_block_no_request(
    sqs: Any, queue_url: str, pool: ThreadPoolExecutor
) -> None:
    started = time.monotonic()
    polls = [pool.submit(receive, sqs, queue_url, wait=1) for _ in range(8)]
    threading.Event().wait(0.3)
    before = psutil.Process().cpu_times()

    sqs.get_queue_url(QueueName="work")

    assert [poll.result() for poll in polls] == [[]] * 8
    assert 1 <= time.monotonic() - started < SOON
    after = psutil.Process().cpu_times()
    assert after.user + after.system - before.user - before.system < 0.5  # usually 0.05


def test_a_missing_queue_or_a_wait_over_20_seconds_is_an_error_at_once(
    sqs: Any, queue_url: str
) -> None:
    for wait in (-1, 21):
        with pytest.raises(sqs.exceptions.ClientError, match="WaitTimeSeconds"):
            sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=wait)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=f"{queue_url}-missing", WaitTimeSeconds=20)


def test_a_dead_letter_wakes_the_poll_of_its_new_queue(sqs: Any, pool: ThreadPoolExecutor) -> None:
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:123456789012:dead"
    policy = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})}
    work = sqs.create_queue(QueueName="work", Attributes=policy)["QueueUrl"]
    sqs.send_message(QueueUrl=work, MessageBody="poison")
    receive(sqs, work, VisibilityTimeout=0)
    poll = pool.submit(receive, sqs, dead)
    let_it_wait()

    receive(sqs, work, wait=0)

    assert [message["Body"] for message in poll.result(SOON)] == ["poison"]
