"""Turns a story's text into SSML, sentence by sentence, within Polly's limits.

Uses ``speak``, ``p``, ``s``, ``break`` and ``sub``: each of Polly's engines takes these
("Supported SSML tags").
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

import msgspec

from chalicelib.speech.sentences import paragraphs_of, sentence_ends
from chalicelib.speech.spoken_forms import SpokenForm, as_spoken, spoken_forms

MAX_BILLED: Final = 3000
"""Billed characters of one SynthesizeSpeech request: tags do not count (Polly quotas)."""

MAX_TOTAL: Final = 6000
"""All characters of one request, tags and entities included (Polly quotas)."""

# Where to cut a sentence beyond the limits, best places first. A cut keeps the mark.
_CUTS: Final = (
    re.compile(r"(?<=[,;:،、])\s+|(?<=[，、；])"),  # between clauses
    re.compile(r"\s+"),  # between words
)
_FORBIDDEN: Final = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
"""By XML."""
_INVISIBLE: Final = "[\u00ad\u0640\u200b-\u200f\u2060\ufe0f\ufeff]"
"""Soft hyphen, tatweel (it only widens an Arabic word), joiners, marks of direction."""
_AUDIBLE: Final = re.compile(r"[^\W_]")

_DOCUMENT: Final = "<speak>{}</speak>"
_PARAGRAPH: Final = "<p>{}</p>"
_SENTENCE: Final = "<s>{}</s>"
_AFTER_VERSE: Final = '<break time="250ms"/>'
_AFTER_HEADING: Final = '<break time="500ms"/>'
"""Beside the pause of a paragraph."""


class _Spoken(msgspec.Struct, frozen=True):
    """SSML, and how many of its characters are billed."""

    ssml: str
    billed: int

    def __add__(self, other: "_Spoken") -> "_Spoken":
        return _Spoken(self.ssml + other.ssml, self.billed + other.billed)

    @property
    def fits(self) -> bool:
        return self.billed <= MAX_BILLED and len(_DOCUMENT.format(self.ssml)) <= MAX_TOTAL


_NOTHING: Final = _Spoken("", 0)


def ssml_requests(text: str, language: str) -> list[str]:
    """SSML documents that together speak the whole text, in order.

    Args:
        text: A paragraph or a verse a line.
        language: A key of `voices.VOICES`.

    Returns:
        Each within `MAX_BILLED` and `MAX_TOTAL` characters; none if nothing is audible.
    """
    documents = [_NOTHING]
    for paragraph in paragraphs_of(re.sub(f"{_FORBIDDEN}|{_INVISIBLE}", "", text)):
        sentences = list(_Sentences(paragraph.text, language).spoken())
        after = _Spoken(_AFTER_HEADING, 0) if paragraph.is_heading else _NOTHING
        if not sentences:
            continue
        whole = _paragraph(sentences) + after
        if (documents[-1] + whole).fits:
            documents[-1] += whole
        elif whole.fits:
            documents.append(whole)
        else:
            _add_in_parts(documents, sentences)
    return [_DOCUMENT.format(document.ssml) for document in documents if document.ssml]


def _add_in_parts(documents: list[_Spoken], sentences: list[_Spoken]) -> None:
    """Add a paragraph that is too long for one document.

    Only its last part is a ``p``: else the paragraph's pause would be heard inside it.
    """
    begun = _NOTHING
    for sentence in sentences:
        spoken = _sentence(sentence)
        if not (documents[-1] + _closed(begun + spoken)).fits:
            documents[-1] += begun
            documents.append(_NOTHING)
            begun = _NOTHING
        begun += spoken
    documents[-1] += _closed(begun)


def _paragraph(sentences: list[_Spoken]) -> _Spoken:
    return _closed(sum(map(_sentence, sentences), _NOTHING))


def _sentence(content: _Spoken) -> _Spoken:
    return _Spoken(_SENTENCE.format(content.ssml), content.billed)


def _closed(sentences: _Spoken) -> _Spoken:
    return _Spoken(_PARAGRAPH.format(sentences.ssml), sentences.billed)


class _Sentences:
    """The sentences of a paragraph; one beyond the limits is cut."""

    def __init__(self, text: str, language: str) -> None:
        self._text = text
        self._forms = spoken_forms(text, language)
        self._starts = [form.start for form in self._forms]
        self._plain = as_spoken(text, language)

    def spoken(self) -> Iterator[_Spoken]:
        start = 0
        abbreviations = [(form.start, form.end, form.may_end) for form in self._forms]
        for end in sentence_ends(self._text, abbreviations):
            yield from self._cut_to_fit(start, end, 0)
            start = end

    def _cut_to_fit(self, start: int, end: int, depth: int) -> Iterator[_Spoken]:
        """Cut a sentence into as few parts as fit."""
        whole = self._between(start, end)
        if _paragraph([whole]).fits:
            if "<sub" in whole.ssml or _AUDIBLE.search(self._plain, start, end):
                yield whole
            return
        if depth == len(_CUTS):  # one word that is longer than the limit
            middle = (start + end) // 2
            yield from self._cut_to_fit(start, middle, depth)
            yield from self._cut_to_fit(middle, end, depth)
            return
        begin, last = start, start
        for place in [*self._cuts(start, end, depth), end]:
            if last > begin and not _paragraph([self._between(begin, place)]).fits:
                yield from self._cut_to_fit(begin, last, depth + 1)
                begin = last
            last = place
        yield from self._cut_to_fit(begin, end, depth + 1)

    def _cuts(self, start: int, end: int, depth: int) -> list[int]:
        places = [found.end() for found in _CUTS[depth].finditer(self._text, start, end)]
        return [place for place in places if place < end and not self._is_within_form(place)]

    def _is_within_form(self, place: int) -> bool:
        before = bisect_left(self._starts, place)
        return before > 0 and place < self._forms[before - 1].end

    def _between(self, start: int, end: int) -> _Spoken:
        """The SSML of a part of the paragraph."""
        ssml, billed, place = "", 0, start
        first, behind = bisect_left(self._starts, start), bisect_left(self._starts, end)
        for form in self._forms[first:behind]:
            if form.end <= end:
                ssml += _escaped(self._plain[place : form.start]) + _substituted(self._text, form)
                billed += max(len(form.spoken) - (form.end - form.start), 0)
                place = form.end
        ssml += _escaped(self._plain[place:end].rstrip())
        return _Spoken(ssml.strip(), billed + end - start)


def _escaped(text: str) -> str:
    return escape(text).replace("\n", f" {_AFTER_VERSE}")


def _substituted(text: str, form: SpokenForm) -> str:
    return f"<sub alias={quoteattr(form.spoken)}>{escape(text[form.start : form.end])}</sub>"
