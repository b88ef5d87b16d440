"""A page is read the right way up, whatever its EXIF says."""

import io
from typing import get_args

import pytest
import requests
from PIL import Image, ImageChops, ImageStat

from samples.draw_page import RIGHT_ORIENTATION, Orientation, Turn, draw_page, photo
from tests.end_to_end.client import TIMEOUT, Client
from tests.end_to_end.test_main_path import words_of

pytestmark = pytest.mark.engines

TEXT = "The goat looked at the moon. “You are late,” it said, and went to bed."

OPPOSITE: dict[Orientation, Orientation] = {1: 3, 3: 1, 6: 8, 8: 6}
"""What a phone held flat over the book may believe: exactly upside down."""


ALL = [
    (turned, tag)
    for turned in get_args(Turn)
    for tag in (None, RIGHT_ORIENTATION[turned], OPPOSITE[RIGHT_ORIENTATION[turned]])
]
"""All four turns of the pixels, each without EXIF, with the right one and with the opposite."""
SOME = [(0, OPPOSITE[1]), (90, None), (180, RIGHT_ORIENTATION[180]), (270, None)]


@pytest.mark.parametrize(
    "ways", [pytest.param(SOME, id="some"), pytest.param(ALL, id="all", marks=pytest.mark.prove)]
)
def test_a_page_is_read_in_every_orientation(
    client: Client, ways: list[tuple[Turn, Orientation | None]]
) -> None:
    page = draw_page(TEXT, seed=11, width=640)
    photos = {
        (turned, tag): photo(
            page, turned=turned, orientation=tag, comment=f"{turned} {tag} of {len(ways)}"
        )
        for turned, tag in ways
    }

    wrong = {}
    for way, data in photos.items():  # one at a time: no request waits long for the engine
        story = client.ended(client.upload(data).json()["id"]).json()
        reads_right = words_of(story["text"] or "") == words_of(TEXT)
        if not reads_right or not _upright(story["image_url"], page):
            wrong[way] = story["text"]
    assert wrong == {}
    # Only what lies upside down for its tag is paid for twice.
    upside_down = [
        turned for turned, tag in ways if OPPOSITE[tag or 1] == RIGHT_ORIENTATION[turned]
    ]
    assert client.requests_made()["rekognition.DetectText"] <= len(photos) + len(upside_down)


def _upright(url: str, page: Image.Image) -> bool:
    shared = Image.open(io.BytesIO(requests.get(url, timeout=TIMEOUT).content)).convert("L")
    size = (60, 45)
    if (shared.width > shared.height) != (page.width > page.height):
        return False
    difference = ImageChops.difference(shared.resize(size), page.convert("L").resize(size))
    return ImageStat.Stat(difference).mean[0] < 6
