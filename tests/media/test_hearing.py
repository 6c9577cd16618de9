"""Recordings of every length put into words, with times."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from cncoding import (
    ApiError,
    Client,
    ConfigError,
    Gap,
    Media,
    MediaToolCall,
    MediaToolSettings,
    Patience,
    Segment,
    Transcript,
)
from cncoding.exchange.steps import Reply
from cncoding.media.hearing import join_texts, transcribe
from cncoding.media.tools.texts import write_transcript
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from langchain_cncoding import TranscribeTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do
from tests.media.recordings import float_wav, mp3, tone, wav
from tests.media.steps import World, reply, setup

LONG = wav(tone(20) + tone(1, loud=False) + tone(20) + tone(1, loud=False) + tone(20))
"""62 seconds with two pauses; GLM takes 30 at once."""


def test_times_of_sentences_where_the_vendor_tells_them(emulator: Emulator, do: Do) -> None:
    link = do("qwen", "synthesize_speech", "你好世界")[0].url
    heard = do("qwen", "transcribe", link, model="qwen3-asr-flash-filetrans", poll_interval=0.03)
    (sentence,) = heard.segments
    assert sentence.text == "你好世界" and (sentence.start, sentence.end) == (0.0, 0.8) and heard.language == "zh"
    assert heard.to_srt().startswith("1\n00:00:00,000 --> 00:00:00,800\n你好世界")
    assert do("qwen", "transcribe", link).segments == ()
    with pytest.raises(ConfigError, match="tells no times"):
        do("qwen", "transcribe", link).to_vtt()


def test_a_short_file_has_the_one_stretch_that_is_known(emulator: Emulator, do: Do) -> None:
    heard = do("glm", "transcribe", sounds.wav("你好世界"))
    assert heard.segments == (Segment(0.0, 0.8, "你好世界"),) and heard.duration == 0.8
    assert len(emulator.requests) == 1


def test_a_long_wav_is_cut_in_its_pauses(emulator: Emulator, do: Do) -> None:
    heard = do("glm", "transcribe", LONG)
    assert [one.status for one in emulator.requests] == [200, 200, 200] and heard.gaps == ()
    ends = [one.end for one in heard.segments]
    assert 20 <= ends[0] <= 21 and 41 <= ends[1] <= 42 and ends[2] == heard.duration == 62.0
    assert [one.start for one in heard.segments[1:]] == ends[:2]
    assert heard.text == "".join(one.text for one in heard.segments) and len(heard.raw["pieces"]) == 3
    # What was said before goes along, as the page suggests.
    assert b'name="prompt"' in emulator.requests[1].body and b'name="prompt"' not in emulator.requests[0].body


def test_a_long_mp3_is_cut_between_frames(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    (tmp_path / "long.mp3").write_bytes(mp3(3000))
    heard = do("glm", "transcribe", tmp_path / "long.mp3")
    assert heard.duration == pytest.approx(3000 * 1152 / 44100, abs=0.01) and len(heard.segments) == 3


def test_a_file_that_is_too_large_for_a_data_url_is_cut(emulator: Emulator, do: Do) -> None:
    heard = do("qwen", "transcribe", wav(bytes(120 * 96000), 48000))
    assert len(emulator.requests) == 2 and heard.duration == 120.0 and heard.model == "qwen3-asr-flash"


def hear(replies: list[Any]) -> tuple[Transcript, World]:
    """Have the long recording heard by a vendor that answers so."""
    world = World(replies)
    media = Media("audio", data=base64.b64encode(LONG).decode())
    flow = transcribe(media, setup("glm", endpoint="api"), model=None, language=None, options={}, patience=Patience())
    return world.run(flow), world


def said(text: str) -> Reply:
    return reply({"id": "1", "model": "glm-asr-2512", "text": text})


REFUSED = reply({"error": {"code": "1301", "message": "sensitive"}}, 400)
SPENT = reply({"error": {"code": "1113", "message": "no balance"}}, 429)


def test_a_piece_that_fails_does_not_lose_the_others() -> None:
    heard, world = hear([said("one."), REFUSED, said("three.")])
    assert heard.text == "one. three." and [one.text for one in heard.segments] == ["one.", "three."]
    (gap,) = heard.gaps
    assert gap.error == "sensitive" and (gap.start, gap.end) == (heard.segments[0].end, heard.segments[1].start)
    assert len(world.sent) == 3


def test_nothing_more_is_asked_of_a_vendor_that_wants_money() -> None:
    heard, world = hear([said("one."), SPENT, said("never")])
    assert heard.text == "one." and len(world.sent) == 2
    assert [one.error for one in heard.gaps] == ["no balance", "was not asked for after that"]
    assert heard.gaps[1].end == heard.duration == 62.0


@pytest.mark.parametrize(("replies", "sent"), [([SPENT], 1), ([REFUSED], 3)])
def test_nothing_heard_is_the_first_error(replies: list[Any], sent: int) -> None:
    world = World(replies)
    media = Media("audio", data=base64.b64encode(LONG).decode())
    flow = transcribe(media, setup("glm", endpoint="api"), model=None, language=None, options={}, patience=Patience())
    with pytest.raises(ApiError):
        world.run(flow)
    assert len(world.sent) == sent


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"OggS" + bytes(11 << 20), "cannot be cut: audio/ogg cannot be cut without decoding it. Give WAV or MP3"),
        (
            b"RIFF\0\0\0\0WAVE" + bytes(11 << 20),
            "audio/wav is more than qwen3-asr-flash takes at once .* it has no sound",
        ),
        (b"ID3\x04\0\0\0\0\0\0" + b"\1" * (11 << 20), "it has no frames"),
        (b"", "empty"),
        (b"hello", "type cannot be told"),
    ],
)
def test_what_cannot_be_cut_is_refused_with_words(
    emulator: Emulator, do: Do, tmp_path: Path, data: bytes, why: str
) -> None:
    (tmp_path / "sound").write_bytes(data)
    with pytest.raises(ConfigError, match=why):
        do("qwen", "transcribe", tmp_path / "sound")
    assert emulator.requests == []


def test_floating_point_is_cut_too(emulator: Emulator, do: Do) -> None:
    heard = do("glm", "transcribe", float_wav([0.1, -0.1] * 150_000))
    assert len(heard.segments) == 2 and heard.duration == 37.5


def test_texts_are_joined_as_they_are_written() -> None:
    assert join_texts(["一只", " 狐狸。", "Hello", "world.", "", "你好"]) == "一只狐狸。Hello world.你好"
    assert join_texts(["안녕", "하세요"]) == "안녕 하세요"


def test_tools_say_times_and_what_is_missing(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "long.wav").write_bytes(LONG)
    call = {"type": "tool_call", "id": "c", "name": "transcribe", "args": {"audio": "long.wav"}}
    message = TranscribeTool(provider="glm", output_dir=tmp_path).invoke(call)
    lines = message.content.splitlines()
    assert len(lines) == 3 and lines[0].startswith("[0:00-0:2") and lines[2].endswith("秒的录音。")
    assert len(message.artifact["segments"]) == 3 and message.artifact["gaps"] == []
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, show_progress=False)
    found = spec.transcribe("long.wav")
    assert found[0].text == message.content and found.artifact["duration"] == 62.0  # type: ignore[union-attr]
    gap = Transcript("a b", segments=(Segment(0, 1, "a"),), gaps=(Gap(1, 61, "busy"),))
    assert write_transcript(gap) == "[0:00-0:01] a\n[0:01-1:01] could not be put into words: busy"
    assert write_transcript(Transcript("")) == "Nothing was said."


@pytest.mark.parametrize("seconds", [60, 86.4])
def test_pieces_of_a_long_mp3_are_all_taken(emulator: Emulator, do: Do, seconds: float) -> None:
    """Of frames of 24 ms just 1250 make 30 s, which is the limit."""
    heard = do("glm", "transcribe", sounds.mp3_frames(seconds, 24000, 64000))
    assert not heard.gaps and all(one.end - one.start < 30.0 for one in heard.segments)
    assert heard.duration == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"options": ["x"]}, "options: is list; give a dict"),
        ({"language": 5}, "language=5: give the code of a language"),
        ({"language": " "}, "language=' ': give the code of a language"),
    ],
)
def test_a_setting_of_another_type_is_said(emulator: Emulator, do: Do, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as failed:
        do("qwen", "transcribe", sounds.wav("hello"), **given)
    assert said in str(failed.value) and emulator.requests == []


def test_the_type_that_is_missing_is_one_of_sound(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match=r"if it is an audio .* Media\('audio', ..., media_type='audio/wav'\)"):
        do("qwen", "transcribe", b"just words")


def test_a_language_is_asked_for_where_it_is_taken(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(sounds.wav("hello"))
    settings = MediaToolSettings(folder=str(tmp_path))
    call = MediaToolCall("transcribe", {"audio": "a.wav", "language": "en"})
    assert [one.name for one in Client("qwen").list_arguments("transcribe")] == ["audio", "language"]
    assert Client("qwen").use_tool(call, settings).text == "hello"
    assert [one.name for one in Client("glm").list_arguments("transcribe")] == ["audio"]
    with pytest.raises(ConfigError, match="language: transcribe of glm has no such argument; it has audio"):
        Client("glm").use_tool(call, settings)


def test_options_of_a_form_are_written_as_forms_are(emulator: Emulator, do: Do) -> None:
    do("glm", "transcribe", sounds.wav("hello"), options={"hotwords": ["cncoding", "通义"], "user_id": "abcdef"})
    parts = emulator.requests[-1].body.decode("utf-8", "replace").split("--cncoding-")
    told = [part.partition("\r\n\r\n")[2].strip() for part in parts if 'name="hotwords"' in part]
    assert told == ["cncoding", "通义"]
