"""No input gives a 5xx, and what is refused leaves nothing behind."""

import re
from itertools import product

import pytest
import requests
from PIL import Image, ImageFilter, ImageOps

from samples.draw_page import draw_page, photo
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


SENTENCE = "The goat looked at the moon and went to bed."
PAGE = draw_page(SENTENCE, seed=3, width=1000)

UNREADABLE: dict[str, tuple[Image.Image, str, int]] = {
    "blank": (Image.new("RGB", (1500, 1200), "ivory"), "no text was found on this page", 2),
    "a picture": (draw_page("", seed=5, width=1000), "no text was found on this page", 2),
    "out of focus": (
        PAGE.filter(ImageFilter.GaussianBlur(20)),
        "no text was found on this page; if it has any, perhaps the photo is blurred",
        2,
    ),
    "dark": (
        PAGE.point(lambda value: 0.03 * value),
        "no text was found on this page; if it has any, perhaps the photo is too dark",
        2,
    ),
    "mirrored": (
        ImageOps.mirror(PAGE),
        "the letters look clear, so they may be mirrored, handwritten or in a script",
        3,
    ),
}
"""A page, what its reason begins with, and how often it is paid for."""


@pytest.mark.engines
def test_pages_that_cannot_be_read_fail_with_advice(client: Client) -> None:
    sent = [client.upload(photo(page)).json()["id"] for page, _, _ in UNREADABLE.values()]

    for story_id, what in zip(sent, UNREADABLE, strict=True):
        answer = client.ended(story_id)
        assert answer.status_code == requests.codes.unprocessable
        reason = f"This page could not be read: {UNREADABLE[what][1]}"
        assert answer.json()["message"].startswith(reason), what

    made = client.requests_made()
    assert "polly.SynthesizeSpeech" not in made
    texts = ("rekognition.DetectText", "textract.DetectDocumentText")
    paid = sum(made.get(name, 0) for name in texts)
    assert paid == sum(times for _, _, times in UNREADABLE.values())


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
