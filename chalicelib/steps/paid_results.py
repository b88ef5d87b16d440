"""Results of paid requests: each is stored as soon as it arrives, and never paid for again."""

import itertools
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chalicelib.errors import TransientError
from chalicelib.stories.ports import Media
from chalicelib.stories.story import Lease

_RESERVE: Final = timedelta(seconds=15)
"""Kept of the lease: the next attempt may wait for S3, and then the failure must be noted."""

log = logging.getLogger(__name__)


class PaidResults(msgspec.Struct, frozen=True):
    """Stores results in the media bucket.

    Attributes:
        pause: Waits for this number of seconds.
    """

    media: Media
    clock: Callable[[], datetime]
    pause: Callable[[float], None]

    def stored_or_paid(
        self, key: str, content_type: str, lease: Lease, pay: Callable[[], bytes]
    ) -> bytes:
        """The stored result; without one, pay for it and store it."""
        stored = self.media.get(key)
        if stored is not None:
            return stored
        result = pay()
        self.store(key, content_type, lease, result)
        return result

    def store(self, key: str, content_type: str, lease: Lease, result: bytes) -> None:
        """Store a result; if S3 fails, again while the lease lasts.

        Raises:
            TransientError: S3 failed until shortly before the lease ends.
        """
        for seconds in itertools.chain((1, 2, 4), itertools.repeat(8)):
            try:
                self.media.put(key, result, content_type)
            except TransientError as failure:
                if self.clock() + timedelta(seconds=seconds) > lease.until - _RESERVE:
                    raise
                log.warning("result not stored yet", extra={"reason": failure.message})
                self.pause(seconds)
            else:
                return
