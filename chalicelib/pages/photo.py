"""Checks photos, and makes upright page images of them."""

import io
from typing import Final

from PIL import ExifTags, Image, ImageCms, UnidentifiedImageError, WebPImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

from chalicelib.errors import (
    InvalidRequestError,
    RejectedError,
    TooLargeError,
    UnsupportedTypeError,
)
from chalicelib.pages import decoding_memory, image_files, own_tables
from chalicelib.pages.size import Size

MAX_PIXELS: Final = 100_000_000
"""More than phones take. A "decompression bomb" says that it has more, to exhaust memory."""

MIN_SIDE: Final = 80
"""Rekognition's minimum, in pixels (Rekognition guidelines and quotas)."""

_MAX_PAGE_SIDE: Final = 4096
_MAX_RATIO: Final = 8
"""Of the sides of a larger image: scaled down, its shorter side has at least 512 pixels."""
_MAX_PAGE_BYTES: Final = 5_000_000
"""DetectText takes up to 5 MB as bytes (Rekognition guidelines and quotas)."""

_CONTENT_TYPES: Final = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # a JPEG with a second picture, as many phones take them
    "PNG": "image/png",
    "GIF": "image/gif",
    WebPImagePlugin.WebPImageFile.format: "image/webp",
    "HEIF": "image/heic",
}

# `_opened` compares with MAX_PIXELS before it decodes a pixel. Pillow's own limit would only warn.
Image.MAX_IMAGE_PIXELS = None


_TRANSPOSITIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By EXIF's orientation (Exif 2.3, tag 274)."""

_VISIBLE: Final = 128
_DARK: Final = 160
_FEW: Final = 0.01
"""White letters on nothing, as for dark screens: hardly a visible pixel is darker than that."""

_SRGB: Final = ImageCms.createProfile("sRGB")


def checked_content_type(photo: bytes) -> str:
    """Decode a photo completely, and return its format.

    Raises:
        UnsupportedTypeError: The bytes are no image, or of another format.
        InvalidRequestError: The image is damaged, incomplete, smaller than `MIN_SIDE`, or long
            and narrow.
        TooLargeError: It has more than `MAX_PIXELS`.
    """
    photo = image_files.readable(photo)
    image = _opened(photo)
    if min(image.size) < MIN_SIDE:
        raise InvalidRequestError(
            f"This image is {image.width} x {image.height} pixels; "
            f"it needs at least {MIN_SIDE} on each side.",
            code="image_too_small",
        )
    if max(image.size) > max(_MAX_PAGE_SIDE, _MAX_RATIO * min(image.size)):
        raise InvalidRequestError(
            f"This image is {image.width} x {image.height} pixels: too long for its letters to be "
            f"read. Cut it into pieces that are at most {_MAX_RATIO} times as long as wide.",
            code="image_too_long",
        )
    if not isinstance(image, JpegImageFile):  # which an MPO is, too
        _decode(image)
    elif not image_files.is_whole(photo):
        raise _damaged()
    return _CONTENT_TYPES[image.format or ""]


def upright_page(photo: bytes) -> Image.Image:
    """The photo turned as its EXIF says: RGB, at most 4096 pixels a side, no metadata."""
    image = _opened(image_files.readable(photo))
    largest = (_MAX_PAGE_SIDE, _MAX_PAGE_SIDE)
    size = image.size
    image.draft("RGB", largest)  # a very large JPEG is decoded at a smaller size
    _decode(image)
    if image.mode.startswith("I"):  # 16 bits of grey, which `convert` would make white
        image = image.point(lambda value: value / 256).convert("L")
    elif image.mode in {"1", "P"}:  # `thumbnail` cannot smooth these
        image = image.convert("RGBA")
    # First, because each operation below copies the pixels.
    image.thumbnail(largest, reducing_gap=2.0)
    seen = _in_standard_colours(_as_exif_says(image))
    page = _on_paper(seen)
    is_as_stored = seen is image and page.size == size
    page.info = own_tables.kept(image) if is_as_stored else {}
    return page


