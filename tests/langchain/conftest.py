"""One emulator for the whole folder, and what every test here starts from."""

from __future__ import annotations

import base64
import os
import struct
import zlib
from collections.abc import Iterator

import pytest

from cncoding import CncodingWarning, providers
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding
from langchain_cncoding.chat_models import find_chat_class

for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LC_OUTPUT_VERSION"):
    os.environ.pop(name, None)

PROVIDERS = tuple(providers())
CLASSES: dict[str, type[ChatCNCoding]] = {name: find_chat_class(provider) for name, provider in providers().items()}
BOTH_WIRES = tuple(
    name for name, provider in providers().items() if any(len(endpoint.wires) > 1 for endpoint in provider.endpoints)
)
"""Providers that document an Anthropic-compatible endpoint beside the OpenAI-compatible one."""
ROADS = [(provider, "openai") for provider in PROVIDERS] + [(provider, "anthropic") for provider in BOTH_WIRES]
"""Every provider on every wire that it has."""
roads = pytest.mark.parametrize(("provider", "wire"), ROADS, ids=[f"{provider}-{wire}" for provider, wire in ROADS])


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    """The emulator of this test process."""
    with Emulator(strict_reasoning="all") as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def emulator(running: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The emulator, emptied, with the environment that points every provider at it."""
    running.reset()
    for key, value in running.env().items():
        monkeypatch.setenv(key, value)
    yield running


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def quiet(recwarn: pytest.WarningsRecorder) -> Iterator[pytest.WarningsRecorder]:
    """Fail a test in which the core warns about a setting."""
    yield recwarn
    assert [str(warning.message) for warning in recwarn if warning.category is CncodingWarning] == []


def png(width: int = 64, height: int = 48, colour: tuple[int, int, int] = (30, 60, 220)) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


BLUE_PNG = base64.b64encode(png()).decode()
