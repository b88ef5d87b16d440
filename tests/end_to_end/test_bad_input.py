"""No input gives a 5xx, and what is refused leaves nothing behind."""

import re
from itertools import product

import pytest
import requests

from tests.end_to_end.client import TIMEOUT, Client
from tests.fakes.builders import jpeg
from tests.unit.test_photo import enormous_png

UNKNOWN_ID = "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab"

REFUSED: dict[str, tuple[bytes, str, int, str]] = {
    "an empty body": (b"", "image/jpeg", 400, "empty_body"),
    "a form": (b"a=b", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    "JSON": (b"{}", "application/json", 415, "unsupported_media_type"),
    "a truncated JPEG": (jpeg()[:900], "image/jpeg", 400, "unreadable_image"),
    "a decompression bomb": (enormous_png(), "image/png", 413, "too_many_pixels"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_unreadable_photo_is_refused(client: Client, what: str) -> None:
    body, content_type, status, code = REFUSED[what]

    answer = client.upload(body, content_type)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert re.fullmatch(r"[A-Z].+[.]", answer.json()["message"])
    assert client.requests_made() == {}


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/retrieve", {"ETag": UNKNOWN_ID}, 404, "not_found"),
        ("/retrieve", {"ETag": '"seven"'}, 400, "malformed_id"),
        ("/retrieve/%00%ff", {}, 400, "malformed_id"),
        ("/getResult", {}, 400, "missing_id"),
        ("/upload", {}, 404, "not_found"),
        ("/nothing/here", {}, 404, "not_found"),
    ],
)
def test_the_error_of_a_wrong_id_says_why(
    client: Client, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = client.get(path, **headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_request_of_any_kind_never_breaks_the_server(client: Client) -> None:
    methods = ("PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
    paths = ("/", "/upload", "/retrieve/x", "/retrieve//", "/%2e%2e/%2e%2e", "/health?x=%ff")

    for method, path in product(methods, paths):
        answer = requests.request(method, f"{client.api}{path}", timeout=TIMEOUT)

        assert answer.status_code < 500, (method, path)
