"""CloudFront: serves the media bucket's public files to anybody, from a cache if it can.

Sources: the Amazon CloudFront Developer Guide ("Manage how long content stays in the cache", "How
CloudFront processes HTTP 4xx and 5xx status codes from your origin") and its managed cache policy
CachingOptimized, for the times.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import unquote

from werkzeug.datastructures import ResponseCacheControl
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.http import parse_cache_control_header
from werkzeug.wrappers import Request, Response

from local.services.moto_backend import MotoBackend
from local.services.received import Received
from local.services.s3.cors import Cors
from local.services.s3.signatures import Clock
from local.services.s3.stored_objects import StoredObject

PATH: Final = "/cdn/"
CACHE_BYTES: Final = 32 * 1024 * 1024
"""Of files and their keys; the file that was not requested for the longest time gives way."""

_PUBLIC: Final = "public/"
_ONE_RANGE: Final = re.compile(r"\s*bytes\s*=[\s\d-]+", re.IGNORECASE)


@dataclass(frozen=True)
class CacheTimes:
    """Seconds that a file stays in the cache, and that a refusal (`error`) does."""

    minimum: int
    default: int
    maximum: int
    error: int

    def of(self, found: StoredObject | None) -> timedelta:
        if found is None:
            return timedelta(seconds=self.error)
        asked = parse_cache_control_header(found.cache_control, None, ResponseCacheControl)
        if asked.no_store or asked.no_cache or asked.private:
            return timedelta(seconds=self.minimum)
        stated = asked.max_age if asked.s_maxage is None else asked.s_maxage
        seconds = self.default if stated is None else min(max(stated, self.minimum), self.maximum)
        return timedelta(seconds=seconds)


@dataclass(frozen=True)
class AddedHeaders:
    """What a distribution's policy adds to each answer.

    Attributes:
        always: Security headers.
        of_cors: For requests with an ``Origin`` only.
        allowed_origins: ``*`` allows any origin.
    """

    always: Mapping[str, str]
    of_cors: Mapping[str, str]
    allowed_origins: Collection[str]

    def to(self, origin: str) -> dict[str, str]:
        """Return the headers of an answer to a page of this origin; empty: to no page."""
        if not origin or not {"*", origin} & set(self.allowed_origins):
            return dict(self.always)
        allowed = "*" if "*" in self.allowed_origins else origin
        return {**self.always, **self.of_cors, "Access-Control-Allow-Origin": allowed}


@dataclass(frozen=True)
class _Entry:
    """The bucket's answer; `found` is None when it refused."""

    found: StoredObject | None
    fetched_at: datetime
    expires_at: datetime

    @property
    def size(self) -> int:
        return 0 if self.found is None else len(self.found.content)


class EdgeCache:
    """Serves one bucket's ``public/`` keys under ``/cdn/``.

    A fetched file is served until it expires or is invalidated, even if the bucket has changed:
    for the time of its Cache-Control, or else a day; a refusal for ten seconds.

    CloudFront may read the bucket's objects and not list them, so S3 answers 403, not 404, for a
    missing key, and CloudFront passes that on.
    """

    def __init__(
        self,
        moto: MotoBackend,
        bucket: str,
        times: CacheTimes,
        added: AddedHeaders,
        now: Clock,
    ) -> None:
        self._cors = Cors(moto)
        self._moto = moto
        self._bucket = bucket
        self._times = times
        self._added = added
        self._now = now
        # Held while the bucket is read, too: a file that is invalidated meanwhile is not kept.
        self._lock = threading.Lock()
        self._bytes = 0
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def answer(self, received: Received) -> Response:
        """Answer a request, with the headers that the distribution adds."""
        response = self._answer(received)
        response.headers.update(self._added.to(received.header("Origin")))
        return response

    def _answer(self, received: Received) -> Response:
        if received.method == "OPTIONS":  # a preflight, which the bucket answers
            return self._cors.preflight(received, self._bucket)
        if received.method not in {"GET", "HEAD"}:
            return _denied()
        key = received.path.removeprefix(PATH)
        if not key.startswith(_PUBLIC):
            return _denied()
        with self._lock:
            now = self._now()
            entry, was_cached = self._entry(key, now)
        response = _denied() if entry.found is None else _served(entry.found, received)
        if was_cached:
            response.headers["Age"] = str(int((now - entry.fetched_at).total_seconds()))
        how = "Error" if entry.found is None else "Hit" if was_cached else "Miss"
        response.headers["X-Cache"] = f"{how} from cloudfront"
        return response

    def forget(self, paths: Iterable[str]) -> None:
        """Drop the files that these paths match.

        Args:
            paths: URL-encoded, from the distribution's root; a ``*`` at the end is any rest.
        """
        patterns = [unquote(path).removeprefix("/") for path in paths]
        exact = {pattern for pattern in patterns if not pattern.endswith("*")}
        prefixes = tuple(pattern[:-1] for pattern in patterns if pattern.endswith("*"))
        with self._lock:
            for key in [key for key in self._entries if key in exact or key.startswith(prefixes)]:
                self._drop(key)

    def _entry(self, key: str, now: datetime) -> tuple[_Entry, bool]:
        """Return the bucket's answer, and whether it comes from the cache."""
        known = self._entries.get(key)
        if known is not None and now < known.expires_at:
            self._entries.move_to_end(key)
            return known, True
        if known is not None:
            self._drop(key)
        found = self._fetch(key)
        entry = _Entry(found, now, now + self._times.of(found))
        self._entries[key] = entry
        self._bytes += len(key) + entry.size
        while self._bytes > CACHE_BYTES:
            self._drop(next(iter(self._entries)))
        return entry, False

    def _fetch(self, key: str) -> StoredObject | None:
        try:
            return self._moto.objects.find(self._bucket, key)
        except KeyError:
            return None

    def _drop(self, key: str) -> None:
        self._bytes -= len(key) + self._entries.pop(key).size


def _served(found: StoredObject, received: Received) -> Response:
    response = Response(found.content, content_type=found.content_type)
    response.last_modified = found.last_modified
    response.set_etag(found.etag)
    if found.cache_control is not None:
        response.headers["Cache-Control"] = found.cache_control
    environ = Request(received.environ()).environ
    if not _ONE_RANGE.fullmatch(environ.get("HTTP_RANGE", "")):
        environ.pop("HTTP_RANGE", None)  # a server may ignore other ranges (RFC 9110, 14.2)
    try:
        return response.make_conditional(environ, True, len(found.content))
    except RequestedRangeNotSatisfiable as error:
        return Response(status=error.code, headers=error.get_headers(environ))


def _denied() -> Response:
    return Response(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
        403,
        mimetype="application/xml",
    )
