"""SQS's message move tasks: what a dead-letter queue holds goes back to where it can be worked on.

moto has none. Sources: the API reference of Amazon SQS (StartMessageMoveTask, ListMessageMoveTasks,
CancelMessageMoveTask), its developer guide ("DLQ and DLQ redrive issues", for the reasons of
failure), and answers recorded from AWS (LocalStack's ``test_sqs_move_task.snapshot.json``, for the
errors that the reference does not name and for what a task handle holds).
"""

import base64
import json
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from local.services.moto_backend import MotoBackend, UnmovableError
from local.services.service_error import ServiceError
from local.services.sqs.delivery import SqsDelivery

_MOST_PER_SECOND: Final = 500
_MOST_LISTED: Final = 10  # SQS lists no more, so that no more are kept
_ARN_PARTS: Final = 6  # arn:<partition>:<service>:<region>:<account-id>:<resource-id>


@dataclass
class _Task:
    """A move from one queue; everything that changes does so under moto's lock.

    Attributes:
        destination_arn: None for each message's own: the queue that gave it up.
        rate: Messages a second, or None for as many as there are.
        to_move: How many messages could be received when it started.
        started: Milliseconds since 1970.
        cancelled: Set to end its wait between two messages.
    """

    source_arn: str
    destination_arn: str | None
    rate: int | None
    to_move: int
    started: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    moved: int = 0
    status: Literal["RUNNING", "COMPLETED", "CANCELLING", "CANCELLED", "FAILED"] = "RUNNING"
    failure_reason: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    worker: threading.Thread | None = None

    @property
    def is_active(self) -> bool:
        return self.status in {"RUNNING", "CANCELLING"}

    @property
    def handle(self) -> str:
        told = json.dumps({"taskId": self.id, "sourceArn": self.source_arn})
        return base64.b64encode(told.encode()).decode()

    def cancel(self) -> None:
        if self.status == "RUNNING":
            self.status = "CANCELLING"
            self.cancelled.set()

    def entry(self) -> dict[str, Any]:
        """The task as ListMessageMoveTasks tells it: without what it does not have."""
        entry = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "Status": self.status,
            "SourceArn": self.source_arn,
            "DestinationArn": self.destination_arn,
            "MaxNumberOfMessagesPerSecond": self.rate,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure_reason,
            "StartedTimestamp": self.started,
        }
        return {name: value for name, value in entry.items() if value is not None}


