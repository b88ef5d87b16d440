"""SQS's ReceiveMessage, which waits without polling and without blocking other requests."""

import json
import threading
import time
from typing import Final

from werkzeug.wrappers import Response

from local.services.moto_backend import MotoBackend
from local.services.protocol import Call, parse
from local.services.received import Received

_MAX_WAIT_SECONDS: Final = 20  # SQS refuses more


class SqsDelivery:
    """Lets long polls wait, outside moto's lock, for a change or for a message's visibility.

    Polling would cost either latency (local/README.md has the figure) or processor time.
    """

    def __init__(self, moto: MotoBackend) -> None:
        self._moto = moto
        self._changed = threading.Condition()
        self._closed = False

    def something_changed(self) -> None:
        """Wake every long poll: a request may have put a message into its queue."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Answer every long poll now, and every later one at once."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def receive(self, call: Call, received: Received) -> Response:
        request = parse(call)
        queue_name = str(request.get("QueueUrl", "")).rsplit("/", 1)[-1]
        wait = request.get("WaitTimeSeconds", 0)
        if not 0 <= wait <= _MAX_WAIT_SECONDS:
            return self._moto.answer(received)  # moto refuses it
        body = json.dumps(json.loads(received.body) | {"WaitTimeSeconds": 0})
        without_waiting = received.replaced(body.encode())
        deadline = time.monotonic() + wait
        while True:
            self._wait_for_message(queue_name, deadline)
            response = self._receive_now(queue_name, without_waiting)
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

    def _receive_now(self, queue_name: str, received: Received) -> Response:
        with self._moto.exclusively():
            redriven = self._moto.redrive(queue_name)
            response = self._moto.answer(received)
        if redriven:
            self.something_changed()
        return response


def _is_empty(response: Response) -> bool:
    return response.status_code == 200 and b'"Messages"' not in response.get_data()  # noqa: PLR2004
