"""ReceiveMessage that waits without polling, and without holding up anybody else."""

import json
import threading
import time
from typing import Final
from urllib.parse import parse_qsl, urlencode

from werkzeug.wrappers import Response

from local.services.moto_backend import MotoBackend
from local.services.protocol import Call, parse
from local.services.received import Received

_LONGEST_WAIT_SECONDS: Final = 20  # SQS refuses more


class SqsDelivery:
    """Long polls wait here, outside moto's lock, until something changed or becomes visible.

    Measured from SendMessage to the receipt on a quiet machine: see local/README.md. Polling would
    cost either that latency or the processor.
    """

    def __init__(self, moto: MotoBackend) -> None:
        self._moto = moto
        self._changed = threading.Condition()
        self._closed = False

    def something_changed(self) -> None:
        """Let every long poll look again: a request may have put a message into its queue."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Answer every long poll now, and all later ones at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def receive(self, call: Call, received: Received) -> Response:
        """Answer a ReceiveMessage request."""
        request = parse(call)
        queue_name = str(request.get("QueueUrl", "")).rsplit("/", 1)[-1]
        wait = request.get("WaitTimeSeconds", self._moto.default_wait_seconds(queue_name))
        if not 0 <= wait <= _LONGEST_WAIT_SECONDS:
            return self._moto.answer(received)  # which refuses it
        at_once = _without_waiting(received)
        deadline = time.monotonic() + wait
        while True:
            self._wait_for_message(queue_name, deadline)
            response = self._receive_now(queue_name, at_once)
            if self._closed or time.monotonic() >= deadline or not _is_empty(response):
                return response

    def _wait_for_message(self, queue_name: str, deadline: float) -> None:
        with self._changed:
            while not self._closed:
                until_due = self._moto.seconds_until_receivable(queue_name)
                remaining = deadline - time.monotonic()
                if until_due == 0 or remaining <= 0:
                    return
                self._changed.wait(min(until_due, remaining))

    def _receive_now(self, queue_name: str, at_once: Received) -> Response:
        with self._moto.exclusively():
            redriven = self._moto.redrive(queue_name)
            response = self._moto.answer(at_once)
        if redriven:
            self.something_changed()
        return response


def _without_waiting(received: Received) -> Received:
    if "json" in received.content_type:
        body = json.dumps(json.loads(received.body) | {"WaitTimeSeconds": 0})
    else:  # the query protocol of older SDKs
        fields = dict(parse_qsl(received.body.decode(), keep_blank_values=True))
        body = urlencode(fields | {"WaitTimeSeconds": "0"})
    return received.replaced(body.encode())


def _is_empty(response: Response) -> bool:
    content = response.get_data()
    found = b'"Messages"' in content or b"<Message>" in content
    return response.status_code == 200 and not found  # noqa: PLR2004  # HTTP's OK
