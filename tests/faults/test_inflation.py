"""A few kilobytes that would unpack to gigabytes: refused by type, and without the memory."""

from __future__ import annotations

import gzip
import io
import socket
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cncoding import (
    Asset,
    ChatRequest,
    Client,
    CncodingError,
    ConfigError,
    Media,
    ProtocolError,
    ReplyTooLargeError,
    user,
)
from cncoding.media.inspection import inspect
from tests.adversarial.raw import BODY, head, reply, request_of, serving
from tests.faults.ask import EVERY, STREAMED

MB = 1024 * 1024


@contextmanager
def memory_within(most: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def bomb(layers: int) -> bytes:
    """Pack 64 MB of nothing, once to 64 kB or twice to a few hundred bytes."""
    packed = bytes(64 * MB)
    for _ in range(layers):
        packed = gzip.compress(packed)
    return packed


ONCE, TWICE = bomb(1), bomb(2)
PAGES = {
    "a 404 packed twice": reply(TWICE, "404 Not Found", "Content-Encoding: gzip, gzip"),
    "a 404 packed once": reply(ONCE, "404 Not Found", "Content-Encoding: gzip"),
    "a picture packed twice": reply(TWICE, "200 OK", "Content-Encoding: gzip, gzip"),
    "a picture packed once": reply(ONCE, "200 OK", "Content-Encoding: gzip"),
    "a picture in br": reply(ONCE, "200 OK", "Content-Encoding: br"),
    "a picture in zstd": reply(ONCE, "200 OK", "Content-Encoding: zstd"),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_packed_picture_is_refused(page: str) -> None:
    with serving(PAGES[page]) as server, memory_within(8 * MB):
        client = Client("kimi", api_key="sk-kimi-x", base_url="http://127.0.0.1:9", allow_hosts=("127.0.0.1",))
        with pytest.raises(ConfigError, match=r"HTTP 404|packs it"):
            client.chat(ChatRequest((user(Media("image", url=server.url + "/a.png")),)))


@pytest.mark.parametrize("page", PAGES)
def test_a_packed_download_is_refused(page: str, tmp_path: Path) -> None:
    with serving(PAGES[page]) as server, memory_within(8 * MB):
        client = Client("kimi", api_key="sk-kimi-x", allow_hosts=("127.0.0.1",), max_retries=0)
        with pytest.raises(CncodingError):
            client.download(Asset("image", url=server.url + "/a.png"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_is_asked_for_as_it_is() -> None:
    asked: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        asked.append(request_of(connection) or b"")
        connection.sendall(reply(b"", "404 Not Found"))

    with serving(serve) as server, pytest.raises(ConfigError):
        client = Client("kimi", api_key="sk-kimi-x", base_url="http://127.0.0.1:9", allow_hosts=("127.0.0.1",))
        client.chat(ChatRequest((user(Media("image", url=server.url + "/a.png")),)))
    assert b"accept-encoding: identity" in asked[0].lower() and b"sk-kimi-x" not in asked[0]


@pytest.mark.parametrize("ask", EVERY)
@pytest.mark.parametrize("status", ["200 OK", "500 Oops"])
def test_a_packed_reply_is_bounded(ask: Callable[..., Any], status: str) -> None:
    page = reply(ONCE, status, "Content-Encoding: gzip")
    with serving(page) as server, memory_within(16 * MB), pytest.raises(CncodingError) as caught:
        ask(server.url, max_reply_bytes=2 * MB)
    assert isinstance(caught.value, ReplyTooLargeError) is (status == "200 OK")


@pytest.mark.parametrize("ask", EVERY)
@pytest.mark.parametrize("packed", ["gzip, gzip", "br", "zstd"])
def test_a_reply_packed_otherwise_is_refused(ask: Callable[..., Any], packed: str) -> None:
    page = reply(BODY, "200 OK", f"Content-Encoding: {packed}")
    with serving(page) as server, pytest.raises(ProtocolError, match="packed"):
        ask(server.url)


def forever(piece: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(head("200 OK"))
        while True:
            connection.sendall(piece * 1000)

    return serve


@pytest.mark.parametrize("ask", STREAMED)
@pytest.mark.parametrize(
    "piece", [b"data: 0123456789\n", b"x" * 100, b"data:\n"], ids=["lines", "one line", "empty lines"]
)
def test_an_event_without_end_is_bounded(ask: Callable[..., Any], piece: bytes) -> None:
    with serving(forever(piece)) as server, memory_within(64 * MB), pytest.raises(ReplyTooLargeError):
        ask(server.url, max_reply_bytes=2 * MB)


def chunk(name: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def png(width: int, height: int, pixels: bytes) -> bytes:
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size + b"\x08\x02\x00\x00\x00")
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(10, 10), (100_000, 100_000)])
def test_a_picture_is_looked_at_within_its_pixels(width: int, height: int) -> None:
    file = io.BytesIO(png(width, height, bytes(64 * MB)))
    with memory_within(2 * MB), pytest.raises(ProtocolError, match="pixels"):
        inspect(file, "image")


def test_a_sound_picture_is_still_sound() -> None:
    facts = inspect(io.BytesIO(png(10, 10, bytes(310))), "image")
    assert (facts.width, facts.height) == (10, 10)
