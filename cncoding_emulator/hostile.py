"""Replies from hell: the genuine reply of a vendor, delivered as no server should.

``emulator.hostile("stall-mid")`` treats the next chat request so, ``cncoding emulator --hostile stall-mid`` all.
:data:`SCENARIOS` lists what there is. "For ever" means until the caller hangs up or the emulator stops.
"""

from __future__ import annotations

import asyncio
import gzip
import struct
import zlib
from collections.abc import Awaitable, Callable
from functools import cache

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .raw_connection import CHUNK, TICK, Connection, Genuine, Transport

BOMB = 512 * 1024 * 1024
LINE = 200 * 1024 * 1024
LINES = 400_000
END = b"0\r\n\r\n"
Scenario = Callable[[Connection, Genuine], Awaitable[None]]


async def _no_answer(wire: Connection, reply: Genuine) -> None:
    await wire.wait()


async def _half_status(wire: Connection, reply: Genuine) -> None:
    await wire.send(b"HTTP/1.1 2")
    await wire.wait()


async def _drip_headers(wire: Connection, reply: Genuine) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\nx-drip: ")
    await wire.repeat(lambda: wire.send(b"x"))


async def _endless_headers(wire: Connection, reply: Genuine) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\n")
    await wire.repeat(lambda: wire.send(b"x-more: " + b"x" * 8000 + b"\r\n"), 0)


