"""Small inputs that failed once, as a client sends them. They lie beside the project."""

import io
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from PIL import Image

from tests.end_to_end.client import TIMEOUT, Client
from tests.end_to_end.test_main_path import words_of

CASES = Path(__file__).parents[3] / "shared" / "cases"

pytestmark = [
    pytest.mark.engines,
    pytest.mark.prove,
    pytest.mark.shared,
    pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is not beside this project"),
]

FOX = "The fox ran over the hill. It was late and the moon was high. Nobody saw it go."
QUICK = (
    "the quick brown fox saw a lazy dog in the warm sun and ran up to a tall green tree by the "
    "old mill "
)
TEXTS = {
    "bubbles-zigzag": "Where are you going, Fox? To the market, to buy a fat hen. May I come with "
    "you? No, you are too small.",
    "columns-under-heading": "The Big Heading Left column line one left column line two left "
    "column end. Right column line one right column line two right column end.",
    "exif-broken-in-png": FOX,
    "exif-nan-resolution": FOX,
    "exif-negative-rational": FOX,
    "hyphen-compound": "The merry-go-round was a well-known old thing with twenty-one painted "
    "horses and a half-eaten apple.",
    "jpeg-marker-before-end": FOX,
    "jpeg-newline-before": FOX,
    "jpeg-samsung-panorama": FOX,
    "jpeg-without-end-marker": FOX,
    "local-ocr-drop-cap": "Once there was a fox who lived in a wood with his brother and every "
    "day they went out.",
    "local-ocr-music-notes": "La la la Row, row, row your boat gently down the stream",
    "local-ocr-sideways-line": FOX,
    "local-ocr-small-print-in-large-photo": FOX,
    "number-chapter": "IV Down came the rain and all the ducks were glad of it.",
    "number-counting-page": "1 One little duck went out to find the sea.",
    "number-last-row-answer": "She counted every one of the apples and there were exactly 42.",
    "number-roman-word-I": "I am a little teapot, short and stout. Here is my handle.",
    "number-roman-word-ill": "The poor old bear could not get up at all that day. He was so ill.",
    "png-large-compressed-text": FOX,
    "png-white-text-on-nothing": FOX,
    "spread-page-with-one-line": "The ducks went down to the river and swam away. Splash!",
    "spread-two-page-numbers": "The ducks went down to the river and swam away. In the evening "
    "they all came home again.",
    "words-144": QUICK * 6,
}
"""What is read, without regard to punctuation."""

REFUSED = {
    "gif-first-frame-blank": (422, "no text was found on this page"),  # only the first is read
    "local-ocr-russian": (422, "could not be read"),  # the local reader knows Latin letters
    "long-screenshot": (400, "1080 x 16000"),
    "silent-page": (422, "only marks, and no words"),
}


def photo_of(case: str) -> tuple[bytes, str]:
    photo = (CASES / case / "input").read_bytes()
    kinds = {b"\x89PNG": "image/png", b"GIF8": "image/gif"}
    return photo, kinds.get(photo[:4], "image/jpeg")


@pytest.mark.parametrize("case", TEXTS)
def test_a_page_is_read(client: Client, case: str) -> None:
    story = client.ended(client.upload(*photo_of(case)).json()["id"]).json()

    assert story["status"] == "ready", story
    assert words_of(story["text"]) == words_of(TEXTS[case])
    assert story["complete"]


@pytest.mark.parametrize("case", REFUSED)
def test_a_page_that_cannot_be_read_is_told_why(client: Client, case: str) -> None:
    photo, content_type = photo_of(case)
    language = "ru-RU" if "russian" in case else "en-US"
    answer = client.upload(photo, content_type, X_Language=language)
    if answer.status_code == requests.codes.ok:
        answer = client.ended(answer.json()["id"])

    status, sentence = REFUSED[case]
    assert (answer.status_code, sentence in answer.json()["message"]) == (status, True), answer.text


def test_a_page_in_display_p3_keeps_its_colours(client: Client) -> None:
    answer = client.ended(client.upload(*photo_of("display-p3-colours")).json()["id"])
    client.settle()
    story = client.get(f"/retrieve/{answer.json()['id']}").json()

    urls = [story["image_url"], *(each["url"] for each in story["renditions"].values())]
    assert len(urls) == 5
    for url in urls:
        image = Image.open(io.BytesIO(requests.get(url, timeout=TIMEOUT).content)).convert("RGB")
        pixels: Any = image.resize((50, 40)).get_flattened_data()
        reddest = max(pixels, key=lambda rgb: rgb[0] - rgb[1] - rgb[2])
        assert reddest[0] > 245, (url, reddest)
        assert max(reddest[1:]) < 40, (url, reddest)


def test_a_profile_photo_with_broken_exif_is_taken(client: Client) -> None:
    photo, content_type = photo_of("profile-exif-negative-rational")
    answer = client.call(
        "PUT", "/profiles/exif/photo", data=photo, headers={"Content-Type": content_type}
    )
    assert answer.status_code == requests.codes.accepted

    def ended() -> Any:
        profile = client.get("/profiles/exif").json()
        return profile if profile["status"] != "processing" else None

    assert client.until(ended)["status"] == "ready"


def sent(url: str, raw: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send a raw request to the server of an address; status, headers and body."""
    where = urlsplit(url)
    host = f"{where.hostname}:{where.port}".encode()
    with socket.create_connection((str(where.hostname), int(where.port or 80)), TIMEOUT) as server:
        server.sendall(re.sub(rb"(?m)^Host: .*?(?=\r?$)", b"Host: " + host, raw, count=1))
        with server.makefile("rb") as answer:
            head, _, body = answer.read().partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


def raw_of(case: str, path: str | None = None) -> bytes:
    raw = (CASES / case / "input").read_bytes()
    return raw if path is None else re.sub(rb"/cdn/\S+", path.encode(), raw, count=1)


@pytest.mark.parametrize(
    ("case", "holds"),
    [
        ("http-head-health", lambda status, body: (status, body) == (200, b"")),
        ("http-language-de", lambda status, _: status == 201),
        ("http-uploads-heic-without-type", lambda status, _: status == 201),
        ("http-name-encoded-word", lambda status, body: (status, "café.jpg".encode() in body)),
    ],
)
def test_a_raw_request_is_answered(
    client: Client, case: str, holds: Callable[[int, bytes], object]
) -> None:
    status, _, body = sent(client.api, raw_of(case))

    assert holds(status, body), (status, body)


def test_the_cdn_answers_players(client: Client) -> None:
    url = client.ended(client.upload(*photo_of("number-chapter")).json()["id"]).json()["audio_url"]
    path = urlsplit(url).path

    status, headers, _ = sent(url, raw_of("http-cdn-cors", path))
    assert (status, headers["access-control-allow-origin"]) == (200, "*")
    status, headers, body = sent(url, raw_of("http-cdn-two-ranges", path))
    assert status == requests.codes.ok
    assert len(body) == int(headers["content-length"])
