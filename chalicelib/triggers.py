"""Events of queues and schedules, in the pipeline's words."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from chalice.app import CloudWatchEvent, SQSEvent, SQSRecord

from chalicelib import messages
from chalicelib.errors import InvalidRequest
from chalicelib.messages import Delivery

log = logging.getLogger(__name__)


def handle_each(event: SQSEvent, handle: Callable[[Delivery], None]) -> None:
    for record in event:
        try:
            delivery = delivery_of(record)
        except InvalidRequest as error:
            # Nothing will ever make it a message of ours: dropped, or it would come again.
            queue = record.to_dict()["eventSourceARN"]
            log.error("message dropped", extra={"reason": error.message, "queue": queue})  # noqa: TRY400
        else:
            handle(delivery)


def time_left(event: CloudWatchEvent) -> timedelta:
    """How long the function that handles this event may still run."""
    context: Any = event.context  # Lambda's, whatever Chalice's type says
    return timedelta(milliseconds=context.get_remaining_time_in_millis())


def delivery_of(record: SQSRecord) -> Delivery:
    raw = record.to_dict()
    return Delivery(
        message=messages.decode(record.body),
        message_id=raw["messageId"],
        receipt=record.receipt_handle,
        receives=int(raw["attributes"]["ApproximateReceiveCount"]),
        sent_at=datetime.fromtimestamp(int(raw["attributes"]["SentTimestamp"]) / 1000, UTC),
    )
