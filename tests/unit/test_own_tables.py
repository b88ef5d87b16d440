"""A page of a photo that was compressed much keeps its detail, and does not grow."""

import io
from typing import Any

import pytest
from PIL import Image, ImageChops

from chalicelib.pages.photo import encoded, turned, upright_page
from samples.draw_page import draw_page

PAGE = draw_page("Once upon a time there was a bear.", width=640)


def jpeg(image: Image.Image = PAGE, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", **options)
    return target.getvalue()


def opened(picture: bytes) -> Any:
    return Image.open(io.BytesIO(picture))


def furthest(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any colour."""
    return max(most for _, most in ImageChops.difference(one, other).getextrema())  # type: ignore[misc]


AT_90 = opened(jpeg(quality=90)).quantization


def test_a_photo_of_low_quality_keeps_its_tables_and_its_detail() -> None:
    photo = jpeg(quality=70)
    page = upright_page(photo)

    made = encoded(page)

    assert opened(made).quantization == opened(photo).quantization
    assert len(made) <= 1.05 * len(photo)
    # At quality 90, a page has a third more bytes, and is further from its photo.
    page.info = {}
    assert len(encoded(page)) > 1.3 * len(photo)
    assert furthest(opened(made), page) < furthest(opened(encoded(page)), page)


def rotated() -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = 6
    return tags


@pytest.mark.parametrize(
    "photo",
    [
        jpeg(quality=95),
        jpeg(quality=70, exif=rotated()),  # its blocks lie elsewhere
        jpeg(PAGE.convert("L"), quality=70),
    ],
    ids=["fine", "on its side", "grey"],
)
def test_other_photos_get_a_page_of_quality_90(photo: bytes) -> None:
    assert opened(encoded(upright_page(photo))).quantization == AT_90


def test_a_page_that_is_turned_or_scaled_gets_quality_90() -> None:
    large = jpeg(PAGE.resize((5000, 3750)), quality=70)

    for page in (turned(upright_page(jpeg(quality=70)), 180), upright_page(large)):
        assert opened(encoded(page)).quantization == AT_90
