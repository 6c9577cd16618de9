"""The emulator, and one way to run a test with both clients."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from cncoding import AsyncClient, ChatRequest, ChatResponse, Client, Event
from cncoding_emulator import Emulator


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    with Emulator(strict_reasoning="all") as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    running.reset()
    for name, value in running.env().items():
        monkeypatch.setenv(name, value)
    yield running
    running.reset()


class Both:
    """Calls a client of one kind; the tests do not know which."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def chat(self, provider: str, request: ChatRequest | str, **settings: Any) -> ChatResponse:
        if self.kind == "sync":
            with Client(provider, **settings) as client:
                return client.chat(request)

        async def run() -> ChatResponse:
            async with AsyncClient(provider, **settings) as client:
                return await client.chat(request)

        return asyncio.run(run())

    def stream(
        self, provider: str, request: ChatRequest | str, stop_after: int | None = None, **settings: Any
    ) -> list[Event]:
        events: list[Event] = []
        if self.kind == "sync":
            stream = Client(provider, **settings).stream(request)
            for event in stream:
                events.append(event)
                if len(events) == stop_after:
                    break
            stream.close()
            return events

        async def run() -> None:
            stream = AsyncClient(provider, **settings).stream(request)
            async for event in stream:
                events.append(event)
                if len(events) == stop_after:
                    break
            await stream.aclose()

        asyncio.run(run())
        return events


@pytest.fixture(params=["sync", "async"])
def both(request: pytest.FixtureRequest) -> Both:
    return Both(request.param)
