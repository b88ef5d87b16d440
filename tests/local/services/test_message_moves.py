"""Message move tasks: the messages of a dead-letter queue go to another queue."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Aws

ARN = "arn:aws:sqs:us-east-1:123456789012:"
DEAD, WORK, MISSING = f"{ARN}dead", f"{ARN}work", f"{ARN}missing"


@dataclass(frozen=True)
class Queues:
    """``work`` gives its messages up to ``dead`` after one receive."""

    sqs: Any
    dead: str
    work: str

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.dead, MessageBody=body)

    def move(self) -> None:
        self.sqs.start_message_move_task(SourceArn=DEAD, DestinationArn=WORK)

    def bodies(self, url: str, wait: int = 0) -> list[str]:
        answer = self.sqs.receive_message(
            QueueUrl=url, WaitTimeSeconds=wait, MaxNumberOfMessages=10
        )
        return [message["Body"] for message in answer.get("Messages", [])]

    def tasks(self) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = self.sqs.list_message_move_tasks(SourceArn=DEAD)["Results"]
        return tasks


@pytest.fixture
def queues(aws: Aws) -> Queues:
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    policy = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 1})}
    return Queues(sqs, dead, sqs.create_queue(QueueName="work", Attributes=policy)["QueueUrl"])


def test_all_messages_move_to_the_destination(aws: Aws, queues: Queues) -> None:
    assert queues.tasks() == []
    queues.send("one", "two", "three")

    before = int(aws.clock().timestamp() * 1000)
    queues.move()

    (task,) = queues.tasks()
    assert before <= task.pop("StartedTimestamp") <= aws.clock().timestamp() * 1000
    assert task == {
        "Status": "COMPLETED",
        "SourceArn": DEAD,
        "DestinationArn": WORK,
        "ApproximateNumberOfMessagesMoved": 3,
        "ApproximateNumberOfMessagesToMove": 3,
    }
    assert queues.bodies(queues.work) == ["one", "two", "three"]
    assert queues.bodies(queues.dead) == []


def test_the_newest_task_is_listed(queues: Queues) -> None:
    for bodies in (["one", "two"], []):
        queues.send(*bodies)
        queues.move()
        (task,) = queues.tasks()
        assert task["ApproximateNumberOfMessagesMoved"] == len(bodies)


def test_a_long_poll_gets_a_message_as_soon_as_it_is_moved(queues: Queues) -> None:
    queues.send("hello")

    with ThreadPoolExecutor() as pool:
        poll = pool.submit(queues.bodies, queues.work, 20)
        threading.Event().wait(0.1)  # the poll most likely waits now
        queues.move()
        assert poll.result(timeout=15) == ["hello"]


@pytest.mark.parametrize(
    ("source", "destination", "options", "refusal"),
    [
        (WORK, DEAD, {}, r"\(InvalidParameterValue\) .* configured as a Dead Letter Queue."),
        (MISSING, WORK, {}, r"\(ResourceNotFoundException\) .* the SourceArn parameter doesn't"),
        (DEAD, MISSING, {}, r"\(ResourceNotFoundException\) .* the DestinationArn parameter do"),
        (DEAD, WORK, {"MaxNumberOfMessagesPerSecond": 1}, r"\(NotImplemented\) .*PerSecond"),
    ],
)
def test_a_refused_task_moves_nothing(
    queues: Queues, source: str, destination: str, options: Any, refusal: str
) -> None:
    request = {"SourceArn": source, "DestinationArn": destination, **options}
    queues.send("stays")

    with pytest.raises(ClientError, match=refusal):
        queues.sqs.start_message_move_task(**request)

    assert queues.tasks() == []
    assert queues.bodies(queues.dead) == ["stays"]
