"""Speaks text: espeak-ng through ctypes.

espeak-ng is one global machine in C: it is initialised once a process, and every call holds one
lock, because threads crash it. It is GPL: for development only, never packaged.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import espeakng_loader
import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 22_050
"""Hz, of everything that espeak-ng speaks."""

Samples = NDArray[np.int16]

_WORDS_A_MINUTE: Final = 130
"""espeak-ng's setting for about 165 words a minute of ordinary prose, pauses included."""

# Constants of espeak-ng's speak_lib.h.
_OUTPUT_SYNCHRONOUS: Final = 2
_INITIALIZE_PHONEME_EVENTS: Final = 0x0001
_INITIALIZE_PHONEME_IPA: Final = 0x0002
_INITIALIZE_DONT_EXIT: Final = 0x8000
_POSITION_CHARACTER: Final = 1
_CHARS_UTF8: Final = 1
_RATE: Final = 1
_EVENT_LIST_TERMINATED: Final = 0
_EVENT_WORD: Final = 1
_EVENT_PHONEME: Final = 7
_OK: Final = 0

_MAX_DATA_PATH: Final = 150
"""espeak-ng cuts longer paths off (N_PATH_HOME is 160, and it appends a folder)."""

_lock = threading.Lock()


@dataclass
class Utterance:
    """Spoken text: its samples, and when each word begins.

    Attributes:
        word_starts: Pairs of the character's index in the text and the sample's; espeak-ng joins
            some small words ("of the"), and divides some long ones ("1984").
    """

    samples: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    word_starts: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Pronunciation:
    """A word as espeak-ng pronounces it: some small words ("of the") are one, "1984" is several.

    Attributes:
        start: The index of its first character in the text.
        phonemes: In IPA, with stress marks.
    """

    start: int
    phonemes: str = ""


class UnknownVoiceError(LookupError):
    """espeak-ng has no such voice."""


def speak(text: str, voice: str) -> Utterance:
    """Speak a text, about a thousand times as fast as it sounds.

    espeak-ng is not quite deterministic: the same text may come out some milliseconds longer.

    Args:
        text: Plain text; markup is read out.
        voice: espeak-ng's name: a language and, after a plus sign, a variant.

    Raises:
        UnknownVoiceError: There is no such voice.
    """
    events, samples = _speak(text, voice)
    starts = [(event.character, event.sample) for event in events if event.type == _EVENT_WORD]
    return Utterance(samples, starts)


def pronounce(text: str, voice: str) -> list[Pronunciation]:
    """Return the words of a text in their order.

    Raises:
        UnknownVoiceError: There is no such voice.
    """
    words: list[Pronunciation] = []
    for event in _speak(text, voice)[0]:
        if event.type == _EVENT_WORD:
            words.append(Pronunciation(event.character))
        elif words and event.type == _EVENT_PHONEME:
            words[-1].phonemes += event.phoneme
    return [word for word in words if word.phonemes]


@dataclass(frozen=True)
class _Event:
    type: int
    character: int
    sample: int
    phoneme: str


def _speak(text: str, voice: str) -> tuple[list[_Event], Samples]:
    encoded = text.replace("\0", " ").encode() + b"\0"  # a NUL would end the text for C
    with _lock:
        espeak = _espeak()
        if espeak.library.espeak_SetVoiceByName(voice.encode()) != _OK:
            raise UnknownVoiceError(voice)
        espeak.library.espeak_SetParameter(_RATE, _WORDS_A_MINUTE, 0)
        return espeak.record(encoded)


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("ipa", ctypes.c_char * 8))


class _CEvent(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # characters, from 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),  # milliseconds
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_SynthCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_CEvent)
)


class _Espeak:
    """The initialised library, and the recording of what it speaks at the moment."""

    def __init__(self) -> None:
        self.library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = short_path(Path(espeakng_loader.get_data_path()))
        options = _INITIALIZE_PHONEME_EVENTS | _INITIALIZE_PHONEME_IPA | _INITIALIZE_DONT_EXIT
        rate = self.library.espeak_Initialize(_OUTPUT_SYNCHRONOUS, 0, str(data).encode(), options)
        if rate != SAMPLE_RATE:
            raise RuntimeError(f"espeak-ng did not start with its data in {data}: {rate}")
        # The C side keeps only a pointer, so the object must live here.
        self._callback = _SynthCallback(self._receive)
        self.library.espeak_SetSynthCallback(self._callback)
        self._chunks: list[bytes] = []
        self._events: list[_Event] = []

    def record(self, encoded: bytes) -> tuple[list[_Event], Samples]:
        self._chunks, self._events = [], []
        self.library.espeak_Synth(
            encoded, len(encoded), 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        return self._events, np.frombuffer(b"".join(self._chunks), np.int16)

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, count * 2))
        index = 0
        while (event := events[index]).type != _EVENT_LIST_TERMINATED:
            is_phoneme = event.type == _EVENT_PHONEME  # only then, the union holds one
            phoneme = event.id.ipa.decode(errors="ignore") if is_phoneme else ""
            self._events.append(_Event(event.type, event.text_position - 1, event.sample, phoneme))
            index += 1
        return 0  # go on


@functools.cache
def _espeak() -> _Espeak:
    return _Espeak()


def short_path(folder: Path) -> Path:
    """Return the folder or, if its path is too long for espeak-ng, a link to it."""
    if len(bytes(folder)) <= _MAX_DATA_PATH:
        return folder
    link_folder = tempfile.mkdtemp(prefix="espeak-")
    atexit.register(shutil.rmtree, link_folder, ignore_errors=True)
    link = Path(link_folder, folder.name)
    link.symlink_to(folder, target_is_directory=True)
    return link
