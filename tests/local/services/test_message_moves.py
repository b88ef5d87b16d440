"""Message move tasks: the messages of a dead-letter queue go to another queue."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import Aws

ARN = "arn:aws:sqs:us-east-1:123456789012:"
DEAD, WORK = f"{ARN}dead", f"{ARN}work"


class Queues:
    """``work`` gives its messages up to ``dead`` after one receive."""

    def __init__(self, sqs: Any) -> None:
        self.sqs = sqs
        self.dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        policy = json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 1})
        self.work = sqs.create_queue(QueueName="work", Attributes={"RedrivePolicy": policy})[
            "QueueUrl"
        ]

    def receive(self, url: str, wait: int = 0, **more: Any) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.sqs.receive_message(
            QueueUrl=url,
            WaitTimeSeconds=wait,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
            **more,
        ).get("Messages", [])
        return messages

    def bodies(self, url: str, wait: int = 0) -> list[str]:
        return [message["Body"] for message in self.receive(url, wait)]

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.dead, MessageBody=body)

    def move(self, source: str = DEAD, destination: str = WORK) -> None:
        self.sqs.start_message_move_task(SourceArn=source, DestinationArn=destination)

    def tasks(self) -> list[dict[str, Any]]:
        tasks: list[dict[str, Any]] = self.sqs.list_message_move_tasks(SourceArn=DEAD)["Results"]
        return tasks


@pytest.fixture
def queues(aws: Aws) -> Queues:
    return Queues(aws.client("sqs"))


def test_all_messages_move_to_the_destination(aws: Aws, queues: Queues) -> None:
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
    assert queues.receive(queues.dead) == []


def test_a_moved_message_is_a_new_one_with_the_old_content(queues: Queues) -> None:
    attributes: dict[str, Any] = {
        "kind": {"DataType": "String", "StringValue": "greeting"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    queues.sqs.send_message(QueueUrl=queues.work, MessageBody="hello", MessageAttributes=attributes)
    (old,) = queues.receive(queues.work, VisibilityTimeout=0)
    assert queues.receive(queues.work) == []  # it is given up now

    queues.move()

    (new,) = queues.receive(queues.work, VisibilityTimeout=0)
    assert new["MessageId"] != old["MessageId"]
    assert (new["Body"], new["MessageAttributes"]) == ("hello", attributes)
    assert new["Attributes"]["ApproximateReceiveCount"] == "1"
    assert queues.receive(queues.work) == []
    assert queues.bodies(queues.dead) == ["hello"]


def test_a_message_in_flight_stays(queues: Queues) -> None:
    queues.send("in flight", "at rest")
    (in_flight,) = queues.sqs.receive_message(QueueUrl=queues.dead)["Messages"]

    queues.move()

    assert queues.tasks()[0]["ApproximateNumberOfMessagesMoved"] == 1
    assert queues.bodies(queues.work) == ["at rest"]
    queues.sqs.change_message_visibility(
        QueueUrl=queues.dead, ReceiptHandle=in_flight["ReceiptHandle"], VisibilityTimeout=0
    )
    assert queues.bodies(queues.dead) == ["in flight"]


def test_the_newest_task_is_listed(queues: Queues) -> None:
    assert queues.tasks() == []

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


MISSING = f"{ARN}missing"


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
