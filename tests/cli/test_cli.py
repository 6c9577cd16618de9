"""The command line, as a process of its own, against the emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cncoding_emulator import Emulator

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def run(emulator: Emulator, tmp_path: Path) -> Run:
    environ = {**os.environ, **emulator.env(), "CNCODING_ALLOW_HOSTS": "127.0.0.1", "COLUMNS": "160", "NO_COLOR": "1"}

    def run(*words: str, **extra: str) -> subprocess.CompletedProcess[str]:
        code = "from cncoding_cli import main; main()"
        command = [sys.executable, "-c", code, *words]
        return subprocess.run(command, env={**environ, **extra}, capture_output=True, text=True, cwd=tmp_path)

    return run


def test_chat(run: Run) -> None:
    done = run("chat", "kimi", "你好")
    assert done.returncode == 0, done.stderr
    assert "你好" in done.stdout and "tokens in" in done.stdout


def test_chat_sees_a_file(run: Run, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (31, 17), "green").save(tmp_path / "a.png")
    assert "31x17 PNG" in run("chat", "kimi", "what is it?", "--image", "a.png").stdout


@pytest.mark.parametrize(
    "words", [("chat", "nobody", "hi"), ("chat", "glm", "hi", "--endpoint", "x"), ("models", "nobody")]
)
def test_errors_are_a_line_and_an_exit_code(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 1
    assert done.stderr.startswith("ConfigError: ") and "Traceback" not in done.stderr


def test_a_missing_key(run: Run) -> None:
    done = run("chat", "glm", "hi", ZAI_API_KEY="")
    assert done.returncode == 1 and "ZAI_API_KEY" in done.stderr


@pytest.mark.parametrize(
    ("words", "suffix"),
    [
        (("image", "minimax", "a cat"), ("jpg", "jpeg", "png")),
        (("speech", "minimax", "hello"), ("mp3",)),
        (("video", "minimax", "a cat"), ("mp4",)),
    ],
)
def test_media_is_saved(run: Run, words: tuple[str, ...], suffix: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*words, "-o", "out")
    assert done.returncode == 0, done.stderr
    [saved] = (tmp_path / "out").iterdir()
    assert saved.suffix[1:] in suffix and saved.stat().st_size > 100
    assert saved.name in done.stdout


@pytest.mark.parametrize(("provider", "word"), [("glm", "5h"), ("kimi", "week"), ("deepseek", "CNY")])
def test_quota(run: Run, provider: str, word: str) -> None:
    assert word in run("quota", provider).stdout


def test_doctor_tells_where_requests_go_and_shows_no_key(run: Run, emulator: Emulator) -> None:
    done = run("doctor", KIMI_API_KEY="", ZAI_API_KEY="very-secret-key")
    assert emulator.url in done.stdout and "KIMI_API_KEY" in done.stdout
    assert "very-secret-key" not in done.stdout + done.stderr


def test_models(run: Run) -> None:
    assert "glm-5.3-flash" in run("models", "glm").stdout


def test_version(run: Run) -> None:
    import cncoding

    assert cncoding.__version__ in run("--version").stdout


def test_the_demo_runs_to_the_end(run: Run) -> None:
    done = run("demo")
    assert done.returncode == 0, done.stderr
    for word in ("get_weather", "to_fahrenheit", "69.8", "320x200 PNG, mostly red", "QuotaExhausted", "takes over"):
        assert word in done.stdout, word


def test_the_demo_against_a_vendor_needs_a_key(run: Run) -> None:
    done = run("demo", "--live", "kimi", KIMI_API_KEY="", MOONSHOT_API_KEY="")
    assert done.returncode == 1 and "KIMI_API_KEY" in done.stderr


def test_the_demo_against_a_vendor(run: Run) -> None:
    done = run("demo", "--live", "kimi")
    assert done.returncode == 0, done.stderr
    assert "320x200" in done.stdout
