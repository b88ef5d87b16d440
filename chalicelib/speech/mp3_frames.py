"""Reads the frames of an MP3 without decoding them: ISO 11172-3 and 13818-3, layer III.

Only what their headers and their side information say is read: how long a frame sounds, and about
how loud it is.
"""

import math
from typing import Final

import msgspec

from chalicelib.errors import TransientError

GRANULE: Final = 576
"""Samples of which side information speaks at once: a frame of MPEG-2 has one, of MPEG-1 two."""
HEADER_BYTES: Final = 4
DECODER_DELAY: Final = 529
"""Samples by which every decoder is late, because the synthesis filter and the overlap of the
transform look back. It is LAME's figure, and libmpg123, ffmpeg and browsers take it, too."""
_ENCODER_DELAY: Final = 576
"""Samples that LAME puts in front, since 3.55 in all of its versions and modes."""
_SILENT: Final = -math.inf

# Kilobits a second by the header's index.
_BITRATES_V1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_V2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLE_RATES: Final = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_MPEG_1: Final = 3
_LAYER_III: Final = 1
_SYNC: Final = 0x7FF
_MONO: Final = 3
_ID3V1_BYTES: Final = 128

# A header in place of audio. Xing's: a mark, flags, and what the flags name, each of these bytes.
_MARKS: Final = (b"Xing", b"Info")
_VBRI_AT: Final = 36
_OPTIONAL_FIELDS: Final = ((1, 4), (2, 4), (4, 100), (8, 4))
_ENCODERS: Final = (b"LAME", b"Lavc", b"Lavf")
"""Whose extension of that header ffmpeg believes. It follows the fields, with the name first."""
_DELAYS_AT: Final = 21

# Of Huffman table 0, 1, ...: the largest value (4 and 14 are none), or about half of the largest
# where a number of extra bits follows.
_EXTRA_BITS: Final = (1, 2, 3, 4, 6, 8, 10, 13, 4, 5, 6, 7, 8, 9, 11, 13)
_LARGEST: Final = (
    *(1, 1, 2, 2, 1, 3, 3, 5, 5, 5, 7, 7, 7, 15, 1, 15),
    *(15 + 2 ** (bits - 1) for bits in _EXTRA_BITS),
)
# In dB. A decoder raises a value to the power of 4/3.
_PEAKS: Final = tuple(20 * 4 / 3 * math.log10(value) for value in _LARGEST)
_GAIN: Final = 20 / 4 * math.log10(2)


class Format(msgspec.Struct, frozen=True):
    """What the header of a frame says.

    Raises:
        TransientError: when it is made ``of`` what is no header; Polly may answer better next time.
    """

    is_mpeg_1: bool
    is_mono: bool
    has_checksum: bool
    sample_rate: int
    frame_length: int  # bytes

    @classmethod
    def of(cls, header: int) -> "Format":
        version, layer = header >> 19 & 3, header >> 17 & 3
        rate_index, sample_index = header >> 12 & 15, header >> 10 & 3
        if header >> 21 != _SYNC or version not in _SAMPLE_RATES or layer != _LAYER_III:
            raise TransientError("The speech service answered with something that is not an MP3.")
        bitrates = _BITRATES_V1 if version == _MPEG_1 else _BITRATES_V2
        if not 0 < rate_index < len(bitrates) or sample_index >= len(_SAMPLE_RATES[version]):
            raise TransientError("The speech service answered with a damaged MP3.")
        sample_rate = _SAMPLE_RATES[version][sample_index]
        bytes_of_frame = (144 if version == _MPEG_1 else 72) * bitrates[rate_index] * 1000
        return cls(
            is_mpeg_1=version == _MPEG_1,
            is_mono=header >> 6 & 3 == _MONO,
            has_checksum=not header >> 16 & 1,
            sample_rate=sample_rate,
            frame_length=bytes_of_frame // sample_rate + (header >> 9 & 1),
        )

    @property
    def granules(self) -> int:
        return 2 if self.is_mpeg_1 else 1

    @property
    def side_information_at(self) -> int:
        return HEADER_BYTES + 2 * self.has_checksum

    @property
    def data_at(self) -> int:
        """Where side information ends, and what it speaks of, or a Xing header, begins."""
        lengths = {(True, True): 17, (True, False): 32, (False, True): 9, (False, False): 17}
        return self.side_information_at + lengths[self.is_mpeg_1, self.is_mono]


