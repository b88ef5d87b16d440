"""The reading order of pages of many layouts, and of any words at all."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.pages.detection import Kind, Point, TextDetection
from chalicelib.pages.reading_order import PageText, read
from chalicelib.pages.skipping import SkipReason
from samples.layouts.kinds import KINDS
from samples.layouts.page import labelled_page
from samples.layouts.prose import LANGUAGES
from samples.layouts.view import FLAT, View

VIEWS = {
    "flat": FLAT,
    "turned right": View(turn=6),
    "turned left": View(turn=-6),
    "from below": View(keystone=0.12, turn=2),
    "from above": View(keystone=-0.12, turn=-2),
    "curved": View(curve=0.04),
}
CUT_BY_THE_EDGE = {"neighbouring_page"}  # a sheet that is seen whole cuts nothing off
NOT_LEVEL = {  # short lines far apart, in one row of a curved page: not solved
    "running_head_above",
    "running_head_below",
    "two_page_numbers",
    "facing_page_with_one_line",
}


def views_of(kind: str) -> Iterable[str]:
    if kind in CUT_BY_THE_EDGE:
        return ["flat"]
    return [view for view in VIEWS if view != "curved" or kind not in NOT_LEVEL]


def words_of(skipped: Iterable[tuple[SkipReason, str]]) -> Counter[tuple[SkipReason, str]]:
    return Counter((reason, word) for reason, text in skipped for word in text.split())


def drawn_pages() -> Iterator[Any]:
    """Every kind, view and language. The fast tests read all flat pages, and all English ones."""
    for kind, language in itertools.product(KINDS, LANGUAGES):
        for view in views_of(kind):
            is_fast = view == "flat" or language == "en"
            yield pytest.param(kind, view, language, marks=() if is_fast else pytest.mark.prove)


@pytest.mark.parametrize(("kind", "view", "language"), [*drawn_pages()])
def test_a_page_is_read_in_order(kind: str, view: str, language: str) -> None:
    page = labelled_page(kind, language, list(VIEWS).index(view), VIEWS[view])

    found = read(page.detections, page.aspect, language={"ar": "arb"}.get(language, language))

    skipped = words_of((each.reason, each.text) for each in found.skipped)
    assert found.text.split() == page.text.split()
    assert skipped == words_of(page.skipped)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "kind", ["title_above_columns", "poem", "numbered_list", "margin_notes", "counting_book"]
)
def test_paragraphs_stay_apart(kind: str, language: str) -> None:
    page = labelled_page(kind, language, 0)

    found = read(page.detections, page.aspect, language={"ar": "arb"}.get(language, language))

    assert found.text == page.text


Policy = Callable[[list[TextDetection], random.Random], list[TextDetection]]
MAX_WORDS = 100


def _size(word: TextDetection) -> float:
    return abs(word.polygon[2].x - word.polygon[0].x) * abs(word.polygon[2].y - word.polygon[0].y)


POLICIES: dict[str, Policy] = {
    "first": lambda words, _: words[:MAX_WORDS],
    "largest": lambda words, _: sorted(words, key=_size, reverse=True)[:MAX_WORDS],
    "most confident": lambda words, _: sorted(words, key=lambda word: -word.confidence)[:MAX_WORDS],
    "random": lambda words, rng: rng.sample(words, min(len(words), MAX_WORDS)),
    "cut within a line": lambda words, _: words[: MAX_WORDS - 3],
}


def letters(number: int) -> str:
    """A number as letters: each word of a page has another text."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


@st.composite
def pages(draw: st.DrawFn) -> list[TextDetection]:
    """Lines and words with any boxes; ties may be missing or wrong."""
    seed, count = draw(st.integers(0, 2**32)), draw(st.integers(0, 150))
    spread = draw(st.sampled_from([0.2, 1.0, 1.6]))  # 1.6: also outside the page
    rng = random.Random(seed)  # noqa: S311  # no secret
    detections: list[TextDetection] = []
    line_count = draw(st.integers(0, 30))
    for number in range(line_count + count):
        left, top = rng.uniform(-0.3, spread), rng.uniform(-0.3, spread)
        width, height = rng.choice([0.0, 0.1, 0.3]), rng.choice([0.0, 0.02, 0.02, 0.1])
        lean = rng.choice([0.0, 0.0, 0.05])
        polygon = (
            Point(left, top),
            Point(left + width, top + lean),
            Point(left + width, top + lean + height),
            Point(left, top + height),
        )
        is_line = number < line_count
        text = (
            rng.choice(["", "X", "", "I"]) + letters(number) + rng.choice(["", "", "-", ".", "?"])
        )
        line = rng.choice([None, *range(line_count + 2)])
        detections.append(
            TextDetection(
                Kind.LINE if is_line else Kind.WORD,
                text,
                rng.uniform(30, 100),
                polygon,
                None if is_line else line,
            )
        )
        if rng.random() < 0.05:
            detections.append(detections[-1])
    return detections


@pytest.mark.parametrize("policy", POLICIES)
@given(pages(), st.booleans(), st.integers(0, 9))
def test_each_detected_word_is_spoken_or_skipped_once(
    policy: str, page: list[TextDetection], right_to_left: bool, seed: int
) -> None:
    found_lines = [each for each in page if each.kind is Kind.LINE]
    found_words = [each for each in page if each.kind is Kind.WORD]
    kept = POLICIES[policy](found_words, random.Random(seed))  # noqa: S311  # no secret
    detections = found_lines + kept

    found = read(detections, 0.75, language="arb" if right_to_left else "en-US")

    tied = {word.line for word in kept}
    wordless = [line for place, line in enumerate(found_lines) if place not in tied]
    assert spoken_or_skipped(found, [*kept, *wordless]) == Counter(
        each.text for each in [*kept, *wordless]
    )


def spoken_or_skipped(found: PageText, detected: list[TextDetection]) -> Counter[str]:
    """The texts of all detections that are spoken or skipped; the spans are checked."""
    texts: dict[tuple[Point, ...], list[str]] = {}
    for each in detected:
        texts.setdefault(each.polygon, []).append(each.text)
    counted = Counter[str]()
    end = 0
    for word in found.words:
        spoken = found.text[word.start : word.end]
        assert word.start >= end
        end = word.end
        rest = spoken
        for polygon in word.polygons:
            part = next(
                text for text in texts[polygon] if rest.startswith((text, text.removesuffix("-")))
            )
            rest = rest.removeprefix(part if rest.startswith(part) else part.removesuffix("-"))
            counted[part] += 1
        assert rest == ""
    assert found.words or not found.text
    for skipped in found.skipped:
        counted.update(skipped.text.split())
    return counted
