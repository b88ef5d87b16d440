"""Draws a picture-book page as a phone's photo shows it.

``python -m samples.draw_page`` writes ``samples/page.jpg``, the photo that ``make demo``
reads. Tests and benchmarks draw pages with texts of their own. The same arguments always
give the same picture; a page of 2,400 pixels takes about a third of a second.
"""

import io
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw
from PIL.ExifTags import GPS, IFD, Base

from samples.camera import photograph
from samples.illustration import draw_illustration
from samples.typesetting import Box, draw_block, fit, placed_words

SAMPLE_PHOTO = Path(__file__).with_name("page.jpg")
SAMPLE_TEXT = """\
Every night the lighthouse keeper's cat counted the boats home. One, two, three, four. \
Tonight the fifth was late.
“Somebody left the fog on,” said Biscuit, and she put one paw on the great brass lamp.
The light swung round, wide and gold. Far out, a small bell answered.
“There you are,” purred Biscuit. “Supper is getting cold.”"""

TABLE = (112, 84, 62)
PAPER = (250, 245, 233)
SPINE = (206, 198, 184)

Turn = Literal[0, 90, 180, 270]  # degrees anticlockwise
Orientation = Literal[1, 3, 6, 8]
RIGHT_ORIENTATION: dict[Turn, Orientation] = {0: 1, 90: 6, 180: 3, 270: 8}


def draw_page(
    text: str, *, seed: int = 0, angle: float = 2.0, width: int = 2400, noise: float = 4.0
) -> Image.Image:
    """Draw the photo of a page: a picture above, the text below it, a table around it.

    Args:
        text: ASCII and curly quotes, about 120 words at most; each line is a paragraph.
            Empty for a page that is all picture.
        seed: Varies the picture, the perspective, the light and the noise.
        angle: Degrees by which the page lies turned clockwise.
        width: The photo's width in pixels; it is three quarters as high.
        noise: Standard deviation of the sensor's noise, in 1/256 of white.

    Raises:
        ValueError: The text does not fit the page, or the typeface lacks a character.
    """
    scene, _ = scene_of(text, seed=seed, width=width)
    return photograph(scene, angle=angle, noise=noise, seed=seed)


def scene_of(text: str, *, seed: int, width: int) -> tuple[Image.Image, list[tuple[str, Box]]]:
    """Draw what `draw_page` photographs; return also each word and its box in pixels.

    Raises:
        ValueError: As `draw_page` raises it.
    """
    scene = Image.new("RGB", (width, width * 3 // 4), TABLE)
    left, top, right, bottom = (round(width * part) for part in (0.06, 0.05, 0.94, 0.70))
    draw = ImageDraw.Draw(scene)
    draw.rectangle((left, top, right, bottom), fill=PAPER)
    draw.rectangle((left, top, left + width // 150, bottom), fill=SPINE)
    margin = width // 25
    text_width = right - left - 2 * margin
    picture_height = round((bottom - top) * 0.47)
    picture = draw_illustration(text_width, picture_height, seed)
    scene.paste(picture, (left + margin, top + margin // 2))
    text_top = top + margin + picture_height
    block = fit(text, text_width, bottom - margin // 2 - text_top)
    draw_block(draw, block, left + margin, text_top)
    return scene, placed_words(block, left + margin, text_top)


def photo(
    page: Image.Image,
    *,
    turned: Turn = 0,
    orientation: Orientation | None = 1,
    quality: int = 80,
    comment: str = "",
) -> bytes:
    """Save a page as the JPEG file that a phone would write.

    The two ways to be turned are independent, as they are on phones: a photo whose EXIF
    is right has ``orientation=RIGHT_ORIENTATION[turned]``.

    Args:
        page: An upright page.
        turned: Degrees by which the stored pixels are turned anticlockwise.
        orientation: The EXIF orientation; without one the file has no EXIF at all.
            With one, it also says where the photo was taken (the Bell Rock lighthouse).
        quality: The JPEG's quality, 1 to 95.
        comment: Kept in the file, unseen: the same picture as another file.
    """
    file = io.BytesIO()
    exif = b"" if orientation is None else _exif(orientation).tobytes()
    pixels = page.rotate(turned, expand=True) if turned else page
    pixels.save(file, "JPEG", quality=quality, exif=exif, comment=comment)
    return file.getvalue()


def _exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make] = "Storytime"
    exif[Base.Model] = "drawn page"
    exif[Base.Orientation] = orientation
    exif[IFD.GPSInfo] = {
        GPS.GPSLatitudeRef: "N",
        GPS.GPSLatitude: (56.0, 26.0, 3.0),
        GPS.GPSLongitudeRef: "W",
        GPS.GPSLongitude: (2.0, 23.0, 14.0),
    }
    return exif


def draw_sample() -> Image.Image:
    """Draw the page of ``samples/page.jpg``."""
    return draw_page(SAMPLE_TEXT, seed=7)


if __name__ == "__main__":
    SAMPLE_PHOTO.write_bytes(photo(draw_sample()))
    print(f"Wrote {SAMPLE_PHOTO} ({SAMPLE_PHOTO.stat().st_size // 1000} kB)")
