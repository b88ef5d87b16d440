"""Photos, pages and stories for tests, drawn and built on the spot."""

import io
import re
from typing import Any

from PIL import Image, ImageDraw

from chalicelib.pages.detection import Kind, Point, TextDetection, box_of
from chalicelib.pages.size import Size
from chalicelib.speech.voices import AUTO, DEFAULT_LANGUAGE
from chalicelib.steps.intake import Upload
from chalicelib.stories import keys, moves
from chalicelib.stories.changes import Move
from chalicelib.stories.story import Spoken, Status, Story, revision_of
from chalicelib.stories.upload_request import (
    FORM_USABLE_FOR,
    REQUEST_KEPT_FOR,
    UploadRequest,
    UploadStatus,
)
from tests.fakes.clock import NOW


def jpeg(
    width: int = 400, height: int = 300, *, shade: int = 200, exif: int | None = None
) -> bytes:
    """A JPEG with one black corner (top left), by which its orientation can be told."""
    image = Image.new("RGB", (width, height), (shade, shade, shade))
    ImageDraw.Draw(image).rectangle((0, 0, width // 4, height // 4), fill=(0, 0, 0))
    return encoded(image, "JPEG", exif=exif)


def encoded(image: Image.Image, image_format: str, *, exif: int | None = None) -> bytes:
    """An image's bytes; `exif` is the orientation tag, absent when None."""
    target = io.BytesIO()
    tags = Image.Exif()
    if exif is not None:
        tags[0x0112] = exif
        tags[0x010F] = "a camera that knows where it is"
        image.save(target, image_format, exif=tags)
    else:
        image.save(target, image_format)
    return target.getvalue()


SIZE = Size(120, 90)


def read_move(story: Story, text: str = "Once.") -> Move:
    """What its reading does to a story."""
    return moves.read(
        {
            "text": text,
            "page": keys.page(story),
            "image": SIZE,
            "language": DEFAULT_LANGUAGE if story.language == AUTO else story.language,
            "voice": story.voice,
            "language_detected": DEFAULT_LANGUAGE,
            "complete": True,
            "skipped": [],
        }
    )


def narrated_move(story: Story) -> Move:
    """What its narration does to a story."""
    return moves.narrated(story, keys.audio(story), Spoken(revision_of(story), 1000, 1), SIZE)


def story(**fields: Any) -> Story:
    defaults: dict[str, Any] = {
        "id": "5a1f9f52-6b1c-5f0e-9d3c-0123456789ab",
        "generation": "a1b2c3d4",
        "content_id": "c0ffee",
        "status": Status.RECEIVED,
        "name": "page one.jpg",
        "content_type": "image/jpeg",
        "language": "en-US",
        "voice": "Joanna",
        "notify": True,
        "created_at": NOW,
        "enqueued_at": NOW,
    }
    return Story(**{**defaults, **fields})


def upload_request(**fields: Any) -> UploadRequest:
    upload_id = fields.get("id", "0f8fad5b-d9cb-469f-a165-70867728950e")
    defaults: dict[str, Any] = {
        "id": upload_id,
        "status": UploadStatus.REQUESTED,
        "name": "page one.jpg",
        "content_type": "image/jpeg",
        "language": "en-US",
        "voice": "Joanna",
        "notify": True,
        "key": f"images/{upload_id}.jpg",
        "created_at": NOW,
        "usable_until": NOW + FORM_USABLE_FOR,
        "expires_at": NOW + REQUEST_KEPT_FOR,
    }
    return UploadRequest(**{**defaults, **fields})


def upload(photo: bytes | None = None, **fields: Any) -> Upload:
    defaults: dict[str, Any] = {
        "photo": jpeg() if photo is None else photo,
        "content_type": "image/jpeg",
        "name": "page one.jpg",
        "language": AUTO,
        "voice": "Joanna",
    }
    return Upload(**{**defaults, **fields})


def box(left: float, top: float, right: float, bottom: float) -> tuple[Point, Point, Point, Point]:
    return Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom)


def line(
    text: str,
    left: float,
    top: float,
    *,
    width: float | None = None,
    height: float = 0.03,
    confidence: float = 98.0,
) -> TextDetection:
    """A line on a square page, about as wide as its text would be printed."""
    right = left + (len(text) * height * 0.5 if width is None else width)
    return TextDetection(Kind.LINE, text, confidence, box(left, top, right, top + height))


def with_words(*lines: TextDetection) -> list[TextDetection]:
    """Lines and their words, as DetectText answers."""
    found = list(lines)
    for place, row in enumerate(lines):
        left, top, right, bottom = box_of(row)
        step = (right - left) / len(row.text)
        found += [
            TextDetection(
                Kind.WORD,
                word[0],
                row.confidence,
                box(left + word.start() * step, top, left + word.end() * step, bottom),
                place,
            )
            for word in re.finditer(r"\S+", row.text)
        ]
    return found
