"""SQS's message move tasks, as ``make redrive`` uses them: a queue's messages move to another.

moto has none. Sources: the API reference of Amazon SQS (StartMessageMoveTask,
ListMessageMoveTasks), and answers recorded from AWS (LocalStack's
``test_sqs_move_task.snapshot.json``) for the errors that the reference does not name.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from local.services.moto_backend import MotoBackend
from local.services.request_constraints import Operation
from local.services.service_error import ServiceError, check_understood
from local.services.sqs.delivery import SqsDelivery


class MessageMoves:
    """Moves every message that can be received now, before StartMessageMoveTask is answered.

    AWS moves them in the background, and messages that arrive meanwhile as well. A moved message
    is a new one with the old body. Messages in flight stay.

    Args:
        moto: Holds the queues.
        delivery: Holds the long polls that a moved message may end.
        now: Tells when a task starts.
    """

    def __init__(
        self, moto: MotoBackend, delivery: SqsDelivery, now: Callable[[], datetime]
    ) -> None:
        self._moto = moto
        self._delivery = delivery
        self._now = now
        self._newest: dict[str, dict[str, Any]] = {}  # the newest task by its source

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {"sqs.StartMessageMoveTask": self._start, "sqs.ListMessageMoveTasks": self._list}

    def _start(self, request: dict[str, Any]) -> Mapping[str, Any]:
        check_understood("StartMessageMoveTask", request, {"SourceArn", "DestinationArn"})
        source_arn = self._existing("SourceArn", request)
        destination_arn = self._existing("DestinationArn", request)
        with self._moto.exclusively():
            if not self._moto.is_dead_letter_queue(source_arn):
                raise ServiceError(
                    "InvalidParameterValue",
                    "Source queue must be configured as a Dead Letter Queue.",
                    400,
                )
            moved = self._moto.move_messages(source_arn, destination_arn)
            before = self._newest.get(source_arn, {}).get("StartedTimestamp", 0)
            self._newest[source_arn] = {
                "Status": "COMPLETED",
                "SourceArn": source_arn,
                "DestinationArn": destination_arn,
                "ApproximateNumberOfMessagesMoved": moved,
                "ApproximateNumberOfMessagesToMove": moved,
                # Clients tell two tasks apart by their start.
                "StartedTimestamp": max(int(self._now().timestamp() * 1000), before + 1),
            }
        self._delivery.something_changed()  # outside moto's lock, which a long poll takes second
        return {"TaskHandle": str(uuid.uuid4())}

    def _list(self, request: dict[str, Any]) -> Mapping[str, Any]:
        check_understood("ListMessageMoveTasks", request, {"SourceArn"})
        with self._moto.exclusively():
            newest = self._newest.get(self._existing("SourceArn", request))
            return {"Results": [newest] if newest else []}

    def _existing(self, parameter: str, request: Mapping[str, Any]) -> str:
        arn = str(request.get(parameter, ""))
        if not self._moto.has_queue(arn):
            raise ServiceError(
                "ResourceNotFoundException",
                f"The resource that you specified for the {parameter} parameter doesn't exist.",
            )
        return arn
