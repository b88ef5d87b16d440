"""When each word is spoken: marks placed in the text and in the MP3, and marks that are wrong."""

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.errors import TransientError
from chalicelib.speech.mp3 import JoinedSpeech, joined
from chalicelib.speech.speech_marks import UnusableMarksError
from chalicelib.speech.ssml import ssml_requests
from chalicelib.speech.timings import MarkedText, TimedText, Timing
from chalicelib.speech.voices import default_voice, engine_for
from local.services.polly.synthesis import Polly
from tests.fakes.engines import marks_of

LINES: Final = {
    "arb": "ar", "de-DE": "de", "en-US": "en", "es-ES": "es", "fr-FR": "fr", "it-IT": "it",
    "pt-BR": "pt", "ru-RU": "ru",
}  # fmt: skip
"""By language: the table with its lines."""
TABLES: Final = Path(__file__).parent / "spoken_forms"
SECONDS: Final = 60
SILENT: Final = re.compile("[\u0640\u2300-\u23ff\u2600-\u27bf\U0001f000-\U0001faff]")
"""Tatweel, and digits among the signs that nobody reads aloud ("❶")."""


def speech_of(count: int, *silences: tuple[float, float], seconds: float = SECONDS) -> JoinedSpeech:
    """As many requests, each as long."""
    starts = [1000.0 * seconds * number for number in range(count)]
    return JoinedSpeech(b"", starts, 1000.0 * seconds * count, list(silences))


def timed(text: str, language: str = "en-US") -> Timing:
    """A text with the marks of the scripted speaker."""
    requests = ssml_requests(text, language)
    marked = MarkedText(text, requests)
    answers = (marks_of(request, SECONDS, "neural") for request in requests)
    begins = [marked.begins(number, answer) for number, answer in enumerate(answers)]
    return marked.timing(begins, speech_of(len(requests)))


def marks(*given: tuple[Any, ...]) -> bytes:
    """Speech marks of words: time, start and end."""
    lines = [
        json.dumps({"time": time, "type": "word", "start": start, "end": end, "value": "fox"})
        for time, start, end in given
    ]
    return "\n".join([*lines, ""]).encode()


def is_spoken(character: str) -> bool:
    return character.isalnum() and not SILENT.match(character)


def printed(text: str, found: Sequence[TimedText]) -> list[str]:
    return [text[each.start : each.end] for each in found]


def assert_right(text: str, timing: Timing, duration: float) -> None:
    """Each word that is spoken has one time, and is in one sentence; times grow."""
    is_timed = [0] * len(text)
    for word in timing.words:
        for place in range(word.start, word.end):
            is_timed[place] += 1
    assert max(is_timed) <= 1
    for run in re.finditer(r"\S+", text):
        assert len({*is_timed[run.start() : run.end()]}) == 1, run
        if any(map(is_spoken, run[0])):
            assert is_timed[run.start()], run
    for found in (timing.words, timing.sentences):
        for each in found:
            assert 0 <= each.begins < each.ends <= duration
            assert each.start < each.end
            assert not text[each.start].isspace()
            assert not text[each.end - 1].isspace()
        for before, after in itertools.pairwise(found):
            assert before.ends <= after.begins
            assert before.end <= after.start
    for word in timing.words:
        (sentence,) = (s for s in timing.sentences if s.start <= word.start < s.end)
        assert word.end <= sentence.end
        assert sentence.begins <= word.begins < word.ends <= sentence.ends


