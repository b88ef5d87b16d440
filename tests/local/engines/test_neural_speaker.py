"""The neural voice says English words in their order, and knows when."""

from itertools import pairwise

import numpy as np
import pytest

from local.engines.neural_speaker import speak_english, symbols_of
from local.engines.speaker import SAMPLE_RATE, Pronunciation, pronounce

STORY = (
    "The lighthouse keeper climbed the stairs with a lamp in his hand. Far below, the waves "
    "were telling each other about the boats that had passed that day, and nobody was asleep."
)


@pytest.mark.parametrize(
    ("sentence", "starts", "symbols"),
    [
        ("“Yes,” he said", [1, 7, 10], "0, 1 2."),
        ("Is it “far”?", [0, 3, 7], "0 1 2?"),
        ("Mr. Fox: stop!", [0, 4, 9], "0 1: 2!"),
        ("Yes—no (not now) – or", [0, 4, 8, 12, 19], "0, 1, 2 3, 4."),
        ("At 5:30, one of the boats", [0, 3, 5, 9, 13, 20], "0 1 2, 3 4 5."),
        ("well-known", [0], "0."),
    ],
)
def test_the_model_gets_the_punctuation_that_makes_a_pause_or_ends_a_sentence(
    sentence: str, starts: list[int], symbols: str
) -> None:
    words = [Pronunciation(start, str(number)) for number, start in enumerate(starts)]

    assert " ".join(symbols_of(sentence, words)) == symbols


def test_sounds_are_taken_apart_as_the_model_knows_them() -> None:
    assert symbols_of("Soit", [Pronunciation(0, "sw\u00e3")]) == ["swa\u0303."]


@pytest.mark.engines
def test_words_are_pronounced_as_espeak_ng_joins_and_divides_them() -> None:
    words = pronounce("one of the 1984 boats", "en-us")

    assert [word.start for word in words] == [0, 4, 11, 12, 12, 16]
    assert [words[0].phonemes, words[-1].phonemes] == ["w\u02c8\u028cn", "b\u02c8o\u028ats"]


@pytest.mark.engines
@pytest.mark.prove
def test_a_story_takes_as_long_as_from_polly_and_has_pauses() -> None:
    story = speak_english(STORY)

    assert 130 < len(STORY.split()) / (len(story.samples) / SAMPLE_RATE / 60) < 200
    assert np.abs(story.samples.astype(int)).max() > 6000
    starts = dict(story.word_starts)
    assert starts[STORY.index("Far")] - starts[STORY.index("hand")] > 0.5 * SAMPLE_RATE
    assert story.samples[-SAMPLE_RATE // 4 :].any()  # SSML says how long the last pause is


@pytest.mark.engines
@pytest.mark.prove
def test_words_begin_where_they_sound() -> None:
    spoken = speak_english("boat, goat, boat, goat, boat, goat")

    assert [character for character, _ in spoken.word_starts] == [0, 6, 12, 18, 24, 30]
    loudness = np.abs(spoken.samples.astype(float))
    hundredth = SAMPLE_RATE // 100
    after_pauses = [start for _, start in spoken.word_starts[1:]]
    before = np.mean(
        [loudness[start - 10 * hundredth : start - 4 * hundredth] for start in after_pauses]
    )
    after = np.mean([loudness[start : start + 6 * hundredth] for start in after_pauses])
    # Of 12 tries, the least was 19,507; with times 0.08 s too early or too late, the most was 16.
    assert after > 100 * before


@pytest.mark.engines
@pytest.mark.prove
def test_a_sentence_is_repeated_as_it_was_and_markup_or_silence_is_no_obstacle() -> None:
    first, again = speak_english("Where is my hat?"), speak_english("Oh. Where is my hat?")

    assert np.array_equal(first.samples, again.samples[-len(first.samples) :])
    assert len(speak_english("a < b & c\0 and on").samples) > len(speak_english("a < b").samples)
    for silent in ("", " … ", "—"):
        assert (len(speak_english(silent).samples), speak_english(silent).word_starts) == (0, [])


@pytest.mark.engines
@pytest.mark.prove
def test_a_text_without_punctuation_is_said_word_by_word_to_its_end() -> None:
    spoken = speak_english("fox " * 130)

    times = [start for _, start in spoken.word_starts]
    assert [character for character, _ in spoken.word_starts] == list(range(0, 520, 4))
    assert all(first < second for first, second in pairwise(times))
    assert 0 < len(spoken.samples) - times[-1] < 1.5 * SAMPLE_RATE
