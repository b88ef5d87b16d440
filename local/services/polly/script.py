"""What Polly is asked to say, in order, each part with its place in the submitted text.

Places are byte offsets into the text's UTF-8, as speech marks count them: in SSML, tags and
entities count with all of their bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto


@dataclass(frozen=True)
class ScriptCharacter:
    """One character, and the bytes that it was written in (of an entity: all)."""

    text: str
    start: int
    end: int


class SpokenAs(Enum):
    """How characters are read out."""

    TEXT = auto()
    SPELLED_OUT = auto()
    BEEP = auto()


@dataclass(frozen=True)
class Style:
    """How a stretch of text is spoken.

    Attributes:
        rate: Speed, 1 being the voice's ordinary one.
        pitch: Pitch, 1 being the voice's ordinary one.
        decibels: How much louder than ordinary; minus infinity is silence.
        language: A language code of Polly's, if not the voice's own.
    """

    rate: float = 1.0
    pitch: float = 1.0
    decibels: float = 0.0
    language: str | None = None


@dataclass(frozen=True)
class Text:
    """Characters to speak; with an alias, that is spoken in their place, as one word."""

    characters: tuple[ScriptCharacter, ...]
    style: Style = field(default_factory=Style)
    spoken_as: SpokenAs = SpokenAs.TEXT
    alias: str | None = None


@dataclass(frozen=True)
class Pause:
    """A ``break`` tag."""

    seconds: float
    start: int
    end: int


@dataclass(frozen=True)
class Mark:
    """A ``mark`` tag."""

    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Boundary:
    """Where markup begins or ends a sentence, whatever its punctuation, and the pause there."""

    seconds: float


Part = Text | Pause | Mark | Boundary


def plain_text(text: str) -> list[Part]:
    """The script of a text without markup."""
    characters = []
    start = 0
    for character in text:
        end = start + len(character.encode())
        characters.append(ScriptCharacter(character, start, end))
        start = end
    return [Text(tuple(characters))] if characters else []


def billed_characters(script: Iterable[Part]) -> int:
    """How many characters Polly charges for: all but the tags; an entity is one."""
    return sum(len(part.characters) for part in script if isinstance(part, Text))