def test_a_word_has_the_time_of_its_mark_and_its_place_in_the_text() -> None:
    text = "Two foxes. They ran."
    marked = MarkedText(text, ssml_requests(text, "en-US"))
    speech = JoinedSpeech(b"", [46.0], 2046.4, [])

    begins = marked.begins(0, marks((0, 14, 17), (300, 18, 23), (900, 31, 35), (1200, 36, 39)))

    assert marked.timing([begins], speech) == Timing(
        sentences=[TimedText(46, 946, 0, 10), TimedText(946, 2046, 11, 20)],
        words=[
            TimedText(46, 346, 0, 3),
            TimedText(346, 946, 4, 10),
            TimedText(946, 1246, 11, 15),
            TimedText(1246, 2046, 16, 20),
        ],
    )


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Dr. Fox & Ann.", "en-US", ["Dr.", "Fox", "&", "Ann."]),
        ("It is 3½ cm.", "en-US", ["It", "is", "3½ cm."]),
        ("Es sind z. B. 3 u. a. da.", "de-DE", ["Es", "sind", "z. B.", "3", "u. a.", "da."]),
        ("Tom is &amp; 3 < 4 &lt;", "en-US", ["Tom", "is", "&amp;", "3", "4", "&lt;"]),
        ("“Wait—no,” she said – ‘yes’.", "en-US", ["“Wait—no,”", "she", "said", "‘yes’."]),
        ("« Où ? » dit‑il ―  oui !", "fr-FR", ["Où", "dit‑il", "oui"]),
        ("МАМА и т. д. Все спали.", "ru-RU", ["МАМА", "и т. д.", "Все", "спали."]),
        ("جاء كـتـاب د. سمير؟ هنا", "arb", ["جاء", "كـتـاب", "د.", "سمير؟", "هنا"]),
        ("🐻 Bär 🐻🐻 läuft ★ weg.", "de-DE", ["Bär", "läuft", "weg."]),
        ("won\u00adder\u200bful\ufeff fox", "en-US", ["won\u00adder\u200bful\ufeff", "fox"]),
        ("rock*roll a|b <b>", "en-US", ["rock*roll", "a|b", "<b>"]),
        ("MAMA SAW A TV. ONCE.", "en-US", ["MAMA", "SAW", "A", "TV.", "ONCE."]),
        ("ΟΔΟΣ ΚΑΙ ΦΩΣ fox STRAẞE İS", "de-DE", ["ΟΔΟΣ", "ΚΑΙ", "ΦΩΣ", "fox", "STRAẞE", "İS"]),
        ("***\nOnce. ***\n“…” Twice ♪", "en-US", ["Once.", "Twice"]),
        ("One, two,\nthree,\n\nfour.", "en-US", ["One,", "two,", "three,", "four."]),
        ("The Fox\nOnce there was one.", "en-US", ["The", "Fox", "Once", "there", "was", "one."]),
        ('"&"', "en-US", ['"&"']),
    ],
)
def test_each_word_has_its_place(text: str, language: str, words: list[str]) -> None:
    timing = timed(text, language)

    assert_right(text, timing, 1000 * SECONDS)
    assert printed(text, timing.words) == words


@pytest.mark.parametrize(
    ("text", "language", "sentences"),
    [
        ("Once. Twice!\nThen she ran", "en-US", ["Once.", "Twice!", "Then she ran"]),
        ("— Où vas-tu ?\n« Ici ! » Fin.", "fr-FR", ["— Où vas-tu ?", "« Ici !", "» Fin."]),
        ("Once. ***\nTwice.", "en-US", ["Once.", "Twice."]),
        ("One, two,\nthree, four,\nfive.", "en-US", ["One, two,\nthree, four,\nfive."]),
        # A word that two sentences share is in one.
        ("أين القط؟هنا نام.", "arb", ["أين القط؟هنا نام."]),
        ("أين ؟هنا نام.", "arb", ["أين", "؟هنا نام."]),
        ("نعم ؟— هنا نام.", "arb", ["نعم ؟—", "هنا نام."]),
    ],
)
def test_a_sentence_has_all_that_is_printed_of_it(
    text: str, language: str, sentences: list[str]
) -> None:
    timing = timed(text, language)

    assert_right(text, timing, 1000 * SECONDS)
    assert printed(text, timing.sentences) == sentences


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("The ant carried a crumb. " * 200, 2),
        ("Дом и " * 900, 2),
        ("a" * 3500 + " fox", 2),
        ("It said: " + "&" * 300 + " x" * 300, 2),
    ],
    ids=["sentences", "words", "one word", "signs"],
)
def test_a_text_of_several_requests_is_one(text: str, count: int) -> None:
    requests = ssml_requests(text, "en-US")

    timing = timed(text)

    assert len(requests) == count
    assert_right(text, timing, 1000 * SECONDS * count)
    assert len(timing.words) == len(text.split())


