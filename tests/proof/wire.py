"""What lies between the app's clients and AWS, where requests fail as they do on a wire."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.proof.tape import Fault

_ANSWERS = {
    Fault.THROTTLED: ("ThrottlingException", 400),
    Fault.SERVER_ERROR: ("InternalServerError", 500),
}


class Wire:
    """Hooks into clients; the next request meets `fault`, if there is one.

    Attributes:
        reached: How many requests took effect.
    """

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.reached = 0

    def attach(self, client: Any) -> Any:
        """Let a client's requests go over this wire; moto's own handler stands in between."""
        # Under the very name of moto's handler: what is named more exactly would all come first.
        client.meta.events.register_first("before-send", self._before)
        client.meta.events.register_last("before-send", self._after)
        return client

    @contextmanager
    def if_reached(self, note: Callable[[], None]) -> Iterator[None]:
        """Note what a request did, whether its answer came or not."""
        reached = self.reached
        try:
            yield
        finally:
            if self.reached > reached:
                note()

    def _before(self, event_name: str, **_: Any) -> None:
        if self.fault in _ANSWERS:
            code, status = _ANSWERS[self.fault]
            answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
            raise ClientError(answer, event_name.rsplit(".", 1)[1])

    def _after(self, request: Any, **_: Any) -> None:
        self.reached += 1
        if self.fault is Fault.TIMED_OUT:
            raise ReadTimeoutError(endpoint_url=request.url)
