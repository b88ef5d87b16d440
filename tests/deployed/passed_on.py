"""Pass requests on to the emulator."""

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

import urllib3

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_OF_ONE_CONNECTION: Final = {"connection", "content-length", "transfer-encoding", "keep-alive"}


class PassedOn:
    """Sends requests to the emulator at `url` unchanged, with their signatures.

    `authority` has the certificates to trust.
    """

    def __init__(self, url: str, authority: Path) -> None:
        self._url = url
        self._http = urllib3.PoolManager(ca_certs=str(authority))

    def answer(
        self, environ: "WSGIEnvironment", body: bytes, start_response: "StartResponse"
    ) -> Iterable[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        if environ.get("CONTENT_TYPE"):
            headers["Content-Type"] = environ["CONTENT_TYPE"]
        answer = self._http.request(
            environ["REQUEST_METHOD"],
            self._url + environ["REQUEST_URI"],
            body=body,
            headers=headers,
            redirect=False,
            retries=False,
        )
        start_response(
            f"{answer.status} {HTTPStatus(answer.status).phrase}",
            [
                (name, value)
                for name, value in answer.headers.items()
                if name.lower() not in _OF_ONE_CONNECTION
            ],
        )
        return [answer.data]


def body_of(environ: "WSGIEnvironment") -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return body
