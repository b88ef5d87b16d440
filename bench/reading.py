"""How well pages are read, on the local reader without the limit of 100 words."""

import io
import itertools
import operator
import re
import secrets
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean, median

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
from samples.layouts.prose import LANGUAGES

REAL_PAGES = Path(__file__).parents[2] / "shared" / "pages" / "real"
NOT_LATIN = {"ko-duck"}
_DRAWN_PAGES = 40
_REPEATS = 3  # of the order, which takes a few milliseconds
_TURNS = range(-6, 7)  # degrees
_CUT_BY_THE_EDGE = {"neighbouring_page"}  # turned, the sheet's edge is not the photo's any more
_PARTS = "missing", "extra", "order"
_BEFORE = {"wrong": 50, "missing": 14, "order": 32}
"""Percent, mean over the real pages, before gutters and the repaired local reader."""


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


@dataclass(frozen=True)
class _Reading:
    """How well a page was read.

    Attributes:
        share: The time of the order, divided by that of the recognition.
    """

    errors: Errors
    share: float


@dataclass(frozen=True)
class _Page:
    name: str
    photo: Image.Image
    text: str

    @cached_property
    def read(self) -> _Reading:
        started = time.perf_counter()
        detections = _detections(self.photo)
        recognising = time.perf_counter() - started
        ordering = []
        for _ in range(_REPEATS):
            started = time.perf_counter()
            found = read(detections, self.photo.width / self.photo.height)
            ordering.append(time.perf_counter() - started)
        return _Reading(errors(self.text, found.text), median(ordering) / recognising)


def errors(text: str, reading: str) -> Errors:
    right, found = _words(text), _words(reading)
    missing = (Counter(right) - Counter(found)).total()
    extra = (Counter(found) - Counter(right)).total()
    wrong = _edit_distance(right, found)
    order = max(0, wrong - max(missing, extra))
    return Errors(*(count / len(right) for count in (wrong, missing, extra, order)))


def measure(*, quick: bool) -> list[Figure]:
    seed = secrets.randbelow(2**32)
    kinds = sorted(KINDS)
    drawn = []
    for number in range(5 if quick else _DRAWN_PAGES):
        kind = kinds[(seed + number) % len(kinds)]
        drawn.append((kind, labelled_page(kind, "en", seed + number)))
    clean = [_Page(kind, page.photo(), page.text) for kind, page in drawn]
    noisy = [
        _Page(page.name, photograph(page.photo, angle=turn, noise=6, seed=seed + turn), page.text)
        for page, turn in zip(clean, itertools.cycle(_TURNS))
        if page.name not in _CUT_BY_THE_EDGE
    ]
    real = [] if quick else list(_real_pages())
    return [
        _perfect_boxes(seed, pages=1 if quick else 4),
        *_figures("clean", clean, 1.0, seed),
        *_figures("skewed and noisy", noisy, 3.0, seed),
        *(_figures("real", real, 18.0, seed) if real else ()),
        *(_bars_of_real_pages(real) if real else ()),
    ]


def _perfect_boxes(seed: int, pages: int) -> Figure:
    """The order of pages whose words and boxes are known, without a reader."""
    wrong: dict[str, float] = {}
    for kind, language, number in itertools.product(KINDS, LANGUAGES, range(pages)):
        page = labelled_page(kind, language, seed + number)
        found = read(page.detections, page.aspect, language={"ar": "arb"}.get(language, language))
        if found.text.split() != page.text.split():
            share = errors(page.text, found.text).wrong
            wrong[f"{kind} {language} {seed + number}"] = round(100 * share, 1)
    count = len(KINDS) * len(LANGUAGES) * pages
    details: dict[str, float | str] = {"pages": count, "seed": seed}
    return Figure(
        "perfect boxes, 8 languages: word error rate",
        sum(wrong.values()) / count,
        0.0,
        "at most",
        " %",
        details | wrong,
    )


def _figures(name: str, pages: Sequence[_Page], target: float, seed: int) -> Iterator[Figure]:
    details: dict[str, float | str] = {"pages": len(pages), "seed": seed}
    found = [page.read for page in pages]
    yield Figure(
        f"{name} pages, mean: word error rate",
        100 * mean(each.errors.wrong for each in found),
        target,
        "at most",
        " %",
        details
        | {
            part: round(100 * mean(getattr(each.errors, part) for each in found), 2)
            for part in _PARTS
        }
        | {
            f"{number} {page.name}": _in_percent(each.errors)
            for number, (page, each) in enumerate(zip(pages, found, strict=True))
            if each.errors.wrong
        },
    )
    slowest = max(found, key=lambda each: each.share)
    yield Figure(
        f"{name} pages: order / OCR time, worst",
        100 * slowest.share,
        2.0,
        "at most",
        " %",
        {
            "page": pages[found.index(slowest)].name,
            "mean": round(100 * mean(each.share for each in found), 2),
        },
    )


def _bars_of_real_pages(pages: Sequence[_Page]) -> Iterator[Figure]:
    """What the issue asks of each part, over pages and over words; and the figures before."""
    found = [page.read.errors for page in pages]
    lengths = [len(_words(page.text)) for page in pages]
    for part, target in {"wrong": 18.0, "missing": 7.0, "order": 4.0}.items():
        shares = [getattr(each, part) for each in found]
        pooled = sum(map(operator.mul, shares, lengths)) / sum(lengths)
        for how, share in ("mean", mean(shares)), ("pooled", pooled):
            details = {"mean before": f"{_BEFORE[part]} %"}
            yield Figure(
                f"real pages, {how}: {part}", 100 * share, target, "at most", " %", details
            )


def _in_percent(found: Errors) -> str:
    """As "wrong (missing, extra, order)"."""
    parts = ", ".join(f"{100 * getattr(found, part):.1f}" for part in _PARTS)
    return f"{100 * found.wrong:.1f} ({parts})"


def _real_pages() -> Iterator[_Page]:
    for path in sorted(REAL_PAGES.glob("*.jpg")):
        if path.stem not in NOT_LATIN:
            photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
            yield _Page(path.stem, photo, path.with_suffix(".txt").read_text())


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
