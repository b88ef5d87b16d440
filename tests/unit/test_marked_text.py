"""What Amazon Polly's speech marks are like, as its Developer Guide and public answers show."""

import json

import pytest

from chalicelib.speech.speech_marks import UnusableMarksError
from chalicelib.speech.ssml import ssml_requests
from chalicelib.speech.timings import MarkedText

VERSE = "Twinkle, little star,\nHow I wonder!"
(SSML,) = ssml_requests(VERSE, "en-US")
BREAK = '<break time="250ms"/>'


def mark(value: str, time: int, kind: str = "word", *, start: int | None = None) -> bytes:
    at = SSML.encode().index(value.encode()) if start is None else start
    line = {"time": time, "type": kind, "start": at, "end": at + len(value), "value": value}
    return json.dumps(line).encode()


WORDS = [mark(word, 100 * at) for at, word in enumerate(["Twinkle", "little", "star"])]
MORE = [mark(word, 1000 + 100 * at) for at, word in enumerate(["How", "I", "wonder"])]


def begins(*lines: bytes) -> list[float]:
    return [each.time for each in MarkedText(VERSE, [SSML]).begins(0, b"\n".join(lines))]


@pytest.mark.parametrize("breaks", [[], [mark(BREAK, 500)]])
def test_a_break_can_have_a_mark(breaks: list[bytes]) -> None:
    assert begins(*WORDS, *breaks, *MORE) == [0, 100, 200, 1000, 1100, 1200]


def test_no_other_tag_can_have_a_mark() -> None:
    with pytest.raises(UnusableMarksError, match="a word more"):
        begins(*WORDS, mark("</s>", 500), *MORE)


def test_a_break_within_a_word_counts_for_the_word() -> None:
    glued = mark(BREAK + "How", 1000)

    assert begins(*WORDS, glued, *MORE[1:]) == [0, 100, 200, 1000, 1100, 1200]


def test_a_sentences_mark_can_end_within_a_character() -> None:
    broken = mark("Twinkle", 0, "sentence").replace(b'Twinkle"', b'Twinkle\xe2"')

    assert begins(broken, *WORDS, *MORE) == [0, 100, 200, 1000, 1100, 1200]


@pytest.mark.parametrize("marked", ["p. m.", "in the afternoon", "whole", "tag"])
def test_marks_in_a_substitute_count_for_all_of_its_text(marked: str) -> None:
    ssml = '<speak><s>At 3 <sub alias="in the afternoon">p. m.</sub> he slept</s></speak>'
    element = ssml[ssml.index("<sub") : ssml.index("</sub>") + 6]
    said = {"whole": element, "tag": element[: element.index(">") + 1]}.get(marked, marked)
    answer, place = b"", 0
    for at, value in enumerate(["At", "3", said, "he", "slept"]):
        start = ssml.index(value, place)
        line = {"time": at, "type": "word", "start": start, "end": start + len(value)}
        answer += json.dumps(line | {"value": value}).encode() + b"\n"
        place = ssml.index("</sub>") if at == 2 else start

    found = MarkedText("At 3 p. m. he slept", [ssml]).begins(0, answer)

    assert [(each.first, each.last) for each in found] == [(0, 0), (1, 1), (2, 3), (4, 4), (5, 5)]
