"""Whether words light up when they are heard and where they stand, and what that costs."""

import io
import itertools
import json
import time
from collections.abc import Iterator
from statistics import median

import numpy as np
import requests
import soundfile
from numpy.typing import NDArray

from bench.client import Client
from bench.pages import page_text
from bench.report import Figure
from bench.stack import running_stack
from chalicelib.pages import corrections, read_along
from chalicelib.pages.detection import Point, Polygon
from chalicelib.pages.reading_order import PageText, SpokenWord
from chalicelib.speech import mp3, ssml
from chalicelib.speech.mp3 import JoinedSpeech
from chalicelib.speech.timings import MarkedText, Timing
from local.demo.read_along import counted
from local.engines.neural_speaker import speak_english
from local.services.polly.synthesis import Polly
from samples.known_places import sample_page, spread

LANGUAGE = "en-US"
WORDS = """
    boats lamps keeper dragon garden morning button lantern pepper table nobody window biscuit
    rabbit doctor yellow apple under evening island
"""
"""Each begins suddenly, so that its onset can be found. A p, t or k begins with a silent stop."""
SENTENCE = 6  # words, with a comma behind each
PARAGRAPH = 17  # sentences: no two requests are the same
STEP = 0.005  # seconds in which loudness is measured
PAUSE = 0.1  # seconds; shorter silences are within a word
QUIET = 35  # dB below loud speech
PAGES_OF_300_WORDS = range(1, 6)  # of `page_text`, together


def measure(*, quick: bool) -> list[Figure]:
    return [
        *_errors("espeak-ng", Polly(), 8_000 if quick else 20_000),
        *_errors("neural", Polly(speak_english), 500 if quick else 1_000),
        *_shares(),
        *_sizes(repeats=5 if quick else 21),
    ]


def _errors(voice: str, polly: Polly, characters: int) -> Iterator[Figure]:
    """Times beside the onsets in the decoded MP3, of a text with a pause behind each word."""
    text = _words_alone(characters)
    documents = ssml.ssml_requests(text, LANGUAGE)
    speech, timing = _narrated(polly, text, documents)
    wave, rate = soundfile.read(io.BytesIO(speech.mp3), dtype="float32")
    onsets = _onsets(wave, rate)
    begins = np.array([word.begins for word in timing.words])
    after = np.clip(np.searchsorted(onsets, begins), 1, len(onsets) - 1)
    off = np.minimum(np.abs(begins - onsets[after]), np.abs(begins - onsets[after - 1]))
    last = begins >= speech.starts[-1]
    details: dict[str, float | str] = {
        "characters": len(text),
        "requests": len(documents),
        "words": len(begins),
        "onsets found": len(onsets),
        "last word begins (s)": round(float(begins[-1]) / 1000, 1),
        "median of the first 100 words (ms)": round(float(np.median(off[:100])), 1),
        "median of the last request (ms)": round(float(np.median(off[last])), 1),
        "duration told - decoded (ms)": round(speech.duration - 1000 * len(wave) / rate, 3),
    }
    name = f"{voice}: |word's time - its onset|"
    yield Figure(f"{name}, median", float(np.median(off)), 30, "at most", " ms", details)
    yield Figure(f"{name}, worst", float(off.max()), 80, "at most", " ms", details)


def _words_alone(characters: int) -> str:
    """A text of about so many characters, with a pause behind each word."""
    words = itertools.cycle(WORDS.split())
    text, sentences = "", 0
    while len(text) < characters:
        sentence = ", ".join(itertools.islice(words, SENTENCE)).capitalize()
        sentences += 1
        text += f"{sentence}.{' ' if sentences % PARAGRAPH else chr(10)}"
    return text.strip()


def _narrated(polly: Polly, text: str, documents: list[str]) -> tuple[JoinedSpeech, Timing]:
    """As the app asks: every MP3 first, then the marks of each."""
    parts = [_asked(polly, each, OutputFormat="mp3") for each in documents]
    marked, answers = MarkedText(text, documents), _marks(polly, documents)
    speech = mp3.joined(parts)
    begins = [marked.begins(number, answer) for number, answer in enumerate(answers)]
    return speech, marked.timing(begins, speech)


def _marks(polly: Polly, documents: list[str]) -> list[bytes]:
    wanted = {"OutputFormat": "json", "SpeechMarkTypes": ["sentence", "word"]}
    return [_asked(polly, each, **wanted) for each in documents]


