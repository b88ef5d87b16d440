import re
from typing import NamedTuple

import msgspec
import pytest
from PIL import Image, ImageChops, ImageFilter, ImageOps

from chalicelib.pages.detection import Point, TextDetection
from chalicelib.pages.legibility import why_illegible, why_none_found
from samples.draw_page import draw_page
from samples.layouts.page import labelled_page
from samples.layouts.sheet import SIZE

TYPE = 20  # of most words on the photos, in pixels


class Photo(NamedTuple):
    """A photo, and the words on it."""

    image: Image.Image
    detections: list[TextDetection]

    def reasons(self, image: Image.Image) -> list[str]:
        """Why a bad photo of the page is illegible, if its words were guessed, and if not."""
        return [why_illegible(image, self.detections), why_illegible(image, [])]


@pytest.fixture(scope="module", params=["two_columns", "caption_below_picture"])
def page(request: pytest.FixtureRequest) -> Photo:
    drawn = labelled_page(request.param, "en", 1)
    return Photo(ImageOps.scale(drawn.photo(), TYPE / SIZE), drawn.detections)


def noisy(photo: Image.Image) -> Image.Image:
    noise = Image.effect_noise(photo.size, 6)
    return ImageChops.add(photo, Image.merge("RGB", [noise] * 3), offset=-128)


def shaken(photo: Image.Image, across: int, down: int) -> Image.Image:
    """The mean of the photo at 12 places on a line."""
    mean = photo
    for count in range(1, 12):
        moved = ImageChops.offset(photo, across * count // 12, down * count // 12)
        mean = Image.blend(mean, moved, 1 / (count + 1))
    return mean


@pytest.mark.parametrize("light", [0.06, 0.12, 0.25])
def test_a_dark_photo_is_too_dark(page: Photo, light: float) -> None:
    photo = noisy(page.image.point(lambda value: light * value))

    assert all("too dark" in reason for reason in page.reasons(photo))


@pytest.mark.parametrize("height", [6, 9])
def test_small_letters_are_too_small(page: Photo, height: int) -> None:
    photo = ImageOps.scale(page.image, height / TYPE)

    assert all("too small" in reason for reason in page.reasons(photo))


@pytest.mark.parametrize("radius", [3, 5, 8])
def test_a_photo_out_of_focus_is_blurred(page: Photo, radius: int) -> None:
    photo = noisy(page.image.filter(ImageFilter.GaussianBlur(radius)))

    assert all("blurred" in reason for reason in page.reasons(photo))


@pytest.mark.parametrize("move", [(18, 0), (0, 18), (14, 14), (18, -7)])
def test_a_shaken_photo_is_blurred(page: Photo, move: tuple[int, int]) -> None:
    photo = noisy(shaken(page.image, *move))

    assert all("blurred" in reason for reason in page.reasons(photo))


@pytest.mark.parametrize("contrast", [0.05, 0.1])
def test_pale_letters_have_little_contrast(page: Photo, contrast: float) -> None:
    photo = page.image.point(lambda value: 160 + contrast * (value - 200))

    assert all("hardly darker" in reason for reason in page.reasons(photo))


def test_a_mirrored_page_looks_clear(page: Photo) -> None:
    mirrored = [
        msgspec.structs.replace(found, polygon=_mirrored(found)) for found in page.detections
    ]
    photo = ImageOps.mirror(page.image)

    assert "mirrored" in why_illegible(photo, mirrored)
    assert "mirrored" in why_illegible(photo, [])


@pytest.mark.parametrize("radius", [8, 15, 40])
def test_a_photo_so_blurred_that_nothing_is_found_may_hide_text(page: Photo, radius: int) -> None:
    photo = noisy(page.image.filter(ImageFilter.GaussianBlur(radius)))

    assert re.match("no text .*; if it has any, perhaps .* blurred: hold", why_none_found(photo))


@pytest.mark.parametrize("light", [0.01, 0.03, 0.06])
def test_a_photo_so_dark_that_nothing_is_found_may_hide_text(page: Photo, light: float) -> None:
    photo = noisy(page.image.point(lambda value: light * value))

    assert re.match("no text .*; if it has any, perhaps .* too dark: switch", why_none_found(photo))


@pytest.mark.parametrize(
    "picture",
    [Image.new("RGB", (1500, 1200), "ivory"), draw_page("", seed=1, width=2000)],
    ids=["blank", "illustration"],
)
def test_a_clear_photo_without_text_gets_no_advice(picture: Image.Image) -> None:
    assert why_none_found(picture) == "no text was found on this page"


def test_a_reason_completes_a_sentence(page: Photo) -> None:
    reason = why_illegible(page.image, [])

    assert reason[0].islower()
    assert reason[-1].isalpha()


def test_words_of_no_size_are_no_error(page: Photo) -> None:
    flat = [
        msgspec.structs.replace(found, polygon=(found.polygon[0],) * 4) for found in page.detections
    ]

    assert why_illegible(page.image, flat)


def _mirrored(found: TextDetection) -> tuple[Point, Point, Point, Point]:
    top_left, top_right, bottom_right, bottom_left = (
        Point(1 - corner.x, corner.y) for corner in found.polygon
    )
    return top_right, top_left, bottom_left, bottom_right
