"""Results of paid requests: each is stored as soon as it arrives, and never paid for again.

A bulk load asks for more than a service's quota. So a request that is throttled waits here: it is
no failed attempt at the page.
"""

import itertools
import logging
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from chalicelib.errors import ThrottledError, TransientError
from chalicelib.stories.ports import Media
from chalicelib.stories.story import Lease

_RESERVE: Final = timedelta(seconds=15)
"""Kept of the lease: the next attempt may wait for S3, and then the failure must be noted."""

_RESERVE_TO_PAY: Final = timedelta(seconds=30)
"""Kept of the lease for a paid request, and for storing its result."""

_MAX_WAIT: Final = 8.0  # seconds

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
        result = self.paid(lease, pay)
        self.store(key, content_type, lease, result)
        return result

    def paid(self, lease: Lease, pay: Callable[[], bytes]) -> bytes:
        """Pay for a result; while the request is throttled, wait and ask again.

        Raises:
            ThrottledError: It was throttled until shortly before the lease ends.
        """
        tries = 0
        while True:
            try:
                return pay()
            except ThrottledError:
                seconds = _seconds_to_wait(lease, tries)
                if self.clock() + timedelta(seconds=seconds) > lease.until - _RESERVE_TO_PAY:
                    raise
                self.pause(seconds)
                tries += 1

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


def _seconds_to_wait(lease: Lease, tries: int) -> float:
    """1, 2, 4 and then 8 seconds, half of them by chance: many functions must not ask at once."""
    longest = min(2.0**tries, _MAX_WAIT)
    chance = zlib.crc32(f"{lease.message_id} {lease.receives} {tries}".encode()) / 2**32
    return longest * (0.5 + chance / 2)
