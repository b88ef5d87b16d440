"""A page is read the right way up, whatever its EXIF says."""

import io
from typing import get_args

import pytest
import requests
from PIL import Image, ImageChops, ImageStat

from samples.draw_page import Orientation, Turn, draw_page, photo
from tests.end_to_end.client import Client
from tests.end_to_end.test_main_path import words_of

pytestmark = pytest.mark.engines

TEXT = "The goat looked at the moon. “You are late,” it said, and went to bed."


def test_a_page_is_read_however_it_was_photographed(client: Client) -> None:
    """All four turns of the pixels, each with every orientation tag and with none."""
    page = draw_page(TEXT, seed=11, width=1600)
    photos = {
        (turned, tag): photo(page, turned=turned, orientation=tag, comment=f"{turned} {tag}")
        for turned in get_args(Turn)
        for tag in (None, *get_args(Orientation))
    }

    ids = {way: client.upload(data).json()["id"] for way, data in photos.items()}

    wrong = {}
    for way, story_id in ids.items():
        story = client.ended(story_id).json()
        if words_of(story["text"] or "") != words_of(TEXT) or not _upright(
            story["image_url"], page
        ):
            wrong[way] = story["text"]
    assert wrong == {}
    # Half of the photos lie upside down for their tag: those are read a second time.
    assert client.requests_made()["rekognition.DetectText"] <= 1.5 * len(photos)


def _upright(url: str, page: Image.Image) -> bool:
    shared = Image.open(io.BytesIO(requests.get(url, timeout=10).content)).convert("L")
    size = (60, 45)
    if (shared.width > shared.height) != (page.width > page.height):
        return False
    difference = ImageChops.difference(shared.resize(size), page.convert("L").resize(size))
    return ImageStat.Stat(difference).mean[0] < 6
