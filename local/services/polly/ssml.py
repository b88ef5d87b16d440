"""Reads Polly's SSML into a speech script, and refuses what Polly refuses.

Taken, but without effect on the local voice: ``phoneme``, ``w``, the dates and units of ``say-as``,
breaths, ``amazon:effect``, ``amazon:domain`` and ``amazon:max-duration``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from xml.parsers import expat

from local.services.polly import ssml_values
from local.services.polly.espeak_voices import LANGUAGES
from local.services.polly.script import (
    Boundary,
    Mark,
    Part,
    Pause,
    ScriptCharacter,
    SpokenAs,
    Style,
    Text,
)
from local.services.polly.ssml_features import check_tag


@dataclass(frozen=True)
class _Element:
    """An open tag, and what all the tags around make of the text inside."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    start: int = 0
    style: Style = field(default_factory=Style)
    spoken_as: SpokenAs = SpokenAs.TEXT
    alias: str | None = None


def read_ssml(text: str, engine: str, voice: str) -> list[Part]:
    """Return the parts of an SSML document in the order in which they are spoken.

    Raises:
        ServiceError: ``InvalidSsmlException``, for bad XML, unknown tags or values, and for tags
            that the engine does not take.
    """
    reader = _Reader(text.encode(), engine, voice)
    return reader.read()


class _Reader:
    """Collects parts while the XML parser reports what it meets and at which byte."""

    def __init__(self, source: bytes, engine: str, voice: str) -> None:
        self._source = source
        self._engine = engine
        self._voice = voice
        self._parts: list[Part] = []
        self._characters: list[ScriptCharacter] = []
        self._open = [_Element("")]
        self._in_cdata = False
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._on_start
        self._parser.EndElementHandler = self._on_end
        self._parser.CharacterDataHandler = self._on_characters
        self._parser.StartCdataSectionHandler = self._on_cdata_start
        self._parser.EndCdataSectionHandler = self._on_cdata_end
        self._parser.StartDoctypeDeclHandler = self._on_doctype

    def read(self) -> list[Part]:
        try:
            self._parser.Parse(self._source, True)
        except expat.ExpatError as error:
            raise ssml_values.invalid() from error
        return self._parts

    def _on_start(self, tag: str, attributes: dict[str, str]) -> None:
        self._end_text()
        outer = self._open[-1]
        is_root = outer.tag == ""
        if (tag == "speak") != is_root:
            raise ssml_values.invalid()
        check_tag(tag, attributes, self._engine, self._voice)
        start = self._parser.CurrentByteIndex
        element = replace(outer, tag=tag, attributes=attributes, start=start)
        self._open.append(_with_effect(element))
        if tag in {"p", "s"}:
            self._parts.append(Boundary(0.0))

    def _on_end(self, tag: str) -> None:
        self._end_text()
        element = self._open.pop()
        match tag:
            case "p":
                self._parts.append(Boundary(ssml_values.PARAGRAPH_PAUSE))
            case "s":
                self._parts.append(Boundary(ssml_values.SENTENCE_PAUSE))
            case "break":
                seconds = ssml_values.break_seconds(element.attributes)
                self._parts.append(Pause(seconds, element.start, self._end_of_element()))
            case "mark":
                name = ssml_values.required(element.attributes, "name")
                self._parts.append(Mark(name, element.start, self._end_of_element()))

    def _on_characters(self, data: str) -> None:
        start = self._parser.CurrentByteIndex
        for character, end in self._ends(data, start):
            self._characters.append(ScriptCharacter(character, start, end))
            start = end

    def _ends(self, data: str, start: int) -> list[tuple[str, int]]:
        """Each character, and the byte after what it was written as."""
        written = self._source[start:]
        if written.startswith(b"&") and not self._in_cdata:
            return [(data, start + written.index(b";") + 1)]  # the parser reports each alone
        if data == "\n" and written.startswith(b"\r\n"):
            return [(data, start + 2)]
        ends = []
        for character in data:
            start += len(character.encode())
            ends.append((character, start))
        return ends

    def _on_cdata_start(self) -> None:
        self._in_cdata = True

    def _on_cdata_end(self) -> None:
        self._in_cdata = False

    def _on_doctype(self, *_declaration: object) -> None:
        raise ssml_values.invalid()

    def _end_text(self) -> None:
        if self._characters:
            element = self._open[-1]
            text = Text(tuple(self._characters), element.style, element.spoken_as, element.alias)
            self._parts.append(text)
            self._characters = []

    def _end_of_element(self) -> int:
        """The byte after the closing tag or, for ``<mark/>``, after the tag itself."""
        index = self._parser.CurrentByteIndex
        is_closing_tag = self._source.startswith(b"</", index)
        return self._source.index(b">", index) + 1 if is_closing_tag else index


def _with_effect(element: _Element) -> _Element:
    """The element with what its tag changes for the text inside."""
    attributes = element.attributes
    style = element.style
    match element.tag:
        case "prosody":
            return replace(element, style=_prosody(style, attributes))
        case "emphasis":
            rate, decibels = ssml_values.emphasis(attributes)
            louder = replace(style, rate=style.rate * rate, decibels=style.decibels + decibels)
            return replace(element, style=louder)
        case "say-as":
            return replace(element, spoken_as=ssml_values.spoken_as(attributes))
        case "sub":
            return replace(element, alias=ssml_values.required(attributes, "alias"))
        case "lang":
            language = ssml_values.required(attributes, "xml:lang")
            if language not in LANGUAGES:
                raise ssml_values.invalid()
            return replace(element, style=replace(style, language=language))
        case "phoneme":
            ssml_values.required(attributes, "alphabet")
            ssml_values.required(attributes, "ph")
        case "w":
            ssml_values.required(attributes, "role")
    return element


def _prosody(style: Style, attributes: Mapping[str, str]) -> Style:
    if not attributes:
        raise ssml_values.invalid()
    if "rate" in attributes:
        style = replace(style, rate=style.rate * ssml_values.rate(attributes["rate"]))
    if "volume" in attributes:
        louder = style.decibels + ssml_values.decibels(attributes["volume"])
        style = replace(style, decibels=louder)
    if "pitch" in attributes:
        style = replace(style, pitch=style.pitch * ssml_values.pitch(attributes["pitch"]))
    return style
