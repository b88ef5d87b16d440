"""Lambda's asynchronous invocations: whoever sends an event does not wait for the function."""

import logging
import threading
from collections import deque
from typing import Any, Final

from local.runner.lambda_function import LambdaFunction

_log = logging.getLogger(__name__)

_ATTEMPTS: Final = 3  # AWS Lambda, "How Lambda handles errors with asynchronous invocation"
_CONCURRENCY: Final = 10  # AWS Lambda, "Lambda quotas": what a new account begins with


class AsynchronousInvocations:
    """Invokes a function for each event in a thread, and up to twice again when it raises.

    Lambda waits one and two minutes before it tries again; here it is at once. An event whose
    three attempts failed is gone. Events begin in the order in which they came; a thread lives no
    longer than there are events.

    Args:
        function: What to invoke.
        concurrency: How many events run at once at most; the others wait.
    """

    def __init__(self, function: LambdaFunction, *, concurrency: int = _CONCURRENCY) -> None:
        self.function = function
        self.concurrency = concurrency
        self._lock = threading.Lock()
        self._waiting: deque[dict[str, Any]] = deque()
        self._workers = 0
        self._stopping = threading.Event()

    def send(self, event: dict[str, Any]) -> None:
        """Have the function invoked with this event, and return at once."""
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
        """Invoke nothing more, and try nothing again; what runs may end."""
        self._stopping.set()

    def _work(self) -> None:
        while (event := self._next()) is not None:
            self._invoke(event)

    def _next(self) -> dict[str, Any] | None:
        """The event that has waited longest; without one, the thread that asks has to end."""
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
