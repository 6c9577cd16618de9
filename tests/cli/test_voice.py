"""`cncoding voice`: nothing leaves without consent; ids go to standard output, previews into files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from tests.cli.conftest import Run

AGREED = ("--consent", "Ana Morgan, in writing, 2026-11-20")


@pytest.fixture(autouse=True)
def sample(run: Run) -> None:
    Path("ana.wav").write_bytes(sounds.wav("the quick brown fox " * 13))


@pytest.mark.parametrize(("provider", "name"), [("minimax", "AnaMorgan01"), ("glm", "ana")])
def test_a_voice_from_a_recording(run: Run, emulator: Emulator, provider: str, name: str) -> None:
    done = run("voice", "clone", provider, "ana.wav", "-n", name, "--preview", "hello", *AGREED, "-o", "sound.mp3")
    assert done.code == 0, done.err
    voice = done.out.strip()
    assert "uploading ana.wav (" in done.err and "preview: sound.mp3 (" in done.err and Path("sound.mp3").stat().st_size
    assert run("speech", provider, "hi", "--voice", voice, "-o", "hi.mp3").code == 0
    listed = json.loads(run("voice", "list", provider, "--kind", "cloned", "--json").out)
    assert [one["id"] for one in listed] == [voice]
    assert run("voice", "delete", provider, voice).out == f"{voice} is deleted\n"
    assert run("voice", "list", provider, "--kind", "cloned", "--json").out.strip() == "[]"


def test_a_voice_from_words(run: Run, emulator: Emulator) -> None:
    assert "about 9.9 CNY" in run("voice", "design", "minimax", "an old man", "--preview", "hello", "--estimate").out
    assert emulator.requests == []
    told = json.loads(run("voice", "design", "minimax", "an old man", "--preview", "hello", "--json").out)
    assert told["voice"]["kind"] == "designed" and Path(told["preview"][0]["path"]).is_file()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("clone", "minimax", "ana.wav", "-n", "AnaMorgan01"), "consent: missing"),
        (("clone", "minimax", "ana.wav", "-n", "AnaMorgan01", "--consent", "ok"), "consent: 'ok' says too little"),
        (("clone", "minimax", "nowhere.wav", "-n", "AnaMorgan01", *AGREED), "nowhere.wav: no such file"),
        (("clone", "minimax", "-n", "AnaMorgan01", *AGREED), "recording: name one file"),
        (("clone", "minimax", "ana.wav", "-n", "ana", *AGREED), "takes 8 to 256 letters"),
        (("clone", "glm", "ana.wav", "-n", "ana", *AGREED), "preview: glm-tts-clone needs it"),
        (("design", "glm", "an old man", "--preview", "x"), "makes no voice from words"),
        (("design", "minimax", "an old man"), "preview: voice_design needs it"),
        (("delete", "minimax"), "voice: name one voice"),
    ],
)
def test_what_is_wrong_is_said_before_anything_leaves(
    run: Run, emulator: Emulator, words: tuple[str, ...], said: str
) -> None:
    done = run("voice", *words)
    assert done.code == 2 and said in done.err and emulator.requests == []
