"""Encodes speech as MP3 by LAME (LGPL: for development only, never packaged)."""

from typing import Final

import lameenc

from local.engines.speaker import SAMPLE_RATE, Samples

_KBPS: Final = 48  # constant, as from Polly
_QUALITY: Final = 5  # of 0 (best, slow) to 9


def encode(samples: Samples, sample_rate: int) -> bytes:
    """Encode speech at ``SAMPLE_RATE`` to a mono MP3 at a sample rate in Hz.

    LAME pads it by about 64 ms.
    """
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_bit_rate(_KBPS)
    encoder.set_quality(_QUALITY)
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_out_sample_rate(sample_rate)
    return bytes(encoder.encode(samples.tobytes()) + encoder.flush())
