"""One emulator, its environment, and a way to run every test with both clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cncoding import AsyncClient, Client
from cncoding_emulator import Emulator

MAKERS = ("glm", "minimax", "qwen", "unified")
"""Providers that make media."""


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Emulator:
    running.reset()
    monkeypatch.chdir(tmp_path_factory.mktemp("cwd"))
    for key, value in running.env().items():
        monkeypatch.setenv(key, value)
    return running


Do = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def do(request: pytest.FixtureRequest) -> Do:
    """Return a function that makes a client and calls a method: `do("glm", "generate_image", "a fox", model=...)`.

    `client={...}` are settings of the client; `watch` returns the list of what it yields.
    """

    def sync(provider: str, method: str, *args: Any, client: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        found = getattr(Client(provider, **(client or {})), method)(*args, **kwargs)
        return list(found) if method == "watch" else found

    def in_loop(provider: str, method: str, *args: Any, client: dict[str, Any] | None = None, **kwargs: Any) -> Any:
        async def main() -> Any:
            async with AsyncClient(provider, **(client or {})) as made:
                called = getattr(made, method)(*args, **kwargs)
                return [one async for one in called] if method == "watch" else await called

        return asyncio.run(main())

    return sync if request.param == "sync" else in_loop


def list_media(folder: Path) -> list[Path]:
    """Return the media of a folder without the journal and what is written beside them."""
    return [file for file in folder.iterdir() if not file.name.startswith(".") and file.suffix != ".json"]
