"""CloudFront's cache: what origins answered, errors too, for everybody who asks for the same path.

Sources: the Amazon CloudFront Developer Guide ("Manage how long content stays in the cache",
"Control how long CloudFront caches errors", "How CloudFront processes HTTP 4xx and 5xx status codes
from your origin").
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import unquote

from werkzeug.datastructures import Headers, ResponseCacheControl
from werkzeug.http import parse_cache_control_header

from local.services.s3.signatures import Clock

CACHE_BYTES: Final = 32 * 1024 * 1024
"""Of answers and their paths; what was not requested for the longest time gives way."""

_ERROR: Final = 400
_CACHED_ERRORS: Final = {400, 403, 404, 405, 410, 412, 414, 415, 500, 501, 502, 503, 504}
_NO_STORE_OBEYED: Final = {404, 410, 414, 501}
_ERROR_SECONDS: Final = 10
"""CloudFront's default of an error that the distribution does not mention."""


@dataclass(frozen=True)
class OriginAnswer:
    """What an origin answered."""

    status: int
    headers: Headers
    body: bytes

    @property
    def is_error(self) -> bool:
        return self.status >= _ERROR


@dataclass(frozen=True)
class CacheTimes:
    """Seconds that an answer stays in the cache.

    Attributes:
        errors: The least of an error, by its status; ten seconds for others.
    """

    minimum: int
    default: int
    maximum: int
    errors: Mapping[int, int]

    def of(self, answer: OriginAnswer) -> timedelta:
        asked = parse_cache_control_header(
            answer.headers.get("Cache-Control"), None, ResponseCacheControl
        )
        stated = asked.max_age if asked.s_maxage is None else asked.s_maxage
        is_not_to_be_kept = bool(asked.no_store or asked.no_cache or asked.private)
        if answer.is_error:
            return timedelta(seconds=self._of_error(answer.status, stated, is_not_to_be_kept))
        if is_not_to_be_kept:
            return timedelta(seconds=self.minimum)
        seconds = self.default if stated is None else min(max(stated, self.minimum), self.maximum)
        return timedelta(seconds=min(seconds, self.maximum))

    def _of_error(self, status: int, stated: int | None, is_not_to_be_kept: bool) -> int:
        if status not in _CACHED_ERRORS or (is_not_to_be_kept and status in _NO_STORE_OBEYED):
            return 0
        return max(self.errors.get(status, _ERROR_SECONDS), min(stated or 0, self.maximum))


@dataclass(frozen=True)
class Kept:
    """An answer in the cache, or on its way there."""

    answer: OriginAnswer
    fetched_at: datetime
    expires_at: datetime


class EdgeCache:
    """Keeps answers by path, until they expire or are invalidated.

    Who asks makes no difference: the path alone is the key, as in the distribution's policies.

    Args:
        now: The time, with its zone.
    """

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._invalidations = 0
        self._bytes = 0
        self._entries: OrderedDict[str, Kept] = OrderedDict()

    def find(self, path: str) -> Kept | None:
        """Return an answer that has not expired."""
        with self._lock:
            known = self._entries.get(path)
            if known is None or known.expires_at <= self._now():
                return None
            self._entries.move_to_end(path)
            return known

    def fetch(
        self, path: str, times: CacheTimes, origin: Callable[[], OriginAnswer]
    ) -> OriginAnswer:
        """Ask the origin, and keep its answer, unless the path was invalidated meanwhile."""
        invalidations = self._invalidations
        answer = origin()
        now = self._now()
        kept = Kept(answer, now, now + times.of(answer))
        with self._lock:
            self._drop(path)
            if kept.expires_at > now and invalidations == self._invalidations:
                self._entries[path] = kept
                self._bytes += _size(path, kept)
            while self._bytes > CACHE_BYTES:
                self._drop(next(iter(self._entries)))
        return answer

    def age(self, kept: Kept) -> int:
        """Return the seconds since an answer was fetched."""
        return int((self._now() - kept.fetched_at).total_seconds())

    def forget(self, paths: Iterable[str]) -> None:
        """Drop the answers that these paths match.

        Args:
            paths: URL-encoded, from the distribution's root; a ``*`` at the end is any rest.
        """
        patterns = [unquote(path) for path in paths]
        exact = {pattern for pattern in patterns if not pattern.endswith("*")}
        prefixes = tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*"))
        with self._lock:
            self._invalidations += 1
            for path in [
                each for each in self._entries if each in exact or each.startswith(prefixes)
            ]:
                self._drop(path)

    def _drop(self, path: str) -> None:
        if (entry := self._entries.pop(path, None)) is not None:
            self._bytes -= _size(path, entry)


def _size(path: str, kept: Kept) -> int:
    return len(path) + len(kept.answer.body)
