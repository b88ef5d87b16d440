"""What a distribution asks for what it has not cached: a bucket, and a web server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import unquote

from werkzeug.datastructures import Headers
from werkzeug.http import http_date, quote_etag
from werkzeug.wrappers import Response

from local.services.cloudfront.behaviors import BucketAccess
from local.services.cloudfront.edge_cache import OriginAnswer
from local.services.moto_backend import MotoBackend
from local.services.received import Received
from local.services.s3.cors import Cors
from local.services.s3.stored_objects import StoredObject

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_DENIED: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
)


class Origin(Protocol):
    """Answers a request that the cache cannot answer."""

    def answer(self, received: Received, path: str) -> OriginAnswer:
        """Return the answer; `path` is as it came, or the root object's."""
        ...


@dataclass(frozen=True)
class Bucket:
    """A bucket's objects, for a distribution that may read them and not list them.

    So S3 answers 403, not 404, for a missing key.
    """

    moto: MotoBackend
    access: BucketAccess

    def answer(self, received: Received, path: str) -> OriginAnswer:
        if received.method == "OPTIONS":  # a preflight
            return _answer_of(Cors(self.moto).preflight(received, self.access.bucket))
        found = self._find(unquote(path).removeprefix("/"))
        if found is None:
            return OriginAnswer(403, Headers([("Content-Type", "application/xml")]), _DENIED)
        headers = Headers(
            [
                ("Content-Type", found.content_type),
                ("Last-Modified", http_date(found.last_modified)),
                ("ETag", quote_etag(found.etag)),
            ]
        )
        if found.cache_control is not None:
            headers["Cache-Control"] = found.cache_control
        return OriginAnswer(200, headers, found.content)

    def _find(self, key: str) -> StoredObject | None:
        if not key.startswith(self.access.prefix):
            return None
        try:
            return self.moto.objects.find(self.access.bucket, key)
        except KeyError:
            return None


@dataclass(frozen=True)
class Api:
    """API Gateway, which gets all of a request but the Host, and takes a stage off the path.

    Attributes:
        host: Its own.
    """

    gateway: "WSGIApplication"
    stage: str
    host: str

    def answer(self, received: Received, path: str) -> OriginAnswer:
        target = path.removeprefix(f"/{self.stage}") if path.startswith(f"/{self.stage}/") else path
        query = str(received.environ()["QUERY_STRING"])
        passed: Mapping[str, str] = {
            "HTTP_HOST": self.host,
            "PATH_INFO": unquote(target, "latin-1"),
            "REQUEST_URI": f"{target}?{query}" if query else target,
        }
        environ = received.replaced(received.body, **passed).environ()
        return _answer_of(Response.from_app(self.gateway, environ, buffered=True))


def _answer_of(response: Response) -> OriginAnswer:
    return OriginAnswer(response.status_code, response.headers, response.get_data())
