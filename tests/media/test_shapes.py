"""What is no request, no text and no dict is refused in words that name the argument; nothing is sent."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding import Client, ConfigError, MediaOrder, MediaRequest
from cncoding_emulator import Emulator
from tests.media.conftest import MAKERS, Do

TEXTS: list[tuple[Any, str]] = [
    ("", "text: empty; say what to speak"),
    (" \n\t", "text: empty; say what to speak"),
    ("\u200b\u200b", "text: holds no character that is seen; say what to speak"),
    ("\x00\x07", "text: holds no character that is seen"),
    (None, "text: is NoneType; give text that says what to speak"),
    (5, "text: is int; give text"),
    (b"hello", "text: is bytes; give text"),
    ("half \ud83d", "text: holds half a character"),
    ("x" * 100_001, "text: has 100001 characters; at most 100000 are spoken at once"),
]


@pytest.mark.parametrize("provider", MAKERS)
@pytest.mark.parametrize("text, said", TEXTS, ids=range(len(TEXTS)))
def test_what_cannot_be_spoken_is_said(emulator: Emulator, do: Do, provider: str, text: Any, said: str) -> None:
    with pytest.raises(ConfigError) as failed:
        do(provider, "synthesize_speech", text)
    assert said in str(failed.value) and emulator.requests == []


@pytest.mark.parametrize("text, said", TEXTS, ids=range(len(TEXTS)))
def test_a_stream_and_an_estimate_say_it_too(emulator: Emulator, text: Any, said: str) -> None:
    request = MediaRequest("speech", text)
    with Client("glm") as client:
        for ask in (lambda: client.estimate(request), lambda: list(client.stream_speech(request))):
            with pytest.raises(ConfigError) as failed:
                ask()
            assert said in str(failed.value)
        with pytest.raises(ConfigError, match="request: is NoneType; give a MediaRequest"):
            client.stream_speech(None)  # type: ignore[arg-type]
    assert emulator.requests == []


@pytest.mark.parametrize("kind", ["image", "video", "speech"])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"options": ["hd"]}, "options: is list; give a dict of the vendor's fields"),
        ({"extra": "hd"}, "extra: is str; give a dict"),
        ({"inputs": ("fox.png",)}, "inputs: str is in it; give a Media"),
    ],
)
def test_fields_of_another_type_are_said(
    emulator: Emulator, do: Do, kind: Any, given: dict[str, Any], said: str
) -> None:
    for method in ("submit", "estimate", "make"):
        with pytest.raises(ConfigError) as failed:
            do("minimax", method, MediaRequest(kind, "a fox", **given))
        assert said in str(failed.value)
    assert emulator.requests == []


def test_an_order_of_nothing_is_said(emulator: Emulator, do: Do) -> None:
    for order in (5, MediaOrder("a fox")):  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="give a MediaRequest"):
            do("minimax", "make", order)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("glm", {"speed": 0.4}, "speed=0.4: glm-tts takes a number from 0.5 to 2"),
    ("glm", {"options": {"volume": 0}}, "volume=0: glm-tts takes a number above 0 up to 10"),
    ("glm", {"speed": float("nan")}, "speed=nan: glm-tts takes a number from 0.5 to 2"),
    ("minimax", {"speed": True}, "speed=True: speech-2.8-hd takes a number"),
    ("minimax", {"options": {"pitch": 1.5}}, "pitch=1.5: speech-2.8-hd takes a whole number from -12 to 12"),
    ("minimax", {"options": {"voice_setting": {"vol": 11}}}, "vol=11: speech-2.8-hd takes a number above 0 up to 10"),
    ("minimax", {"options": {"voice_setting": 5}}, "voice_setting: is int; give a dict of its fields"),
    ("minimax", {"options": {"audio_setting": "mp3"}}, "audio_setting: is str; give a dict of its fields"),
    ("unified", {"format": "ogg"}, "format: qwen3-tts-flash does not take it"),
    ("qwen", {"speed": 2.0}, "speed: qwen3-tts-flash has no such setting"),
]


@pytest.mark.parametrize("provider, given, said", WRONG, ids=range(len(WRONG)))
def test_numbers_beyond_the_rules_are_refused(
    emulator: Emulator, do: Do, provider: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as failed:
        do(provider, "synthesize_speech", "hello", **given)
    assert said in str(failed.value) and emulator.requests == []


@pytest.mark.parametrize("provider", MAKERS)
def test_texts_of_several_languages_leave_whole(emulator: Emulator, do: Do, provider: str) -> None:
    text = "Hello. 你好。Привет. مرحبا. こんにちは。 Καλημέρα \U0001f600"
    assert do(provider, "synthesize_speech", text.replace("\U0001f600", "\ud83d\ude00"))
    assert text in emulator.requests[-1].body.decode() or text in str(emulator.requests[-1].json)
