"""What a picked file is, and what is sent of it."""

import base64
import io
from typing import Any, Final

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from samples.draw_page import draw_page, photo
from tests.web.modules import base64_of, run

_MAX_BYTES: Final = 4_000_000
_ORIENTATION: Final = 274
_MAKER: Final = 271
_SHRINK: Final = """async ({ shrunk }, content) => {
    const bytes = Uint8Array.from(atob(content), (each) => each.charCodeAt(0));
    const base64 = async (blob) => {
        const reader = new FileReader();
        await new Promise((done) => { reader.onload = done; reader.readAsDataURL(blob); });
        return reader.result.split(",")[1];
    };
    try {
        const { photo, picture } = await shrunk(new File([bytes], "page.jpg"));
        return { photo: await base64(photo), picture: await base64(picture), type: photo.type };
    } catch (error) {
        return { problem: error.message };
    }
}"""


def test_a_photo_is_turned_upright_and_loses_its_metadata(page: Page) -> None:
    sideways = Image.new("RGB", (400, 200), "red")
    sideways.paste("blue", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[_ORIENTATION] = 6
    exif[_MAKER] = "Somebody's telephone"

    sent = _shrunk(page, _saved(sideways, exif=exif))

    image = _opened(sent["photo"])
    assert image.size == (200, 400)
    assert _is_close(image.getpixel((100, 50)), (0, 0, 255))
    assert _is_close(image.getpixel((100, 350)), (255, 0, 0))
    assert b"telephone" not in base64.b64decode(sent["photo"])
    assert b"Exif" not in base64.b64decode(sent["photo"])


def test_the_same_photo_becomes_the_same_bytes(page: Page) -> None:
    taken = photo(draw_page("The bell answered.", seed=3, width=1000))

    assert _shrunk(page, taken) == _shrunk(page, taken)


def test_a_photo_of_40_megapixels_becomes_one_that_the_api_takes(page: Page) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1370, 1824, 3), dtype=np.uint8)
    large = Image.fromarray(noise).resize((7296, 5480), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[_ORIENTATION] = 8

    sent = _shrunk(page, _saved(large, exif=exif))

    assert len(base64.b64decode(sent["photo"])) <= _MAX_BYTES
    assert _opened(sent["photo"]).size == (2253, 3000)
    assert max(_opened(sent["picture"]).size) == 320


def test_what_is_transparent_becomes_white(page: Page) -> None:
    sent = _shrunk(page, _saved(Image.new("RGBA", (100, 100)), "PNG"))

    assert _opened(sent["photo"]).getpixel((50, 50)) == (255, 255, 255)


def test_each_format_that_the_browser_opens_is_sent_as_jpeg(page: Page) -> None:
    green = Image.new("RGB", (120, 90), "green")
    for format_ in ("JPEG", "PNG", "WEBP", "GIF", "AVIF"):
        sent = _shrunk(page, _saved(green, format_))

        assert sent["type"] == "image/jpeg", format_
        assert _opened(sent["photo"]).size == green.size, format_


def test_a_file_that_cannot_be_read_says_why(page: Page) -> None:
    whole = photo(draw_page("The bell answered.", seed=3, width=1000))
    problems = {
        b"\0\0\0\x20ftypisom" + bytes(100): "photo.video",
        b"\0\0\0\x14ftypqt  " + bytes(100): "photo.video",
        b"\x1a\x45\xdf\xa3" + bytes(100): "photo.video",
        b"RIFF\0\0\0\0AVI LIST" + bytes(100): "photo.video",
        b"%PDF-1.7\n" + bytes(100): "photo.pdf",
        b"Dear Sir or Madam, here is my page.": "photo.other",
        b"": "photo.other",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100): "photo.unknown",
        whole[: len(whole) // 2]: "photo.damaged",
        b"\xff\xd8\xff\xe0" + bytes(100): "photo.damaged",
        _saved(Image.new("RGB", (79, 400))): "photo.small",
        _saved(Image.new("RGB", (3000, 79))): "photo.small",
        _saved(Image.new("RGB", (4800, 599))): "photo.long",
    }

    said = {content: _shrunk(page, content) for content in problems}

    assert said == {content: {"problem": problem} for content, problem in problems.items()}


def _shrunk(page: Page, content: bytes) -> dict[str, Any]:
    sent: dict[str, Any] = run(page, "photo.js", _SHRINK, base64_of(content))
    return sent


def _saved(image: Image.Image, format_: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def _opened(content: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(content)))


def _is_close(colour: Any, wanted: tuple[int, int, int]) -> bool:
    return all(abs(each - want) < 8 for each, want in zip(colour, wanted, strict=True))
