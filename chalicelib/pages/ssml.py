"""Turns a story's text into SSML, paragraph by paragraph, within Polly's limits."""

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

MAX_BILLED: Final = 3000
"""Billed characters of one SynthesizeSpeech request: tags do not count (Polly quotas)."""

MAX_TOTAL: Final = 6000
"""All characters of one request, tags and entities included (Polly quotas)."""

# Where to cut a long paragraph, best places first. A cut keeps the mark and drops the space.
_CUTS: Final = (
    re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+|(?<=[。！？؟])\s*"),  # between sentences
    re.compile(r"(?<=[,;:،、])\s+|(?<=[，、；])"),  # between clauses
    re.compile(r"\s+"),  # between words
)

_NOT_IN_XML: Final = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"

_OPEN, _CLOSE = "<speak>", "</speak>"
_PARAGRAPH: Final = "<p>{}</p>"


def ssml_requests(text: str) -> list[str]:
    """SSML documents that together speak the whole text, in order.

    Args:
        text: A paragraph a line.

    Returns:
        As few documents as fit, each within `MAX_BILLED` and `MAX_TOTAL` characters.
    """
    requests: list[str] = []
    billed, paragraphs = 0, ""
    for piece in _pieces(re.sub(_NOT_IN_XML, "", text)):
        paragraph = _PARAGRAPH.format(escape(piece))
        if paragraphs and not _fits(billed + len(piece), paragraphs + paragraph):
            requests.append(_OPEN + paragraphs + _CLOSE)
            billed, paragraphs = 0, ""
        billed += len(piece)
        paragraphs += paragraph
    return [*requests, _OPEN + paragraphs + _CLOSE]


def _fits(billed: int, paragraphs: str) -> bool:
    return billed <= MAX_BILLED and len(_OPEN + paragraphs + _CLOSE) <= MAX_TOTAL


def _pieces(text: str) -> Iterator[str]:
    for paragraph in text.split("\n"):
        if paragraph.strip():
            yield from _cut_to_fit(paragraph.strip(), 0)


def _cut_to_fit(text: str, depth: int) -> Iterator[str]:
    if _fits(len(text), _PARAGRAPH.format(escape(text))):
        yield text
        return
    if depth == len(_CUTS):  # one word that is longer than the limit
        half = len(text) // 2
        yield from _cut_to_fit(text[:half], depth)
        yield from _cut_to_fit(text[half:], depth)
        return
    gathered = ""
    for part in _split_after(text, _CUTS[depth]):
        if gathered and not _fits(len(gathered + part), _PARAGRAPH.format(escape(gathered + part))):
            yield from _cut_to_fit(gathered.strip(), depth + 1)
            gathered = ""
        gathered += part
    yield from _cut_to_fit(gathered.strip(), depth + 1)


def _split_after(text: str, cut: re.Pattern[str]) -> Iterator[str]:
    start = 0
    for match in cut.finditer(text):
        yield text[start : match.end()]
        start = match.end()
    if start < len(text):
        yield text[start:]
