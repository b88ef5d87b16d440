"""Rows that a drop cap ties together become places of their own."""

from typing import Any

import cv2
import numpy as np
import pytest

from local.engines.tied_rows import divided_into_rows

Box = tuple[int, int, int, int]
FIRST, SECOND, LETTER = (50, 20, 450, 32), (50, 50, 400, 62), (50, 20, 75, 62)


def outline(*boxes: Box, slant: float = 0.0) -> Any:
    """The contour around the union of boxes (left, top, right, bottom), sheared downwards."""
    mask = np.zeros((300, 500), np.uint8)
    for left, top, right, bottom in boxes:
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        sheared = np.array([(x, y + slant * x) for x, y in corners], np.int32)
        cv2.fillPoly(mask, [sheared], 1)
    (contour,), _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return contour


def boxes_of(rows: list[Any]) -> list[Box]:
    found = [cv2.boundingRect(row) for row in rows]
    return sorted((x, y, x + width - 1, y + height - 1) for x, y, width, height in found)


def test_two_rows_that_a_letter_ties_are_divided() -> None:
    rows = divided_into_rows(outline(FIRST, SECOND, LETTER))
    assert np.array(boxes_of(rows)) == pytest.approx(np.array([FIRST, SECOND]), abs=1)


def test_two_slanted_rows_are_divided() -> None:
    rows = divided_into_rows(outline(FIRST, SECOND, LETTER, slant=0.03))
    assert len(rows) == 2


def test_one_row_stays_whole() -> None:
    curve: list[Box] = [
        (x, 20 + x * x // 4000, x + 30, 34 + x * x // 4000) for x in range(0, 400, 10)
    ]
    for row in (outline(FIRST), outline(FIRST, slant=0.1), outline(*curve), outline(FIRST, LETTER)):
        assert divided_into_rows(row) == [row]


def test_a_place_that_is_no_longer_than_high_stays_whole() -> None:
    block = outline((0, 0, 60, 10), (0, 40, 60, 50), (0, 0, 15, 50))
    assert divided_into_rows(block) == [block]
