"""The known pages show each word where they say: by the ink on them, and by the local OCR."""

import io
import re
import statistics
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
import shapely
from PIL import Image, ImageDraw

from chalicelib.pages.detection import Kind, Polygon, TextDetection, polygon_of
from chalicelib.pages.reading_order import read
from local.services.rekognition.detect_text import Rekognition
from samples.draw_page import draw_page
from samples.known_places import sample_page, spread

PAGES = {"sample page": cache(sample_page), "spread": cache(spread)}


def plain(text: str) -> str:
    """With straight quotation marks: the local OCR reads no others."""
    return re.sub("[“”]", '"', text)


def overlap(one: Polygon, other: Polygon) -> float:
    """The area of the intersection of two polygons, as a share of their union's."""
    first, second = (shapely.Polygon([(at.x, at.y) for at in each]) for each in (one, other))
    return float(first.intersection(second).area / first.union(second).area)


def overlaps(
    found: Sequence[Sequence[Polygon]], known: Sequence[tuple[str, Sequence[Polygon]]]
) -> list[float]:
    """Of each polygon of each word, worst first; a word has as many as are known."""
    return sorted(
        overlap(one, other)
        for polygons, (_, others) in zip(found, known, strict=True)
        for one, other in zip(polygons, others, strict=True)
    )


def test_the_ink_of_the_sample_page_is_where_its_words_are() -> None:
    known = PAGES["sample page"]()
    page, empty = Image.open(io.BytesIO(known.photo)), draw_page("", seed=7)
    light, paper = (np.asarray(image.convert("L"), dtype=int) for image in (page, empty))
    numbers = Image.new("L", page.size)
    for number, (_, (polygon,)) in enumerate(known.words, 1):
        corners = [(at.x * page.width, at.y * page.height) for at in polygon]
        ImageDraw.Draw(numbers).polygon(corners, fill=number)

    places = np.asarray(numbers).ravel()
    ink = np.bincount(places, (paper - light > 60).ravel())
    shares = ink / np.bincount(places)

    assert len(ink) == len(known.words) + 1
    assert ink[0] < 0.001 * ink.sum()
    assert 0.15 < shares[1:].min() < shares[1:].max() < 0.35


def test_the_spread_has_a_heading_two_divided_words_and_forms_that_are_spoken_otherwise() -> None:
    page = PAGES["spread"]()

    assert [word for word, polygons in page.words if len(polygons) == 2] == [
        "lighthouse",
        "whispered",
    ]
    assert " ".join(word for word, _ in page.words).split() == page.text.split()
    assert page.text.startswith("The Night Doctor\nDr. Fox")
    assert "2 kg" in page.text
    assert [text for _, text in page.skipped] == ["12", "13"]


@pytest.mark.prove  # the end-to-end test of read-along compares these boxes, too
@pytest.mark.engines
@pytest.mark.parametrize("name", PAGES)
def test_the_local_ocr_finds_each_word_at_its_place(name: str) -> None:
    page = PAGES[name]()
    width, height = Image.open(io.BytesIO(page.photo)).size
    answer = Rekognition().detect_text({"Image": {"Bytes": page.photo}})

    found = read(
        [
            TextDetection(
                Kind(each["Type"].lower()),
                each["DetectedText"],
                each["Confidence"],
                polygon_of(each["Geometry"]["Polygon"]),
                each.get("ParentId"),
            )
            for each in answer["TextDetections"]
        ],
        width / height,
    )

    assert found.text == plain(page.text)
    assert [(each.reason, each.text) for each in found.skipped] == page.skipped
    worst_first = overlaps([word.polygons for word in found.words], page.words)
    # The OCR's boxes are 1.2 times as large as the letters.
    assert statistics.median(worst_first) > 0.65
    assert worst_first[0] > 0.35  # an "a", of which little remains