class MessageMoves:
    """Moves messages in the background, one at a time, oldest first, each as a new message.

    Where AWS documents nothing, this is what happens here: a task ends as soon as no message of its
    source can be received, so that what is in flight then stays, and what arrives meanwhile is
    moved as well; a destination's own delay applies; messages moved before a failure stay moved;
    to cancel a task that has ended is the same error as to cancel an unknown one.

    Args:
        moto: Has the queues; tasks change under its lock only.
        delivery: Has the long polls that a moved message may end.
        now: The time that a task tells as its start.
    """

    def __init__(
        self, moto: MotoBackend, delivery: SqsDelivery, now: Callable[[], datetime]
    ) -> None:
        self._moto = moto
        self._delivery = delivery
        self._now = now
        self._tasks: dict[str, deque[_Task]] = {}  # by source, newest first

    @property
    def operations(self) -> Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any]]]:
        """The operations by boto3's name; each takes a request and returns its result."""
        return {
            "sqs.StartMessageMoveTask": self._start,
            "sqs.ListMessageMoveTasks": self._list,
            "sqs.CancelMessageMoveTask": self._cancel,
        }

    def close(self) -> None:
        """Cancel every task, and return when nothing is moved any more."""
        with self._moto.exclusively():
            tasks = [task for tasks in self._tasks.values() for task in tasks]
            for task in tasks:
                task.cancel()
        for task in tasks:
            if task.worker is not None:
                task.worker.join()

    def _start(self, request: dict[str, Any]) -> Mapping[str, Any]:
        source_arn, destination_arn = request.get("SourceArn"), request.get("DestinationArn")
        rate = request.get("MaxNumberOfMessagesPerSecond")
        _check_number("MaxNumberOfMessagesPerSecond", rate, _MOST_PER_SECOND)
        with self._moto.exclusively():
            source_arn = self._existing("SourceArn", source_arn)
            if not self._moto.is_dead_letter_queue(source_arn):
                raise _invalid("Source queue must be configured as a Dead Letter Queue.")
            if destination_arn is not None:
                self._existing("DestinationArn", destination_arn)
                _check_pair(source_arn, destination_arn)
            tasks = self._tasks.setdefault(source_arn, deque(maxlen=_MOST_LISTED))
            if any(task.is_active for task in tasks):
                raise _invalid(
                    "There is already a task running. "
                    "Only one active task is allowed for a source queue arn at a given time."
                )
            to_move = self._moto.receivable_messages(source_arn)
            started = int(self._now().timestamp() * 1000)
            task = _Task(source_arn, destination_arn, rate, to_move, started)
            task.worker = threading.Thread(
                target=self._run, args=(task,), name=f"move-{task.id[:8]}", daemon=True
            )
            tasks.appendleft(task)
            task.worker.start()
        return {"TaskHandle": task.handle}

    def _list(self, request: dict[str, Any]) -> Mapping[str, Any]:
        most = request.get("MaxResults", 1)
        _check_number("MaxResults", most, _MOST_LISTED)
        with self._moto.exclusively():
            source_arn = self._existing("SourceArn", request.get("SourceArn"))
            tasks = list(self._tasks.get(source_arn, ()))[:most]
            return {"Results": [task.entry() for task in tasks]}

    def _cancel(self, request: dict[str, Any]) -> Mapping[str, Any]:
        task_id, source_arn = _read_handle(request.get("TaskHandle", ""))
        with self._moto.exclusively():
            self._existing("SourceArn", source_arn)
            for task in self._tasks.get(source_arn, ()):
                if task.id == task_id and task.status == "RUNNING":
                    task.cancel()
                    return {"ApproximateNumberOfMessagesMoved": task.moved}
        raise ServiceError("ResourceNotFoundException", "Task does not exist.")

    def _existing(self, parameter: str, arn: str | None) -> str:
        if arn is None:
            raise ServiceError(
                "MissingParameter", f"The request must contain the parameter {parameter}.", 400
            )
        parts = arn.split(":")
        if len(parts) != _ARN_PARTS or parts[0] != "arn" or not all(parts):
            raise _invalid(
                f"You must use this format to specify the {parameter}: "
                "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
            )
        if not self._moto.has_queue(arn):
            raise ServiceError(
                "ResourceNotFoundException",
                f"The resource that you specified for the {parameter} parameter doesn't exist.",
            )
        return arn

    def _run(self, task: _Task) -> None:
        pause = 1 / task.rate if task.rate else 0.0
        while self._move_one(task):
            task.cancelled.wait(pause)

    def _move_one(self, task: _Task) -> bool:
        """Do what is next; is there more to do?"""
        with self._moto.exclusively():
            if task.status == "CANCELLING":
                task.status = "CANCELLED"
                return False
            try:
                task.moved += self._moto.move_message(task.source_arn, task.destination_arn)
            except UnmovableError as reason:
                task.status, task.failure_reason = "FAILED", str(reason)
                return False
            if self._moto.receivable_messages(task.source_arn) == 0:
                task.status = "COMPLETED"
        self._delivery.something_changed()  # outside moto's lock, which a long poll takes second
        return task.status != "COMPLETED"


def _read_handle(handle: str) -> tuple[str, str]:
    try:
        told = json.loads(base64.b64decode(handle))
        return str(told["taskId"]), str(told["sourceArn"])
    except (ValueError, LookupError, TypeError) as error:
        raise _invalid("Value for parameter TaskHandle is invalid.") from error


def _check_number(parameter: str, number: int | None, most: int) -> None:
    if number is not None and not 1 <= number <= most:
        raise _invalid(
            f"Value for parameter {parameter} is invalid. "
            f"Reason: You must enter a number that's between 1 and {most}."
        )


def _check_pair(source_arn: str, destination_arn: str) -> None:
    if source_arn == destination_arn:
        raise _invalid("Source queue arn and destination queue arn cannot be the same.")
    if source_arn.endswith(".fifo") != destination_arn.endswith(".fifo"):
        raise _invalid("The source queue and destination queue must be of the same queue type.")


def _invalid(message: str) -> ServiceError:
    return ServiceError("InvalidParameterValue", message, 400)
