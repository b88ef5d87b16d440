"""The page in the sizes that screens and lists show it in."""

import io

import pytest
import requests
from PIL import Image

from samples.draw_page import draw_page, photo
from tests.end_to_end.client import Client

pytestmark = pytest.mark.engines

LONGEST = {"thumbnail": 160, "small": 480, "medium": 1080, "large": 1920}


def test_every_story_has_its_page_in_four_sizes(client: Client) -> None:
    page = photo(draw_page("Four windows, one moon.", seed=71))
    story_id = client.upload(page).json()["id"]
    ready = client.ended(story_id).json()
    client.settle()

    renditions = client.get(f"/retrieve/{story_id}").json()["renditions"]

    assert renditions.keys() == LONGEST.keys()
    whole = Image.open(io.BytesIO(requests.get(ready["image_url"], timeout=10).content))
    for name, rendition in renditions.items():
        content = requests.get(rendition["url"], timeout=10).content
        image = Image.open(io.BytesIO(content))
        assert (image.format, image.info.get("progressive")) == ("JPEG", 1)
        assert image.size == (rendition["width"], rendition["height"])
        assert max(image.size) == min(LONGEST[name], max(whole.size))
        assert len(content) == rendition["bytes"]
        assert not image.getexif()
