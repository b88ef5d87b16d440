"""Splits the lines that the engine read into words, in the scripts that DetectText knows."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import numpy as np

from local.engines.text_lines import Line, Quad
from local.engines.text_models import ReadCharacter

LATIN: Final = (
    range(0x0020, 0x0250),  # with ASCII digits and signs
    range(0x1E00, 0x1F00),
    range(0x2010, 0x2190),  # quotation marks, dashes, currencies, fractions
)
"""Code points of Textract's Latin letters ("Set Quotas in Amazon Textract"), and of its signs."""
_KNOWN_SCRIPTS: Final = (
    *LATIN,
    range(0x0400, 0x0500),  # Cyrillic
    range(0x0600, 0x0700),  # Arabic
)
"""Code points in English, Arabic, Russian, German, French, Italian, Portuguese and Spanish, the
languages of DetectText. The engine also reads Chinese, Japanese and Greek, and emoji."""
_MIN_CONFIDENCE: Final = 50.0
"""Of a word: a note of music, read as "J", has 30 to 45."""


@dataclass(frozen=True)
class Word:
    """Characters not separated by spaces, punctuation included; confidence from 0 to 100."""

    text: str
    confidence: float
    quad: Quad


def words_of(line: Line, scripts: Sequence[range] = _KNOWN_SCRIPTS) -> list[Word]:
    """Split a line at its spaces; drop characters of other scripts, and words that were guessed."""
    half_advance = line.half_advance
    words = []
    for is_space, group in groupby(line.characters, key=lambda each: each.text.isspace()):
        characters = list(group)
        text = "" if is_space else _in_scripts(characters, scripts)
        if text:
            start = max(characters[0].position - half_advance, 0.0)
            end = min(characters[-1].position + half_advance, 1.0)
            words.append(Word(text, _confidence(characters), line.part(start, end)))
    return [word for word in words if word.confidence >= _MIN_CONFIDENCE]


def most_confident(lines: list[list[Word]], limit: int) -> list[list[Word]]:
    """Keep the words that were read best, in their places; of equals, the earlier ones."""
    places = [(line, index) for line, words in enumerate(lines) for index in range(len(words))]
    ranked = sorted(places, key=lambda place: -lines[place[0]][place[1]].confidence)
    kept = set(ranked[:limit])
    return [
        [word for index, word in enumerate(words) if (line, index) in kept]
        for line, words in enumerate(lines)
    ]


def line_confidence(words: list[Word]) -> float:
    """Return the mean over the words, weighted by their length."""
    lengths = [len(word.text) for word in words]
    return float(np.average([word.confidence for word in words], weights=lengths))


def line_quad(words: list[Word]) -> Quad:
    """Return the corners around the words of one line."""
    first, last = words[0].quad, words[-1].quad
    return np.array([first[0], last[1], last[2], first[3]])


def geometry(quad: Quad) -> dict[str, Any]:
    """Return the corners and the box around them, as Rekognition and Textract write them."""
    left, top = quad.min(axis=0).tolist()
    right, bottom = quad.max(axis=0).tolist()
    return {
        "BoundingBox": {
            "Width": right - left,
            "Height": bottom - top,
            "Left": left,
            "Top": top,
        },
        "Polygon": [{"X": x, "Y": y} for x, y in quad.tolist()],
    }


def _in_scripts(characters: list[ReadCharacter], scripts: Sequence[range]) -> str:
    """Return the word's text; empty when all of its letters are foreign."""
    text = "".join(_plain(character.text) for character in characters)
    known = "".join(each for each in text if any(ord(each) in script for script in scripts))
    lost_letters = any(each.isalpha() for each in text if each not in known)
    return "" if lost_letters and not any(each.isalnum() for each in known) else known


def _plain(character: str) -> str:
    """Turn a full-width form, as which the engine sometimes reads punctuation, into ASCII."""
    is_full_width = unicodedata.east_asian_width(character) == "F"
    return unicodedata.normalize("NFKC", character) if is_full_width else character


def _confidence(characters: list[ReadCharacter]) -> float:
    """Return the mean over letters and digits: the engine confuses curly and straight quotes."""
    legible = [each for each in characters if each.text.isalnum()] or characters
    return float(100 * np.mean([each.probability for each in legible]))
