"""Lambda's asynchronous invocations: the sender of an event does not wait for the function."""

import logging
import threading
from collections import deque
from typing import Any, Final

from local.runner.lambda_function import LambdaFunction

_log = logging.getLogger(__name__)

_ATTEMPTS: Final = 3  # AWS Lambda, "How Lambda handles errors with asynchronous invocation"
_CONCURRENCY: Final = 10  # AWS Lambda, "Lambda quotas": a new account's


class AsynchronousInvocations:
    """Invokes a function for each event in a thread, and up to twice again when it raises.

    Lambda waits one and two minutes before it tries again; the local AWS does not wait. It drops
    an event after three failed attempts. Events begin in their order; a thread ends when there are
    no more events.

    Args:
        function: The function to invoke.
        concurrency: The number of events that run at once at most; the others wait.
    """

    def __init__(self, function: LambdaFunction, *, concurrency: int = _CONCURRENCY) -> None:
        self.function = function
        self.concurrency = concurrency
        self._lock = threading.Lock()
        self._waiting: deque[dict[str, Any]] = deque()
        self._workers = 0
        self._stopping = threading.Event()

    def send(self, event: dict[str, Any]) -> None:
        """Let the function be invoked with this event, and return at once."""
        with self._lock:
            if self._stopping.is_set():
                return
            self._waiting.append(event)
            if self._workers == self.concurrency:
                return
            self._workers += 1
        name = f"{self.function.name}-asynchronous"
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def request_stop(self) -> None:
        """Start no more invocations and no more retries."""
        self._stopping.set()

    def _work(self) -> None:
        while (event := self._next()) is not None:
            self._invoke(event)

    def _next(self) -> dict[str, Any] | None:
        """Return the oldest waiting event; without one, the calling thread has to end."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._workers -= 1
            return None

    def _invoke(self, event: dict[str, Any]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            if self._stopping.is_set():
                return
            try:
                self.function.invoke(event)
            except Exception:
                _log.exception(
                    "%s failed, attempt %d of %d", self.function.name, attempt, _ATTEMPTS
                )
            else:
                return
