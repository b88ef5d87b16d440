"""Takes in an image as Rekognition does, and refuses what Rekognition refuses."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

from PIL import ExifTags, Image, UnidentifiedImageError

from local.services.service_error import ServiceError

ReadObject = Callable[[str, str, str | None], bytes]
"""Returns an S3 object's bytes by bucket, key and version (None: the newest), and raises KeyError
if there is none."""

LARGEST_OBJECT: Final = 15 * 1024 * 1024
"""Bytes of an image in S3. Bytes in the request are limited by the API model (5 MB)."""

SMALLEST_SIDE: Final = 80
"""Pixels of either side ("Guidelines and quotas in Amazon Rekognition")."""
LARGEST_SIDE: Final = 10_000
"""Pixels of either side. The quotas name it for other operations only, DetectText is not said to be
any better; it also keeps decompression bombs out."""

_TURN_UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each value of the EXIF orientation."""

_DAMAGED: Final = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error)
"""What Pillow raises for files that end early or are broken inside."""


def image_bytes(image: dict[str, Any], read_object: ReadObject) -> bytes:
    """Return the bytes of a request's ``Image``, in the request or in S3.

    Raises:
        ServiceError: ``InvalidParameterException`` (neither or both, or an incomplete name),
            ``InvalidS3ObjectException`` or ``ImageTooLargeException``.
    """
    s3_object = image.get("S3Object", {})
    in_request = "Bytes" in image
    if in_request == ("S3Object" in image) or not (in_request or _names_object(s3_object)):
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    if in_request:
        return bytes(image["Bytes"])
    try:
        data = read_object(s3_object["Bucket"], s3_object["Name"], s3_object.get("Version"))
    except KeyError as error:
        raise ServiceError(
            "InvalidS3ObjectException",
            "Unable to get object metadata from S3. "
            "Check object key, region and/or access permissions.",
        ) from error
    if len(data) > LARGEST_OBJECT:
        raise _too_large()
    return data


def decode_image(data: bytes, longest_side: int) -> Image.Image:
    """Return the picture in RGB, turned as its EXIF says, scaled down to `longest_side` pixels.

    Rekognition corrects the orientation of a JPEG whose EXIF gives one, and every coordinate that
    it returns belongs to the corrected image; PNG is never turned. AWS states this for its image
    operations in general and for DetectFaces in particular (``OrientationCorrection``), and nothing
    else for DetectText.

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

    if min(image.size) < SMALLEST_SIDE:
        raise ServiceError("InvalidParameterException", "Request has invalid parameters")
    if max(image.size) > LARGEST_SIDE:
        raise _too_large()
    orientation = 1 if image.format == "PNG" else _orientation(image)
    try:
        image.thumbnail((longest_side, longest_side))  # decodes a large JPEG at its smaller size
        picture = image.convert("RGB")
    except _DAMAGED as error:
        raise _invalid_format() from error
    turn = _TURN_UPRIGHT.get(orientation)
    return picture if turn is None else picture.transpose(turn)


def _names_object(s3_object: dict[str, Any]) -> bool:
    return "Bucket" in s3_object and "Name" in s3_object


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (*_DAMAGED, TypeError):
        return 1  # A damaged EXIF block says nothing about the orientation.


def _invalid_format() -> ServiceError:
    return ServiceError("InvalidImageFormatException", "Request has invalid image format")


def _too_large() -> ServiceError:
    return ServiceError("ImageTooLargeException", "Image size is too large")
