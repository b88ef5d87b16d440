"""Faces as the pipeline sees them. Pure."""

import re
from typing import Final, NamedTuple

import msgspec

_OWNER: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([0-9a-f]{8})")


class Box(msgspec.Struct, frozen=True):
    """Where a face is, as shares of the picture's width and height, from its top left."""

    left: float
    top: float
    width: float
    height: float


class FaceAttribute(msgspec.Struct, frozen=True):
    """Something that can be seen on a face or not, and how sure that is, in per cent."""

    value: bool
    confidence: float


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """A face that was detected on a picture.

    Attributes:
        box: Where; it may reach over the picture's edge.
        confidence: That it is a face, in per cent.
        sharpness: From 0 to 100.
        brightness: From 0 to 100.
        yaw: Degrees by which the face is turned to a side; 0 looks at the camera.
        pitch: The same for up and down.
        roll: The same for a head that is tilted.
    """

    box: Box
    confidence: float
    sharpness: float
    brightness: float
    yaw: float
    pitch: float
    roll: float
    eyes_open: FaceAttribute
    sunglasses: FaceAttribute


class Owner(NamedTuple):
    """Whose a face of the collection is: of this photo of this profile.

    Nothing else than this is known of a person in the collection itself.
    """

    profile_id: str
    generation: str

    def __str__(self) -> str:
        return f"{self.profile_id}:{self.generation}"


def owner_of(text: str | None) -> Owner | None:
    """An owner as `str` writes it; None: the face was put there by another hand."""
    ours = _OWNER.fullmatch(text or "")
    return Owner(*ours.groups()) if ours else None


class Match(msgspec.Struct, frozen=True):
    """A face of the collection that looks like the one that was searched for."""

    face_id: str
    owner: Owner | None
