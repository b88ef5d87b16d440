import io
import struct

import lameenc
import numpy as np
import pytest
import soundfile

from chalicelib.errors import TransientError
from chalicelib.speech.mp3 import joined


def tone(seconds: float, rate: int = 24000) -> bytes:
    """An MP3 as Polly makes them: mono, constant 48 kbit/s."""
    wave = np.sin(np.arange(int(seconds * rate)) * 2 * np.pi * 440 / rate) * 8000
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(48)
    encoder.set_in_sample_rate(rate)
    encoder.set_channels(1)
    encoder.silence()
    return bytes(encoder.encode(wave.astype(np.int16).tobytes()) + encoder.flush())


def with_id3(mp3: bytes) -> bytes:
    return b"ID3\x04\x00\x00\x00\x00\x01\x00" + bytes(128) + mp3 + b"TAG" + bytes(125)


def seconds_of(mp3: bytes) -> float:
    return float(soundfile.info(io.BytesIO(mp3)).duration)


def test_one_part_stays_unchanged() -> None:
    part = with_id3(tone(1))

    assert joined([part]).mp3 == part


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
    with soundfile.SoundFile(io.BytesIO(whole)) as file:
        # Left out: what LAME puts in front, and the samples by which every decoder is late.
        assert file.frames == count * (1152 if rate > 24000 else 576) - 576 - 529
        assert len(file.read()) == file.frames
    table = whole[tag + 16 : tag + 116]
    assert list(table) == sorted(table)
    for percent in (1, 50, 99):  # at a constant bit rate, time and bytes go together
        assert table[percent] / 256 == pytest.approx(percent / 100, abs=0.01)


@pytest.mark.parametrize("part", [b"<html>not audio</html>", b"\xff\xfb\xff\xff" + bytes(500)])
def test_a_part_that_is_no_mp3_is_a_temporary_error(part: bytes) -> None:
    with pytest.raises(TransientError):
        joined([tone(0.2), part])
