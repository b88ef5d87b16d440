import io
import itertools
import struct

import lameenc
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from chalicelib.errors import TransientError
from chalicelib.speech.mp3 import joined

LAMES_DELAY = 576
TWO_GRANULES = 2 * 576 * 1000 / 24_000


def tone(seconds: float, rate: int = 24000) -> bytes:
    """An MP3 of a tone."""
    return encoded(sound(int(seconds * rate), rate), rate)


def sound(samples: int, rate: int, volume: int = 8000) -> NDArray[np.float64]:
    """A tone, which begins with a full swing within a millisecond."""
    return volume * np.sin(np.arange(samples) * 2 * np.pi * 440 / rate)


def encoded(wave: NDArray[np.float64], rate: int) -> bytes:
    """An MP3 as Polly makes them: mono (unless the wave has columns), constant 48 kbit/s.

    With more samples or channels than Polly's, it has as many bits for each.
    """
    encoder = lameenc.Encoder()
    encoder.set_bit_rate((48 if rate <= 24_000 else 96) * wave.ndim)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(wave.ndim)
    encoder.silence()
    return bytes(encoder.encode(wave.astype(np.int16).tobytes()) + encoder.flush())


def part_with_onset(onset: int, samples: int, rate: int, *, delay: int | None) -> bytes:
    """An MP3 that is silent at first. With a delay, it has a header, as LAME and ffmpeg write it.

    A delay over LAME's own comes from more silence.
    """
    more = 0 if delay is None else delay - LAMES_DELAY
    wave = np.zeros(more + samples)
    wave[more + onset :] = sound(samples - onset, rate)
    mp3 = encoded(wave, rate)
    if delay is None:
        return mp3
    padding = frames_of(mp3) * 576 - delay - samples
    return with_header(mp3, delay, padding)


def with_header(mp3: bytes, delay: int, padding: int, mark: bytes = b"Info") -> bytes:
    first = mp3[:2] + bytes([8 << 4 | mp3[2] & 0b1100]) + mp3[3:4]  # 64 kbit/s, not padded
    length = 72 * 64_000 // (24_000 if mp3[2] & 0b100 else 22_050)
    fields = (0b1111, frames_of(mp3), length + len(mp3), *[0] * 26)
    encoder = b"Lavc58.13" + bytes(12) + (delay << 12 | padding).to_bytes(3)
    header = first + bytes(9) + mark + struct.pack(">29I", *fields) + encoder
    return header.ljust(length, b"\0") + mp3


def frames_of(mp3: bytes) -> int:
    """How many frames an MP3 of MPEG-2 without a header has."""
    return int(soundfile.info(io.BytesIO(mp3)).frames) // 576


def decode(mp3: bytes) -> tuple[NDArray[np.float64], int]:
    samples, rate = soundfile.read(io.BytesIO(mp3))
    return samples, rate


def with_id3(mp3: bytes) -> bytes:
    return b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128) + mp3 + b"TAG" + bytes(125)


def seconds_of(mp3: bytes) -> float:
    return float(soundfile.info(io.BytesIO(mp3)).duration)


def test_one_part_stays_unchanged() -> None:
    part = with_id3(tone(1))

    assert joined([part]).mp3 == part


