"""What Polly is asked to say, in order, each character with its place in the submitted text.

Places are byte offsets into the text's UTF-8, as speech marks count them: in SSML, tags and
entities count with all of their bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ScriptCharacter:
    """One spoken character, and the bytes that it was written in.

    Of an entity: all. Of a substitute (``<sub>``): those of the text that it stands for.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Text:
    """Characters to speak, as one piece.

    Attributes:
        billed: How many characters Polly charges for.
    """

    characters: tuple[ScriptCharacter, ...]
    billed: int


@dataclass(frozen=True)
class Boundary:
    """Where a paragraph or a sentence of SSML begins or ends, whatever the punctuation.

    Attributes:
        seconds: The pause there.
    """

    seconds: float


@dataclass(frozen=True)
class Pause:
    """A break inside a sentence, and the bytes of its tag."""

    seconds: float
    start: int
    end: int


Part = Text | Boundary | Pause


def plain_text(text: str) -> list[Part]:
    """Return the script of a text without markup."""
    characters = []
    start = 0
    for character in text:
        end = start + len(character.encode())
        characters.append(ScriptCharacter(character, start, end))
        start = end
    return [Text(tuple(characters), len(characters))]


def billed_characters(script: Iterable[Part]) -> int:
    """Count what Polly charges for: every character but the tags; an entity is one character."""
    return sum(part.billed for part in script if isinstance(part, Text))
