"""A voice that does not exist: refused before it costs anything where that is known, else the nearest is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cncoding import BadRequestError, Client, ConfigError
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from langchain_cncoding import CNCodingToolkit
from tests.media.conftest import Do

AGREED = "Ana Morgan, in writing, 2026-11-20"
NOBODY = {"code": 2054, "message": "voice id not exist", "on": "t2a_v2"}


@pytest.mark.parametrize("voice", ["tongtongg", "Tong-Tong", "xiaochenn", "kaz"])
def test_a_slip_is_refused_where_the_vendor_has_no_others(emulator: Emulator, do: Do, voice: str) -> None:
    with pytest.raises(ConfigError, match=r"has none of that name; did you mean '\w+'\? list_voices names all"):
        do("glm", "synthesize_speech", "hello", voice=voice)
    assert emulator.requests == []


@pytest.mark.parametrize("provider", ["glm", "minimax", "qwen", "unified"])
@pytest.mark.parametrize("voice", ["", "  ", 7])
def test_no_name_is_no_voice(emulator: Emulator, do: Do, provider: str, voice: Any) -> None:
    with pytest.raises(ConfigError, match="takes a name, for example"):
        do(provider, "synthesize_speech", "hello", voice=voice)
    assert emulator.requests == []


def test_a_cloned_voice_passes(emulator: Emulator, do: Do) -> None:
    made = do("glm", "clone_voice", sounds.wav("the quick brown fox " * 13), "ana", consent=AGREED, preview="hello")
    assert do("glm", "synthesize_speech", "hello", voice=made.id)[0].data


def test_what_the_vendor_refuses_names_the_nearest(emulator: Emulator, do: Do) -> None:
    with pytest.raises(BadRequestError) as failed:
        do("glm", "synthesize_speech", "hello", voice="chui")
    assert "the voice asked for was 'chui', the nearest known ones are chuichui" in str(failed.value)
    assert "`list_voices`, or `cncoding voice list glm`, names all" in str(failed.value)
    assert failed.value.topic == "unknown-voice" and emulator.submissions == []
    with pytest.raises(BadRequestError, match=r"'Zoe', known ones are for example tongtong"):
        do("glm", "synthesize_speech", "hello", voice="Zoe")


def test_the_list_of_the_account_counts(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    emulator.fault("minimax", "unknown_voice", times=None, **NOBODY)
    for given in ({"voice": "Boyan"}, {"options": {"voice_setting": {"voice_id": "Boyan"}}}):
        with pytest.raises(BadRequestError, match=r"'Boyan', the nearest known ones are Boyan_new_hd; `list_voices`"):
            do("minimax", "synthesize_speech", "hello", client={"journal": tmp_path}, **given)
    assert {one.state for one in Client("minimax", journal=tmp_path).purchases()} == {"refused"}


def test_a_deleted_voice_does_not_speak(emulator: Emulator, do: Do) -> None:
    sample = sounds.wav("the quick brown fox " * 13)
    voice = do("minimax", "clone_voice", sample, "AnaMorgan01", consent=AGREED, preview="hello")
    do("minimax", "synthesize_speech", "hello", voice=voice.id)
    do("minimax", "delete_voice", voice)
    with pytest.raises(BadRequestError, match=r"2054.*voice id not exist .*'AnaMorgan01'"):
        do("minimax", "synthesize_speech", "hello", voice=voice.id)


def test_a_list_that_cannot_be_had_hides_nothing(emulator: Emulator, do: Do) -> None:
    emulator.fault("minimax", "unknown_voice", **NOBODY)
    emulator.fault("minimax", "auth", times=None, on="get_voice")
    with pytest.raises(BadRequestError, match=r"voice id not exist \(the voice asked for was 'Boyan'"):
        do("minimax", "synthesize_speech", "hello", voice="Boyan")


def test_where_nobody_lists_voices_the_page_is_named(emulator: Emulator, do: Do) -> None:
    emulator.fault("qwen", "bad_parameter", message="voice Chery is not supported", on="generation")
    with pytest.raises(BadRequestError, match=r"nearest known ones are Cherry.*the vendor's page lists them"):
        do("qwen", "synthesize_speech", "hello", voice="Chery")


def test_a_stream_says_it_too(emulator: Emulator) -> None:
    emulator.fault("minimax", "unknown_voice", **NOBODY)
    with Client("minimax") as client, pytest.raises(BadRequestError, match="nearest known ones are Boyan_new_hd"):
        list(client.stream_speech("hello", voice="Boyan"))


def test_another_refusal_is_left_alone(emulator: Emulator, do: Do) -> None:
    emulator.fault("minimax", "bad_parameter", message="invalid text", on="t2a_v2")
    with pytest.raises(BadRequestError) as failed:
        do("minimax", "synthesize_speech", "hello", voice="Boyan")
    assert "list_voices" not in str(failed.value) and len(emulator.requests) == 1


def test_a_model_is_told(emulator: Emulator, tmp_path: Path) -> None:
    tools = {one.name: one for one in CNCodingToolkit("glm", output_dir=tmp_path).get_tools()}
    assert "did you mean 'tongtong'? list_voices names all" in tools["synthesize_speech"].invoke(
        {"text": "hello", "voice": "tongtongg"}
    )
    told = tools["synthesize_speech"].invoke({"text": "hello", "voice": "chui"})
    assert "the nearest known ones are chuichui" in told and emulator.submissions == []


def test_where_voices_are_not_listed_some_are_named(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match="these do: glm, minimax; some of its voices: Cherry, Serena"):
        do("qwen", "list_voices")
    with pytest.raises(ConfigError, match=r"did you mean 'tongtong'") as failed:
        do("glm", "synthesize_speech", "hello", voice="tongtongg")
    assert failed.value.topic == "unknown-voice"
