"""Queues that give messages up, and what is asked of their message move tasks."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

SECONDS = 10  # patience, not a measure
ARN = "arn:aws:sqs:us-east-1:123456789012:"
DEAD = f"{ARN}dead"
WORK = f"{ARN}work"


@dataclass(frozen=True)
class Queues:
    """The queue "work", which gives messages up to the queue "dead" at their second receive."""

    sqs: Any
    dead: str
    work: str

    @classmethod
    def created(cls, sqs: Any) -> "Queues":
        dead = create_queue(sqs, "dead", VisibilityTimeout="60")
        return cls(sqs, dead, create_queue(sqs, "work", gives_up_to="dead"))

    def create(self, name: str, gives_up_to: str = "", **attributes: str) -> str:
        return create_queue(self.sqs, name, gives_up_to, **attributes)

    def give_up(self, *texts: str, of: str = "") -> None:
        """Send messages to a queue, "work" unless told, that end in its dead-letter queue."""
        queue_url = of or self.work
        for text in texts:
            self.sqs.send_message(QueueUrl=queue_url, MessageBody=text)
        assert len(self.receive(queue_url, VisibilityTimeout=0)) == len(texts)
        assert self.receive(queue_url) == []

    def receive(self, queue_url: str, wait: int = 0, **more: Any) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=queue_url,
            WaitTimeSeconds=wait,
            MaxNumberOfMessages=10,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
            **more,
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def bodies(self, queue_url: str, wait: int = 0) -> list[str]:
        return [message["Body"] for message in self.receive(queue_url, wait)]

    def move(self, **more: Any) -> str:
        """Start to move what "dead" holds; the task's handle."""
        handle: str = self.sqs.start_message_move_task(SourceArn=DEAD, **more)["TaskHandle"]
        return handle

    def newest_task(self, source_arn: str = DEAD) -> dict[str, Any]:
        results = self.sqs.list_message_move_tasks(SourceArn=source_arn)["Results"]
        task: dict[str, Any] = results[0]
        return task

    def task_when(self, *statuses: str, source_arn: str = DEAD) -> dict[str, Any]:
        """The newest task, once it has one of these statuses."""
        return when(
            lambda: self.newest_task(source_arn), lambda task: bool(task["Status"] in statuses)
        )

    def ended_task(self, source_arn: str = DEAD) -> dict[str, Any]:
        return self.task_when("COMPLETED", "CANCELLED", "FAILED", source_arn=source_arn)

    def refusal(self, operation: str, **request: Any) -> tuple[str, str]:
        """Code and sentence of the error that a request meets."""
        with pytest.raises(self.sqs.exceptions.ClientError) as caught:
            getattr(self.sqs, operation)(**request)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]


def create_queue(sqs: Any, name: str, gives_up_to: str = "", **attributes: str) -> str:
    if gives_up_to:
        policy = {"deadLetterTargetArn": ARN + gives_up_to, "maxReceiveCount": 1}
        attributes["RedrivePolicy"] = json.dumps(policy)
    url: str = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url


def when(look: Callable[[], T], is_there: Callable[[T], bool]) -> T:
    """What `look` finds, once it is there."""
    pause = threading.Event()
    for _ in range(SECONDS * 50):
        if is_there(seen := look()):
            return seen
        pause.wait(0.02)
    raise AssertionError(f"it never happened; there is {seen}")
