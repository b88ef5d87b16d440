"""Where the words of a corrected text are on the page: at their own place, or at none."""

import itertools
import re
import time
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.pages.corrections import placed
from chalicelib.pages.detection import Kind, Point, Polygon, TextDetection
from chalicelib.pages.reading_order import PageText, SpokenWord, read
from samples.layouts.kinds import KINDS
from samples.layouts.page import labelled_page

Alignment = frozenset[tuple[int, int]]


FEWER = settings(max_examples=100)


def printed(words: Sequence[str]) -> PageText:
    """A page with these words; "won/derful" is divided at the end of a row."""
    text, found = "", []
    for number, word in enumerate(words):
        text += " " if text else ""
        start = len(text)
        text += word.replace("/", "")
        places = [place(number + part / 10) for part in range(word.count("/") + 1)]
        found.append(SpokenWord(start, len(text), places, 99.0, 0))
    return PageText(text, found, [])


def place(number: float) -> Polygon:
    corner = Point(number, 0.0)
    return corner, corner, corner, corner


def numbers(page: PageText, text: str) -> list[list[float]]:
    """The numbers of the printed words where each word of a text is."""
    return [[polygon[0].x for polygon in word.polygons] for word in placed(page, text)]


CASES = [
    # printed, corrected, where each word is: "." for no place, "1+2" for two
    ("the cat sat", "the cat sat", "0 1 2"),
    ("a won/derful cat", "a wonderful cat", "0 1+1.1 2"),
    ("“The Cat,” he said.", "so the cat he said", ". 0 1 2 3"),
    ("straße", "die STRASSE", ". 0"),
    ("cafe\u0301", "un café", ". 0"),
    ("the caat sat", "the cat sat", "0 1 2"),
    ("the caat sat", "the dog sat", "0 1 2"),
    ("a bro/ken word", "a spoken word", "0 1+1.1 2"),
    ("cat", "dog", "0"),
    ("the sat", "the cat sat", "0 . 1"),
    ("the cat sat", "the sat", "0 2"),
    ("the cat sat", "", ""),
    ("", "the cat", ". ."),
    # more than one word
    ("so teh caat sat", "so the cat sat", "0 1 2 3"),
    ("so teh caat sat", "so big cats sat", "0 . . 3"),
    ("so the1 the2 sat", "so these the22 sat", "0 1 2 3"),
    ("so 1t caat sat", "so It cat sat", "0 1 2 3"),
    ("so cat dgo sat", "so cup dog sat", "0 . . 3"),
    ("so light teh sat", "so log the sat", "0 . . 3"),
    ("so haxys hattt sat", "so hatts hattu sat", "0 . . 3"),
    ("so hatts hattu sat", "so haxys hattt sat", "0 . . 3"),
    ("the caat hatt sat", "the hat mat sat", "0 . . 3"),
    ("the teh caat sat", "the cat teh sat", "0 . 1 3"),
    ("go to day now", "go today now", "0 1+2 3"),
    ("go to-/day or to mor/row", "go today or tomorrow", "0 1+1.1 2 3+4+4.1"),
    ("see alot now", "see a lot now", "0 1 1 2"),
    ("see al/ot now", "see a lot now", "0 1+1.1 1+1.1 2"),
    ("a ldog ran", "al dog ran", "0+1 1 2"),
    ("so well known now", "so well-known now", "0 1+2 3"),
    ("yes — no", "yes—no", "0+2"),
    ("see it now", "see the big cat now", "0 . . . 2"),
    ("see the big cat now", "see it now", "0 . 4"),
    # repeated words
    ("the cat the dog", "the dog", ". 3"),
    ("a cat the dog the", "a cat dog the", "0 1 3 4"),
    ("x the cat y the dog", "x the cat the dog", "0 1 2 4 5"),
    ("the the cat", "the cat", ". 2"),
    ("the cat", "the the cat", ". . 1"),
    ("so the teh sat", "so teh the sat", "0 . . 3"),
    ("go x xx x on", "go x xxx on", "0 . . 4"),
    ("the cat sat", "cat the sat", ". . 2"),
    ("one two three four", "two three four one", "1 2 3 ."),
    # signs
    ("yes — no – so", "yes — no – so", "0 1 2 3 4"),
    ("yes — no", "yes - no", "0 1 2"),
    ("yes — … no", "yes no", "0 3"),
    ("yes — … no", "yes … no", "0 2 3"),
    ("yes — no", "yes – – no", "0 . . 2"),
]


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_a_word_is_where_it_was_printed_or_nowhere(old: str, new: str, expected: str) -> None:
    found = numbers(printed(old.split()), new)

    assert ["+".join(f"{number:g}" for number in word) or "." for word in found] == expected.split()


def test_a_story_without_a_page_has_words_without_places() -> None:
    assert [(word.start, word.end) for word in placed(PageText("", [], []), " a\nbig  cat ")] == [
        (1, 2),
        (3, 6),
        (8, 11),
    ]
    assert numbers(PageText("a big cat", [], []), "a big cat") == [[], [], []]


def test_words_that_were_read_as_one_share_its_place() -> None:
    page = PageText("a big cat ran", [SpokenWord(0, 9, [place(7)], 99.0, 0)], [])

    assert numbers(page, "a cat ran") == [[7], [7], []]
    assert numbers(page, "a bigcat") == [[7], [7]]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_words_of_a_page_that_nobody_corrected_are_those_that_were_read(
    kind: str, language: str
) -> None:
    drawn = labelled_page(kind, language, seed=0)
    page = read(drawn.detections, drawn.aspect, language={"en": "en-US", "ar": "arb"}[language])

    found = placed(page, page.text)

    assert [(each.start, each.end, each.polygons) for each in found] == [
        (each.start, each.end, each.polygons) for each in page.words
    ]


