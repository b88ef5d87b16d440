"""Joins MP3s: keeps their audio frames, drops tags and headers that describe one part only."""

from collections.abc import Iterator
from typing import Final

from chalicelib.errors import TransientError

# ISO 11172-3 and 13818-3, layer III. Kilobits a second by the header's index.
_BITRATES_V1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_V2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLE_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MPEG_1: Final = 3
_LAYER_III: Final = 1
_SYNC: Final = 0x7FF
_HEADER_BYTES: Final = 4
_ID3V1_BYTES: Final = 128


def joined(parts: list[bytes]) -> bytes:
    """Join MP3s of one format, in order, into one that players can play.

    Drops ID3 tags, and headers that give the length of one part (Xing, Info, VBRI). With them, a
    player would stop after the first part, or show only its length.

    Raises:
        TransientError: A part is not an MP3; Polly may answer better next time.
    """
    if len(parts) == 1:
        return parts[0]
    return b"".join(frame for part in parts for frame in _audio_frames(part))


def _audio_frames(mp3: bytes) -> Iterator[bytes]:
    position = _id3v2_length(mp3)
    end = len(mp3) - (_ID3V1_BYTES if mp3[-_ID3V1_BYTES:].startswith(b"TAG") else 0)
    is_first = True
    while position + _HEADER_BYTES <= end:
        length = _frame_length(mp3[position : position + _HEADER_BYTES])
        frame = mp3[position : min(position + length, end)]
        if not (is_first and _is_header(frame)):
            yield frame
        is_first = False
        position += length


def _id3v2_length(mp3: bytes) -> int:
    if not mp3.startswith(b"ID3"):
        return 0
    size = 0
    for byte in mp3[6:10]:  # seven bits a byte
        size = size << 7 | byte
    return 10 + size


def _frame_length(header: bytes) -> int:
    bits = int.from_bytes(header)
    version, layer = bits >> 19 & 3, bits >> 17 & 3
    rate_index, sample_index = bits >> 12 & 15, bits >> 10 & 3
    if bits >> 21 != _SYNC or version not in _SAMPLE_RATES or layer != _LAYER_III:
        raise TransientError("The speech service answered with something that is not an MP3.")
    bitrates = _BITRATES_V1 if version == _MPEG_1 else _BITRATES_V2
    if not 0 < rate_index < len(bitrates) or sample_index >= len(_SAMPLE_RATES[version]):
        raise TransientError("The speech service answered with a damaged MP3.")
    bytes_of_frame = (144 if version == _MPEG_1 else 72) * bitrates[rate_index] * 1000
    return bytes_of_frame // _SAMPLE_RATES[version][sample_index] + (bits >> 9 & 1)


def _is_header(frame: bytes) -> bool:
    """Does this frame hold the length of its MP3 instead of audio?"""
    return any(mark in frame[_HEADER_BYTES:48] for mark in (b"Xing", b"Info", b"VBRI"))
