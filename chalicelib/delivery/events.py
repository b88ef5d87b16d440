"""Translates events of SQS, S3 and EventBridge."""

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from chalice.app import CloudWatchEvent, Request, S3Event, SQSEvent, SQSRecord

from chalicelib.delivery import messages
from chalicelib.delivery.messages import Delivery, IntakeMessage, Message, Queue
from chalicelib.errors import InvalidRequestError
from chalicelib.stories import keys

log = logging.getLogger(__name__)


def handle_each(
    event: SQSEvent, kind: type[Message], handle: Callable[[Delivery[Message]], None]
) -> None:
    for record in event:
        try:
            delivery = delivery_of(record, kind)
        except InvalidRequestError as error:
            # Raising would not help: SQS would deliver the same message again.
            queue = record.to_dict()["eventSourceARN"]
            log.error("message dropped", extra={"reason": error.message, "queue": queue})  # noqa: TRY400
        else:
            handle(delivery)


def request_id_of(event: Any) -> str:
    """Lambda's id of the invocation, as in Lambda's own log lines.

    Args:
        event: Any event of Chalice; an API request has its context under another name.
    """
    context: Any = event.lambda_context if isinstance(event, Request) else event.context
    request_id: str = context.aws_request_id
    return request_id


def time_left(event: CloudWatchEvent) -> timedelta:
    """How long the function that handles this event may still run."""
    context: Any = event.context  # Lambda's context; Chalice declares a dict
    return timedelta(milliseconds=context.get_remaining_time_in_millis())


def announce(event: S3Event, queue: Queue[IntakeMessage]) -> None:
    """Enqueue every announced object that waits to be taken in.

    The bucket also has rejected files, and photos for executions that are started by hand.
    """
    for message in messages_of(event):
        if message.key.startswith((keys.ARRIVALS, keys.PROFILE_ARRIVALS)):
            queue.send(message)


def messages_of(event: S3Event) -> Iterator[IntakeMessage]:
    """A message for each object that an event announces.

    S3 encodes keys as an HTML form does: a space is a plus sign, a plus sign is ``%2B``
    (Amazon S3, "Event message structure").
    """
    for record in event.to_dict().get("Records", []):
        arrived = record["s3"]["object"]
        yield IntakeMessage(
            bucket=record["s3"]["bucket"]["name"],
            key=unquote_plus(arrived["key"]),
            sequencer=arrived.get("sequencer", ""),
        )


def delivery_of(record: SQSRecord, kind: type[Message]) -> Delivery[Message]:
    raw = record.to_dict()
    return Delivery(
        message=messages.decode(record.body, kind),
        message_id=raw["messageId"],
        receipt=record.receipt_handle,
        receives=int(raw["attributes"]["ApproximateReceiveCount"]),
        sent_at=datetime.fromtimestamp(int(raw["attributes"]["SentTimestamp"]) / 1000, UTC),
    )
