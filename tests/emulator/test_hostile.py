"""Hostile scenarios: what reaches the socket, and that callers who give up are noticed."""

from __future__ import annotations

import gzip
import json
import socket
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from cncoding_emulator import Emulator
from cncoding_emulator.hostile import BOMB, SCENARIOS, _squeeze, describe

from .conftest import TOOL, Caller

BODY = {"model": "deepseek-flash", "messages": [{"role": "user", "content": "你好"}], "stream": True}
GOES_ON: dict[str, Callable[[bytes], bool]] = {
    "no-answer": lambda found: not found,
    "half-status": lambda found: found == b"HTTP/1.1 2",
    "drip-headers": lambda found: found.startswith(b"HTTP/1.1 200 OK\r\nx-drip: xx") and b"\r\n\r\n" not in found,
    "endless-headers": lambda found: found.count(b"x-more: ") > 10 and b"\r\n\r\n" not in found,
    "stall-head": lambda found: found.endswith(b"\r\n\r\n") and b"data:" not in found,
    "stall-mid": lambda found: b"data:" in found and b"[DONE]" not in found,
    "stall-end": lambda found: b"[DONE]" in found and not found.endswith(b"0\r\n\r\n"),
    "heartbeats": lambda found: found.count(b": keep-alive") > 3,
    "endless": lambda found: len(found) > 100_000,
    "two-replies": lambda found: found.count(b"HTTP/1.1 200 OK") == 2,
}
"""What has come at some time while the connection stays open."""
HEAVY = {"long-line", "gzip-bomb", "gzip-bomb-twice", "drip"}


def _read(emulator: Emulator, enough: Callable[[bytes], bool] = lambda found: False) -> tuple[bytes, str]:
    """Post a chat request; return what came until it was enough or ended, and how the connection stood then."""
    host, port = emulator.url.removeprefix("http://").split(":")
    body = json.dumps(BODY).encode()
    head = f"POST /deepseek/chat/completions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer sk-x\r\n"
    found = b""
    until = time.monotonic() + 10
    with socket.create_connection((host, int(port))) as link:
        link.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        while time.monotonic() < until and not enough(found):
            link.settimeout(max(0.01, until - time.monotonic()))
            try:
                piece = link.recv(65536)
            except TimeoutError:
                return found, "open"
            except ConnectionResetError:
                return found, "reset"
            if not piece:
                return found, "closed"
            found += piece
    return found, "open"


def test_every_scenario_is_described() -> None:
    assert all(describe().values()) and set(SCENARIOS) < set(describe())


@pytest.mark.parametrize("name", sorted(GOES_ON))
def test_what_goes_on_for_ever(emulator: Emulator, name: str) -> None:
    emulator.hostile(name)
    found, how = _read(emulator, GOES_ON[name])
    assert how == "open" and GOES_ON[name](found)
    assert emulator.wait_for(lambda r: r.disconnected, timeout=10)


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - GOES_ON.keys() - HEAVY))
def test_what_ends(emulator: Emulator, name: str) -> None:
    emulator.hostile(name)
    found, how = _read(emulator)
    assert how == ("reset" if name in ("cut-head", "cut-mid") else "closed")
    head, _, body = found.partition(b"\r\n\r\n")
    ended = found.endswith(b"0\r\n\r\n")
    assert {
        "cut-head": not body,
        "cut-mid": b"data:" in body,
        "cut-event": b"data:" in body and not ended,
        "cut-utf8": body.rstrip()[-1] >= 0xC0 if body else False,
        "cut-clean": ended and b"[DONE]" not in body,
        "error-in-stream": ended and b'"error":' in body and b"[DONE]" not in body,
        "broken-json": ended and b"[DONE]" in body,
        "html": b"text/html" in head and b"captive portal" in body,
        "empty": not body,
        "wrong-length": b"[DONE]" in body and b"content-length" in head,
        "bad-chunk": b"\r\nzz\r\n" in found,
        "redirects": b" 307 " in head,
        "long-event": body.count(b"data: 1\n") == 400_000,
    }[name]


def test_a_bomb_is_half_a_gigabyte_of_zeros() -> None:
    once, twice = _squeeze(1), _squeeze(2)
    assert len(once) < 1_000_000 and len(twice) < 10_000 and gzip.decompress(twice) == once
    check = 0
    for _ in range(BOMB // 2**20):
        check = zlib.crc32(bytes(2**20), check)
    assert struct.unpack("<II", once[-8:]) == (check, BOMB)
    assert zlib.decompressobj(31).decompress(once, 4_000_000) == bytes(4_000_000)


def test_the_next_request_is_served_as_ever(call: Caller, emulator: Emulator) -> None:
    emulator.hostile("cut-mid", times=2)
    assert [_read(emulator)[1] for _ in range(2)] == ["reset", "reset"]
    assert call.post("deepseek", {**BODY, "stream": False}).status_code == 200


def test_hostility_can_be_meant_for_one_vendor_or_path(call: Caller, emulator: Emulator) -> None:
    emulator.hostile("html", "kimi")
    emulator.hostile("html", on="user/balance")
    assert call.post("deepseek", {**BODY, "stream": False}).json()["choices"]
    assert "captive portal" in call.post("kimi", {**BODY, "model": "kimi-for-coding"}).text
    emulator.reset()


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("deep-json", lambda call: call["arguments"].count('{"a":') == 3000),
        ("big-integer", lambda call: "9" * 5000 in call["arguments"]),
        ("half-surrogates", lambda call: call["arguments"] == '{"x": "\\ud83d"}'),
        ("cut-call", lambda call: call["arguments"] == ""),
    ],
)
def test_hostile_calls_name_a_tool_of_the_request(call: Caller, emulator: Emulator, name: str, check: Any) -> None:
    emulator.hostile(name)
    reply = call.post("deepseek", {**BODY, "stream": False, "tools": [TOOL]}).json()["choices"][0]
    function = reply["message"]["tool_calls"][0]["function"]
    assert function["name"] == "get_weather" and check(function)
    assert (reply["finish_reason"] == "length") is (name == "cut-call")


def test_storms(call: Caller, emulator: Emulator) -> None:
    body = {**BODY, "stream": False}
    for name, status, wait in (("storm-503", 503, None), ("retry-past", 429, "Wed, 21 Oct 2015 07:28:00 GMT")):
        emulator.hostile(name, times=2)
        replies = [call.post("deepseek", body) for _ in range(3)]
        assert [r.status_code for r in replies] == [status, status, 200]
        assert replies[0].headers.get("Retry-After") == wait


def test_unknown_scenarios_are_named(emulator: Emulator) -> None:
    with pytest.raises(LookupError, match="no hostile scenario 'bomb'; there are no-answer, "):
        emulator.hostile("bomb")
