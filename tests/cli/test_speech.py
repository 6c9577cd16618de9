"""Speech on the command line: played and piped while it arrives, with subtitles beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import pytest

from cncoding import Client
from cncoding_emulator import Emulator
from tests.cli.conftest import Run

PLAYER = """#!{python}
import sys, time
data = bytearray()
while piece := sys.stdin.buffer.read1(65536):
    data += piece
    open({heard!r}, "wb").write(data)
    {then}
open({words!r}, "w").write(" ".join(sys.argv[1:]))
"""


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is the whole PATH, for players."""
    folder = tmp_path / "players"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(folder: Path, name: str, then: str = "pass") -> None:
    """Put a player there that writes down what it hears."""
    heard, words = str(folder / "heard"), str(folder / "words")
    (folder / name).write_text(PLAYER.format(python=sys.executable, heard=heard, words=words, then=then))
    (folder / name).chmod(0o755)


def read_wav(data: bytes) -> bytes:
    """Return the samples of a WAV stream, whose header need not know its length."""
    assert data[:4] == b"RIFF" and data[8:12] == b"WAVE"
    return data[data.index(b"data") + 8 :]


@pytest.mark.parametrize(
    ("name", "word"), [("ffplay", "pipe:0"), ("mpv", "--no-video"), ("play", "wav"), ("aplay", "wav")]
)
def test_it_is_played_while_it_arrives(run: Run, player: Path, name: str, word: str) -> None:
    install(player, name)
    done = run("speech", "glm", "hello over there", "--play")
    assert done.code == 0 and not done.out, done.err
    assert len(read_wav((player / "heard").read_bytes())) > 1000
    assert word in (player / "words").read_text() and not list(Path().iterdir())
    (kept,) = Client("glm", journal=Path("../state")).purchases()
    assert kept.state == "done"


def test_mp3_is_played_as_it_comes_and_kept_in_a_file(run: Run, emulator: Emulator, player: Path) -> None:
    install(player, "aplay")
    done = run("speech", "minimax", "hello", "--play")
    assert done.code == 2 and "plays audio/mpeg from a pipe; install ffmpeg" in done.err
    assert not [one for one in emulator.requests if one.method == "POST"]
    install(player, "mpg123")
    done = run("speech", "minimax", "hello", "--play", "-o", "a.mp3", "--json")
    assert done.code == 0 and json.loads(done.out)["path"] == "a.mp3", done.err
    assert Path("a.mp3").read_bytes() == (player / "heard").read_bytes()


def test_a_played_file_of_samples_knows_its_length(run: Run, player: Path) -> None:
    install(player, "mpv")
    assert run("speech", "qwen", "hello over there", "--play", "-o", "a.wav").out == "a.wav\n"
    with wave.open("a.wav") as file:
        assert file.readframes(file.getnframes()) == read_wav((player / "heard").read_bytes())
    done = run("speech", "qwen", "hello", "--play", "-o", "a.wav")
    assert done.code == 2 and "--force" in done.err
    assert run("speech", "qwen", "hello", "--play", "-o", ".").code == 2


def test_who_ends_the_player_hears_no_more_and_keeps_the_file(run: Run, player: Path) -> None:
    install(player, "mpv", "sys.exit(3)")
    done = run("speech", "glm", "hello over there " * 20, "--play", "-o", "a.wav")
    assert done.code == 0 and "mpv ended with code 3" in done.err
    with wave.open("a.wav") as file:
        assert file.getnframes() > 10_000


def test_without_a_player_and_without_a_stream(run: Run, emulator: Emulator, player: Path) -> None:
    done = run("speech", "glm", "hello", "--play")
    assert done.code == 2 and "install ffmpeg (ffplay), mpv or sox (play)" in done.err
    install(player, "mpv")
    done = run("speech", "unified", "hello", "--play")
    assert done.code == 2 and "streams no speech" in done.err and not emulator.requests


def test_subtitles_stand_beside_the_sound(run: Run, emulator: Emulator) -> None:
    done = run("speech", "minimax", "Hello. Good night.", "--subtitles", "-o", "a.mp3")
    assert done.code == 0 and done.out.split() == ["a.mp3", "a.srt", "a.vtt"], done.err
    assert "-->" in Path("a.srt").read_text() and Path("a.vtt").read_text().startswith("WEBVTT")
    Path("a.mp3").unlink()
    asked = len(emulator.requests)
    done = run("speech", "minimax", "Hello.", "--subtitles", "-o", "a.mp3")
    assert done.code == 2 and "a.srt: exists already" in done.err
    for words in (("--play",), ("-o", "-")):
        done = run("speech", "minimax", "Hello.", "--subtitles", *words)
        assert done.code == 2 and "--subtitles: they come with a file" in done.err
    assert len(emulator.requests) == asked


def start(emulator: Emulator, tmp_path: Path, *words: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, **emulator.env(), "CNCODING_STATE_DIR": str(tmp_path / "state")}
    command = [sys.executable, "-m", "cncoding_cli", "speech", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, cwd=tmp_path)


def test_a_provider_that_streams_nothing_is_piped_when_it_is_whole(emulator: Emulator, tmp_path: Path) -> None:
    out, err = start(emulator, tmp_path, "unified", "hello", "-o", "-").communicate(timeout=60)
    assert len(out) > 1000, err


def test_a_pipe_gets_the_pieces_as_they_come(emulator: Emulator, tmp_path: Path) -> None:
    emulator.hostile("stall-mid", "glm", on="/audio/speech")
    process = start(emulator, tmp_path, "glm", "hello over there " * 30, "-o", "-")
    try:
        assert process.stdout is not None
        assert process.stdout.read(44 + 100)[:4] == b"RIFF" and process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 130 and b"Traceback" not in err, err
    finally:
        process.kill()


def test_a_reader_that_has_enough_is_no_error(emulator: Emulator, tmp_path: Path) -> None:
    process = start(emulator, tmp_path, "glm", "hello over there " * 60, "-o", "-")
    try:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.read(10)[:4] == b"RIFF"
        process.stdout.close()  # as `head -c 10` does
        process.wait(timeout=60)
        assert b"Traceback" not in process.stderr.read()
    finally:
        process.kill()
        if process.stderr is not None:
            process.stderr.close()


def test_ctrl_c_ends_a_stream_and_its_player(emulator: Emulator, tmp_path: Path, player: Path) -> None:
    install(player, "mpv")
    emulator.hostile("stall-mid", "glm", on="/audio/speech")
    process = start(emulator, tmp_path, "glm", "hello over there " * 30, "--play")
    try:
        until = time.monotonic() + 60
        while not (player / "heard").exists() and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 130 and b"Traceback" not in err, err
    finally:
        process.kill()
    (kept,) = Client("glm", api_key="sk-test", journal=tmp_path / "state").purchases()
    assert (kept.state, kept.owner) == ("done", None)  # what was heard in part is paid
