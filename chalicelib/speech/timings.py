"""When each word of a text is spoken: speech marks, placed in the text and in the MP3. Pure.

Polly counts a mark's ``start`` and ``end`` in bytes of the SSML as UTF-8, tags and entities
included, and its ``time`` in milliseconds of the request's own audio ("Speech mark output"). Of
some voices, a ``<break/>`` has a mark too, of type ``word`` ("Speech marks with SSML example").
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final

import msgspec

from chalicelib.errors import TransientError
from chalicelib.speech import speech_marks
from chalicelib.speech.mp3 import JoinedSpeech
from chalicelib.speech.speech_marks import SpeechMark, UnusableMarksError
from chalicelib.speech.spoken_forms import PLAIN

_PARTS: Final = re.compile(r"(?P<tag><[^>]*>)|&(?P<entity>amp|lt|gt);|(?P<plain>\S)|\s+")
_ENTITIES: Final = {"amp": "&", "lt": "<", "gt": ">"}
_WORD: Final = re.compile(r"\S+")
_SHORTEST_PAUSE: Final = 100.0
"""Milliseconds. A shorter silence is part of a word: the stop before a "t"."""
_ONSET: Final = 80.0
"""Milliseconds. A silence that ends so near before a word is the pause before it."""


class TimedText(msgspec.Struct, frozen=True):
    """A word or a sentence, as ``text[start:end]``, and when it sounds.

    Words that are spoken as one ("z. B." as "zum Beispiel") are one.

    Attributes:
        begins: In milliseconds of the MP3.
        ends: Where the next one begins, or where its sound ends before a pause.
    """

    begins: int
    ends: int
    start: int
    end: int


class Timing(msgspec.Struct, frozen=True):
    """When everything of a text is spoken, in the order of the text."""

    sentences: list[TimedText]
    words: list[TimedText]


class WordBegin(msgspec.Struct, frozen=True):
    """Words of the text, from `first` to `last`, that begin to sound at a time.

    Attributes:
        sentence: The words that are printed of the sentence that they begin.
    """

    time: float
    first: int
    last: int
    sentence: list[int] | None


class _Request(msgspec.Struct, frozen=True):
    """What one request to Polly prints. Places are bytes of its SSML.

    Attributes:
        printed: Where each character is, and of which word of the text it is.
        spoken: The words with a letter or a digit.
        sentences: Where each begins, and where the SSML ends.
        substitutes: Where each begins and ends.
    """

    printed: list[tuple[int, int]]
    spoken: list[int]
    sentences: list[int]
    substitutes: list[tuple[int, int]]


class MarkedText:
    """A text and the SSML requests that speak it.

    Args:
        text: A paragraph or a verse a line.
        requests: What `ssml.ssml_requests` makes of it.
    """

    def __init__(self, text: str, requests: Sequence[str]) -> None:
        self.words = [match.span() for match in _WORD.finditer(text)]
        self._starts = [start for start, _ in self.words]
        self._requests: list[_Request] = []
        place = 0
        for ssml in requests:
            printed: list[tuple[int, int]] = []
            spoken: list[int] = []
            for byte, character in _printed(ssml):
                wanted = _comparable(character)
                while place < len(text) and _comparable(text[place]) != wanted:
                    place += 1
                word = bisect_right(self._starts, place) - 1
                printed.append((byte, word))
                if character.isalnum() and spoken[-1:] != [word]:
                    spoken.append(word)
                place += 1
            source = ssml.encode()
            sentences = [tag.start() for tag in re.finditer(b"<s>|$", source)]
            substitutes = [element.span() for element in re.finditer(b"<sub .*?</sub>", source)]
            self._requests.append(_Request(printed, spoken, sentences, substitutes))

    def begins(self, number: int, answer: bytes) -> list[WordBegin]:
        """When the words of a request begin, in milliseconds of its own audio.

        Args:
            number: Of the request, from 0.
            answer: Polly's speech marks for it, a JSON object a line.

        Raises:
            TransientError: The answer is empty or cut off.
            UnusableMarksError: The marks are out of order, or have a word more or less than the
                text.
        """
        request = self._requests[number]
        found = list(_placed(request, speech_marks.read(answer)))
        marked = {word for each in found for word in range(each.first, each.last + 1)}
        missing = [word for word in request.spoken if word not in marked]
        if missing and missing == request.spoken[-len(missing) :]:
            raise TransientError("The speech marks are cut off.")
        if missing:
            raise UnusableMarksError("The speech marks have a word less than the text.")
        return found

    def timing(self, begins: Sequence[Sequence[WordBegin]], speech: JoinedSpeech) -> Timing:
        """When each word and sentence sounds in the whole MP3.

        Args:
            begins: For each request, as `begins` returns them.
            speech: The joined MP3 of all requests.

        Raises:
            UnusableMarksError: Words are not one after the other, until the MP3 ends.
        """
        groups: list[WordBegin] = []
        for offset, of_request in zip(speech.starts, begins, strict=True):
            for each in of_request:
                if groups and each.first <= groups[-1].last:  # one word of several marks
                    last = max(groups[-1].last, each.last)
                    groups[-1] = msgspec.structs.replace(groups[-1], last=last)
                else:
                    groups.append(msgspec.structs.replace(each, time=offset + each.time))
        if not groups:
            raise UnusableMarksError("The speech marks have a word less than the text.")
        if any(after.time < before.time for before, after in pairwise(groups)):
            raise UnusableMarksError("The speech marks are out of order.")
        rounded = (round(each.time) for each in groups)
        times = list(accumulate(rounded, lambda before, time: max(time, before + 1)))
        end = round(speech.duration)
        if times[-1] >= end:
            raise UnusableMarksError("The speech marks go on after the speech ends.")
        words = [
            TimedText(
                time,
                max(round(_end_of_sound(time, following, speech.silences)), time + 1),
                self.words[each.first][0],
                self.words[each.last][1],
            )
            for each, (time, following) in zip(groups, pairwise([*times, end]), strict=True)
        ]
        return Timing(list(self._joined(groups, words)), words)

    def _joined(
        self, groups: Sequence[WordBegin], words: Sequence[TimedText]
    ) -> Iterator[TimedText]:
        """The sentences that the words make, with the signs around these."""
        begun = [at for at, group in enumerate(groups) if group.sentence or at == 0]
        last = -1
        for first, behind in pairwise([*begun, len(words)]):
            printed = groups[first].sentence or [groups[first].first]
            start = max(printed[0], last + 1)  # a sign may be one word with the sentence before
            following = groups[behind].first if behind < len(groups) else len(self.words)
            last = max(groups[behind - 1].last, min(printed[-1], following - 1))
            place = self.words[start][0], self.words[last][1]
            yield TimedText(words[first].begins, words[behind - 1].ends, *place)


def _placed(request: _Request, marks: list[SpeechMark]) -> Iterator[WordBegin]:
    before = SpeechMark(0, "word", 0, 0, "")
    sentence = 0
    for mark in marks:
        if mark.type == "sentence":  # its own idea of one: the tags of the SSML are the app's
            continue
        if mark.time < before.time or mark.start < before.start:
            raise UnusableMarksError("The speech marks are out of order.")
        covered = _between(request.printed, mark.start, mark.end)
        for start, end in request.substitutes:
            if not covered and start <= mark.start and mark.end <= end:  # its tag has the mark
                covered = _between(request.printed, start, end)
        if not covered and mark.value.startswith("<break"):
            continue
        if not covered or mark.end > request.sentences[-1]:
            raise UnusableMarksError("The speech marks have a word more than the text.")
        tag = bisect_right(request.sentences, mark.start)
        begun = None
        if tag > sentence:
            begun = _between(request.printed, *request.sentences[tag - 1 : tag + 1])
        yield WordBegin(mark.time, covered[0], covered[-1], begun)
        sentence, before = tag, mark


def _printed(ssml: str) -> Iterator[tuple[int, str]]:
    """The characters that SSML prints, without spaces, each with its first byte."""
    byte = 0
    for part in _PARTS.finditer(ssml):
        if part["entity"]:
            yield byte, _ENTITIES[part["entity"]]
        elif part["plain"]:
            yield byte, part["plain"]
        byte += len(part[0].encode())


def _comparable(character: str) -> str:
    """A character of a text and of its SSML, which differ in capitals, quotes and dashes.

    `str.lower` makes another letter of a capital Σ at the end of a word; `casefold` knows both.
    """
    return character.translate(PLAIN).casefold()


def _between(places: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    """The words of what is printed from one byte on, and before another one."""
    return [word for _, word in places[bisect_left(places, (start,)) : bisect_left(places, (end,))]]


def _end_of_sound(
    begins: float, following: float, silences: Sequence[tuple[float, float]]
) -> float:
    """Where a word's sound ends: before the pause behind it, or where the following word begins."""
    at = bisect_right(silences, (following, following)) - 1
    if at < 0:
        return following
    quiet, loud = silences[at]
    is_pause = loud - quiet >= _SHORTEST_PAUSE and loud >= following - _ONSET
    return quiet if is_pause and quiet > begins else following
