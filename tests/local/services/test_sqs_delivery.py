"""Long polls: they wait for exactly what they are waiting for."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from tests.local.conftest import Aws


@pytest.fixture
def sqs(aws: Aws) -> Any:
    return aws.client("sqs")


@pytest.fixture
def queue_url(sqs: Any) -> str:
    url: str = sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    return url


def receive(sqs: Any, queue_url: str, wait: int = 20, **more: Any) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=queue_url,
        WaitTimeSeconds=wait,
        MessageSystemAttributeNames=["All"],
        **more,
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def seconds_taken(work: Callable[[], Any]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def test_a_message_that_is_there_is_received_at_once(sqs: Any, queue_url: str) -> None:
    sqs.send_message(QueueUrl=queue_url, MessageBody="hello")

    assert seconds_taken(lambda: receive(sqs, queue_url)) < 1


def test_a_long_poll_gets_a_message_as_soon_as_it_is_sent(sqs: Any, queue_url: str) -> None:
    def polled() -> tuple[list[dict[str, Any]], float]:
        return receive(sqs, queue_url), time.monotonic()

    with ThreadPoolExecutor() as pool:
        poll: Future[Any] = pool.submit(polled)
        threading.Event().wait(0.3)  # it waits by now
        sent = time.monotonic()
        sqs.send_message(QueueUrl=queue_url, MessageBody="hello")
        messages, received = poll.result()

    assert [message["Body"] for message in messages] == ["hello"]
    assert received - sent < 0.5


def test_a_long_poll_gets_a_message_when_it_becomes_visible_again(sqs: Any, queue_url: str) -> None:
    sqs.send_message(QueueUrl=queue_url, MessageBody="hello")
    first = receive(sqs, queue_url)
    assert receive(sqs, queue_url, wait=0) == []

    started = time.monotonic()
    second = receive(sqs, queue_url)

    assert 0.5 < time.monotonic() - started < 2
    assert second[0]["MessageId"] == first[0]["MessageId"]
    assert second[0]["ReceiptHandle"] != first[0]["ReceiptHandle"]
    assert second[0]["Attributes"]["ApproximateReceiveCount"] == "2"


def test_a_long_poll_gets_a_message_whose_visibility_was_changed_meanwhile(
    sqs: Any, queue_url: str
) -> None:
    sqs.send_message(QueueUrl=queue_url, MessageBody="hello")
    (message,) = receive(sqs, queue_url, VisibilityTimeout=600)

    with ThreadPoolExecutor() as pool:
        poll = pool.submit(receive, sqs, queue_url)
        threading.Event().wait(0.2)
        sqs.change_message_visibility(
            QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
        assert [again["Body"] for again in poll.result(timeout=5)] == ["hello"]


def test_a_delayed_message_is_received_when_its_delay_is_over(sqs: Any, queue_url: str) -> None:
    sqs.send_message(QueueUrl=queue_url, MessageBody="later", DelaySeconds=1)

    assert 0.5 < seconds_taken(lambda: receive(sqs, queue_url)) < 3


def test_a_poll_of_an_empty_queue_ends_when_its_time_is_over(sqs: Any, queue_url: str) -> None:
    assert 1 <= seconds_taken(lambda: receive(sqs, queue_url, wait=1)) < 2


def test_waiting_polls_use_next_to_no_processor_and_hold_nobody_up(
    sqs: Any, queue_url: str
) -> None:
    with ThreadPoolExecutor(8) as pool:
        polls = [pool.submit(receive, sqs, queue_url, wait=2) for _ in range(8)]
        threading.Event().wait(0.5)
        before = psutil.Process().cpu_times()
        assert seconds_taken(lambda: sqs.get_queue_url(QueueName="work")) < 0.5
        assert [poll.result() for poll in polls] == [[]] * 8
        after = psutil.Process().cpu_times()

    assert after.user + after.system - before.user - before.system < 0.3


def test_one_message_goes_to_one_of_many_polls(sqs: Any, queue_url: str) -> None:
    with ThreadPoolExecutor(5) as pool:
        polls = [
            pool.submit(receive, sqs, queue_url, wait=1, VisibilityTimeout=60) for _ in range(5)
        ]
        sqs.send_message(QueueUrl=queue_url, MessageBody="only one")
        received = [message for poll in polls for message in poll.result()]

    assert [message["Body"] for message in received] == ["only one"]


@pytest.mark.parametrize("wait", [-1, 21])
def test_sqs_refuses_to_wait_longer_than_20_seconds(sqs: Any, queue_url: str, wait: int) -> None:
    with pytest.raises(sqs.exceptions.ClientError, match="WaitTimeSeconds"):
        sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=wait)


def test_a_queue_that_does_not_exist_is_an_error_at_once(sqs: Any, queue_url: str) -> None:
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=f"{queue_url}-missing", WaitTimeSeconds=20)


def test_a_dead_letter_queue_delivers_with_its_own_count_of_receives(sqs: Any) -> None:
    parked = _queue(sqs, "parked")
    dead = _queue(sqs, "dead", parked, most=2)
    work = _queue(sqs, "work", dead, most=1)
    sent = sqs.send_message(QueueUrl=work, MessageBody="poison")

    assert len(receive(sqs, work, wait=0, VisibilityTimeout=0)) == 1
    assert receive(sqs, work, wait=0) == []
    for count in ("1", "2"):
        (message,) = receive(sqs, dead, wait=0, VisibilityTimeout=0)
        assert message["MessageId"] == sent["MessageId"]
        assert message["Attributes"]["ApproximateReceiveCount"] == count
    assert receive(sqs, dead, wait=0) == []
    assert len(receive(sqs, parked, wait=0)) == 1


def test_a_poll_of_the_dead_letter_queue_is_woken_by_the_redrive(sqs: Any) -> None:
    dead = _queue(sqs, "dead")
    work = _queue(sqs, "work", dead, most=1)
    sqs.send_message(QueueUrl=work, MessageBody="poison")
    receive(sqs, work, VisibilityTimeout=0)

    with ThreadPoolExecutor() as pool:
        poll = pool.submit(receive, sqs, dead)
        threading.Event().wait(0.2)
        receive(sqs, work, wait=0)
        assert [message["Body"] for message in poll.result(timeout=5)] == ["poison"]


def _queue(sqs: Any, name: str, dead: str = "", most: int = 0) -> str:
    policy = {}
    if dead:
        arn = f"arn:aws:sqs:us-east-1:123456789012:{dead.rsplit('/', 1)[1]}"
        policy = {"RedrivePolicy": f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": {most}}}'}
    url: str = sqs.create_queue(QueueName=name, Attributes=policy)["QueueUrl"]
    return url
