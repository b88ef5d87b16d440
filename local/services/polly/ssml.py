"""Reads the SSML that the app sends, ``<speak>`` and ``<p>``, into a speech script."""

from __future__ import annotations

from xml.parsers import expat

from local.services.polly.script import Boundary, Part, ScriptCharacter, Text
from local.services.service_error import ServiceError, not_implemented

PARAGRAPH_PAUSE = 0.6
"""Seconds: twice espeak-ng's own pause after a sentence."""

_OTHER_TAGS = frozenset(
    {"s", "break", "mark", "prosody", "emphasis", "say-as", "sub", "lang", "phoneme", "w"}
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
        self._depth = 0
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

    def _on_start(self, tag: str, _attributes: dict[str, str]) -> None:
        self._end_text()
        is_root = self._depth == 0
        self._depth += 1
        if tag in _OTHER_TAGS:
            raise not_implemented(f"<{tag}> in SSML")
        if tag not in {"speak", "p"} or (tag == "speak") != is_root:
            raise _invalid()
        if tag == "p":
            self._parts.append(Boundary(0.0))

    def _on_end(self, tag: str) -> None:
        self._end_text()
        self._depth -= 1
        if tag == "p":
            self._parts.append(Boundary(PARAGRAPH_PAUSE))

    def _on_characters(self, data: str) -> None:
        start = self._parser.CurrentByteIndex
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
            self._parts.append(Text(tuple(self._characters)))
            self._characters = []


def _invalid() -> ServiceError:
    return ServiceError("InvalidSsmlException", "Invalid SSML request")
