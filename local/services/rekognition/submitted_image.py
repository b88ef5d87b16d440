"""Decodes a request's image, and refuses what Rekognition refuses."""

import io
import struct
import zlib
from typing import Any, Final

from PIL import ExifTags, Image, UnidentifiedImageError

from local.services.service_error import ServiceError, not_implemented

MIN_SIDE: Final = 80
"""Pixels of either side ("Guidelines and quotas in Amazon Rekognition")."""
MAX_SIDE: Final = 10_000
"""Pixels of either side. The quotas name it for other operations than DetectText; it also keeps
decompression bombs out."""

_TURN_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Undoes each value of the EXIF orientation."""

_DAMAGED: Final = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
"""What Pillow raises for files that end early or are broken inside."""


def image_bytes(image: dict[str, Any]) -> bytes:
    """Return the bytes of a request's ``Image``.

    Raises:
        ServiceError: ``InvalidParameterException``, or ``NotImplemented`` for an image in S3.
    """
    if "S3Object" in image:
        raise not_implemented("images in S3")
    if "Bytes" not in image:
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    return bytes(image["Bytes"])


def decode_image(data: bytes, longest_side: int) -> Image.Image:
    """Return the picture in RGB, turned as its EXIF says, scaled down to `longest_side` pixels.

    Rekognition corrects the orientation of a JPEG whose EXIF gives one, and every coordinate that
    it returns belongs to the corrected image; it never turns a PNG. AWS states this for its image
    operations in general and for DetectFaces in particular (``OrientationCorrection``).

    Raises:
        ServiceError: ``InvalidImageFormatException`` (neither JPEG nor PNG, or damaged),
            ``InvalidParameterException`` (too small) or ``ImageTooLargeException``.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
    except UnidentifiedImageError as error:
        raise _invalid_format() from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except _DAMAGED as error:
        raise _invalid_format() from error

    if min(image.size) < MIN_SIDE:
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    if max(image.size) > MAX_SIDE:
        raise _too_large()
    orientation = 1 if image.format == "PNG" else _orientation(image)
    try:
        image.thumbnail((longest_side, longest_side))  # decodes a large JPEG at its smaller size
        picture = image.convert("RGB")
    except _DAMAGED as error:
        raise _invalid_format() from error
    turn = _TURN_UPRIGHT.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (*_DAMAGED, TypeError):
        return 1  # A damaged EXIF block says nothing about the orientation.


def _invalid_format() -> ServiceError:
    return ServiceError("InvalidImageFormatException", "Request has invalid image format")


def _too_large() -> ServiceError:
    return ServiceError("ImageTooLargeException", "Image size is too large")
