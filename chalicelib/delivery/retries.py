"""A delivery that failed comes again in seconds, not after the visibility timeout."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from chalicelib.delivery.messages import Delivery
from chalicelib.errors import StorytimeError
from chalicelib.stories.ports import Queue

_FIRST_RETRY_SECONDS: Final = 5
_MAX_RETRY_SECONDS: Final = 15 * 60

log = logging.getLogger(__name__)


def put_off(queue: Queue[Any], delivery: Delivery[Any]) -> None:
    """Have a delivery come again soon, and later each time."""
    try:
        queue.retry_in(delivery.receipt, seconds_until_retry(delivery))
    except StorytimeError as also:
        log.warning("retry left to the visibility timeout", extra={"reason": also.message})


@contextmanager
def retried(queue: Queue[Any], delivery: Delivery[Any]) -> Iterator[None]:
    """Whatever fails inside is raised, and the delivery comes again soon."""
    try:
        yield
    except Exception:
        put_off(queue, delivery)
        raise


def seconds_until_retry(delivery: Delivery[Any]) -> int:
    doubled: int = _FIRST_RETRY_SECONDS * 2 ** (delivery.receives - 1)
    return min(doubled, _MAX_RETRY_SECONDS)
