"""Sound as bytes: taken apart, cut and joined without losing a sample."""

from __future__ import annotations

import io
import struct
import wave

import pytest

from cncoding.media.sound.cutting import cut, measure
from cncoding.media.sound.joining import join
from cncoding.media.sound.mp3 import read_mp3
from cncoding.media.sound.segments import Segment, read_segments, write_clock, write_srt, write_vtt
from cncoding.media.sound.wav import PCM, Wav, WavFormat, find_quiet, read_wav, write_header, write_wav
from tests.media.recordings import float_wav, mp3, tone, wav


def samples_of(file: bytes) -> bytes:
    with wave.open(io.BytesIO(file)) as reader:
        return reader.readframes(reader.getnframes())


# ---------------------------------------------------------------- WAV


def test_wavs_are_joined_frame_behind_frame() -> None:
    files = [wav(tone(0.5)), wav(tone(0.25, loud=False)), wav(tone(1))]
    whole, seconds = join(files, "audio/wav")
    assert samples_of(whole) == b"".join(map(samples_of, files)) and seconds == pytest.approx(1.75)
    assert int.from_bytes(whole[4:8], "little") == len(whole) - 8


def test_chunks_around_the_sound_and_odd_lengths() -> None:
    """A comment before and behind the sound, a stated length of 0, and a byte that makes the length even."""
    fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8)
    odd = (
        b"RIFF\0\0\0\0WAVE"
        + b"LIST"
        + struct.pack("<I", 3)
        + b"abc\0"
        + fmt
        + b"data\x03\0\0\0\x80\x90\x80\0"
        + b"LIST\0\0\0\0"
    )
    streamed = b"RIFF\xff\xff\xff\xffWAVE" + fmt + b"data\xff\xff\xff\xff" + b"\x81\x82"
    whole, _ = join([odd, streamed], "audio/wav")
    assert samples_of(whole) == b"\x80\x90\x80\x81\x82" and len(whole) % 2 == 0


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (wav(tone(0.1, 16000), 16000), "16000 Hz, 1 channels and 16 bits cannot stand behind WAV of 8000 Hz"),
        (wav(tone(0.1), channels=2), "2 channels"),
        (float_wav([0.5] * 10), "32 bits"),
        (wav(b""), "no sound"),
        (b"RIFF\0\0\0\0WAVE", "no sound"),
        (wav(tone(1))[:-100], "sound is missing"),
        (b"not a file", "no WAV file"),
    ],
)
def test_what_cannot_be_joined_says_why(other: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        join([wav(tone(0.1)), other], "audio/wav")


def test_a_header_for_a_stream_names_no_length() -> None:
    head = write_header(WavFormat())
    assert head[:4] == b"RIFF" and head[-8:] == b"data\xff\xff\xff\xff" and len(head) == 44
    with pytest.raises(ValueError, match="4 GB"):
        write_header(WavFormat(), 1 << 32)


@pytest.mark.parametrize("kind", ["pcm8", "pcm16", "pcm24", "pcm32", "float", "stereo"])
def test_a_pause_is_found_in_every_format(kind: str) -> None:
    """Two seconds of tone, half a second of silence, one and a half seconds of tone: the cut lies in the silence."""
    loud, rate = tone(2), 8000
    values = [value for (value,) in struct.iter_unpack("<h", loud + tone(0.5, loud=False) + tone(1.5))]
    files = {
        "pcm8": wav(bytes(128 + (value >> 8) for value in values), width=1),
        "pcm16": wav(struct.pack(f"<{len(values)}h", *values)),
        "pcm24": wav(b"".join((value << 8).to_bytes(3, "little", signed=True) for value in values), width=3),
        "pcm32": wav(struct.pack(f"<{len(values)}i", *(value << 16 for value in values)), width=4),
        "float": float_wav([value / 32768 for value in values]),
        "stereo": wav(
            struct.pack(f"<{2 * len(values)}h", *(one for value in values for one in (value, value))), channels=2
        ),
    }
    found = find_quiet(read_wav(files[kind]), rate, 4 * rate)
    assert 2 * rate <= found <= 2.5 * rate


def test_an_unknown_code_is_cut_at_the_end() -> None:
    unknown = Wav(WavFormat(code=0x55), memoryview(bytes(80000)))
    assert find_quiet(unknown, 0, 30000) == 30000


@pytest.mark.parametrize("file", [wav(tone(7)), float_wav([0.1, -0.1] * 28000)])
def test_a_long_wav_is_cut_and_nothing_is_lost(file: bytes) -> None:
    pieces = list(cut(file, "audio/wav", seconds=2.0, size=None))
    assert len(pieces) >= 4 and all(one.end - one.start <= 2.0 for one in pieces)
    assert [one.end for one in pieces[:-1]] == [one.start for one in pieces[1:]] and pieces[-1].end == 7.0
    whole = read_wav(file)
    assert b"".join(read_wav(one.data).data for one in pieces) == whole.data
    assert all(read_wav(one.data).form == whole.form for one in pieces)
    small = list(cut(file, "audio/wav", seconds=None, size=20_000))
    assert all(len(one.data) <= 20_000 for one in small) and small[-1].end == 7.0


def test_a_cut_off_recording_is_taken_as_far_as_it_goes() -> None:
    file = wav(tone(5))[:-8001]
    assert measure(file, "audio/wav") == pytest.approx(4.5, abs=0.01)
    assert sum(one.end - one.start for one in cut(file, "audio/wav", seconds=2, size=None)) == pytest.approx(
        4.5, abs=0.01
    )


# ---------------------------------------------------------------- MP3


@pytest.mark.parametrize("mono", [True, False])
def test_mp3s_are_joined_without_tags_and_tables(mono: bool) -> None:
    whole, seconds = join([mp3(3, mono=mono), mp3(2, mono=mono, tags=False), mp3(4, mono=mono)], "audio/mpeg")
    found = read_mp3(whole)
    assert len(found.frames) == 9 and seconds == pytest.approx(9 * 1152 / 44100)
    numbers = [int.from_bytes(whole[start + 4 : start + 8], "big") for start, _ in found.frames]
    assert numbers == [0, 1, 2, 0, 1, 0, 1, 2, 3] and found.frames[0][0] == 0 and found.end == len(whole)


def test_mp3s_of_different_rates_are_not_joined() -> None:
    with pytest.raises(ValueError, match="48000 Hz cannot stand behind MP3 of 44100 Hz"):
        join([mp3(2), mp3(2, rate_index=1)], "audio/mpeg")
    with pytest.raises(ValueError, match="no frames"):
        join([mp3(2), b"ID3\x04\0\0\0\0\0\0"], "audio/mpeg")
    with pytest.raises(ValueError, match="audio/flac cannot be joined"):
        join([b"fLaC"], "audio/flac")


def test_a_long_mp3_is_cut_between_frames() -> None:
    file = mp3(400)
    pieces = list(cut(file, "audio/mpeg", seconds=3.0, size=None))
    frames = [number for one in pieces for number in _numbers(one.data)]
    assert frames == list(range(400)) and all(one.end - one.start <= 3.0 for one in pieces)
    small = list(cut(file, "audio/mpeg", seconds=None, size=5000))
    assert all(len(one.data) <= 5000 for one in small) and [n for one in small for n in _numbers(one.data)] == frames


def _numbers(file: bytes) -> list[int]:
    return [int.from_bytes(file[start + 4 : start + 8], "big") for start, _ in read_mp3(file).frames]


def test_pcm_is_joined_by_whole_samples() -> None:
    assert join([b"\1\2\3", b"\4\5"], "audio/pcm")[0] == b"\1\2\4\5"
    assert write_wav(WavFormat(PCM, 1, 8000, 8), b"abc")[-4:] == b"abc\0"


# ---------------------------------------------------------------- times


def test_subtitles_in_both_forms() -> None:
    said = (Segment(0, 1.5, "Tom & Jerry\n\n--> <b>go</b>"), Segment(3661.0401, 3662, "你好"))
    assert write_srt(said) == (
        "1\n00:00:00,000 --> 00:00:01,500\nTom & Jerry\n-> <b>go</b>\n\n2\n01:01:01,040 --> 01:01:02,000\n你好\n"
    )
    assert write_vtt(said) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nTom &amp; Jerry\n-> &lt;b>go&lt;/b>\n\n"
        "01:01:01.040 --> 01:01:02.000\n你好\n"
    )
    assert (write_clock(65.9), write_clock(3605), write_vtt(())) == ("1:05", "1:00:05", "WEBVTT\n")


def test_rows_of_vendors_that_make_no_sense_are_left_out() -> None:
    rows = [
        {"start": 0, "end": 1, "text": " a "}, {"start": "0", "end": 1, "text": "b"}, {"start": 2, "text": "c"},
        {"start": 3, "end": 2, "text": "d"}, {"start": 4, "end": 5, "text": ""}, None, {"start": True, "end": 9},
        {"start": float("nan"), "end": 9, "text": "f"},
    ]  # fmt: skip
    assert read_segments(rows) == (Segment(0, 1, "a"), Segment(3, 3, "d"))
    assert read_segments({"not": "a list"}) == () == read_segments(None)
    assert read_segments([{"b": 40, "e": 1500, "text": "x"}], names=("b", "e"), unit=0.001) == (
        Segment(0.04, 1.5, "x"),
    )
