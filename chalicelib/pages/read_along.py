"""Writes the files that let people read along: the story's words, their times, and captions. Pure.

``docs/read-along.schema.json`` describes the first two.
"""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from chalicelib.pages.corrections import PlacedWord
from chalicelib.pages.detection import Polygon
from chalicelib.pages.reading_order import SkippedText
from chalicelib.speech.timings import TimedText, Timing

VERSION: Final = 1
"""Of the formats; a change that breaks a reader gets another number."""


class PageFacts(msgspec.Struct, frozen=True):
    """What the files say of a page beside its words.

    Attributes:
        language: That of the speech.
        width: Of the page image, in pixels.
        height: Of the page image, in pixels.
        complete: False if the page may have words that were not read; None if nobody knows.
    """

    text: str
    language: str
    width: int
    height: int
    complete: bool | None


def story_json(page: PageFacts, placed: Sequence[PlacedWord], skipped: list[SkippedText]) -> bytes:
    """The text, whether it is all of the page, where each word is, and what is not read."""
    return msgspec.json.encode(
        {
            "version": VERSION,
            "language": page.language,
            "text": page.text,
            "complete": page.complete,
            "image": _image(page),
            "words": [[word.start, word.end, _points(word.polygons)] for word in placed],
            "skipped": skipped,
        }
    )


def read_along_json(
    page: PageFacts, placed: Sequence[PlacedWord], timing: Timing, duration: float
) -> bytes:
    """When each word and sentence sounds, and where each word is on the page image."""
    return msgspec.json.encode(
        {
            "version": VERSION,
            "language": page.language,
            "duration_ms": round(duration),
            "image": _image(page),
            "sentences": [_times(sentence) for sentence in timing.sentences],
            "words": [
                [*_times(word), _points(polygons)] for word, polygons in _boxes(timing, placed)
            ],
        }
    )


def captions(page: PageFacts, timing: Timing) -> str:
    """Captions by sentence, as WebVTT."""
    cues = (
        f"{_clock(sentence.begins)} --> {_clock(sentence.ends)}\n"
        f"{_cue_text(page.text[sentence.start : sentence.end])}\n"
        for sentence in timing.sentences
    )
    return "\n".join(["WEBVTT\n", *cues])


def _boxes(
    timing: Timing, placed: Sequence[PlacedWord]
) -> Iterator[tuple[TimedText, list[Polygon]]]:
    """Each timed word with the places of the printed words that it covers."""
    at = 0
    for word in timing.words:
        while at < len(placed) and placed[at].end <= word.start:
            at += 1
        polygons: list[Polygon] = []
        while at < len(placed) and placed[at].start < word.end:
            polygons += placed[at].polygons
            at += 1
        yield word, polygons


def _image(page: PageFacts) -> dict[str, int]:
    return {"width": page.width, "height": page.height}


def _times(timed: TimedText) -> list[Any]:
    return [timed.begins, timed.ends, timed.start, timed.end]


def _points(polygons: Sequence[Polygon]) -> list[list[list[float]]]:
    """Four corners as fractions of the image, clockwise from the word's own top left."""
    return [
        [[round(min(max(side, 0.0), 1.0), 4) for side in (corner.x, corner.y)] for corner in each]
        for each in polygons
    ]


def _clock(milliseconds: int) -> str:
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"


def _cue_text(text: str) -> str:
    """Escaped as WebVTT wants it; an empty line would end the cue."""
    return html.escape(re.sub(r"\n\s*", "\n", text), quote=False)
