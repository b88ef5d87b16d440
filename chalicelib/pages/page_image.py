"""The page's image while the page is read: turned, and as a JPEG."""

from functools import cache

from PIL import Image

from chalicelib.pages import photo


class PageImage:
    """The page as EXIF has it; it can be turned clockwise by multiples of 90 degrees."""

    def __init__(self, stored: bytes) -> None:
        """Decode a photo; `photo.upright_page` says how."""
        self._image = photo.upright_page(stored)
        self._jpeg = cache(lambda degrees: photo.encoded(self.turned(degrees)))

    def aspect(self, degrees: int = 0) -> float:
        """Width divided by height, after a turn."""
        width, height = self._image.size
        return height / width if degrees % 180 else width / height

    def turned(self, degrees: int) -> Image.Image:
        return photo.turned(self._image, degrees)

    def encoded(self, degrees: int) -> bytes:
        """The turned page as `photo.encoded` makes it; each turn is encoded once."""
        return self._jpeg(degrees % 360)
