"""How many pixels of a photo can be decoded in the memory that there is, known from its header."""

import re
from collections.abc import Iterator
from typing import Final

from PIL import Image, WebPImagePlugin
from PIL.JpegImagePlugin import JpegImageFile

_MAX_MEMORY: Final = 700_000_000
"""Bytes for one picture: the smallest function that decodes photos has 1,024 MB."""

# Bytes a pixel, as measured by tests/test_memory.py.
_OF_FORMAT: Final = {WebPImagePlugin.WebPImageFile.format: 16.5, "HEIF": 7.0}
_OF_PIXEL: Final = 4.0  # Pillow takes as many for a pixel in three colours
_OF_COEFFICIENT: Final = 2.0  # a progressive JPEG keeps one for each colour of a pixel

# ISO/IEC 14496-15, 8.3.3.1, and ITU-T H.265, 7.3.2.2.
_CONFIGURATION: Final = b"hvcC"
_SEQUENCE: Final = 33  # NAL unit type of a sequence parameter set
_EMULATION: Final = re.compile(rb"\x00\x00\x03")
_ALL_CHROMA: Final = 3


def max_pixels(image: Image.Image) -> int:
    """How many pixels an image of this format and mode may have."""
    a_pixel = _OF_FORMAT.get(image.format or "", _OF_PIXEL)
    if isinstance(image, JpegImageFile) and image.info.get("progressive"):
        a_pixel = _OF_COEFFICIENT * len(image.getbands()) + 1.0  # it is decoded at half its size
    return int(_MAX_MEMORY / a_pixel)


def coded_pixels(heic: bytes) -> int:
    """The most pixels of any picture in a HEIC; what its header says may be less.

    Raises:
        ValueError, IndexError: The file's description of its pictures is broken.
    """
    return max((_size_in(each) for each in _sequences(heic)), default=0)


def _sequences(heic: bytes) -> Iterator[bytes]:
    for found in re.finditer(_CONFIGURATION, heic):
        position = found.end() + 22
        arrays, position = heic[position], position + 1
        for _ in range(arrays):
            kind, count = heic[position] & 63, int.from_bytes(heic[position + 1 : position + 3])
            position += 3
            for _ in range(count):
                length = int.from_bytes(heic[position : position + 2])
                if kind == _SEQUENCE:
                    yield heic[position + 2 : position + 2 + length]
                position += 2 + length


def _size_in(sequence: bytes) -> int:
    """Width times height in a sequence parameter set."""
    data = _EMULATION.sub(b"\x00\x00", sequence[2:])
    bits = _Bits(data)
    layers = bits.skip(4).number(3)
    bits.skip(1 + 96)
    present = [(bits.number(1), bits.number(1)) for _ in range(8 if layers else 0)][:layers]
    for has_profile, has_level in present:
        bits.skip(88 * has_profile + 8 * has_level)
    bits.exponential()
    if bits.exponential() == _ALL_CHROMA:
        bits.skip(1)
    return bits.exponential() * bits.exponential()


class _Bits:
    def __init__(self, data: bytes) -> None:
        self._bits = f"{int.from_bytes(data):0{8 * len(data)}b}"
        self._position = 0

    def skip(self, count: int) -> "_Bits":
        self._position += count
        return self

    def number(self, count: int) -> int:
        self._position += count
        return int(self._bits[self._position - count : self._position], 2)

    def exponential(self) -> int:
        """An Exp-Golomb number (H.265, 9.2)."""
        zeros = self._bits.index("1", self._position) - self._position
        self._position += zeros
        return self.number(zeros + 1) - 1
