"""Encodes speech as Polly's audio formats. LAME (LGPL) is for development only, never packaged."""

from __future__ import annotations

import io
import math
from typing import Final

import lameenc
import numpy as np
import soundfile

from local.engines.speaker import SAMPLE_RATE, Samples

_MP3_KBPS: Final = 48
_LAME_QUALITY: Final = 5  # of 0 (best, slow) to 9

_SOUNDFILE_FORMATS: Final = {
    "ogg_vorbis": {"format": "OGG", "subtype": "VORBIS"},
    "ogg_opus": {"format": "OGG", "subtype": "OPUS"},
    "pcm": {"format": "RAW", "subtype": "PCM_16", "endian": "LITTLE"},
    "mulaw": {"format": "RAW", "subtype": "ULAW"},
    "alaw": {"format": "RAW", "subtype": "ALAW"},
}


def encode(samples: Samples, audio_format: str, sample_rate: int) -> bytes:
    """Encode speech at ``SAMPLE_RATE`` to a format of Polly's (mono) at a sample rate in Hz.

    MP3 comes at a constant 48 kbit/s, as from Polly; LAME pads it by some 64 ms.
    """
    if audio_format == "mp3":
        return _mp3(samples, sample_rate)
    file = io.BytesIO()
    options = _SOUNDFILE_FORMATS[audio_format]
    soundfile.write(file, _resampled(samples, sample_rate), sample_rate, **options)
    return file.getvalue()


def _mp3(samples: Samples, sample_rate: int) -> bytes:
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_bit_rate(_MP3_KBPS)
    encoder.set_quality(_LAME_QUALITY)
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_out_sample_rate(sample_rate)
    return bytes(encoder.encode(samples.tobytes()) + encoder.flush())


def _resampled(samples: Samples, sample_rate: int) -> Samples:
    """Resample by way of the spectrum, which cuts off what the new rate cannot hold."""
    if sample_rate == SAMPLE_RATE:
        return samples
    padded, count = _transform_lengths(len(samples), sample_rate)
    spectrum = np.fft.rfft(samples, padded)
    resized = np.zeros(count // 2 + 1, spectrum.dtype)
    kept = min(len(spectrum), len(resized))
    resized[:kept] = spectrum[:kept]
    waves = np.fft.irfft(resized, count)[: round(len(samples) * sample_rate / SAMPLE_RATE)]
    limits = np.iinfo(np.int16)
    scaled = waves * (sample_rate / SAMPLE_RATE)
    resampled: Samples = np.clip(scaled, limits.min, limits.max).astype(np.int16)
    return resampled


def _transform_lengths(length: int, sample_rate: int) -> tuple[int, int]:
    """A padded length and its counterpart at the new rate: exact, and fast to transform.

    Both are small numbers times powers of two; a Fourier transform of a long prime takes seconds.
    """
    divisor = math.gcd(sample_rate, SAMPLE_RATE)
    blocks = -(-length // (SAMPLE_RATE // divisor))
    step = 1 << max(blocks.bit_length() - 4, 0)
    blocks = -(-blocks // step) * step
    return blocks * (SAMPLE_RATE // divisor), blocks * (sample_rate // divisor)
