"""Encodes speech as MP3 by LAME (LGPL: for development only, never packaged).

An MP3 of Polly begins with an ID3 tag that names its writer, and then with speech: no header
("Info") says how many samples LAME put in front and behind. So it was in all of 114 MP3s, of all
four engines, that people published from 2019 to 2025. Where they start says that LAME put 576 in
front, as it does here.
"""

from typing import Final

import lameenc

from local.engines.speaker import SAMPLE_RATE, Samples

_KBPS: Final = 48  # constant, as from Polly
_QUALITY: Final = 5  # of 0 (best, slow) to 9
_WRITER: Final = b"\x03Lavf62.0.100\0"  # in UTF-8
_ID3: Final = (
    b"ID3\x04\0\0\0\0\0\x22"  # version 2.4, and 34 bytes follow
    + (b"TSSE" + len(_WRITER).to_bytes(4) + bytes(2) + _WRITER)
    + bytes(10)
)


def encode(samples: Samples, sample_rate: int) -> bytes:
    """Encode speech at ``SAMPLE_RATE`` to a mono MP3 at a sample rate in Hz, as Polly does.

    A decoder plays the first sample after 1,105 others (46 ms at 24,000 Hz, 50 ms at 22,050 Hz):
    576 of LAME and 529 of its own. LAME pads the end, too.
    """
    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_bit_rate(_KBPS)
    encoder.set_quality(_QUALITY)
    encoder.set_in_sample_rate(SAMPLE_RATE)
    encoder.set_out_sample_rate(sample_rate)
    return _ID3 + bytes(encoder.encode(samples.tobytes()) + encoder.flush())
