"""Retries of failed deliveries: after seconds, not after the queue's visibility timeout."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from chalicelib.delivery.messages import Delivery, Queue
from chalicelib.errors import StorytimeError

_FIRST_RETRY_SECONDS: Final = 5
_MAX_RETRY_SECONDS: Final = 15 * 60

log = logging.getLogger(__name__)


def retry_soon(queue: Queue[Any], delivery: Delivery[Any]) -> None:
    """Have SQS deliver a message again after 5 s, 10 s, 20 s and so on, up to 15 minutes."""
    try:
        queue.retry_in(delivery.receipt, seconds_until_retry(delivery))
    except StorytimeError as also:
        log.warning("retry left to the visibility timeout", extra={"reason": also.message})


@contextmanager
def retried(queue: Queue[Any], delivery: Delivery[Any]) -> Iterator[None]:
    """When the block raises, call `retry_soon`, and raise."""
    try:
        yield
    except Exception:
        retry_soon(queue, delivery)
        raise


def seconds_until_retry(delivery: Delivery[Any]) -> int:
    doubled: int = _FIRST_RETRY_SECONDS * 2 ** (delivery.receives - 1)
    return min(doubled, _MAX_RETRY_SECONDS)
