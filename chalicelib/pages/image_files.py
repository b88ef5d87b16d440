"""JPEG and PNG files that Pillow refuses, or takes, although their pixels say otherwise."""

import io
import re
import zlib
from collections.abc import Iterator
from typing import Final

from PIL import Image

# ISO 10918-1, table B.1. Within a scan, 0xFF followed by 0x00 is data, by 0xD0 to 0xD7 a
# restart, by another 0xFF padding. Followed by anything else it is a marker.
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])")
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_SEGMENTS: Final = frozenset([*range(0xC0, 0xD0), *range(_SCAN, 0xF0), 0xFE])
_END_MARKER: Final = b"\xff\xd9"
_OTHER_DATA: Final = b"\x55\xaa\x33" * 40
"""More than a decoder needs to fill the smallest part of a picture that is missing."""

_REDUCED: Final = 4
"""A JPEG is decoded at a quarter of its size: that shows each missing part, too, and is faster."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD: Final = 8  # bytes of a chunk before its data: length and name
_PNG_KEPT: Final = frozenset({b"tRNS", b"eXIf", b"iCCP"})
"""Chunks that change what is seen. Critical chunks, whose names begin with a capital, stay too."""

_MAX_METADATA: Final = 1024 * 1024
"""Pillow refuses a chunk that is larger once it is decompressed (`PngImagePlugin`)."""


_IN_BASE64: Final = (b"/9j/", b"iVBORw0KGgo", b"R0lGOD", b"UklGR")
"""What JPEG, PNG, GIF and WebP files begin with, in base64."""


def readable(photo: bytes) -> bytes:
    """The file up to where its pixels end, without metadata that Pillow refuses.

    Cameras and editors append other data to a JPEG, or leave its end marker out. They put
    megabytes of text into a PNG.
    """
    start = photo[:64].find(b"\xff\xd8\xff")
    if start >= 0:
        return photo[start : _end_of_pixels(photo, start)] + _END_MARKER
    return b"".join(_png_chunks(photo)) if photo.startswith(_PNG) else photo


def is_whole(jpeg: bytes) -> bool:
    """Does a `readable` JPEG have all its pixels?

    Decoders fill in missing parts without an error. So it is decoded twice, with different data
    behind what it has: only a picture that lacks a part shows the difference. Decoders of other
    formats raise an error, whatever end marker the file has.
    """
    data = jpeg.removesuffix(_END_MARKER)
    try:
        return _checksum(jpeg) == _checksum(data + _OTHER_DATA + _END_MARKER)
    except MemoryError:
        raise
    except Exception:  # the decoder's own refusal, of several kinds
        return False


def why_no_photo(sent: bytes) -> str:
    """A sentence about bytes that no decoder knows."""
    start = sent[:16].lstrip()
    if start.startswith(b"data:"):
        return "This is a data: address: decode what follows its comma, and send those bytes."
    if start.startswith(_IN_BASE64):
        return "This is a photo in base64: send its bytes as they are."
    return "This is not a photo that can be read: send a JPEG, PNG, WebP, HEIC or GIF image."


def _checksum(jpeg: bytes) -> int:
    image = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    image.draft(image.mode, (image.width // _REDUCED, image.height // _REDUCED))
    return zlib.crc32(image.tobytes())


def _end_of_pixels(jpeg: bytes, position: int) -> int:
    """Where the end marker is, or something that is no part of a picture."""
    scanned = False
    while match := _MARKER.search(jpeg, position):
        marker, position = match[1][0], match.end()
        if scanned and (marker == _END or marker not in _SEGMENTS):
            return match.start()
        if marker in _SEGMENTS:
            position += int.from_bytes(jpeg[position : position + 2])
        scanned = scanned or marker == _SCAN
    return len(jpeg)


def _png_chunks(photo: bytes) -> Iterator[bytes]:
    yield _PNG
    position = len(_PNG)
    while position + _PNG_HEAD <= len(photo):
        length = int.from_bytes(photo[position : position + 4])
        name = photo[position + 4 : position + _PNG_HEAD]
        following = position + _PNG_HEAD + length + 4
        chunk = photo[position:following]
        if name[:1].isupper() or (name in _PNG_KEPT and _is_sound(chunk)):
            yield chunk
        position = following


def _is_sound(chunk: bytes) -> bool:
    """Has a chunk the right checksum, and a size that Pillow takes?"""
    if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]) or len(chunk) > _MAX_METADATA:
        return False
    if not chunk.startswith(b"iCCP", 4):
        return True
    compressed = chunk[_PNG_HEAD:-4].partition(b"\0")[2][1:]
    try:
        opened = zlib.decompressobj()
        opened.decompress(compressed, _MAX_METADATA)
    except zlib.error:
        return False
    return not opened.unconsumed_tail
