"""The command line, in this process for speed, with standard streams of its own, against the emulator."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from cncoding_cli import secrets, show
from cncoding_cli.app import build
from cncoding_emulator import Emulator


@dataclass
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Run(Protocol):
    def __call__(self, *words: str, stdin: bytes = b"") -> Outcome: ...


@pytest.fixture(scope="session")
def server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(server: Emulator) -> Emulator:
    server.reset()
    return server


@pytest.fixture
def run(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CNCODING_ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("CNCODING_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("CNCODING_PROVIDER", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*words: str, stdin: bytes = b"") -> Outcome:
        secrets.known_keys.cache_clear()
        show.choose_json(False)
        streams = [io.TextIOWrapper(io.BytesIO(start), encoding="utf-8") for start in (stdin, b"", b"")]
        with monkeypatch.context() as patch:
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            try:
                build(words)(list(words), prog_name="cncoding")
                code = 0
            except SystemExit as stop:
                code = int(stop.code or 0)
            out, err = (_read(stream) for stream in streams[1:])
        return Outcome(code, out, err)

    return run


def _read(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8")
