"""A labelled page: the photo, the perfect detections, the text, and what is skipped."""

import random
from dataclasses import dataclass

from PIL import Image

from chalicelib.pages.detection import Kind, Point, TextDetection
from chalicelib.pages.skipping import SkipReason
from samples.layouts.kinds import KINDS
from samples.layouts.prose import Prose
from samples.layouts.sheet import PlacedWord, Sheet
from samples.layouts.view import FLAT, View

Polygon = tuple[Point, Point, Point, Point]


@dataclass(frozen=True)
class LabelledPage:
    """A page, and what a person reads on it.

    Attributes:
        detections: All lines, in any order, then their words, as DetectText answers.
        text: A paragraph a line.
        skipped: Why, and the words.
    """

    sheet: Sheet
    view: View
    detections: list[TextDetection]
    text: str
    skipped: list[tuple[SkipReason, str]]

    @property
    def aspect(self) -> float:
        return self.sheet.width / self.sheet.height

    def photo(self) -> Image.Image:
        """Draw the page as its camera sees it; English only."""
        return self.view.photo(self.sheet.drawn())


def labelled_page(kind: str, language: str, seed: int, view: View = FLAT) -> LabelledPage:
    """Make a page; the same arguments always make the same one.

    Args:
        kind: A key of `KINDS`.
        language: A key of `LANGUAGES`. Pages in Arabic are mirrored.
        seed: Decides the text and the measures.
        view: How the camera sees the sheet.
    """
    rng = random.Random(f"{kind} {language} {seed}")  # noqa: S311  # no secret
    fill, (width, height) = KINDS[kind]
    sheet = Sheet(width, height, rng)
    fill(sheet, Prose(language, rng))
    rng.shuffle(sheet.lines)
    detections = _detections(sheet, view, mirrored=language == "ar")
    return LabelledPage(sheet, view, detections, "\n".join(sheet.spoken), sheet.skipped)


def _detections(sheet: Sheet, view: View, *, mirrored: bool) -> list[TextDetection]:
    aspect = sheet.width / sheet.height

    def polygon(first: PlacedWord, last: PlacedWord) -> Polygon:
        left, right = first.left, min(last.right, sheet.width)  # the photo's edge cuts words off
        if mirrored:
            left, right = sheet.width - right, sheet.width - left
        tops = (last.top, first.top) if mirrored else (first.top, last.top)
        bottoms = [top + word.size for top, word in zip(tops, (first, last), strict=True)]
        corners = (left, tops[0]), (right, tops[1]), (right, bottoms[1]), (left, bottoms[0])
        top_left, top_right, bottom_right, bottom_left = (
            Point(*view.seen((x / sheet.width, y / sheet.height), aspect)) for x, y in corners
        )
        return top_left, top_right, bottom_right, bottom_left

    lines = [
        TextDetection(
            Kind.LINE, " ".join(word.text for word in line), 99.0, polygon(line[0], line[-1])
        )
        for line in sheet.lines
    ]
    words = [
        TextDetection(Kind.WORD, word.text, 99.0, polygon(word, word), place)
        for place, line in enumerate(sheet.lines)
        for word in line
    ]
    return lines + words
