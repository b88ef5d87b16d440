"""The sample page is what its script draws."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.ExifTags import IFD, Base

from samples.draw_page import (
    RIGHT_ORIENTATION,
    SAMPLE_PHOTO,
    SAMPLE_TEXT,
    Turn,
    draw_page,
    draw_sample,
    photo,
)


def largest_difference(one: Image.Image, other: Image.Image) -> float:
    """Of two pictures seen from afar, where neither noise nor the JPEG codec shows (0 to 255)."""
    small = [np.asarray(page.convert("L").resize((400, 300)), dtype=int) for page in (one, other)]
    return float(np.abs(small[0] - small[1]).max())


def opened(file: bytes) -> Image.Image:
    return Image.open(io.BytesIO(file))


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return draw_page("One small page.", width=800)


def test_the_committed_photo_is_what_the_script_draws() -> None:
    assert largest_difference(opened(SAMPLE_PHOTO.read_bytes()), draw_sample()) < 12


def test_one_other_word_would_be_noticed() -> None:
    changed = draw_page(SAMPLE_TEXT.replace("fog", "fag"), seed=7)
    assert largest_difference(opened(SAMPLE_PHOTO.read_bytes()), changed) > 24


def test_the_same_arguments_draw_the_same_page_and_another_seed_another(
    page: Image.Image,
) -> None:
    assert draw_page("One small page.", width=800).tobytes() == page.tobytes()
    assert draw_page("One small page.", width=800, seed=1).tobytes() != page.tobytes()


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_the_right_orientation_shows_a_turned_photo_upright(
    page: Image.Image, turned: Turn
) -> None:
    shown = ImageOps.exif_transpose(
        opened(photo(page, turned=turned, orientation=RIGHT_ORIENTATION[turned]))
    )
    assert largest_difference(shown, page) < 12


def test_a_photo_says_where_it_was_taken_like_a_phone_does_unless_it_has_no_exif(
    page: Image.Image,
) -> None:
    exif = opened(photo(page, orientation=6)).getexif()

    assert exif[Base.Orientation] == 6
    assert exif.get_ifd(IFD.GPSInfo)
    assert not opened(photo(page, orientation=None)).getexif()


@pytest.mark.parametrize("text", ["word " * 400, "naïve"])
def test_a_text_that_cannot_be_printed_legibly_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"too long|cannot print"):
        draw_page(text, width=800)
