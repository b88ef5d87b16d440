"""A text as long as a page can be, spoken in parts and joined: what a listener gets."""

import io
import struct

import numpy as np
import pytest
import soundfile

from chalicelib.speech.mp3 import joined
from chalicelib.speech.ssml import ssml_requests
from local.services.polly.synthesis import Polly

pytestmark = pytest.mark.engines

SENTENCES = (
    "The little lighthouse stood on a rock far out at sea.",
    "Every evening Dr. Fox climbed up its 200 steps, and lit the lamp!",
    "“Who is there?” asked a small voice below.",
    "It was only the wind, the rain and 3½ kg of fish.",
)
TEXT = " ".join(SENTENCES * 100)
LONGEST_PAUSE = 0.7  # seconds
QUIET = 0.01  # of the loudest sample
FRAME = b"\xff\xf3\x64"  # how each begins: MPEG-2, 48 kbit/s, 24,000 Hz


@pytest.mark.parametrize(
    ("characters", "requests"), [(6_000, 2), pytest.param(20_000, 6, marks=pytest.mark.prove)]
)
def test_a_long_text_is_one_mp3_without_gaps(characters: int, requests: int) -> None:
    """One paragraph; so every pause is one inside it."""
    documents = ssml_requests(TEXT[:characters], "en-US")
    assert len(documents) > requests

    speech = joined([_spoken(ssml) for ssml in documents])
    whole = speech.mp3

    samples, rate = soundfile.read(io.BytesIO(whole))
    tag = whole.index(b"Info")
    (frames,) = struct.unpack(">I", whole[tag + 8 : tag + 12])
    assert len(samples) == frames * 576 - 576 - 529  # the encoder's delay, and a decoder's
    loud = np.flatnonzero(np.abs(samples) > QUIET * np.abs(samples).max())
    gaps = np.diff(loud) / rate
    assert gaps.max() <= LONGEST_PAUSE
    assert np.sum(gaps > 0.2) > characters // 67  # a pause behind each sentence
    assert speech.duration == pytest.approx(len(samples) * 1000 / rate, abs=0.01)
    silences = np.array(speech.silences) * rate / 1000
    pauses = np.stack([loud[:-1], loud[1:]], axis=1)[gaps > 0.2]
    off = [min(silences - pause, key=lambda each: np.abs(each).sum()) for pause in pauses]
    begins_off, ends_off = np.abs(off).T
    assert ends_off.max() <= 2 * 576
    assert np.percentile(begins_off, 98) <= 2 * 576  # some sounds fade, and are not silent yet

    # A player that seeks decodes from there what a listener would hear then.
    for percent in (10, 50, 90):
        place = whole.index(FRAME, whole[tag + 16 + percent] * len(whole) // 256)
        rest = soundfile.info(io.BytesIO(whole[place:])).frames
        reached = 100 * (len(samples) - rest) / len(samples)
        assert reached == pytest.approx(percent, abs=0.5)


def _spoken(ssml: str) -> bytes:
    answer = Polly().synthesize_speech(
        {
            "Engine": "neural",
            "OutputFormat": "mp3",
            "Text": ssml,
            "TextType": "ssml",
            "VoiceId": "Joanna",
        }
    )
    audio: bytes = answer["AudioStream"]
    return audio