# Every letter and digit, of every language and of nonsense.

PIECES: Final = (
    *(
        "Dr. ",
        "z. B. ",
        "p. m. ",
        "и т. д. ",
        "أ.د. ",
        "3½ cm",
        "&",
        "<b>",
        "&amp;",
        ">",
        "***",
        "…",
    ),
    *("\n", "\n\n", " ", "\u00a0", "\u2028", "\u00ad", "\u0640", "\u200b", "\x1c", "\r", "\t"),
    *("“", "”", "«", " »", "‘", "—", "‑", "-", "'", '"', ".", ". ", "! ", "؟", "。", ", "),
    *(
        "ΟΔΟΣ ",
        "İS",
        "ẞ",
        "ﬁ",
        "ς",
        "МАМА ",
        "Мышь",
        "كتاب ",
        "٣",
        "家",
        "é",
        "e\u0301",
        "🐻",
        "❶",
        "x²",
    ),
    *("W-w-what", "Chapter IV", "B-b", "TV", "I", "a.com", "5–7", "_", "Once upon a time. "),
)
LETTER_OR_DIGIT: Final = re.compile(r"<[^>]*>|(&\w+;|[^\W_])")


def letters(ssml: str) -> Iterator[tuple[int, str]]:
    """Every letter and digit that is printed, and its byte."""
    byte, end = 0, 0
    for found in LETTER_OR_DIGIT.finditer(ssml):
        byte += len(ssml[end : found.start()].encode())
        end = found.start()
        if found[1] and is_spoken(found[1]):
            yield byte, found[1]


def assert_places(text: str, language: str) -> None:
    """Each letter's own mark is placed on the word in which it is printed."""
    words = [run.span() for run in re.finditer(r"\S+", text)]
    own = [
        (number, text[place])
        for number, (start, end) in enumerate(words)
        for place in range(start, end)
        if is_spoken(text[place])
    ]
    requests = ssml_requests(text, language)
    marked = MarkedText(text, requests)
    found: list[tuple[int, str]] = []
    for number, request in enumerate(requests):
        printed = list(letters(request))
        if not printed:  # only a sign is spoken
            continue
        each = [(0, byte, byte + len(letter.encode())) for byte, letter in printed]
        begins = marked.begins(number, marks(*each))
        found += [(begin.first, letter) for begin, (_, letter) in zip(begins, printed, strict=True)]
    assert [(word, letter.casefold()) for word, letter in found] == [
        (word, letter.casefold()) for word, letter in own
    ]


def assert_timed(text: str, language: str) -> None:
    timing = timed(text, language)
    assert_right(text, timing, 1000 * SECONDS * len(ssml_requests(text, language)))


@pytest.mark.parametrize("language", LINES)
def test_every_letter_of_every_spoken_form_has_its_place(language: str) -> None:
    table = (TABLES / f"{LINES[language]}.tsv").read_text()
    lines = [line.partition("\t")[0] for line in table.splitlines()]

    for line in lines:
        assert_places(line, language)
    assert_timed("\n".join(lines), language)


nonsense = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1).map("".join)


@given(nonsense, st.sampled_from(sorted(LINES)))
@settings(deadline=None, max_examples=100, derandomize=True)
def test_every_letter_of_any_text_has_its_place_and_its_time(text: str, language: str) -> None:
    if ssml_requests(text, language):
        assert_places(text, language)
        assert_timed(text, language)