def _asked(polly: Polly, request: str, **output: object) -> bytes:
    spoken = {"Text": request, "TextType": "ssml", "VoiceId": "Joanna", "Engine": "neural"}
    answer: bytes = polly.synthesize_speech({**spoken, "LanguageCode": LANGUAGE, **output})[
        "AudioStream"
    ]
    return answer


def _onsets(wave: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Milliseconds at which sound begins after a pause."""
    step = round(rate * STEP)
    loudness = np.sqrt((wave[: len(wave) // step * step].reshape(-1, step) ** 2).mean(axis=1))
    loud = np.quantile(loudness[loudness > loudness.max() / 1000], 0.9)
    sounding = np.flatnonzero(loudness > loud * 10 ** (-QUIET / 20))
    is_first = np.diff(sounding, prepend=-rate) > PAUSE / STEP
    return sounding[is_first] * 1000 * step / rate


def _shares() -> list[Figure]:
    """Of the words that are spoken on two drawn pages, how many have a time, and a place."""
    spoken = timed = placed = printed = 0
    with running_stack() as stack, Client(stack) as client:
        for draw in (sample_page, spread):
            page = draw(comment="to be read along")
            story_id = client.wait_until_at_rest(client.upload(page.photo))
            story = requests.get(f"{stack.api_url}/retrieve/{story_id}", timeout=60).json()
            files = (
                json.loads(requests.get(story[link], timeout=60).content)
                for link in ("story_url", "read_along_url")
            )
            counts = counted(*files)
            spoken, timed, placed = map(sum, zip((spoken, timed, placed), counts, strict=True))
            printed += len(page.words)
    details = {"words printed": printed, "spoken": spoken, "with a time": timed, "placed": placed}
    return [
        Figure("words with a time", 100 * timed / printed, 100, "at least", " %", details),
        Figure(
            "words with a time and a place", 100 * placed / printed, 100, "at least", " %", details
        ),
    ]


def _sizes(*, repeats: int) -> Iterator[Figure]:
    """The files of a page of 300 words: bytes, and the time that making them takes."""
    text = "\n".join(page_text(number) for number in PAGES_OF_300_WORDS)
    documents = ssml.ssml_requests(text, LANGUAGE)
    polly = Polly()
    parts = [_asked(polly, each, OutputFormat="mp3") for each in documents]
    answers = _marks(polly, documents)
    speech, page = mp3.joined(parts), _made_up(text)
    facts = read_along.PageFacts(text, LANGUAGE, 2400, 1800, complete=True)
    joining, making = [], []
    for _ in range(repeats):
        started = time.perf_counter()
        mp3.joined(parts)
        joined = time.perf_counter()
        marked = MarkedText(text, documents)
        begins = [marked.begins(number, answer) for number, answer in enumerate(answers)]
        timing = marked.timing(begins, speech)
        placed = corrections.placed(page, text)
        times = read_along.read_along_json(facts, placed, timing, speech.duration)
        words = read_along.story_json(facts, placed, page.skipped)
        captions = read_along.captions(facts, timing)
        making.append(time.perf_counter() - joined)
        joining.append(joined - started)
    details = {
        "words": len(timing.words),
        "story.json (kB)": round(len(words) / 1000, 1),
        "story.vtt (kB)": round(len(captions.encode()) / 1000, 1),
        "bytes a word": round(len(times) / len(timing.words)),
        "finding parts and pauses in the MP3 (ms)": round(1000 * median(joining), 1),
    }
    yield Figure(
        "read-along.json of a page of 300 words", len(times) / 1000, 40, "at most", " kB", details
    )
    yield Figure("making its files", 1000 * median(making), 50, "at most", " ms", details)


def _made_up(text: str) -> PageText:
    """A page with these words, ten a row, a little askew."""
    words = []
    place = 0
    for number, word in enumerate(text.split()):
        place = text.index(word, place)
        end = place + len(word)
        row, column = divmod(number, 10)
        words.append(SpokenWord(place, end, [_askew(0.05 + column * 0.09, row * 0.03)], 99.0, row))
        place = end
    return PageText(text, words, [])


def _askew(left: float, top: float) -> Polygon:
    right, bottom = left + 0.0712345, top + 0.0212345
    return (
        Point(left, top + left / 50),
        Point(right, top + right / 50),
        Point(right, bottom + right / 50),
        Point(left, bottom + left / 50),
    )
