"""The web port: CloudFront in front of the page, the API and the media.

Sources: the Amazon CloudFront Developer Guide ("Request and response behavior for custom origins",
"Serve compressed files", "Specify a default root object", "Quotas").
"""

import gzip
import ipaddress
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Request, Response

from local.resources.names import MACHINE
from local.services.cloudfront.behaviors import Behavior, Configuration
from local.services.cloudfront.edge_cache import EdgeCache, OriginAnswer
from local.services.cloudfront.origins import Bucket, Origin
from local.services.received import Received

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_MAX_URL: Final = 8192  # bytes
_COMPRESSED: Final = range(1000, 10_000_001)
"""Bytes of files that CloudFront compresses."""
_TEXT: Final = re.compile(r"text/|application/(javascript|json|xml)\b|image/svg\+xml")
_ONE_RANGE: Final = re.compile(r"\s*bytes\s*=[\s\d-]+", re.IGNORECASE)
_KEPT_COMPRESSED: Final = 256


class CloudFront:
    """The WSGI application of the web port.

    CloudFront serves a distribution under its own names only. Here these are IP addresses,
    ``localhost`` and this machine's name, so that no other name in a browser leads here.

    Attributes:
        origins: By their ids in the behaviors.
    """

    def __init__(
        self, configuration: Configuration, origins: Mapping[str, Origin], cache: EdgeCache
    ) -> None:
        self._configuration = configuration
        self.origins = origins
        self._cache = cache

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        received = Received.from_wsgi(environ)
        behavior = self._configuration.behavior(received.raw_path)
        response = self._answer(received, behavior)
        response.headers.update(behavior.added.to(received.header("Origin")))
        application: WSGIApplication = response
        return application(environ, start_response)

    def _answer(self, received: Received, behavior: Behavior) -> Response:
        if not self._is_own_name(received.header("Host")):
            return _own_error(
                403, "Ask for this page by localhost, by an IP address or by this machine's name."
            )
        if len(received.raw_path) > _MAX_URL:
            return _own_error(414, "The URL is too long.")
        if received.method not in behavior.methods:
            return _own_error(403, "This distribution does not allow this method here.")
        if received.method == "GET" and received.body:
            return _own_error(403, "A GET request may have no body.")
        path = received.raw_path
        if path == "/":
            path = f"/{self._configuration.root}"
        return self._served(received, behavior, path)

    def _is_own_name(self, host: str) -> bool:
        name = re.sub(r":\d+$", "", host).lower()
        return name.removesuffix(".local") in {"localhost", MACHINE} or _is_address(
            name.strip("[]")
        )

    def _served(self, received: Received, behavior: Behavior, path: str) -> Response:
        origin = self.origins[behavior.origin]
        is_file = isinstance(origin, Bucket)
        if received.method not in ({"GET", "HEAD"} if is_file else {"GET"}):
            return _whole(origin.answer(received, path), "Miss")
        key = unquote(path)
        kept = self._cache.find(key)
        answer = (
            kept.answer
            if kept is not None
            else self._cache.fetch(key, behavior.times, lambda: origin.answer(received, path))
        )
        how = "Miss" if kept is None else "Hit"
        if is_file and not answer.is_error:
            response = _file(answer, received, behavior, how)
        else:
            response = _whole(answer, how)
        if kept is not None:
            response.headers["Age"] = str(self._cache.age(kept))
        return response


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _whole(answer: OriginAnswer, how: str) -> Response:
    response = Response(answer.body, answer.status, Headers(answer.headers))  # a cached one stays
    response.headers["X-Cache"] = f"{'Error' if answer.is_error else how} from cloudfront"
    return response


def _file(answer: OriginAnswer, received: Received, behavior: Behavior, how: str) -> Response:
    """Return a file, or what a conditional request or a request for a part gets of it."""
    response = _whole(answer, how)
    request = Request(received.environ())
    content_type = response.headers["Content-Type"]
    if behavior.is_compressed and _TEXT.match(content_type) and len(answer.body) in _COMPRESSED:
        response.headers["Vary"] = "Accept-Encoding"
        if request.accept_encodings["gzip"] and "Range" not in request.headers:
            response.set_data(_compressed(answer.body))
            response.headers["Content-Encoding"] = "gzip"
            response.headers["ETag"] = f"W/{response.headers['ETag']}"
    if not _ONE_RANGE.fullmatch(request.headers.get("Range", "")):
        request.environ.pop("HTTP_RANGE", None)  # a server may ignore others (RFC 9110, 14.2)
    try:
        return response.make_conditional(request.environ, True, len(response.get_data()))
    except RequestedRangeNotSatisfiable as error:
        return Response(status=error.code, headers=error.get_headers(request.environ))


@lru_cache(_KEPT_COMPRESSED)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _own_error(status: int, message: str) -> Response:
    """Return an error of CloudFront itself."""
    page = f"<!doctype html><title>ERROR</title><h1>{status} ERROR</h1><p>{message}</p>\n"
    response = Response(page, status, mimetype="text/html")
    response.headers["X-Cache"] = "Error from cloudfront"
    return response
