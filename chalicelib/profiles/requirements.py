"""The requirements for a profile photo, and the refusal for each. Pure.

All thresholds are in this file. Rekognition gives sharpness and brightness from 0 to 100, and
says no more about the scale (FaceDetail, ImageQuality).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from chalicelib.errors import RejectedError
from chalicelib.profiles.faces import Face, FaceAttribute
from chalicelib.profiles.profile import Refusal

if TYPE_CHECKING:
    from chalicelib.pages.size import Size

MIN_FACE_SIDE: Final = 80
"""Pixels of the face's shorter side. Rekognition finds faces of at least 40 pixels in pictures of
1920 x 1080 (Recommendations for facial comparison input images)."""
MIN_FACE_SHARE: Final = 0.08
"""The larger of two shares: the face's width of the picture's, or its height of the picture's."""
MIN_SHARPNESS: Final = 20.0
MIN_BRIGHTNESS: Final = 25.0
MAX_BRIGHTNESS: Final = 97.0
MAX_YAW: Final = 30.0
MAX_PITCH: Final = 30.0
MAX_ROLL: Final = 45.0
"""Degrees."""
MIN_CONFIDENCE: Final = 60.0
"""Per cent. Sunglasses or closed eyes that are less certain are no reason to refuse."""

_UNREADABLE: Final = Refusal(
    "unreadable_image", "A photo of this shape cannot be looked at: send one that is less narrow."
)
PHOTO_NOT_THERE: Final = Refusal(
    "photo_not_there", "There is no such photo: send it again.", final=False
)
_NO_FACE: Final = Refusal(
    "no_face", "There is no face on this photo: send one that shows your face, upright."
)
_TOO_SMALL: Final = Refusal(
    "face_too_small",
    f"The face is too small; it must be at least {MIN_FACE_SIDE} pixels wide and high, and take "
    f"up {MIN_FACE_SHARE:.0%} of the photo's width or height: come closer.",
)
_SUNGLASSES: Final = Refusal("sunglasses", "Take off your sunglasses, and send a new photo.")
_TOO_DARK: Final = Refusal("too_dark", "The face is too dark: send a photo with more light on it.")
_TOO_BRIGHT: Final = Refusal(
    "too_bright", "The face is too bright: send a photo with less light on it."
)
_BLURRED: Final = Refusal("blurred", "The face is blurred: hold still, and send a sharper photo.")
_LOOKS_AWAY: Final = Refusal("looks_away", "Look straight at the camera, and send a new photo.")
_EYES_CLOSED: Final = Refusal(
    "eyes_closed", "The eyes are closed: open them, and send a new photo."
)


def refusal_of(faces: Sequence[Face], size: "Size") -> Refusal | None:
    """Why a picture of this size with these faces is refused; None: it is suitable.

    Of several reasons, the one that a person sees most easily.
    """
    if not faces:
        return _NO_FACE
    if len(faces) > 1:
        return Refusal(
            "several_faces",
            f"There are {len(faces)} faces on this photo: send one that shows only yours.",
        )
    return _refusal_of_face(faces[0], size)


def _refusal_of_face(face: Face, size: "Size") -> Refusal | None:
    looks_away = abs(face.yaw) > MAX_YAW or abs(face.pitch) > MAX_PITCH
    closed = FaceAttribute(not face.eyes_open.value, face.eyes_open.confidence)
    checks = (
        (_is_too_small(face, size), _TOO_SMALL),
        (_is_certain(face.sunglasses), _SUNGLASSES),
        (face.brightness < MIN_BRIGHTNESS, _TOO_DARK),
        (face.brightness > MAX_BRIGHTNESS, _TOO_BRIGHT),
        (face.sharpness < MIN_SHARPNESS, _BLURRED),
        (looks_away or abs(face.roll) > MAX_ROLL, _LOOKS_AWAY),
        (_is_certain(closed), _EYES_CLOSED),
    )
    return next((refusal for is_unsuitable, refusal in checks if is_unsuitable), None)


def _is_too_small(face: Face, size: "Size") -> bool:
    """Is the face too small to be matched?"""
    width, height = face.box.width * size.width, face.box.height * size.height
    return (
        min(width, height) < MIN_FACE_SIDE or max(face.box.width, face.box.height) < MIN_FACE_SHARE
    )


def unreadable(rejection: RejectedError) -> Refusal:
    """The refusal for a photo that is unreadable or missing."""
    if rejection.code == RejectedError.code:  # Rekognition gives no reason
        return _UNREADABLE
    is_final = rejection.code != PHOTO_NOT_THERE.code
    return Refusal(rejection.code, rejection.message, final=is_final)


def _is_certain(attribute: FaceAttribute) -> bool:
    return attribute.value and attribute.confidence >= MIN_CONFIDENCE
