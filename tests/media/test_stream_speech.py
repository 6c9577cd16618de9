"""Speech in pieces, while it is made."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from cncoding import ApiError, AsyncClient, Client, CncodingError, ConfigError, ProtocolError, TruncatedStreamError
from cncoding_emulator import Emulator

TEXT = "一只狐狸在雪地里。" * 12


def hear(provider: str, how: str, text: str = TEXT, **settings: Any) -> list[bytes]:
    if how == "sync":
        return list(Client(provider).stream_speech(text, **settings))

    async def main() -> list[bytes]:
        async with AsyncClient(provider) as client:
            return [piece async for piece in client.stream_speech(text, **settings)]

    return asyncio.run(main())


@pytest.mark.parametrize("how", ["sync", "async"])
@pytest.mark.parametrize("provider", ["glm", "minimax", "qwen"])
def test_sound_comes_in_pieces_and_is_that_of_the_whole(emulator: Emulator, provider: str, how: str) -> None:
    pieces = hear(provider, how)
    assert len(pieces) > 1 and all(pieces) and len(emulator.submissions) == 1
    if provider != "qwen":  # Qwen's whole is a link to a WAV file
        options = {"stream": True}
        whole = Client(provider).synthesize_speech(TEXT, options=options)[0].data
        assert b"".join(pieces) == whole


def test_settings_are_checked_and_a_provider_without_streams_says_so(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="speed=9"):
        hear("minimax", "sync", speed=9)
    with pytest.raises(ConfigError, match="'unified': streams no speech"):
        hear("unified", "sync")
    assert not emulator.submissions


def test_hanging_up_early_asks_for_nothing_more(emulator: Emulator) -> None:
    sound = Client("minimax").stream_speech(TEXT)
    assert next(sound)
    sound.close()
    assert len(emulator.submissions) == 1 and next(sound, None) is None


PIECE = b'data: {"data": {"audio": "00ff", "status": 1}, "base_resp": {"status_code": 0}}\n\n'
REFUSAL = b'{"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}'
BROKEN: list[tuple[bytes, str, type[CncodingError], int]] = [
    (PIECE, "text/event-stream", TruncatedStreamError, 1),
    (PIECE + b"data: {nonsense\n\n", "text/event-stream", ProtocolError, 1),
    (REFUSAL, "application/json", ApiError, 0),
]


@pytest.mark.parametrize(("body", "kind", "error", "heard"), BROKEN)
def test_a_stream_that_breaks_is_told_and_not_bought_again(
    body: bytes, kind: str, error: type[CncodingError], heard: int
) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers={"Content-Type": kind}, content=body)

    found: list[bytes] = []
    http_client = httpx.Client(transport=httpx.MockTransport(answer))
    with http_client, pytest.raises(error) as caught:
        for piece in Client("minimax", api_key="sk-1", http_client=http_client).stream_speech("hello"):
            found.append(piece)
    assert len(found) == heard and len(asked) == 1 and not caught.value.retryable
