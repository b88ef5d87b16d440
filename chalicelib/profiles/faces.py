"""Faces, and how they belong to profiles. Pure."""

import re
from typing import Annotated, Final, NamedTuple

import msgspec

_OWNER: Final = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}):([0-9a-f]{8})")


class Box(msgspec.Struct, frozen=True):
    """Where a face is, as shares of the picture's width and height, from its top left."""

    left: float
    top: float
    width: float
    height: float


_From0To100 = Annotated[float, msgspec.Meta(description="From 0 to 100.")]


class FaceAttribute(msgspec.Struct, frozen=True):
    """Whether a face shows something, and how certain that is."""

    value: bool
    confidence: Annotated[float, msgspec.Meta(description="In per cent.")]


class Face(msgspec.Struct, frozen=True, kw_only=True):
    """A face that was detected on a picture."""

    box: Annotated[Box, msgspec.Meta(description="Where it is; may reach over the picture's edge.")]
    confidence: Annotated[float, msgspec.Meta(description="That it is a face, in per cent.")]
    sharpness: _From0To100
    brightness: _From0To100
    yaw: Annotated[
        float,
        msgspec.Meta(
            description="Degrees by which the face is turned to a side; 0 looks at the camera."
        ),
    ]
    pitch: Annotated[float, msgspec.Meta(description="Degrees by which it looks up or down.")]
    roll: Annotated[float, msgspec.Meta(description="Degrees by which the head is tilted.")]
    eyes_open: FaceAttribute
    sunglasses: FaceAttribute


class Owner(NamedTuple):
    """The profile, and the generation of its photo, that a face of the collection belongs to.

    The collection stores nothing else about a person.
    """

    profile_id: str
    generation: str

    def __str__(self) -> str:
        return f"{self.profile_id}:{self.generation}"


def owner_of(text: str | None) -> Owner | None:
    """Read an owner as `str` writes it; None: the app did not add this face."""
    ours = _OWNER.fullmatch(text or "")
    return Owner(*ours.groups()) if ours else None


class Match(msgspec.Struct, frozen=True):
    """A face of the collection that is similar to the given face."""

    face_id: str
    owner: Owner | None
