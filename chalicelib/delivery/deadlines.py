"""How long a client's request may take: API Gateway gives up after 29 seconds."""

import contextvars
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

ANSWER_WITHIN: Final = 21.0
"""Seconds after which no request to AWS begins: the last one may take seven."""

_ends_at: contextvars.ContextVar[float | None] = contextvars.ContextVar("ends_at", default=None)


@contextmanager
def answering(clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Requests to AWS inside belong to a client's request, which begins now."""
    token = _ends_at.set(clock() + ANSWER_WITHIN)
    try:
        yield
    finally:
        _ends_at.reset(token)


def is_over(clock: Callable[[], float] = time.monotonic) -> bool:
    """Must the client be answered now? Never outside `answering`."""
    ends_at = _ends_at.get()
    return ends_at is not None and clock() > ends_at
