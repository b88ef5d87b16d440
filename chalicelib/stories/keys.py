"""Where a story's files lie in the media bucket, and photos in the intake_bucket bucket.

Two prefixes a generation: deletion empties both, and the CDN serves only ``public/``.
Photos and readings stay private: a photo's EXIF may hold the place where it was taken.
"""

import re
from typing import Final

from chalicelib.delivery.messages import StoryMessage
from chalicelib.stories.ids import content_id_of
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import EXTENSIONS

ARRIVALS: Final = "images/"
"""Where photos arrive in the intake_bucket bucket; only objects below it are announced."""

_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_LONGEST: Final = 1024
"""Bytes of a key, in UTF-8 (Amazon S3, "Naming Amazon S3 objects")."""

REJECTED: Final = "rejected/"
"""Where staged objects are put that no story can be made of and nobody waits for."""


def photo(story: Story) -> str:
    """The uploaded bytes as they came."""
    return _private(story, "photo")


def detection(story: Story, turn: int) -> str:
    """What DetectText saw on the page turned by `turn` degrees, as JSON."""
    return _private(story, f"detection-{turn}.json")


def speech_part(story: Story, index: int) -> str:
    """One request's worth of a long narration, kept until all parts are there."""
    return _private(story, f"speech-{index}.mp3")


def page(story: Story) -> str:
    """The upright, EXIF-free page image."""
    return _public(story, "page.jpg")


def audio(story: Story) -> str:
    """The whole narration."""
    return _public(story, "story.mp3")


def rendition(story: Story, name: str) -> str:
    """The page image in another size."""
    return _public(story, f"{name}.jpg")


def staged(upload_id: str, content_type: str) -> str:
    """Where the photo of an upload request arrives."""
    return f"{ARRIVALS}{upload_id}.{EXTENSIONS[content_type]}"


def upload_id_of(key: str) -> str | None:
    """The upload request whose photo this is; None: another hand put it there."""
    name = key.removeprefix(ARRIVALS).partition(".")[0]
    return name if _UUID.fullmatch(name) else None


def rejected(key: str) -> str:
    """Where a staged object is put that no story can be made of, or is already."""
    aside = REJECTED + key.removeprefix(REJECTED)
    return aside if len(aside.encode()) <= _LONGEST else REJECTED + content_id_of(key.encode())


def prefixes(message: StoryMessage) -> tuple[str, str]:
    """What all files of this generation of a story begin with, the public ones last."""
    where = f"{message.id}/{message.generation}/"
    return f"private/{where}", f"public/{where}"


def _private(story: Story, name: str) -> str:
    return f"private/{story.id}/{story.generation}/{name}"


def _public(story: Story, name: str) -> str:
    return f"public/{story.id}/{story.generation}/{name}"
