"""What Polly is asked to say, in order, each character with its place in the submitted text.

Places are byte offsets into the text's UTF-8, as speech marks count them: in SSML, tags and
entities count with all of their bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ScriptCharacter:
    """One character, and the bytes that it was written in (of an entity: all)."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Text:
    """Characters to speak, as one piece."""

    characters: tuple[ScriptCharacter, ...]


@dataclass(frozen=True)
class Boundary:
    """Where a paragraph of SSML begins or ends; it ends a sentence, whatever its punctuation.

    Attributes:
        seconds: The pause there.
    """

    seconds: float


Part = Text | Boundary


def plain_text(text: str) -> list[Part]:
    """Return the script of a text without markup."""
    characters = []
    start = 0
    for character in text:
        end = start + len(character.encode())
        characters.append(ScriptCharacter(character, start, end))
        start = end
    return [Text(tuple(characters))]


def billed_characters(script: Iterable[Part]) -> int:
    """Count what Polly charges for: every character but the tags; an entity is one character."""
    return sum(len(part.characters) for part in script if isinstance(part, Text))