async def _stall_head(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await wire.wait()


async def _stall_mid(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await wire.send_chunks(*reply.split()[0])
    await wire.wait()


async def _stall_end(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await wire.send_chunks(*reply.frames)
    await wire.wait()


async def _heartbeats(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await wire.send_chunks(*reply.split()[0])
    beat = b": keep-alive\n\n" if reply.streamed else b"\n"
    await wire.repeat(lambda: wire.send_chunks(beat))


async def _endless(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    first, _ = reply.split()
    await wire.send_chunks(*first)
    await wire.repeat(lambda: wire.send_chunks(first[-1] * 64), 0)


async def _drip(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    for byte in b"".join(reply.frames):
        await wire.send_chunks(bytes([byte]))
        await asyncio.sleep(TICK / 10)
        if wire.gone:
            return
    await wire.send(END)
    wire.close()


async def _cut_head(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await asyncio.sleep(TICK)
    wire.reset()


async def _cut_mid(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await wire.send_chunks(*reply.split()[0])
    await asyncio.sleep(TICK)
    wire.reset()


async def _cut_event(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await wire.send_chunks(*reply.split()[0])
    wire.close()


async def _cut_utf8(wire: Connection, reply: Genuine) -> None:
    whole = b"".join(reply.frames)
    at = next((i for i, byte in enumerate(whole) if byte >= 0xC0), len(whole) // 2 - 1)
    await wire.send(reply.read_head())
    await wire.send_chunks(whole[: at + 1])
    wire.close()


async def _cut_clean(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await wire.send_chunks(*reply.split()[0])
    await wire.send(END)
    wire.close()


async def _error_in_stream(wire: Connection, reply: Genuine) -> None:
    error = b'{"error":{"message":"The server had an error while processing your request","type":"server_error"}}'
    await wire.send(reply.read_head())
    await wire.send_chunks(*reply.split()[0], b"event: error\ndata: " + error + b"\n\n" if reply.streamed else error)
    await wire.send(END)
    wire.close()


async def _broken_json(wire: Connection, reply: Genuine) -> None:
    first, second = reply.split()
    middle = first[-1].rstrip()
    await wire.send(reply.read_head())
    await wire.send_chunks(*first[:-1], middle[: max(8, len(middle) * 2 // 3)] + b"\n\n", *second)
    await wire.send(END)
    wire.close()


async def _html(wire: Connection, reply: Genuine) -> None:
    page = b"<html><head><title>Sign in</title></head><body>captive portal</body></html>"
    await wire.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: %d\r\n\r\n" % len(page), page)
    wire.close()


async def _empty(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head(transfer_encoding="", content_length="0"))
    wire.close()


async def _wrong_length(wire: Connection, reply: Genuine) -> None:
    whole = b"".join(reply.frames)
    await wire.send(reply.read_head(transfer_encoding="", content_length=str(len(whole) + 500)), whole)
    wire.close()


async def _bad_chunk(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await wire.send_chunks(*reply.split()[0])
    await wire.send(b"zz\r\nnonsense\r\n")
    wire.close()


async def _redirects(wire: Connection, reply: Genuine) -> None:
    await wire.send(b"HTTP/1.1 307 Temporary Redirect\r\nlocation: ?again=1\r\ncontent-length: 0\r\n\r\n")
    wire.close()


async def _two_replies(wire: Connection, reply: Genuine) -> None:
    whole = b"".join(reply.frames)
    once = reply.read_head(transfer_encoding="", content_length=str(len(whole))) + whole
    await wire.send(once, once)
    await wire.wait()


async def _long_line(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await wire.send_chunks(*reply.split()[0], b'data: {"x":"')
    piece = b"x" * CHUNK
    for _ in range(LINE // CHUNK):
        await wire.send_chunks(piece)
        if wire.gone:
            return
    await wire.send_chunks(b'"}\n\n')
    await wire.send(END)
    wire.close()


async def _long_event(wire: Connection, reply: Genuine) -> None:
    await wire.send(reply.read_head())
    await wire.send_chunks(*reply.split()[0])
    block = b"data: 1\n" * 4000
    for _ in range(LINES // 4000):
        await wire.send_chunks(block)
        if wire.gone:
            return
    await wire.send_chunks(b"\n")
    await wire.send(END)
    wire.close()


@cache
def _squeeze(layers: int) -> bytes:
    """Return a bomb: half a gigabyte of zeros under so many layers of gzip."""
    zeros, check = bytes(CHUNK), 0
    for _ in range(BOMB // CHUNK):
        check = zlib.crc32(zeros, check)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH)  # stands alone, so it can be repeated
    head, end = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff", b"\x03\x00"
    data = b"".join([head, *[block] * (BOMB // CHUNK), end, struct.pack("<II", check, BOMB)])
    for _ in range(layers - 1):
        data = gzip.compress(data)
    return data


def _bomb(layers: int) -> Scenario:
    async def explode(wire: Connection, reply: Genuine) -> None:
        data = await asyncio.to_thread(_squeeze, layers)
        coding = ", ".join(["gzip"] * layers)
        await wire.send(reply.read_head(transfer_encoding="", content_encoding=coding, content_length=str(len(data))))
        await wire.send(data)
        wire.close()

    return explode


DEPTH = 3000
DRAFTS = {
    "deep-json": ("a call whose arguments are nested 3,000 deep", "call * " + '{"a":' * DEPTH + "1" + "}" * DEPTH),
    "big-integer": ("a call with an integer of 5,000 digits", 'call * {"n": ' + "9" * 5000 + "}"),
    "half-surrogates": ("a call with half a surrogate pair in id and arguments", 'call * #id-\ud83d {"x": "\\ud83d"}'),
    "cut-call": ("a call cut before its arguments", "call *\nfinish length"),
}
"""Scenarios that are replies: a description and a script; ``*`` is the first tool of the request."""


def _retry_after(value: str) -> dict[str, object]:
    return {"status": 429, "headers": {"Retry-After": value}}


FAULTS: dict[str, tuple[str, str, dict[str, object]]] = {
    "storm-429": ("HTTP 429", "rate_limit", {"status": 429}),
    "storm-503": ("HTTP 503", "overloaded", {"status": 503}),
    "retry-zero": ("HTTP 429 with Retry-After: 0", "rate_limit", _retry_after("0")),
    "retry-negative": ("HTTP 429 with Retry-After: -5", "rate_limit", _retry_after("-5")),
    "retry-past": ("HTTP 429 with a date of 2015", "rate_limit", _retry_after("Wed, 21 Oct 2015 07:28:00 GMT")),
    "retry-years": ("HTTP 429 with 30 years", "rate_limit", _retry_after("999999999")),
}
"""Scenarios that are refusals: a description, the row of the error table and what overrides it."""
SCENARIOS: dict[str, tuple[str, Scenario]] = {
    "no-answer": ("not a byte, for ever", _no_answer),
    "half-status": ("half a status line, then silence", _half_status),
    "drip-headers": ("one header, a byte at a time, for ever", _drip_headers),
    "endless-headers": ("headers of 8 kB for ever", _endless_headers),
    "stall-head": ("the head, then silence", _stall_head),
    "stall-mid": ("half of the reply, then silence", _stall_mid),
    "stall-end": ("the whole reply, but the body never ends", _stall_end),
    "heartbeats": ("half of the reply, then keep-alive comments for ever", _heartbeats),
    "endless": ("half of the reply, then its last event for ever", _endless),
    "drip": ("the genuine reply, a byte at a time", _drip),
    "cut-head": ("a reset after the head", _cut_head),
    "cut-mid": ("a reset after half of the reply", _cut_mid),
    "cut-event": ("the connection closed between two events", _cut_event),
    "cut-utf8": ("the connection closed inside a character", _cut_utf8),
    "cut-clean": ("half of the reply, ended as if it were all", _cut_clean),
    "error-in-stream": ("half of the reply, then an error where the next event stood", _error_in_stream),
    "broken-json": ("an event whose JSON is cut, then the rest", _broken_json),
    "html": ("the page of a captive portal under HTTP 200", _html),
    "empty": ("HTTP 200 without a body", _empty),
    "wrong-length": ("500 bytes fewer than announced", _wrong_length),
    "bad-chunk": ("a chunk whose size is no number", _bad_chunk),
    "redirects": ("a redirect to itself", _redirects),
    "two-replies": ("the reply twice on one connection", _two_replies),
    "long-line": ("a line of 200 MB", _long_line),
    "long-event": ("an event of 400,000 lines", _long_event),
    "gzip-bomb": ("half a gigabyte in half a megabyte of gzip", _bomb(1)),
    "gzip-bomb-twice": ("the same in gzip in gzip", _bomb(2)),
}


async def treat(name: str, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> tuple[int, bool]:
    """Let the application answer and deliver its answer as the scenario says.

    Returns its status, and whether the caller hung up.

    Args:
        name: The scenario.
        app: Who makes the genuine reply.
        scope: The request.
        receive: The request's body.
        send: What uvicorn gave; its connection is written to directly.
    """
    reply = Genuine()

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status, reply.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body" and message.get("body"):
            reply.frames.append(message["body"])

    await app(scope, receive, keep)
    transport: Transport = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn's cycle
    wire = Connection(transport)
    await SCENARIOS[name][1](wire, reply)
    return reply.status, wire.left


def describe() -> dict[str, str]:
    """Return every scenario with what it does."""
    rows = {name: about for name, (about, _) in (*SCENARIOS.items(), *DRAFTS.items())}
    return rows | {name: about for name, (about, _, _) in FAULTS.items()}
