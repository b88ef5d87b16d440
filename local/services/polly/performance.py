"""Speaks a script from beginning to end, and notes when each of its words begins."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from local.engines.speaker import SAMPLE_RATE, Samples, Utterance
from local.services.polly.script import Part, Pause, ScriptCharacter, Text
from local.services.polly.words import word_ranges

Speak = Callable[[str], Utterance]
"""Speaks plain text."""

_SILENCE: Final = SAMPLE_RATE // 10
"""Samples for a text with nothing to speak, so that its audio file stays playable."""


@dataclass(frozen=True)
class Moment:
    """A place in the submitted text (bytes), and the sample where it begins to sound."""

    sample: int
    start: int
    end: int


@dataclass(frozen=True)
class Times:
    """When each word begins, and when all is said (samples)."""

    words: list[Moment]
    length: int


@dataclass(frozen=True)
class Performance:
    """Speech and its words; a break is a word, too ("Speech marks with SSML example")."""

    samples: Samples
    words: list[Moment]

    @property
    def times(self) -> Times:
        return Times(self.words, len(self.samples))


def perform(script: Sequence[Part], speak: Speak) -> Performance:
    chunks: list[Samples] = []
    words: list[Moment] = []
    length = 0
    for part in script:
        if isinstance(part, Text):
            text = "".join(character.text for character in part.characters)
            if not text.strip():
                continue
            utterance = speak(text)
            words += _moments(part.characters, utterance, length)
            chunk = utterance.samples
        else:
            if isinstance(part, Pause):
                words.append(Moment(length, part.start, part.end))
            chunk = np.zeros(round(part.seconds * SAMPLE_RATE), np.int16)
        chunks.append(chunk)
        length += len(chunk)
    if not length:
        chunks.append(np.zeros(_SILENCE, np.int16))
    return Performance(np.concatenate(chunks), words)


def _moments(
    characters: Sequence[ScriptCharacter], utterance: Utterance, offset: int
) -> list[Moment]:
    """When each word begins.

    espeak-ng joins some words ("of the") and reports only the first: the times of the others lie
    in proportion between their neighbours.
    """
    ranges = word_ranges(characters)
    indexes = [first for first, _ in ranges]
    known: dict[int, int] = {}
    for character, sample in utterance.word_starts:
        place = bisect_right(indexes, character) - 1
        if place >= 0:
            known.setdefault(indexes[place], sample)
    known.setdefault(0, 0)
    known.setdefault(len(characters), len(utterance.samples))
    at, samples = zip(*sorted(known.items()), strict=True)
    begins = np.interp(indexes, at, samples)
    places: dict[tuple[int, int], Moment] = {}  # a substitute of several words has one place
    for (first, last), sample in zip(ranges, begins, strict=True):
        moment = Moment(offset + int(sample), characters[first].start, characters[last - 1].end)
        places.setdefault((moment.start, moment.end), moment)
    return list(places.values())
