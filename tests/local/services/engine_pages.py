"""Draws the pages that the text detection tests read."""

import io
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, ImageFont

INK, PAPER = "black", "white"


@dataclass(frozen=True)
class Page:
    """A drawn page, and where each of its words is: (left, top, right, bottom) in pixels."""

    image: Image.Image
    words: dict[str, tuple[float, float, float, float]]


def draw_page(lines: list[str], *, size: int = 30, width: int = 900) -> Page:
    """Lines of text under each other, on white; every word in ``words`` should be unique."""
    font = ImageFont.load_default(size=size)
    height = round(size * (2 * len(lines) + 1))
    image = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(image)
    words = {}
    for number, line in enumerate(lines):
        top = size * (2 * number + 0.5)
        draw.text((size, top), line, font=font, fill=INK)
        for index, word in enumerate(line.split()):
            before = " ".join([*line.split()[:index], ""])
            left = size + draw.textlength(before, font=font)
            words[word] = draw.textbbox((left, top), word, font=font)
    return Page(image, words)


def as_jpeg(image: Image.Image, **options: Any) -> bytes:
    return encoded(image, "JPEG", quality=90, **options)


def as_png(image: Image.Image, **options: Any) -> bytes:
    return encoded(image, "PNG", **options)


def encoded(image: Image.Image, image_format: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


def submit(data: bytes) -> dict[str, Any]:
    """A request with the image in it."""
    return {"Image": {"Bytes": data}}


def detections(response: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in response["TextDetections"] if each["Type"] == kind]


def texts(response: dict[str, Any], kind: str = "LINE") -> list[str]:
    return [each["DetectedText"] for each in detections(response, kind)]
