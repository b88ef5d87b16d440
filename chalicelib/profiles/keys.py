"""Where a profile's files lie in the media bucket, and its photos in the intake bucket."""

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
    """The photo upright, without EXIF, as it is looked at."""
    return f"{_private(owner)}portrait.jpg"


def thumbnail(owner: Owner) -> str:
    return f"{public(owner)}thumbnail.jpg"


def public(owner: Owner) -> str:
    """What the keys of everything begin with that the CDN serves of this photo."""
    return f"public/profiles/{owner.profile_id}/{owner.generation}/"


def prefixes(owner: Owner) -> tuple[str, str]:
    """What the keys of all files of this photo begin with."""
    return _private(owner), public(owner)


def arrival(user_id: str, upload_id: uuid.UUID, content_type: str) -> str:
    """Where a photo arrives that this user sends."""
    return f"{arrival_prefix(user_id)}{upload_id}.{EXTENSIONS[content_type]}"


def arrival_prefix(user_id: str) -> str:
    """What the keys of all photos begin with that this user sends."""
    return f"{PROFILE_ARRIVALS}{user_id}/"


def is_profile_photo(key: str) -> bool:
    """Is this a key for profile photos, be it one that was put aside?"""
    return key.removeprefix(REJECTED).startswith(PROFILE_ARRIVALS)


def user_id_of(key: str) -> str | None:
    """Who sends the photo at a key of the intake bucket; None: it does not say."""
    parts = key.removeprefix(REJECTED).split("/")
    return parts[1] if len(parts) == _ARRIVAL_PARTS else None


def _private(owner: Owner) -> str:
    return f"private/profiles/{owner.profile_id}/{owner.generation}/"
