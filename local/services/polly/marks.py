"""Polly's speech marks: what is spoken when, as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

from local.engines.speaker import SAMPLE_RATE
from local.services.polly.performance import Performance
from local.services.polly.script import Mark, Part
from local.services.polly.visemes import viseme
from local.services.polly.words import sentence_spans

_ORDER: Final = ("sentence", "ssml", "word", "viseme")
"""Of marks at the same time."""


def speech_marks(
    text: str, script: Sequence[Part], performance: Performance, types: Iterable[str]
) -> bytes:
    """Return the marks of the wanted types in the order of their times (milliseconds).

    ``start`` and ``end`` are offsets in bytes of the submitted text, tags and entities included,
    and ``value`` is what stands there.
    """
    source = text.encode()
    makers: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
        "sentence": lambda: _sentence_marks(source, script, performance),
        "ssml": lambda: _ssml_marks(script, performance),
        "word": lambda: _word_marks(source, performance),
        "viseme": lambda: _viseme_marks(performance),
    }
    marks = [mark for kind in _ORDER if kind in types for mark in makers[kind]()]
    marks.sort(key=lambda mark: mark["time"])  # stable: keeps the order of types
    return "".join(
        json.dumps(mark, ensure_ascii=False, separators=(",", ":")) + "\n" for mark in marks
    ).encode()


def _sentence_marks(
    source: bytes, script: Sequence[Part], performance: Performance
) -> Iterator[dict[str, Any]]:
    for number, (start, end) in enumerate(sentence_spans(script)):
        sample = 0 if number == 0 else _sample_at(performance, start)
        yield _mark(sample, "sentence", start, end, source[start:end].decode())


def _ssml_marks(script: Sequence[Part], performance: Performance) -> Iterator[dict[str, Any]]:
    for part in script:
        if isinstance(part, Mark):
            sample = _sample_at(performance, part.end)
            yield _mark(sample, "ssml", part.start, part.end, part.name)


def _word_marks(source: bytes, performance: Performance) -> Iterator[dict[str, Any]]:
    for word in performance.words:
        value = source[word.start : word.end].decode()
        yield _mark(word.sample, "word", word.start, word.end, value)


def _viseme_marks(performance: Performance) -> Iterator[dict[str, Any]]:
    previous = None
    for sample, ipa in performance.phonemes:
        shape = viseme(ipa)
        if shape != "sil" or previous != "sil":
            yield {"time": _milliseconds(sample), "type": "viseme", "value": shape}
        previous = shape


def _sample_at(performance: Performance, byte: int) -> int:
    """When the first word from here on begins; after the last, when the speech ends."""
    later = (word.sample for word in performance.words if word.start >= byte)
    return next(later, len(performance.samples))


def _mark(sample: int, kind: str, start: int, end: int, value: str) -> dict[str, Any]:
    return {
        "time": _milliseconds(sample),
        "type": kind,
        "start": start,
        "end": end,
        "value": value,
    }


def _milliseconds(sample: int) -> int:
    return sample * 1000 // SAMPLE_RATE