@pytest.mark.engines
@pytest.mark.parametrize("language", LINES)
def test_the_marks_of_the_local_polly_give_each_word_one_time(language: str) -> None:
    voice = default_voice(language)
    engine = engine_for(language, voice, "neural")
    table = (TABLES / f"{LINES[language]}.tsv").read_text()
    text = "\n".join(line.partition("\t")[0] for line in table.splitlines()[:8])
    requests = ssml_requests(text, language)
    marked = MarkedText(text, requests)
    parts, begins = [], []
    for number, request in enumerate(requests):
        asked = {"Engine": engine, "LanguageCode": language, "VoiceId": voice}
        asked |= {"Text": request, "TextType": "ssml"}
        as_marks = {"OutputFormat": "json", "SpeechMarkTypes": ["sentence", "word"]}
        polly = Polly()
        answer = polly.synthesize_speech({**asked, **as_marks})["AudioStream"]
        begins.append(marked.begins(number, answer))
        parts.append(polly.synthesize_speech({**asked, "OutputFormat": "mp3"})["AudioStream"])
    speech = joined(parts)

    timing = marked.timing(begins, speech)

    assert_right(text, timing, round(speech.duration))


# When a word ends.


def heard(
    *silences: tuple[float, float], times: tuple[int, int] = (100, 1000)
) -> list[tuple[int, int]]:
    """When the words of a text of two begin and end, in speech of two seconds."""
    marked = MarkedText("One two", ssml_requests("One two", "en-US"))
    begins = marked.begins(0, marks((times[0], 14, 17), (times[1], 18, 21)))
    timing = marked.timing([begins], speech_of(1, *silences, seconds=2))
    return [(word.begins, word.ends) for word in timing.words]


@pytest.mark.parametrize(
    ("silences", "expected"),
    [
        ([], [1000, 2000]),
        ([(600.4, 1000.0)], [600, 2000]),
        ([(600.0, 930.0)], [600, 2000]),
        ([(600.0, 1200.0)], [600, 2000]),  # the mark is early
        ([(300.0, 500.0), (700.0, 900.0), (1500.0, 2000.0)], [1000, 1500]),
        ([(1600.0, 1950.0)], [1000, 1600]),
        ([(1300.0, 1500.0)], [1000, 2000]),  # within the word
        ([(920.0, 1000.0)], [1000, 2000]),  # too short: the stop before a "t"
        ([(0.0, 1000.0)], [1000, 2000]),  # nothing is heard of the word
        ([(0.0, 110.0), (990.0, 1200.0)], [990, 2000]),
        ([(100.3, 1000.0)], [101, 2000]),
    ],
)
def test_a_word_ends_where_its_sound_does_before_a_pause(
    silences: list[tuple[float, float]], expected: list[int]
) -> None:
    assert [end for _, end in heard(*silences)] == expected


def test_two_words_at_one_time_follow_each_other() -> None:
    assert heard(times=(1000, 1000)) == [(1000, 1001), (1001, 2000)]


# Marks that are wrong.

TEXT: Final = "One red fox."
SSML: Final = "<speak><p><s>One red fox.</s></p></speak>"
ONE, RED, FOX = (0, 13, 16), (400, 17, 20), (800, 21, 24)
GOOD: Final = marks(ONE, RED, FOX)


def timed_by(answer: bytes) -> Timing:
    assert ssml_requests(TEXT, "en-US") == [SSML]
    marked = MarkedText(TEXT, [SSML])
    return marked.timing([marked.begins(0, answer)], speech_of(1, seconds=1.2))