class Track(msgspec.Struct, frozen=True):
    """The audio of an MP3.

    Attributes:
        frames: Without a header that holds the length of the MP3 instead of audio.
        delay: Samples that the encoder put in front, as such a header says. Without one, it is
            LAME's: Polly sends none, and encodes with LAME.
        padding: Samples that the encoder put behind, or ``None`` if no header says it.
    """

    frames: list[bytes]
    format: Format
    delay: int = _ENCODER_DELAY
    padding: int | None = None


def read_track(mp3: bytes) -> Track:
    """Read an MP3, without its ID3 tags.

    Raises:
        TransientError: It is not an MP3, or its last frame is cut off.
    """
    position = _id3v2_length(mp3)
    end = len(mp3) - (_ID3V1_BYTES if mp3[-_ID3V1_BYTES:].startswith(b"TAG") else 0)
    formats: dict[bytes, Format] = {}  # few, as they are the same for most frames
    frames = []
    while position < end:
        header = mp3[position : position + HEADER_BYTES]
        if (format_ := formats.get(header)) is None:
            format_ = formats[header] = Format.of(int.from_bytes(header))
        frames.append(mp3[position : position + format_.frame_length])
        position += format_.frame_length
    if not frames or position > end:
        raise TransientError("The speech service answered with an MP3 that is cut off.")
    first = formats[frames[0][:HEADER_BYTES]]
    at = first.data_at
    if frames[0][_VBRI_AT:].startswith(b"VBRI"):
        return Track(frames[1:], first)
    if not frames[0].startswith(_MARKS, at):
        return Track(frames, first)
    flags = int.from_bytes(frames[0][at + 4 : at + 8])
    at += 8 + sum(length for flag, length in _OPTIONAL_FIELDS if flags & flag)
    if not frames[0].startswith(_ENCODERS, at):
        return Track(frames[1:], first)
    delays = int.from_bytes(frames[0][at + _DELAYS_AT : at + _DELAYS_AT + 3])
    return Track(frames[1:], first, delay=delays >> 12, padding=delays & 0xFFF)


def levels(frames: list[bytes], format_: Format) -> list[float]:
    """Return how loud each granule is at most: dB, over one value that is the same for all MP3s.

    The level is that of the step between quantized values (the gain), and of the largest value
    that the granule's Huffman tables can hold. A silent granule has no bits: its level is minus
    infinity.
    """
    first, last = format_.side_information_at, format_.data_at
    tail, bits = (3, 59) if format_.is_mpeg_1 else (2, 63)
    channels = 1 if format_.is_mono else 2
    shifts = [bits * place for place in reversed(range(format_.granules * channels))]
    found = []
    for frame in frames:
        side = int.from_bytes(frame[first:last])
        each = [_level(side >> shift & (1 << bits) - 1, bits, tail) for shift in shifts]
        found += each if channels == 1 else list(map(max, each[::2], each[1::2]))
    return found


def _level(information: int, bits: int, tail: int) -> float:
    """Return the level of one channel's granule. ``tail`` is how many bits follow the tables'."""
    if not information >> bits - 12:  # part2_3_length: neither scale factors nor values
        return _SILENT
    big_values = information >> bits - 21 & 511
    level = (information >> bits - 29 & 255) * _GAIN
    tables = information >> tail
    # Three regions with a table each; two of short blocks and of those beside them.
    places = (14, 9) if tables >> 22 & 1 else (17, 12, 7)
    return level + (max(_PEAKS[tables >> at & 31] for at in places) if big_values else 0)


def _id3v2_length(mp3: bytes) -> int:
    if not mp3.startswith(b"ID3"):
        return 0
    size = 0
    for byte in mp3[6:10]:  # seven bits a byte
        size = size << 7 | byte
    return 10 + size