def test_a_line_whose_words_were_not_detected_is_several_words_at_its_place() -> None:
    """Rekognition's words end with the 100th; the lines after it have none."""
    polygon = (Point(0.1, 0.1), Point(0.9, 0.1), Point(0.9, 0.2), Point(0.1, 0.2))
    page = read([TextDetection(Kind.LINE, "The cat sat.", 99.0, polygon)], 1.0)

    assert [page.text[word.start : word.end] for word in page.words] == ["The cat sat."]
    assert [word.polygons for word in placed(page, page.text)] == [[polygon]] * 3


@FEWER
@given(st.lists(st.text("ab", min_size=1, max_size=2), max_size=9), st.text())
def test_the_spans_are_exactly_the_words_of_the_text(old: list[str], text: str) -> None:
    found = placed(printed(old), text)

    assert [text[word.start : word.end] for word in found] == text.split()
    assert [(word.start, word.end) for word in found] == [
        run.span() for run in re.finditer(r"\S+", text)
    ]


LETTERS = st.text("abc", min_size=1, max_size=3)


@st.composite
def corrections(
    draw: st.DrawFn, words: st.SearchStrategy[list[str]]
) -> tuple[list[str], list[tuple[str, int | None]]]:
    """A page's words, and a corrected text: each word, and which one of the page it is.

    A person deletes words, replaces them, and inserts others that are not on the page.
    """
    old = draw(words)
    other = LETTERS.filter(lambda word: word not in old)
    new: list[tuple[str, int | None]] = []
    for number, word in enumerate(old):
        new += [(each, None) for each in draw(st.one_of(st.just([]), st.lists(other, max_size=2)))]
        edit = draw(st.sampled_from(["keep", "keep", "keep", "delete", "replace"]))
        if edit == "keep":
            new.append((word, number))
        elif edit == "replace":
            new.append((draw(other), None))
    return old, new


@FEWER
@given(corrections(st.lists(LETTERS, max_size=12)))
def test_a_word_that_was_kept_is_at_its_own_place_or_nowhere(
    correction: tuple[list[str], list[tuple[str, int | None]]],
) -> None:
    old, new = correction

    found = numbers(printed(old), " ".join(word for word, _ in new))

    for (_, number), places in zip(new, found, strict=True):
        assert number is None or places in ([number], [])


@FEWER
@given(corrections(st.lists(LETTERS, max_size=20, unique=True)))
def test_a_kept_word_that_is_not_repeated_is_always_at_its_place(
    correction: tuple[list[str], list[tuple[str, int | None]]],
) -> None:
    old, new = correction

    found = numbers(printed(old), " ".join(word for word, _ in new))

    for (_, number), places in zip(new, found, strict=True):
        assert number is None or places == [number]


def assert_is_certain(old: Sequence[str], new: Sequence[str]) -> None:
    """Hold the places against all best alignments, which are tried one by one."""
    best = best_alignments(tuple(old), tuple(new))
    certain = frozenset.intersection(*best)
    partners = {at: number for number, at in certain}
    gaps = [(-1, -1), *sorted(certain), (len(old), len(new))]

    found = numbers(printed(old), " ".join(new))

    assert all(found[at] == [number] for number, at in certain)
    for (old_start, start), (old_end, end) in itertools.pairwise(gaps):
        removed = old[old_start + 1 : old_end]
        for at in range(start + 1, end):
            assert at not in partners
            if found[at]:
                assert set(removed).isdisjoint(new[start + 1 : end])
                assert all(old_start < number < old_end for number in found[at])
                assert (
                    len(removed) == end - start - 1  # one by one
                    or "".join(removed) == "".join(new[start + 1 : end])  # other spaces
                )


@cache
def best_alignments(old: tuple[str, ...], new: tuple[str, ...]) -> frozenset[Alignment]:
    """Every longest common subsequence."""
    if not old or not new:
        return frozenset([frozenset()])
    ways = set(best_alignments(old[:-1], new)) | best_alignments(old, new[:-1])
    if old[-1] == new[-1]:
        pair = len(old) - 1, len(new) - 1
        ways |= {each | {pair} for each in best_alignments(old[:-1], new[:-1])}
    longest = max(map(len, ways))
    return frozenset(each for each in ways if len(each) == longest)


def test_places_of_all_short_texts_of_two_words_are_certain() -> None:
    texts = [words for length in range(6) for words in itertools.product(["a", "b"], repeat=length)]

    for old, new in itertools.product(texts, texts):
        assert_is_certain(old, new)


@FEWER
@given(*[st.lists(st.sampled_from(["a", "b", "ab", "abc", "c"]), max_size=8)] * 2)
def test_places_of_repeated_words_are_certain(old: list[str], new: list[str]) -> None:
    assert_is_certain(old, new)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (["a"] * 1_500, "a " * 10_000),
        (["a", "b"] * 750, "b a " * 5_000),
        ([f"w{number}" for number in range(1_500)], "a" * 20_000),
        ([f"w{number}e" for number in range(1_500)], " ".join(f"w{n}d" for n in range(1_500))),
    ],
    ids=["one word", "two words", "one long word", "no word is kept"],
)
def test_a_text_that_is_made_to_be_slow_is_not(page: list[str], text: str) -> None:
    before = time.process_time()

    placed(printed(page), text)

    assert time.process_time() - before < 2