RIGHT: Final = [(0, 400, 0, 3), (400, 800, 4, 7), (800, 1200, 8, 12)]


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\n", b"\n\n"),
        GOOD.rstrip(),
        GOOD.replace(b'"value"', b'"speaker": {"name": "Joanna"}, "value"'),
        marks(ONE, ONE, RED, RED, FOX),
        marks(ONE, RED, (500, 17, 20), FOX),
        marks((0, 13, 15), (100, 15, 16), RED, (800, 21, 22), (900, 22, 24)),
        marks(ONE, RED, (800, 21, 25)),
        GOOD.replace(b'"word"', b'"sentence"', 1) + GOOD,
    ],
)
def test_marks_may_have_more_than_is_needed(answer: bytes) -> None:
    if answer.startswith(b'{"time": 0, "type": "sentence"'):
        answer = b"".join(sorted(answer.splitlines(keepends=True)))
    assert [
        (each.begins, each.ends, each.start, each.end) for each in timed_by(answer).words
    ] == RIGHT


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (marks(ONE, (400, 21, 24), (800, 17, 20)), "out of order"),
        (marks(ONE, (800, 17, 20), (400, 21, 24)), "out of order"),
        (marks((0, 1, 6), ONE, RED, FOX), "a word more"),  # in a tag
        (marks(ONE, RED, FOX, (900, 26, 27)), "a word more"),
        (marks(ONE, RED, FOX, (900, 400, 403)), "a word more"),
        (marks(ONE, RED, (800, 21, 400)), "a word more"),
        (marks(ONE, RED, (420, 20, 20), FOX), "a word more"),  # of zero length
        (marks(ONE, RED, (420, 20, 19), FOX), "a word more"),
        (marks(ONE, (420, 20, 21), FOX), "a word more"),  # a space
        (marks(ONE, FOX), "a word less"),
        (marks(RED, FOX), "a word less"),
        (marks(ONE, RED, (1200, 21, 24)), "go on after the speech ends"),
        (marks((1199, *ONE[1:]), (1199, *RED[1:]), (1199, *FOX[1:])), "go on after"),
        (marks(ONE, RED, (10**15, 21, 24)), "not what they were"),
        (marks(ONE, RED, (10**400, 21, 24)), "not what they were"),
        (marks((-1, 13, 16), RED, FOX), "not what they were"),
        (marks((0, -13, 16), RED, FOX), "not what they were"),
        (marks((0.5, 13, 16), RED, FOX), "not what they were"),
        (marks(("0", 13, 16), RED, FOX), "not what they were"),
        (GOOD.replace(b"word", b"viseme"), "not what they were"),
        (GOOD.replace(b'"start"', b'"begin"'), "not what they were"),
        (b"[]\n" + GOOD, "not what they were"),
        (b"null", "not what they were"),
        (b'"fox"', "not what they were"),
    ],
)
def test_marks_that_do_not_fit_are_unusable(answer: bytes, reason: str) -> None:
    with pytest.raises(UnusableMarksError, match=reason):
        timed_by(answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\n",
        GOOD[:-10],
        GOOD[: len(GOOD) // 2],
        GOOD[:10],
        marks(ONE, RED),
        marks(ONE),
        GOOD.replace(b"word", b"sentence"),
        GOOD.replace(b"fox", "füchse".encode())[: 4 - len(marks(FOX))] + "ü".encode()[:1],
        GOOD.replace(b"fox", b"\xff"),
        b"<html>Service Unavailable</html>",
    ],
)
def test_marks_that_are_cut_off_may_be_whole_another_time(answer: bytes) -> None:
    with pytest.raises(TransientError, match=r"cut off|empty"):
        timed_by(answer)


def test_no_beginning_of_an_answer_is_taken_for_the_whole() -> None:
    for length in range(len(GOOD) - 1):  # the last byte ends a line
        with pytest.raises(TransientError):
            timed_by(GOOD[:length])


def test_a_word_of_one_request_is_not_later_than_those_of_the_next() -> None:
    text = "a" * 5000
    requests = ssml_requests(text + " fox", "en-US")
    assert len(requests) == 2
    marked = MarkedText(text + " fox", requests)
    late = [json.loads(line) for line in marks_of(requests[0], 1, "neural").splitlines()]
    answers = [marks(*((5000, each["start"], each["end"]) for each in late))]
    answers.append(marks_of(requests[1], 1, "neural"))
    begins = [marked.begins(number, answer) for number, answer in enumerate(answers)]

    with pytest.raises(UnusableMarksError, match="out of order"):
        marked.timing(begins, speech_of(2, seconds=2))


@pytest.mark.parametrize("text", ["&", '"&"'])
def test_a_text_of_which_no_word_has_a_mark_has_no_times(text: str) -> None:
    """Only a sign is spoken, and Polly may give it no mark."""
    marked = MarkedText(text, ssml_requests(text, "en-US"))
    sentence = b'{"time":0,"type":"sentence","start":13,"end":18,"value":"&amp;"}'

    with pytest.raises(UnusableMarksError, match="a word less"):
        marked.timing([marked.begins(0, sentence)], speech_of(1))
