"""Joins MP3s, and finds the times in them.

A decoder is late: what it plays begins with samples that the encoder put in front (its delay), and
with those by which the decoder's own filter lags. Players without gaps leave both out where a
header tells the delay; other players start ``(delay + 529) / sample_rate`` later, which is 46 ms at
24,000 Hz and 50 ms at 22,050 Hz.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from chalicelib.speech.mp3_frames import (
    DECODER_DELAY,
    GRANULE,
    HEADER_BYTES,
    Format,
    Track,
    levels,
    read_track,
)

_TABLE_ENTRIES: Final = 100
_HAS_FRAMES_BYTES_TABLE_QUALITY: Final = 0b1111
_UNKNOWN_QUALITY: Final = bytes(4)
_LAME: Final = b"LAME"
"""The layout of the header's extension. ffmpeg believes the delays of no other name but its own."""
_EXTENSION_BYTES: Final = 36

_SILENCE: Final = 40
"""dB below loud speech. Louder pauses are those of a noisy recording."""
_LOUD: Final = 0.9
"""Of the granules that are not silent, this part is not louder than loud speech."""
_SHORTEST_SILENCE: Final = 6
"""Granules: 144 ms at 24,000 Hz. Plosives are silent for up to 100 ms, within a word."""


class JoinedSpeech(msgspec.Struct, frozen=True):
    """An MP3, and when what is heard in it. All times are milliseconds that a player plays.

    Attributes:
        starts: When the speech of each part begins: time 0 of its speech marks.
        duration: How long players play.
        silences: When each pause begins and ends, to a granule or two (24 ms at 24,000 Hz).
    """

    mp3: bytes
    starts: list[float]
    duration: float
    silences: list[tuple[float, float]]


def joined(parts: list[bytes]) -> JoinedSpeech:
    """Join MP3s of one format, in order, into one that players can play.

    Drops ID3 tags, and headers that give the length of one part (Xing, Info, VBRI): a player would
    stop after the first part, or show only its length. A new header has the length of all, a table
    for seeking, the delay of the first part and the padding of the last one.

    One part stays as it is. If it has no header with its delay, players play the delay, too, and
    its speech starts that much later.

    Raises:
        TransientError: A part is not an MP3, or is damaged; Polly may answer better next time.
    """
    tracks = [read_track(part) for part in parts]
    first, last = tracks[0], tracks[-1]
    frames = [frame for track in tracks for frame in track.frames]
    samples = GRANULE * first.format.granules
    decoded = len(frames) * samples
    if len(parts) == 1:
        mp3 = parts[0]
        skipped = 0 if first.padding is None else first.delay + DECODER_DELAY
    else:
        mp3 = _header(frames, first.delay, _padding(last)) + b"".join(frames)
        skipped = first.delay + DECODER_DELAY
    milliseconds = 1000 / first.format.sample_rate
    # The last samples stay in the decoder's filter in any case.
    duration = max(0, decoded - skipped - max(0, _padding(last) - DECODER_DELAY)) * milliseconds
    places = itertools.accumulate((len(track.frames) * samples for track in tracks), initial=0)
    starts = [
        (place + track.delay + DECODER_DELAY - skipped) * milliseconds
        for place, track in zip(places, tracks, strict=False)
    ]
    silences = [
        (max(0.0, begin * milliseconds), min(duration, end * milliseconds))
        for begin, end in _silences(levels(frames, first.format), DECODER_DELAY - skipped)
    ]
    return JoinedSpeech(mp3, starts, duration, silences)


def _padding(track: Track) -> int:
    """Return the samples behind the speech.

    If none are known of, as many as a decoder never plays: browsers would show those as time.
    """
    return DECODER_DELAY if track.padding is None else track.padding


def _silences(levels: Sequence[float], first: int) -> Iterator[tuple[int, int]]:
    """Return the samples at which each pause begins and ends, if the first granule is at ``first``.

    A granule's sound is spread over twice its length; its middle is where a decoder without delay
    would play it.
    """
    sounding = sorted(level for level in levels if level > float("-inf"))
    loud = sounding[int(len(sounding) * _LOUD)] if sounding else 0
    place = 0
    for is_silent, run in itertools.groupby(level < loud - _SILENCE for level in levels):
        length = len(list(run))
        if is_silent and length >= _SHORTEST_SILENCE:
            yield first + place * GRANULE, first + (place + length) * GRANULE
        place += length


def _header(frames: Sequence[bytes], delay: int, padding: int) -> bytes:
    """A silent frame with the number of frames and bytes, and where each percent of them begins.

    The format is Xing's; "Info" says that the bit rate is constant, which spares players a guess.
    LAME's extension follows, with the delay and the padding.
    """
    first = int.from_bytes(frames[0][:HEADER_BYTES]) | 1 << 16  # without a checksum
    tag_at = Format.of(first).data_at
    used = tag_at + 5 * 4 + _TABLE_ENTRIES + _EXTENSION_BYTES
    candidates = (first & ~(15 << 12) | index << 12 for index in range(1, 15))
    header, length = next(  # the lowest bit rate with room for it
        (candidate, length)
        for candidate in candidates
        if (length := Format.of(candidate).frame_length) >= used
    )
    ends = list(itertools.accumulate(map(len, frames), initial=length))
    total = ends[-1]
    places = (ends[len(frames) * percent // _TABLE_ENTRIES] for percent in range(_TABLE_ENTRIES))
    table = bytes(min(255, place * 256 // total) for place in places)
    tag = (
        (b"Info" + _HAS_FRAMES_BYTES_TABLE_QUALITY.to_bytes(4))
        + (len(frames).to_bytes(4) + total.to_bytes(4) + table + _UNKNOWN_QUALITY)
        + _LAME.ljust(21, b"\0")
        + (delay << 12 | padding).to_bytes(3)
    )
    return (header.to_bytes(4) + bytes(tag_at - HEADER_BYTES) + tag).ljust(length, b"\0")
