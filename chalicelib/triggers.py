"""Queue events in the pipeline's words."""

import logging

from chalice.app import SQSEvent, SQSRecord

from chalicelib import messages
from chalicelib.errors import InvalidRequest
from chalicelib.messages import Delivery
from chalicelib.stage import StageRunner

log = logging.getLogger(__name__)


def handle_each(event: SQSEvent, runner: StageRunner) -> None:
    for record in event:
        try:
            delivery = delivery_of(record)
        except InvalidRequest as error:
            # Nothing will ever make it a message of ours: dropped, or it would come again.
            log.error("message dropped", extra={"reason": error.message, "stage": runner.stage})  # noqa: TRY400
        else:
            runner.handle(delivery)


def delivery_of(record: SQSRecord) -> Delivery:
    raw = record.to_dict()
    return Delivery(
        message=messages.decode(record.body),
        message_id=raw["messageId"],
        receipt=record.receipt_handle,
        receives=int(raw["attributes"]["ApproximateReceiveCount"]),
    )