@pytest.mark.parametrize("rate", [22050, 24000])
@pytest.mark.parametrize("count", [1, 8])
@pytest.mark.parametrize("delays", [(None,), (576,), (1105, 576, 900, None)])
def test_each_part_begins_when_it_is_said_to(
    rate: int, count: int, delays: tuple[int | None, ...]
) -> None:
    onsets = [rate // 10 + 1000 * number for number in range(count)]
    parts = [
        part_with_onset(onset, onset + rate // 3, rate, delay=delays[number % len(delays)])
        for number, onset in enumerate(onsets)
    ]

    speech = joined(parts)

    wave, _ = decode(speech.mp3)
    assert speech.duration == pytest.approx(len(wave) * 1000 / rate, abs=0.01)
    for start, onset in zip(speech.starts, onsets, strict=True):
        expected = round(start * rate / 1000) + onset
        around = np.abs(wave[expected - 1000 : expected + 1000])
        assert np.flatnonzero(around > 0.05)[0] == pytest.approx(1000, abs=rate / 1000)
    # A player leaves out what is in front of the first part, if a header says how much it is.
    untold = delays[0] is None and count == 1
    assert speech.starts[0] == pytest.approx((LAMES_DELAY + 529) * 1000 / rate if untold else 0)


@pytest.mark.parametrize("rate", [22050, 24000])
def test_a_player_stops_where_the_speech_of_the_last_part_ends(rate: int) -> None:
    last = part_with_onset(1000, 10_000, rate, delay=576)

    speech = joined([part_with_onset(1000, 20_000, rate, delay=576), last])

    wave, _ = decode(speech.mp3)
    assert speech.starts[1] + 10_000 * 1000 / rate == pytest.approx(speech.duration, abs=0.01)
    assert np.abs(wave[-100:]).max() > 0.05  # sound, to the end


@pytest.mark.parametrize("mark", [b"Xing", b"Info"])
def test_a_header_without_delays_counts_as_none(mark: bytes) -> None:
    part = tone(1)
    header = with_header(part, 1105, 0, mark)[: -len(part)]

    unsaid = joined([header.replace(b"Lavc", b"\0\0\0\0") + part] * 2)

    assert unsaid == joined([part, part])


def test_of_a_frame_with_a_vbri_header_nothing_is_heard() -> None:
    part = tone(1)
    header = with_header(part, 0, 0)[: -len(part)]

    assert joined([header[:36] + b"VBRI" + header[40:] + part, part]) == joined([part, part])


@pytest.mark.parametrize("rate", [22050, 24000, 44100])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("noise", [0, 10])
def test_pauses_are_found_to_two_granules(rate: int, channels: int, noise: int) -> None:
    lengths = (0.3, 0.25, 0.31, 0.41, 0.53, 1.1, 0.17, 0.6, 0.29)  # sound, pause, sound ...
    edges = np.cumsum([0, *lengths])
    wave = np.concatenate(
        [
            sound(int(end * rate) - int(begin * rate), rate) * (number % 2 == 0)
            for number, (begin, end) in enumerate(itertools.pairwise(edges))
        ]
    )
    wave += np.random.default_rng(1).normal(0, noise, len(wave))
    if channels == 2:  # each sounds at another time
        is_left = np.arange(len(wave)) < len(wave) // 3
        wave = np.stack([np.where(is_left, wave, 0), np.where(is_left, 0, wave)], axis=1)

    speech = joined([encoded(wave, rate)] * 2)

    true = [
        (start + 1000 * edges[number], start + 1000 * edges[number + 1])
        for start in speech.starts
        for number in (1, 3, 5, 7)
    ]
    assert np.array(speech.silences) == pytest.approx(np.array(true), abs=TWO_GRANULES)


@pytest.mark.parametrize("length", [0.06, 0.1, 0.14])
def test_a_plosive_within_a_word_is_no_pause(length: float) -> None:
    half = sound(12_000, 24_000)

    wave = np.concatenate([half, np.zeros(int(length * 24_000)), half])

    assert all(begin > 1000 for begin, _ in joined([encoded(wave, 24_000)]).silences)


def test_a_quiet_sound_is_no_pause() -> None:
    """Sounds that are 30 dB softer than the loud ones: so soft are an s, or the end of a word."""
    loud = sound(12_000, 24_000)

    wave = np.concatenate([loud, sound(12_000, 24_000, volume=8000 // 32), loud])

    assert all(begin > 1400 for begin, _ in joined([encoded(wave, 24_000)]).silences)


def test_silence_alone_is_one_pause() -> None:
    speech = joined([encoded(np.zeros(24_000), 24_000)] * 2)

    assert speech.silences == [(0, speech.duration)]


@pytest.mark.parametrize("rate", [16000, 22050, 24000])
def test_parts_become_one_playable_file_as_long_as_all_of_them(rate: int) -> None:
    parts = [tone(1.5, rate), tone(0.5, rate), tone(2.0, rate)]

    whole = joined(parts).mp3

    decoded, decoded_rate = soundfile.read(io.BytesIO(whole))
    assert decoded_rate == rate
    assert len(decoded) / rate == pytest.approx(4.0, abs=0.4)  # LAME pads every part
    assert seconds_of(whole) == pytest.approx(len(decoded) / rate, abs=0.1)
    assert np.abs(decoded[len(decoded) // 2 :]).max() > 0.1


def test_headers_of_single_parts_are_left_out() -> None:
    whole = joined([with_id3(tone(1)), with_id3(tone(1))]).mp3

    assert b"ID3" not in whole
    assert b"TAG" not in whole
    assert b"Xing" not in whole
    assert whole.count(b"Info") == 1
    assert whole[:2] == tone(1)[:2]


@pytest.mark.parametrize("rate", [16000, 22050, 24000, 44100])
def test_the_length_is_exact_and_every_percent_is_found(rate: int) -> None:
    whole = joined([with_id3(tone(3, rate)), tone(20, rate), tone(0.3, rate)]).mp3

    tag = whole.index(b"Info")
    _flags, count, size = struct.unpack(">III", whole[tag + 4 : tag + 16])
    assert size == len(whole)
    # Browsers count the samples that stay in the decoder's filter, if they are not padding.
    assert int.from_bytes(whole[tag + 141 : tag + 144]) == 576 << 12 | 529
    with soundfile.SoundFile(io.BytesIO(whole)) as file:
        # Left out: what LAME puts in front, and the samples by which every decoder is late.
        assert file.frames == count * (1152 if rate > 24000 else 576) - 576 - 529
        assert len(file.read()) == file.frames
    table = whole[tag + 16 : tag + 116]
    assert list(table) == sorted(table)
    for percent in (1, 50, 99):  # at a constant bit rate, time and bytes go together
        assert table[percent] / 256 == pytest.approx(percent / 100, abs=0.01)


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"<html>not audio</html>",
        b"\xff\xfb\xff\xff" + bytes(500),
        tone(1)[:-1],
        tone(1) + b"\xff",
        with_id3(b""),
    ],
)
@pytest.mark.parametrize("before", [[], [tone(0.2)]])
def test_a_part_that_is_no_whole_mp3_is_a_temporary_error(part: bytes, before: list[bytes]) -> None:
    with pytest.raises(TransientError):
        joined([*before, part])
