"""The quantization tables of a JPEG photo, for the page that is made of it. Pure.

A JPEG that is decoded and encoded with its own tables loses next to nothing, and keeps its size.
With finer tables, which a higher quality has, it gets a third larger for nothing.
"""

from typing import Any, Final

from PIL import Image

_NAME: Final = "own tables"
_OF_LUMA_AND_CHROMA: Final = 2
_SUM_AT_90: Final = 736
"""Of the luma table at quality 90 (libjpeg). A photo with finer tables gets this quality."""


def kept(photo: Image.Image) -> dict[Any, Any]:
    """Info of an image with the pixels of a photo in their places; empty for most photos."""
    tables = getattr(photo, "quantization", {})  # only a JPEG has some
    if photo.mode != "RGB" or len(tables) != _OF_LUMA_AND_CHROMA:
        return {}
    return {_NAME: tables} if sum(tables[0]) > _SUM_AT_90 else {}


def options(page: Image.Image) -> list[dict[str, Any]]:
    """Options for saving an image with the tables that it kept, if it has some."""
    return [{"qtables": page.info[_NAME]}] if _NAME in page.info else []
