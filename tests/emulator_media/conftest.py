"""A fresh emulator for each test, and short ways to speak to it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cncoding_emulator import Emulator

KEYS = {
    "glm": "emulator.secret",
    "minimax": "sk-api-emulator",
    "qwen": "sk-emulator",
    "unified": "sk-emulator",
    "kimi": "sk-kimi-emulator",
}


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator) -> Emulator:
    running.reset()
    return running


def client(emulator: Emulator, provider: str, key: str = "", **headers: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"{emulator.url}/{provider}",
        headers={"Authorization": f"Bearer {key or KEYS[provider]}", **headers},
        trust_env=False,
        # No certificates to load: everything here is plain HTTP on this machine.
        verify=False,
        timeout=20,
    )


def fetch(url: str) -> bytes:
    reply = httpx.get(url, trust_env=False, verify=False)
    assert reply.status_code == 200, reply.text
    return reply.content
