"""Polly's speech marks for sentences and words: what is spoken when, as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from local.engines.speaker import SAMPLE_RATE
from local.services.polly.performance import Times
from local.services.polly.script import Part
from local.services.polly.words import sentence_spans


def speech_marks(text: str, script: Sequence[Part], times: Times, types: Collection[str]) -> bytes:
    """Return the marks of the wanted types (``sentence``, ``word``) in the order of their times.

    ``time`` is in milliseconds. ``start`` and ``end`` are offsets in bytes of the submitted text,
    tags and entities included, and ``value`` is the text between them.
    """
    source = text.encode()

    def mark(kind: str, sample: int, start: int, end: int) -> dict[str, Any]:
        time = sample * 1000 // SAMPLE_RATE
        value = source[start:end].decode()
        return {"time": time, "type": kind, "start": start, "end": end, "value": value}

    marks = []
    if "sentence" in types:
        for number, (start, end) in enumerate(sentence_spans(script)):
            sample = 0 if number == 0 else _sample_at(times, start)
            marks.append(mark("sentence", sample, start, end))
    if "word" in types:
        marks += [mark("word", each.sample, each.start, each.end) for each in times.words]
    marks.sort(key=lambda each: each["time"])  # stable: a sentence comes before its first word
    return "".join(
        json.dumps(each, ensure_ascii=False, separators=(",", ":")) + "\n" for each in marks
    ).encode()


def _sample_at(times: Times, byte: int) -> int:
    """Return when the first word from this byte on begins; after the last, when speech ends."""
    later = (word.sample for word in times.words if word.start >= byte)
    return next(later, times.length)
