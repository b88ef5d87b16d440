"""Measures the brightness of grey images."""

from PIL import Image


def shade(image: Image.Image, share: float, mask: Image.Image | None = None) -> int:
    """The shade that so many of the pixels do not exceed.

    Args:
        image: Of mode L.
        share: Of the pixels, 0 to 1.
        mask: White where pixels count; None if all of them do.
    """
    shades = image.histogram(mask)
    wanted, seen = share * sum(shades), 0
    for value, count in enumerate(shades):
        seen += count
        if seen >= wanted:
            return value
    return len(shades) - 1
