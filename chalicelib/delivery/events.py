"""Events of queues and schedules, in the pipeline's words."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from chalice.app import CloudWatchEvent, Request, S3Event, SQSEvent, SQSRecord

from chalicelib.delivery import messages
from chalicelib.delivery.messages import Delivery, IntakeMessage, Message
from chalicelib.errors import InvalidRequestError
from chalicelib.profiles.execution import Task, task_of
from chalicelib.stories.ports import Queue
from chalicelib.telemetry import logs

log = logging.getLogger(__name__)


def handle_each(
    event: SQSEvent, kind: type[Message], handle: Callable[[Delivery[Message]], None]
) -> None:
    for record in event:
        try:
            delivery = delivery_of(record, kind)
        except InvalidRequestError as error:
            # Nothing will ever make it a message of ours: dropped, or it would come again.
            queue = record.to_dict()["eventSourceARN"]
            log.error("message dropped", extra={"reason": error.message, "queue": queue})  # noqa: TRY400
        else:
            handle(delivery)


def request_id_of(event: Any) -> str:
    """Lambda's id of the invocation that an event came with, as in its own log lines.

    Args:
        event: Any event of Chalice's: a request of the API has its context elsewhere.
    """
    context: Any = event.lambda_context if isinstance(event, Request) else event.context
    request_id: str = context.aws_request_id
    return request_id


def time_left(event: CloudWatchEvent) -> timedelta:
    """How long the function that handles this event may still run."""
    context: Any = event.context  # Lambda's, whatever Chalice's type says
    return timedelta(milliseconds=context.get_remaining_time_in_millis())


def announce(event: S3Event, queue: Queue[IntakeMessage]) -> None:
    """Have what arrived in the intake_bucket bucket taken in."""
    for staged in messages_of(event):
        queue.send(staged)


def messages_of(event: S3Event) -> Iterator[IntakeMessage]:
    """The objects that an event announces.

    Their keys come URL-encoded as in a form: a space is a plus sign, a plus sign ``%2B``
    (Amazon S3, "Event message structure").
    """
    for record in event.to_dict().get("Records", []):
        staged = record["s3"]["object"]
        yield IntakeMessage(
            bucket=record["s3"]["bucket"]["name"],
            key=unquote_plus(staged["key"]),
            sequencer=staged.get("sequencer", ""),
        )


def profile_task(run: Callable[[Task], dict[str, Any]], event: dict[str, Any]) -> dict[str, Any]:
    """Run one task of the profile workflow.

    What it raises ends the task; the state machine knows errors by the names of their classes.
    """
    task = task_of(event)
    with logs.bound(execution=task.execution):
        return run(task)


def delivery_of(record: SQSRecord, kind: type[Message]) -> Delivery[Message]:
    raw = record.to_dict()
    return Delivery(
        message=messages.decode(record.body, kind),
        message_id=raw["messageId"],
        receipt=record.receipt_handle,
        receives=int(raw["attributes"]["ApproximateReceiveCount"]),
        sent_at=datetime.fromtimestamp(int(raw["attributes"]["SentTimestamp"]) / 1000, UTC),
    )
