"""Finds the words and sentences of a speech script, as Polly's speech marks count them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from local.engines.sentences import sentence_ranges
from local.services.polly.script import Boundary, Part, ScriptCharacter, Text

_SPOKEN_PUNCTUATION: Final = frozenset("&%@#")
_BETWEEN_WORDS: Final = frozenset("—–―…")  # dashes, as printed


def word_ranges(characters: Sequence[ScriptCharacter]) -> list[tuple[int, int]]:
    """Return index ranges: runs between spaces and dashes, without outer punctuation."""
    ranges = []
    start = 0
    for index in range(len(characters) + 1):
        if index == len(characters) or _separates(characters[index].text):
            spoken = [each for each in range(start, index) if _is_spoken(characters[each].text)]
            if spoken:
                ranges.append((spoken[0], spoken[-1] + 1))
            start = index + 1
    return ranges


def sentence_spans(script: Iterable[Part]) -> list[tuple[int, int]]:
    """Return byte ranges of the sentences, from their first character to their last."""
    pieces: list[list[ScriptCharacter]] = [[]]
    for part in script:
        if isinstance(part, Text):
            pieces[-1] += part.characters
        elif isinstance(part, Boundary):
            pieces.append([])
    return [span for characters in pieces for span in _spans(characters)]


def _spans(characters: Sequence[ScriptCharacter]) -> list[tuple[int, int]]:
    text = "".join(character.text for character in characters)
    return [
        (characters[first].start, characters[last - 1].end) for first, last in sentence_ranges(text)
    ]


def _separates(character: str) -> bool:
    return character.isspace() or character in _BETWEEN_WORDS


def _is_spoken(character: str) -> bool:
    return character in _SPOKEN_PUNCTUATION or unicodedata.category(character)[0] not in "PZC"
