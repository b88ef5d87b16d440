"""Speaks a script from beginning to end, and notes when each of its words begins."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from local.engines.speaker import DEFAULT_PITCH, DEFAULT_RATE, SAMPLE_RATE, Samples, speak
from local.services.polly.script import Boundary, Mark, Part, Pause, SpokenAs, Style, Text
from local.services.polly.voices import PollyVoice
from local.services.polly.words import ends_sentence, word_ranges

LONGEST_SPEECH: Final = 600 * SAMPLE_RATE
"""Samples: ten minutes, after which Polly cuts a speech off."""
_SHORTEST_SPEECH: Final = SAMPLE_RATE // 10
"""Samples of silence for a text with nothing to speak, so that audio files stay playable."""

_RATES: Final = (80, 450)
_PITCHES: Final = (0, 99)
"""The ranges that espeak-ng takes."""

_BEEP: Final = "beep"


@dataclass(frozen=True)
class Moment:
    """A place in the submitted text (bytes), and the sample where it begins to sound."""

    sample: int
    start: int
    end: int


@dataclass(frozen=True)
class Performance:
    """The sound of a script, its words (pauses count as such), and its sounds in IPA."""

    samples: Samples
    words: list[Moment]
    phonemes: list[tuple[int, str]]


def perform(script: Sequence[Part], voice: PollyVoice, language: str) -> Performance:
    """Speak a script in one of the voice's languages.

    Texts in one style are spoken as one, so a change of style cuts a sentence in two.
    """
    stage = _Stage(voice, language)
    run: list[Text] = []
    for part in script:
        if isinstance(part, Mark):
            continue  # makes no sound, and no pause
        if run and not (isinstance(part, Text) and part.style == run[0].style):
            stage.speak(run, is_followed_by_text=isinstance(part, Text))
            run = []
        match part:
            case Text():
                run.append(part)
            case Pause():
                stage.pause(part)
            case Boundary():
                stage.rest(part.seconds)
    stage.speak(run, is_followed_by_text=False)
    return stage.performance()


@dataclass(frozen=True)
class _SpokenWord:
    """A word's first character in what is spoken, and its bytes in what was submitted."""

    index: int
    start: int
    end: int


class _Stage:
    """What has been spoken so far."""

    def __init__(self, voice: PollyVoice, language: str) -> None:
        self._voice = voice
        self._language = language
        self._chunks: list[Samples] = []
        self._length = 0
        self._words: list[Moment] = []
        self._phonemes: list[tuple[int, str]] = []

    def speak(self, run: Sequence[Text], *, is_followed_by_text: bool) -> None:
        spoken, words = _spoken(run)
        if not spoken.strip():
            return
        style = run[0].style
        utterance = speak(
            spoken,
            self._voice.espeak_name(style.language or self._language),
            rate=round(np.clip(DEFAULT_RATE * style.rate, *_RATES)),
            pitch=round(np.clip(DEFAULT_PITCH * style.pitch, *_PITCHES)),
            end_pause=is_followed_by_text and ends_sentence(spoken),
        )
        begins = _word_samples(words, len(spoken), utterance.word_starts, len(utterance.samples))
        self._words += [
            Moment(self._length + sample, word.start, word.end)
            for word, sample in zip(words, begins, strict=True)
        ]
        self._phonemes += [(self._length + sample, ipa) for sample, ipa in utterance.phonemes]
        self._add(_amplified(utterance.samples, style))

    def pause(self, pause: Pause) -> None:
        self._words.append(Moment(self._length, pause.start, pause.end))
        self.rest(pause.seconds)

    def rest(self, seconds: float) -> None:
        if seconds and self._length:
            self._phonemes.append((self._length, ""))
        self._add(np.zeros(round(seconds * SAMPLE_RATE), np.int16))

    def performance(self) -> Performance:
        if not self._length:
            self._add(np.zeros(_SHORTEST_SPEECH, np.int16))
        return Performance(
            np.concatenate(self._chunks)[:LONGEST_SPEECH],
            [word for word in self._words if word.sample < LONGEST_SPEECH],
            [phoneme for phoneme in self._phonemes if phoneme[0] < LONGEST_SPEECH],
        )

    def _add(self, samples: Samples) -> None:
        self._chunks.append(samples)
        self._length += len(samples)


def _spoken(run: Iterable[Text]) -> tuple[str, list[_SpokenWord]]:
    """What to say for texts that follow each other, and the words in it."""
    spoken = ""
    words: list[_SpokenWord] = []
    for text in run:
        characters = text.characters
        written = "".join(character.text for character in characters)
        if text.alias is not None or text.spoken_as is SpokenAs.BEEP:
            words.append(_SpokenWord(len(spoken), characters[0].start, characters[-1].end))
            spoken += _BEEP if text.alias is None else text.alias
            continue
        is_spelled_out = text.spoken_as is SpokenAs.SPELLED_OUT
        stride = 2 if is_spelled_out else 1
        words += [
            _SpokenWord(
                len(spoken) + first * stride, characters[first].start, characters[last - 1].end
            )
            for first, last in word_ranges(characters)
        ]
        spoken += " ".join(written) if is_spelled_out else written
    return spoken, words


def _word_samples(
    words: Sequence[_SpokenWord],
    spoken_length: int,
    word_starts: Iterable[tuple[int, int]],
    sample_count: int,
) -> list[int]:
    """When each word begins; those that espeak-ng joined to another, in proportion between."""
    indexes = [word.index for word in words]
    known: dict[int, int] = {}
    for character, sample in word_starts:
        place = bisect_right(indexes, character) - 1
        if place >= 0:
            known.setdefault(indexes[place], sample)
    known.setdefault(0, 0)
    known.setdefault(spoken_length, sample_count)
    at, samples = zip(*sorted(known.items()), strict=True)
    begins = np.interp(indexes, at, samples)
    return [int(sample) for sample in begins]


def _amplified(samples: Samples, style: Style) -> Samples:
    if style.decibels == 0:
        return samples
    louder = samples * float(10 ** (style.decibels / 20))
    limits = np.iinfo(np.int16)
    clipped: Samples = np.clip(louder, limits.min, limits.max).astype(np.int16)
    return clipped
