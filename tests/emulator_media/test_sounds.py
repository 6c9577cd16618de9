from __future__ import annotations

import io
import wave

import pytest

from cncoding_emulator.media import sounds

TEXTS = ["你好，世界", "hello", "多语言 mixed text, 第一句。" * 8]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("rate", [8000, 16000, 24000, 32000])
def test_wav_has_the_right_duration_and_remembers_its_words(text: str, rate: int) -> None:
    data = sounds.wav(text, rate)
    with wave.open(io.BytesIO(data)) as heard:
        assert (heard.getframerate(), heard.getnchannels(), heard.getsampwidth()) == (rate, 1, 2)
        assert heard.getnframes() / rate == pytest.approx(sounds.seconds_of(text), abs=0.001)
    assert sounds.listen(data).text == text


def test_duration_follows_length_and_speed() -> None:
    assert sounds.seconds_of("字" * 20) == pytest.approx(4.0)
    assert sounds.seconds_of("字" * 20, 2.0) == pytest.approx(2.0)
    assert sounds.seconds_of("字<#1.5#>字") > sounds.seconds_of("字字") + 1.4


@pytest.mark.parametrize("text", TEXTS)
def test_raw_pcm_keeps_its_words_inside_a_foreign_wav(text: str) -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(24000)
        out.writeframes(sounds.pcm(text))
    assert sounds.listen(buffer.getvalue()).text == text


@pytest.mark.parametrize("rate", sounds.RATES)
@pytest.mark.parametrize("bitrate", [32000, 128000, 256000])
@pytest.mark.parametrize("channels", [1, 2])
def test_mp3_frames_parse_to_the_duration(rate: int, bitrate: int, channels: int) -> None:
    data = sounds.mp3("一二三四五六七八九十", rate, bitrate, channels=channels)
    heard = sounds.listen(data)
    assert heard.rate == rate
    assert heard.seconds == pytest.approx(2.0, abs=0.08)
    assert heard.text == "一二三四五六七八九十"


@pytest.mark.parametrize("make", [sounds.wav, sounds.mp3])
def test_a_damaged_or_cut_file_shows(make: object) -> None:
    data: bytes = make("这是一段要丢失的话")  # type: ignore[operator]
    with pytest.raises(ValueError):
        sounds.listen(data[: len(data) // 2])
    spoilt = bytearray(data)
    spoilt[len(data) // 2] ^= 0x55
    with pytest.raises(ValueError):
        sounds.listen(bytes(spoilt))
    with pytest.raises(ValueError):
        sounds.listen(b"<html>")


def test_a_foreign_recording_gets_a_sentence_with_its_duration() -> None:
    heard = sounds.listen(sounds.wrap(bytes(24000 * 2 * 3), 24000))
    assert heard.text is None
    assert "3.0" in heard.words


def test_stereo() -> None:
    assert sounds.listen(sounds.wav("两个声道", 24000, channels=2)).text == "两个声道"
    foreign = sounds.wrap(sounds.stereo(sounds.pcm("两个声道")), 24000, 2)
    assert sounds.listen(foreign).text == "两个声道"
