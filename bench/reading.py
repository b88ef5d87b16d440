"""How well pages are read, on the local reader without the limit of 100 words."""

import io
import re
import secrets
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from PIL import Image, ImageOps

from bench.report import Figure
from chalicelib.pages.detection import Kind, Point, TextDetection
from chalicelib.pages.reading_order import read
from local.engines.text_lines import Quad
from local.engines.text_reader import LONGEST_SIDE, text_reader
from local.services.rekognition.detected_words import line_confidence, line_quad, words_of
from local.services.rekognition.submitted_image import decode_image
from samples.camera import photograph
from samples.layouts.kinds import KINDS
from samples.layouts.page import labelled_page

REAL_PAGES = Path(__file__).parents[2] / "shared" / "pages" / "real"
NOT_LATIN = {"ko-duck"}


@dataclass(frozen=True)
class Errors:
    """Shares of a page's words.

    Attributes:
        wrong: The word error rate: the edit distance.
        missing: Of the text, in any order.
        extra: In the reading only, in any order.
        order: What is wrong beyond missing and extra words.
    """

    wrong: float
    missing: float
    extra: float
    order: float


def errors(text: str, reading: str) -> Errors:
    right, found = _words(text), _words(reading)
    missing = (Counter(right) - Counter(found)).total()
    extra = (Counter(found) - Counter(right)).total()
    wrong = _edit_distance(right, found)
    order = max(0, wrong - max(missing, extra))
    return Errors(*(count / len(right) for count in (wrong, missing, extra, order)))


def measure(*, quick: bool) -> list[Figure]:
    seed = secrets.randbelow(2**32)
    pages = [
        labelled_page(kind, "en", seed + number)
        for number, kind in zip(range(5 if quick else 40), 2 * sorted(KINDS), strict=False)
    ]
    clean = [(page.photo(), page.text) for page in pages]
    noisy = [
        (photograph(photo, angle=(number % 13) - 6, noise=6, seed=seed + number), text)
        for number, (photo, text) in enumerate(clean)
    ]
    return [
        *_figures("drawn pages, clean", clean, 1.0, seed),
        *_figures("drawn pages, skewed and noisy", noisy, 3.0, seed),
        *_figures("real pages", [] if quick else list(_real_pages()), 18.0, seed),
    ]


def _figures(
    name: str, pages: Sequence[tuple[Image.Image, str]], target: float, seed: int
) -> Iterator[Figure]:
    if not pages:
        return
    found, recognising, ordering = [], 0.0, 0.0
    for photo, text in pages:
        started = time.perf_counter()
        detections = _detections(photo)
        between = time.perf_counter()
        reading = read(detections, photo.width / photo.height)
        ordering += time.perf_counter() - between
        recognising += between - started
        found.append(errors(text, reading.text))
    details = {
        part: round(100 * mean(getattr(each, part) for each in found), 2)
        for part in ("missing", "extra", "order")
    }
    wrong = 100 * mean(each.wrong for each in found)
    pages_read: dict[str, float | str] = {"pages": len(pages), "seed": seed}
    yield Figure(f"{name}: word error rate", wrong, target, "at most", " %", pages_read | details)
    share = 100 * ordering / recognising
    yield Figure(f"{name}: order / OCR time", share, 2.0, "at most", " %", pages_read)


def _real_pages() -> Iterator[tuple[Image.Image, str]]:
    for path in sorted(REAL_PAGES.glob("*.jpg")):
        if path.stem not in NOT_LATIN:
            photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
            yield photo, path.with_suffix(".txt").read_text()


def _detections(photo: Image.Image) -> list[TextDetection]:
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=90)
    read_lines = text_reader().read(decode_image(file.getvalue(), LONGEST_SIDE))
    found = [words for words in map(words_of, read_lines) if words]
    lines = [
        TextDetection(
            Kind.LINE,
            " ".join(word.text for word in words),
            line_confidence(words),
            _polygon(line_quad(words)),
        )
        for words in found
    ]
    return lines + [
        TextDetection(Kind.WORD, word.text, word.confidence, _polygon(word.quad), place)
        for place, words in enumerate(found)
        for word in words
    ]


def _polygon(quad: Quad) -> tuple[Point, Point, Point, Point]:
    first, second, third, fourth = (Point(x, y) for x, y in quad.tolist())
    return first, second, third, fourth


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("‘", "'")  # noqa: RUF001
    return re.findall(r"[^\W_]+(?:['-][^\W_]+)*", plain)


def _edit_distance(one: Sequence[str], other: Sequence[str]) -> int:
    before = list(range(len(other) + 1))
    for number, word in enumerate(one, start=1):
        row = [number]
        for place, beside in enumerate(other, start=1):
            row.append(min(before[place] + 1, row[-1] + 1, before[place - 1] + (word != beside)))
        before = row
    return before[-1]
