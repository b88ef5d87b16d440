"""Joins MP3s: keeps their audio frames, and replaces the headers that describe one part only."""

import itertools
from collections.abc import Iterator, Sequence
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
_MONO: Final = 3
_HAS_FRAMES_BYTES_TABLE: Final = 0b111
_TABLE_ENTRIES: Final = 100


def joined(parts: list[bytes]) -> bytes:
    """Join MP3s of one format, in order, into one that players can play.

    Drops ID3 tags, and headers that give the length of one part (Xing, Info, VBRI): a player would
    stop after the first part, or show only its length. A new header has the length of all, and a
    table for seeking.

    Raises:
        TransientError: A part is not an MP3; Polly may answer better next time.
    """
    if len(parts) == 1:
        return parts[0]
    frames = [frame for part in parts for frame in _audio_frames(part)]
    return _header(frames) + b"".join(frames)


def _header(frames: Sequence[bytes]) -> bytes:
    """A silent frame with the number of frames and bytes, and where each percent of them begins.

    The format is Xing's; "Info" says that the bit rate is constant, which spares players a guess.
    """
    first = int.from_bytes(frames[0][:_HEADER_BYTES])
    version, is_mono = first >> 19 & 3, first >> 6 & 3 == _MONO
    side_information = {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}
    tag_at = _HEADER_BYTES + side_information[version == _MPEG_1, is_mono]
    used = tag_at + 4 * 4 + _TABLE_ENTRIES
    header, length = next(  # the lowest bit rate with room for it, without a checksum
        (candidate.to_bytes(4), _frame_length(candidate.to_bytes(4)))
        for index in range(1, 15)
        if _frame_length((candidate := first & ~(15 << 12) | index << 12 | 1 << 16).to_bytes(4))
        >= used
    )
    ends = list(itertools.accumulate(map(len, frames), initial=length))
    total = ends[-1]
    places = (ends[len(frames) * percent // _TABLE_ENTRIES] for percent in range(_TABLE_ENTRIES))
    table = bytes(min(255, place * 256 // total) for place in places)
    tag = (
        b"Info" + _HAS_FRAMES_BYTES_TABLE.to_bytes(4) + len(frames).to_bytes(4) + total.to_bytes(4)
    )
    return (header + bytes(tag_at - _HEADER_BYTES) + tag + table).ljust(length, b"\0")


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
