"""Four ways to ask a server on this machine: whole and streamed, from a thread and from an event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from cncoding import AsyncClient, ChatRequest, ChatResponse, Client
from tests.adversarial.raw import request_of


def always(answer: bytes) -> Callable[[socket.socket], None]:
    """Serve every request of a connection with the same answer."""

    def serve(connection: socket.socket) -> None:
        while request_of(connection) is not None:
            connection.sendall(answer)

    return serve


Question = str | ChatRequest


def settings(url: str, more: dict[str, Any]) -> dict[str, Any]:
    return {"api_key": "sk-very-secret-key", "base_url": url, "max_retries": 0, "timeout": 5, **more}


def chat(url: str, provider: str = "deepseek", question: Question = "hi", **more: Any) -> ChatResponse:
    return Client(provider, **settings(url, more)).chat(question)


def stream(url: str, provider: str = "deepseek", question: Question = "hi", **more: Any) -> ChatResponse:
    with Client(provider, **settings(url, more)).stream(question) as reply:
        for _ in reply:
            pass
        return reply.so_far


def achat(url: str, provider: str = "deepseek", question: Question = "hi", **more: Any) -> ChatResponse:
    async def run() -> ChatResponse:
        return await AsyncClient(provider, **settings(url, more)).chat(question)

    return asyncio.run(run())


def astream(url: str, provider: str = "deepseek", question: Question = "hi", **more: Any) -> ChatResponse:
    async def run() -> ChatResponse:
        async with AsyncClient(provider, **settings(url, more)).stream(question) as reply:
            async for _ in reply:
                pass
            return reply.so_far

    return asyncio.run(run())


WHOLE = (chat, achat)
STREAMED = (stream, astream)
EVERY = (*WHOLE, *STREAMED)
