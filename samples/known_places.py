"""Photos of pages of which is known where each word that is read aloud stands.

A photo takes about half a second to draw. The same arguments always give the same one.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import ImageDraw

from chalicelib.pages.detection import Point, Polygon
from chalicelib.pages.skipping import SkipReason
from samples.camera import photograph, view_of
from samples.draw_page import SAMPLE_TEXT, SPINE, photo, scene_of
from samples.layouts.kinds import SPREAD
from samples.layouts.sheet import SIZE, Sheet
from samples.typesetting import Box

_WIDTH = 2400  # of the photo of the sample page, in pixels
_HALF = 2  # the sheet of the spread has twice as many pixels as its photo, each way
_HEADING = "The Night Doctor"
_LEFT_PAGE = """\
Dr. Fox lives in an old lighthouse near the harbour. Every evening she packs 2 kg of bandages \
and a wonderful blue lantern into her basket.
Tonight somebody knocked three times. A hedgehog had swallowed a button."""
_RIGHT_PAGE = """\
“Open your mouth,” whispered Dr. Fox. The lantern flickered, and the button rolled out across \
the kitchen floor.
“Thank you,” said the hedgehog. “Is it breakfast time already?” Everybody laughed, and the \
lighthouse sent its light across the silent water."""


@dataclass(frozen=True)
class KnownPage:
    """A photo of a page.

    Attributes:
        photo: A JPEG, upright.
        text: What is read aloud, a paragraph a line.
        words: Each word of the text, in order, and where it stands: two polygons if it is divided
            at the end of a line. In fractions of the photo, clockwise from the word's top left.
        skipped: What else is on the page, and why nobody reads it aloud.
    """

    photo: bytes
    text: str
    words: list[tuple[str, list[Polygon]]]
    skipped: list[tuple[SkipReason, str]]


def sample_page(*, comment: str = "") -> KnownPage:
    """Draw the page of `samples/page.jpg`.

    Args:
        comment: As for `draw_page.photo`.
    """
    scene, words = scene_of(SAMPLE_TEXT, seed=7, width=_WIDTH)
    page = photograph(scene, angle=2.0, noise=4.0, seed=7)
    polygons = _polygons((box for _, box in words), scene.size, angle=2.0, seed=7)
    return KnownPage(
        photo(page, comment=comment),
        SAMPLE_TEXT,
        [(word, [polygon]) for (word, _), polygon in zip(words, polygons, strict=True)],
        [],
    )


def spread(*, comment: str = "") -> KnownPage:
    """Draw two pages: a heading, a divided word on each, "Dr.", "2 kg", and two page numbers.

    Args:
        comment: As for `draw_page.photo`.
    """
    sheet = Sheet(*SPREAD, random.Random(0))  # noqa: S311  # no secret
    middle, size = sheet.width // 2, 2 * SIZE
    sheet.row(_HEADING, 180, 260, 1.6 * size)
    sheet.spoken.append(_HEADING)
    for text, left, top in ((_LEFT_PAGE, 180, 480), (_RIGHT_PAGE, middle + 180, 260)):
        sheet.column(text.split("\n"), left, top, middle - 360, size=size, divides=True)
    printed = [word for line in sheet.lines for word in line]
    for number, left in (("12", 640), ("13", middle + 640)):
        sheet.row(number, left, sheet.height - 180)
        sheet.skip(SkipReason.PAGE_NUMBER, number)
    drawn = sheet.drawn()
    ImageDraw.Draw(drawn).rectangle((middle - 9, 0, middle + 9, sheet.height), fill=SPINE)
    scene = drawn.reduce(_HALF)
    boxes = [(each.left, each.top, each.right, each.top + each.size) for each in printed]
    polygons = iter(_polygons(boxes, drawn.size, angle=1.5, seed=1))
    parts = iter(printed)
    words = []
    for word in " ".join(sheet.spoken).split():
        part, places = next(parts).text, [next(polygons)]
        if part != word:
            part = part.removesuffix("-") + next(parts).text
            places.append(next(polygons))
        assert part == word  # noqa: S101  # the sheet prints nothing else
        words.append((word, places))
    page = photograph(scene, angle=1.5, noise=4.0, seed=1)
    return KnownPage(photo(page, comment=comment), "\n".join(sheet.spoken), words, sheet.skipped)


def _polygons(
    boxes: Iterable[Box], size: tuple[int, int], *, angle: float, seed: int
) -> list[Polygon]:
    """Where boxes of a scene are on its photo."""
    width, height = size
    view = view_of(size, angle=angle, seed=seed)

    def seen(x: float, y: float) -> Point:
        across, down = view((x, y))
        return Point(across / width, down / height)

    return [
        (seen(left, top), seen(right, top), seen(right, bottom), seen(left, bottom))
        for left, top, right, bottom in boxes
    ]
