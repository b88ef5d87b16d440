"""Where a story's files lie in the media bucket, and photos in the intake bucket.

A generation's files lie under two prefixes: deletion empties both, and the CDN serves only
``public/``. Photos and readings stay private: EXIF may say where a photo was taken.
"""

import re
from typing import Final

import msgspec

from chalicelib.stories.ids import content_id_of
from chalicelib.stories.story import Story
from chalicelib.stories.upload_request import EXTENSIONS

ARRIVALS: Final = "images/"
"""Where photos arrive in the intake bucket; S3 announces only objects below it."""
PROFILE_ARRIVALS: Final = "profiles/"
"""Where profile photos arrive in the intake bucket."""
REJECTED: Final = "rejected/"
"""Where objects of the intake bucket go that are no photo and that no upload request asked for."""

_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_MAX_KEY_BYTES: Final = 1024
"""Of UTF-8 (Amazon S3, "Naming Amazon S3 objects")."""


class Links(msgspec.Struct, frozen=True):
    """Turns keys of the media bucket into addresses of the CDN in front of it.

    Attributes:
        base_url: The CDN's address, without a slash at its end.
    """

    base_url: str

    def to(self, key: str | None) -> str | None:
        """The address of a file; None while there is no file."""
        return f"{self.base_url}/{key}" if key else None


def photo(story: Story) -> str:
    """The uploaded bytes, unchanged."""
    return _private(story, "photo")


def detection(story: Story, turn: int) -> str:
    """What DetectText saw on the page turned by `turn` degrees, as JSON."""
    return _private(story, f"detection-{turn}.json")


def speech_part(story: Story, index: int) -> str:
    """One request's part of a long narration, kept until all parts are there."""
    return _private(story, f"speech-{index}.mp3")


def page(story: Story) -> str:
    """The upright page image without EXIF."""
    return _public(story, "page.jpg")


def audio(story: Story) -> str:
    """The whole narration."""
    return _public(story, "story.mp3")


def rendition(story: Story, name: str) -> str:
    """The page image in another size."""
    return _public(story, f"{name}.jpg")


def arrival(upload_id: str, content_type: str) -> str:
    """Where the photo of an upload request arrives."""
    return f"{ARRIVALS}{upload_id}.{EXTENSIONS[content_type]}"


def upload_id_of(key: str) -> str | None:
    """The upload request whose photo this is; None: it was put there without a request."""
    name = key.removeprefix(ARRIVALS).partition(".")[0]
    return name if _UUID.fullmatch(name) else None


def rejected(key: str) -> str:
    """Where a rejected object of the intake bucket goes; one that is there already stays."""
    moved = REJECTED + key.removeprefix(REJECTED)
    return (
        moved if len(moved.encode()) <= _MAX_KEY_BYTES else REJECTED + content_id_of(key.encode())
    )


def prefixes(story_id: str, generation: str) -> tuple[str, str]:
    """What the keys of all files of this generation begin with, the public ones last."""
    where = f"{story_id}/{generation}/"
    return f"private/{where}", f"public/{where}"


def _private(story: Story, name: str) -> str:
    return f"private/{story.id}/{story.generation}/{name}"


def _public(story: Story, name: str) -> str:
    return f"public/{story.id}/{story.generation}/{name}"