def _as_exif_says(image: Image.Image) -> Image.Image:
    """The image turned and mirrored by its orientation; other EXIF may be broken, and is not read.

    `ImageOps.exif_transpose` writes the EXIF again, which fails for much that can be read.
    """
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # each kind of broken EXIF raises another error
        return image
    method = _TRANSPOSITIONS.get(orientation) if isinstance(orientation, int) else None
    return image if method is None else image.transpose(method)


def _in_standard_colours(image: Image.Image) -> Image.Image:
    """The image in sRGB, if it has another profile: what is shared has no profile."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    mode = "RGBA" if image.has_transparency_data else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError):  # a broken profile, or one of another mode
        return image
    return converted or image


def turned(page: Image.Image, degrees: int) -> Image.Image:
    """The page turned clockwise by a multiple of 90 degrees."""
    transpositions = {
        90: Image.Transpose.ROTATE_270,  # Pillow turns counter-clockwise
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_90,
    }
    turn = degrees % 360
    if not turn:
        return page
    other = page.transpose(transpositions[turn])
    other.info = {}
    return other


def encoded(page: Image.Image) -> bytes:
    """The page as a JPEG without metadata, small enough for one request of DetectText."""
    for options in (*own_tables.options(page), {"quality": 90}, {"quality": 80}, {"quality": 65}):
        target = io.BytesIO()
        page.save(target, "JPEG", **options)
        if target.tell() <= _MAX_PAGE_BYTES:
            return target.getvalue()
    return encoded(page.reduce(2))


def size_of_jpeg(picture: bytes) -> Size:
    """The size of a JPEG, without decoding it."""
    return Size(*_opened(picture).size)


def cut_out(picture: bytes, square: tuple[int, int, int, int], side: int) -> bytes:
    """A square of a picture, at most `side` pixels wide, as a JPEG without metadata.

    Args:
        picture: A JPEG that `encoded` made.
        square: Left, top, right, bottom in pixels.
        side: A smaller square is not enlarged.
    """
    image = _opened(picture)
    _decode(image)
    width = square[2] - square[0]
    shown = (min(side, width),) * 2
    cut = image.resize(shown, Image.Resampling.LANCZOS, box=square, reducing_gap=3.0)
    cut.info = {}
    return encoded(cut)


def _opened(photo: bytes) -> Image.Image:
    formats = ["JPEG", "PNG", "GIF", "WEBP"]
    if photo[4:8] == b"ftyp":  # HEIF; other formats do not need to load its codec
        from pi_heif import register_heif_opener  # noqa: PLC0415

        register_heif_opener()
        formats = ["HEIF"]
    try:
        image = Image.open(io.BytesIO(photo), formats=formats)
    except UnidentifiedImageError as error:
        raise UnsupportedTypeError(image_files.why_no_photo(photo)) from error
    except Exception as error:
        raise _damaged() from error
    try:
        coded = decoding_memory.coded_pixels(photo) if image.format == "HEIF" else 0
    except (ValueError, IndexError) as error:
        raise _damaged() from error
    pixels = max(image.width * image.height, coded)
    most = min(MAX_PIXELS, decoding_memory.max_pixels(image))
    if pixels > most:
        raise TooLargeError(
            f"This image has {pixels / 10**6:,.1f} megapixels; "
            f"send one of at most {most // 10**6} megapixels.",
            code="too_many_pixels",
        )
    return image


def _decode(image: Image.Image) -> None:
    try:
        image.load()
    except MemoryError:
        raise
    except Exception as error:  # codecs raise OSError, SyntaxError, ValueError, EOFError, ...
        raise _damaged() from error


def _damaged() -> RejectedError:
    return InvalidRequestError(
        "This image is damaged or incomplete: send the photo again.", code="unreadable_image"
    )


def _on_paper(image: Image.Image) -> Image.Image:
    """The image without transparency: on white, or on black if nothing of it is dark."""
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")  # which would copy it
    layer = image.convert("RGBA")
    visible = layer.getchannel("A").point(lambda alpha: 255 * (alpha >= _VISIBLE))
    shades = layer.convert("L").histogram(visible)
    is_light = sum(shades[:_DARK]) < _FEW * sum(shades)
    paper = Image.new("RGBA", layer.size, "black" if is_light else "white")
    return Image.alpha_composite(paper, layer).convert("RGB")
