"""What a profile photo must show, and each way in which it may not do. Pure.

Every threshold stands here. Percentages are Rekognition's; it has no official scale of
sharpness or brightness (FaceDetail, ImageQuality: from 0 to 100, higher is sharper, brighter).
"""

from collections.abc import Sequence
from typing import Final

from chalicelib.errors import RejectedError
from chalicelib.pages.photo import Size
from chalicelib.profiles.faces import Face, FaceAttribute
from chalicelib.profiles.profile import Refusal

MIN_FACE_SIDE: Final = 80
"""Pixels of the shorter side of the face. Rekognition finds faces from 40 pixels on in
pictures of 1920 x 1080 (Recommendations for facial comparison input images)."""
MIN_FACE_SHARE: Final = 0.08
"""The longer side of the face, as a share of the picture's side along which it lies."""
MIN_SHARPNESS: Final = 20.0
MIN_BRIGHTNESS: Final = 25.0
MAX_BRIGHTNESS: Final = 97.0
MAX_YAW: Final = 30.0
MAX_PITCH: Final = 30.0
MAX_ROLL: Final = 45.0
"""Degrees."""
MIN_CONFIDENCE: Final = 60.0
"""Per cent; what is less certain of sunglasses or eyes refuses nobody."""


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


def refusal_of(faces: Sequence[Face], size: Size) -> Refusal | None:
    """Why a picture of this size with these faces is not taken; None: it is.

    The first reason that holds, those first that a person sees at a glance.
    """
    if not faces:
        return _NO_FACE
    if len(faces) > 1:
        return Refusal(
            "several_faces",
            f"There are {len(faces)} faces on this photo: send one that shows only yours.",
        )
    return _refusal_of_face(faces[0], size)


def _refusal_of_face(face: Face, size: Size) -> Refusal | None:
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


def _is_too_small(face: Face, size: Size) -> bool:
    """Is there too little of the face to know it again?"""
    width, height = face.box.width * size.width, face.box.height * size.height
    return (
        min(width, height) < MIN_FACE_SIDE or max(face.box.width, face.box.height) < MIN_FACE_SHARE
    )


def unreadable(rejection: RejectedError) -> Refusal:
    """What was sent is no photo that can be looked at, or is not there at all."""
    if rejection.code == RejectedError.code:  # Rekognition says no more of it than that
        return _UNREADABLE
    is_final = rejection.code != PHOTO_NOT_THERE.code
    return Refusal(rejection.code, rejection.message, final=is_final)


def _is_certain(what: FaceAttribute) -> bool:
    return what.value and what.confidence >= MIN_CONFIDENCE
