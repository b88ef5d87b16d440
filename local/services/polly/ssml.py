"""Reads the SSML that the app sends (speak, p, s, break, sub) into a speech script."""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

from local.services.polly.script import Boundary, Part, Pause, ScriptCharacter, Text
from local.services.service_error import ServiceError, not_implemented

PARAGRAPH_PAUSE: Final = 0.6
"""Seconds behind a paragraph: twice the pause behind a sentence."""
SENTENCE_PAUSE: Final = 0.3
_STRENGTHS: Final = {
    "none": 0.0,
    "x-weak": 0.0,
    "weak": 0.15,
    "medium": 0.15,
    "strong": SENTENCE_PAUSE,
    "x-strong": PARAGRAPH_PAUSE,
}
"""Seconds of a break. Polly says what each is like: a comma, a sentence, a paragraph ("break")."""
_MAX_BREAK: Final = 10.0
"""Seconds ("break")."""

_ATTRIBUTES: Final = {
    "speak": set[str](),
    "p": set[str](),
    "s": set[str](),
    "break": {"time", "strength"},
    "sub": {"alias"},
}
_INSIDE: Final = {
    "p": {"speak"},
    "s": {"speak", "p"},
    "break": {"speak", "p", "s"},
    "sub": {"speak", "p", "s"},
}
"""Where a tag may stand."""
_OTHER_TAGS: Final = frozenset(
    {"mark", "prosody", "emphasis", "say-as", "lang", "phoneme", "w"}
    | {"amazon:effect", "amazon:breath", "amazon:auto-breaths", "amazon:domain"}
)
"""What Polly takes as well ("Supported SSML tags" in the Developer Guide)."""


def read_ssml(text: str) -> list[Part]:
    """Return the parts of an SSML document in the order in which they are spoken.

    Raises:
        ServiceError: ``InvalidSsmlException`` for bad XML and unknown tags, ``NotImplemented`` for
            tags that Polly takes and this module does not.
    """
    return _Reader(text.encode()).read()


class _Reader:
    """Collects parts while the XML parser reports what it meets and at which byte."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._parts: list[Part] = []
        self._characters: list[ScriptCharacter] = []
        self._billed = 0
        self._open: list[str] = []
        self._alias: tuple[str, int] | None = None  # and how many characters came before it
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.CharacterDataHandler = self._on_characters
        self._parser.StartDoctypeDeclHandler = self._on_doctype

    def read(self) -> list[Part]:
        try:
            self._parser.Parse(self._source, True)
        except expat.ExpatError as error:
            raise _invalid() from error
        return self._parts

    def _on_start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _OTHER_TAGS:
            raise not_implemented(f"<{tag}> in SSML")
        is_root = tag == "speak" and not self._open
        is_inside = bool(self._open) and self._open[-1] in _INSIDE.get(tag, ())
        if not (is_root or is_inside) or not attributes.keys() <= _ATTRIBUTES[tag]:
            raise _invalid()
        self._open.append(tag)
        if tag == "sub":
            if "alias" not in attributes:
                raise _invalid()
            self._alias = attributes["alias"], len(self._characters)
            return
        self._end_text()
        if tag in {"p", "s"}:
            self._parts.append(Boundary(0.0))
        elif tag == "break":
            start = self._parser.CurrentByteIndex
            end = self._source.index(b">", start) + 1
            self._parts.append(Pause(_seconds(attributes), start, end))

    def _on_end(self, tag: str) -> None:
        self._open.pop()
        if tag == "sub":
            self._substitute()
            return
        self._end_text()
        if tag == "s":
            self._parts.append(Boundary(SENTENCE_PAUSE))
        elif tag == "p":
            last = self._parts[-1]
            paused = last.seconds if isinstance(last, Boundary) else 0.0
            self._parts.append(Boundary(PARAGRAPH_PAUSE - paused))

    def _substitute(self) -> None:
        assert self._alias is not None  # noqa: S101  # set by the tag that ends
        alias, before = self._alias
        replaced = self._characters[before:]
        if replaced:
            start, end = replaced[0].start, replaced[-1].end
            self._characters[before:] = [ScriptCharacter(each, start, end) for each in alias]

    def _on_characters(self, data: str) -> None:
        start = self._parser.CurrentByteIndex
        self._billed += len(data)
        if self._source.startswith(b"&", start):  # an entity: the parser reports each alone
            end = self._source.index(b";", start) + 1
            self._characters.append(ScriptCharacter(data, start, end))
            return
        for character in data:
            end = start + len(character.encode())
            self._characters.append(ScriptCharacter(character, start, end))
            start = end

    def _on_doctype(self, *_declaration: object) -> None:
        raise _invalid()  # it could declare entities

    def _end_text(self) -> None:
        if self._characters:
            self._parts.append(Text(tuple(self._characters), self._billed))
            self._characters, self._billed = [], 0


def _seconds(attributes: dict[str, str]) -> float:
    """Return how long a break is; without attributes, as long as a medium one."""
    if "time" not in attributes:
        strength = attributes.get("strength", "medium")
        if strength not in _STRENGTHS:
            raise _invalid()
        return _STRENGTHS[strength]
    time = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s)", attributes["time"])
    seconds = float(time[1]) / (1000 if time[2] == "ms" else 1) if time else _MAX_BREAK + 1
    if seconds > _MAX_BREAK:
        raise _invalid()
    return seconds


def _invalid() -> ServiceError:
    return ServiceError("InvalidSsmlException", "Invalid SSML request")
