"""The keys of a profile's files in the media bucket, and of its photos in the intake bucket."""

import uuid
from typing import Final

from chalicelib.profiles.faces import Owner
from chalicelib.stories.keys import PROFILE_ARRIVALS, REJECTED
from chalicelib.stories.upload_request import EXTENSIONS

_ARRIVAL_PARTS: Final = 3


def photo(owner: Owner) -> str:
    """The photo's bytes as they were sent."""
    return f"{_private(owner)}photo"


def portrait(owner: Owner) -> str:
    """The photo upright, without EXIF, as Rekognition gets it."""
    return f"{_private(owner)}portrait.jpg"


def thumbnail(owner: Owner) -> str:
    return f"{public(owner)}thumbnail.jpg"


def public(owner: Owner) -> str:
    """The prefix of the files that the CDN serves of this photo."""
    return f"public/profiles/{owner.profile_id}/{owner.generation}/"


def prefixes(owner: Owner) -> tuple[str, str]:
    """The prefixes of all files of this photo."""
    return _private(owner), public(owner)


def arrival(user_id: str, upload_id: uuid.UUID, content_type: str) -> str:
    """Where a photo of this user arrives in the intake bucket."""
    return f"{arrival_prefix(user_id)}{upload_id}.{EXTENSIONS[content_type]}"


def arrival_prefix(user_id: str) -> str:
    """The prefix of all photos of this user in the intake bucket."""
    return f"{PROFILE_ARRIVALS}{user_id}/"


def is_profile_photo(key: str) -> bool:
    """Is this the key of a profile photo, or of one that was rejected?"""
    return key.removeprefix(REJECTED).startswith(PROFILE_ARRIVALS)


def user_id_of(key: str) -> str | None:
    """The user in a key of the intake bucket; None: the key has another shape."""
    parts = key.removeprefix(REJECTED).split("/")
    return parts[1] if len(parts) == _ARRIVAL_PARTS else None


def _private(owner: Owner) -> str:
    return f"private/profiles/{owner.profile_id}/{owner.generation}/"
