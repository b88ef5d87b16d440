"""What CloudFront does: the bucket's public files, to anybody, and nothing else."""

from typing import Final

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Request, Response

from local.moto_backend import MotoBackend
from local.received import Received

PATH: Final = "/cdn/"
_PUBLIC: Final = "public/"


class Cdn:
    """Serves one bucket's ``public/`` keys under ``/cdn/``.

    CloudFront is let into the bucket to read objects, not to list them, so S3 tells it 403, not
    404, for a key that is not there, and it passes that on.
    """

    def __init__(self, moto: MotoBackend, bucket: str) -> None:
        self._moto = moto
        self._bucket = bucket

    def answer(self, received: Received) -> Response:
        if received.method not in {"GET", "HEAD"}:
            return _denied()
        key = received.path.removeprefix(PATH)
        if not key.startswith(_PUBLIC):
            return _denied()
        try:
            found = self._moto.find_object(self._bucket, key)
        except KeyError:
            return _denied()
        response = Response(found.content, mimetype=found.content_type)
        response.last_modified = found.last_modified
        response.set_etag(found.etag)
        if found.cache_control is not None:
            response.headers["Cache-Control"] = found.cache_control
        environ = Request(received.environ()).environ
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
