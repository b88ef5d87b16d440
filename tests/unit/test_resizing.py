import io
import math
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from chalicelib.errors import RejectedError
from chalicelib.pages.resizing import SIZES, RenditionImage, renditions_of
from samples.draw_page import draw_page
from tests.fakes.builders import encoded, jpeg

NOTICEABLE = 1.0  # dB; the compression alone costs a rendition's likeness more than that


def opened(rendition: RenditionImage) -> Image.Image:
    return Image.open(io.BytesIO(rendition.content))


def as_jpeg(image: Image.Image, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, "JPEG", **options)
    return target.getvalue()


def signal_to_noise(image: Image.Image, reference: Image.Image) -> float:
    """Peak signal-to-noise ratio in dB."""
    squares = ImageStat.Stat(ImageChops.difference(image, reference)).sum2
    return 10 * math.log10(255**2 * 3 * image.width * image.height / sum(squares))


@pytest.mark.parametrize(
    ("page", "sizes"),
    [
        ((4000, 3000), [(1920, 1440), (1080, 810), (480, 360), (160, 120)]),
        ((3001, 4003), [(1439, 1920), (810, 1080), (360, 480), (120, 160)]),
        ((1920, 1280), [(1920, 1280), (1080, 720), (480, 320), (160, 107)]),
        ((1000, 1000), [(1000, 1000), (1000, 1000), (480, 480), (160, 160)]),
        ((300, 200), [(300, 200), (300, 200), (300, 200), (160, 107)]),
        ((90, 80), [(90, 80)] * 4),
        ((4096, 80), [(1920, 38), (1080, 21), (480, 9), (160, 3)]),
        ((8, 4096), [(4, 1920), (2, 1080), (1, 480), (1, 160)]),
    ],
)
def test_every_size_exists_keeps_its_shape_and_is_never_larger_than_the_page(
    page: tuple[int, int], sizes: list[tuple[int, int]]
) -> None:
    renditions = renditions_of(jpeg(*page))

    assert [rendition.name for rendition in renditions] == ["large", "medium", "small", "thumbnail"]
    assert [opened(rendition).size for rendition in renditions] == sizes
    assert [(rendition.width, rendition.height) for rendition in renditions] == sizes


@pytest.mark.parametrize("width", [4001, 3600], ids=["decoded-at-half-size", "decoded-in-full"])
def test_a_rendition_is_as_sharp_as_a_resized_page(width: int) -> None:
    page = as_jpeg(draw_page("Small letters are lost first.", width=width), quality=90)
    whole = Image.open(io.BytesIO(page))

    for rendition in renditions_of(page):
        ideal = whole.resize((rendition.width, rendition.height), Image.Resampling.LANCZOS)
        compressed = Image.open(io.BytesIO(as_jpeg(ideal, quality=85)))
        loss = signal_to_noise(compressed, ideal) - signal_to_noise(opened(rendition), ideal)
        assert loss < NOTICEABLE, rendition.name


def test_every_rendition_is_a_progressive_jpeg() -> None:
    for rendition in renditions_of(jpeg(2000, 1500)):
        assert opened(rendition).info["progressive"]
        assert b"\xff\xc2" in rendition.content  # SOF2, ISO 10918-1 table B.1


def test_a_rendition_has_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "a camera that knows where it is"
    page = as_jpeg(
        Image.new("RGB", (600, 400), "red"),
        exif=exif,
        comment=b"at home",
        dpi=(300, 300),
        xmp=b"<x:xmpmeta/>",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )

    for rendition in renditions_of(page):
        image = opened(rendition)
        assert image.width >= image.height  # as the pixels are: pages are upright already
        assert [name for name, _ in image.applist] == ["APP0"]  # type: ignore[attr-defined]
        assert image.info.keys() & {"exif", "comment", "dpi", "xmp", "icc_profile"} == set()


def test_the_same_page_always_gives_the_same_bytes() -> None:
    page = as_jpeg(Image.effect_noise((900, 700), 60).convert("RGB"))

    assert renditions_of(page) == renditions_of(page)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_page_of_other_colours_becomes_rgb(mode: str) -> None:
    page = as_jpeg(Image.new("RGB", (300, 200), (90, 90, 90)).convert(mode))

    for rendition in renditions_of(page):
        image = opened(rendition)
        assert image.mode == "RGB"
        assert image.getpixel((50, 50)) == pytest.approx((90, 90, 90), abs=3)


def test_the_most_colourful_noise_is_encoded() -> None:
    """The worst case for Pillow's buffer of a progressive JPEG: every pixel has another colour."""
    channels = [
        Image.effect_noise((300, 300), 200).point(lambda level: 255 * (level > 127))
        for _ in range(3)
    ]
    page = as_jpeg(Image.merge("RGB", channels), quality=95, subsampling=0)

    assert len(renditions_of(page)) == len(SIZES)


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"Once upon a time",
        jpeg(2000, 1500)[:200],
        jpeg(2000, 1500)[:-2000],
        encoded(Image.new("RGB", (300, 200)), "PNG"),
    ],
    ids=["nothing", "text", "header-only", "truncated", "png"],
)
def test_what_cannot_be_decoded_is_rejected(page: bytes) -> None:
    with pytest.raises(RejectedError, match="damaged or incomplete") as refused:
        renditions_of(page)
    assert refused.value.code == "unreadable_image"
