"""A server that answers well until a moment, and then meets a fault."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.adversarial.raw import head, request_of, reset
from tests.faults.promises import MOMENTS

HEAD = head("200 OK", "Content-Type: text/event-stream")
BEAT = b": heartbeat\n\n"


def _openai(**delta: Any) -> bytes:
    finish = delta.pop("finish", None)
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: %s\n\n" % json.dumps({"id": "x", "model": "m", "choices": [choice]}).encode()


def _anthropic(kind: str, **more: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), json.dumps({"type": kind, **more}).encode())


def _block(index: int, block: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    start = _anthropic("content_block_start", index=index, content_block=block)
    return start + b"".join(_anthropic("content_block_delta", index=index, delta=delta) for delta in deltas)


def _call(arguments: str, name: str | None = None, **more: Any) -> dict[str, Any]:
    return {"index": 0, **more, "function": {"arguments": arguments, **({"name": name} if name else {})}}


def _arguments(text: str) -> dict[str, Any]:
    return {"type": "input_json_delta", "partial_json": text}


STAGES: dict[str, tuple[bytes, ...]] = {
    "openai": (
        _openai(role="assistant", content=""),
        _openai(reasoning_content="hm"),
        _openai(content="Hello") + _openai(tool_calls=[_call('{"a":', id="c1", type="function", name="f")]),
        _openai(tool_calls=[_call("1}")]),
        _openai(finish="tool_calls"),
        b"data: [DONE]\n\n",
    ),
    "anthropic": (
        _anthropic("message_start", message={"id": "x", "model": "m", "usage": {"input_tokens": 1}}),
        _block(0, {"type": "thinking", "thinking": ""}, {"type": "thinking_delta", "thinking": "hm"}),
        _anthropic("content_block_stop", index=0)
        + _block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Hello"})
        + _anthropic("content_block_stop", index=1)
        + _block(2, {"type": "tool_use", "id": "c1", "name": "f", "input": {}}, _arguments('{"a":')),
        _anthropic("content_block_delta", index=2, delta=_arguments("1}")),
        _anthropic("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 1}),
        _anthropic("message_stop"),
    ),
}  # fmt: skip
"""A reply of each wire in six stages; the faults strike between them."""
ERRORS = {
    "openai": b'data: {"error":{"message":"failed","type":"api_error","code":"api_error"}}\n\n',
    "anthropic": _anthropic("error", error={"type": "api_error", "message": "failed"}),
}
SEEN = {"first event": "", "reasoning": "hm|", "arguments": 'hm|Hello{"a":', "before finish": 'hm|Hello{"a":1}'}
"""What the partial holds at each moment: reasoning, text, arguments."""


class FaultyServer:
    """Answers each request with a reply of a wire until a moment, and then with a fault."""

    def __init__(self, wire: str, moment: str, fault: str) -> None:
        self.wire, self.moment, self.fault = wire, moment, fault
        self.requests = 0
        self._over = threading.Event()

    def __call__(self, connection: socket.socket) -> None:
        while request_of(connection) is not None:
            self.requests += 1
            with contextlib.suppress(OSError):
                self._answer(connection)
            return

    def close(self) -> None:
        self._over.set()

    def _answer(self, connection: socket.socket) -> None:
        if self.moment == "headers":
            return self._spoil_headers(connection)
        stage = MOMENTS.index(self.moment) - 2
        before = {0: 0, 1: 2, 2: 3, 3: 4, 4: 5}[stage]
        connection.sendall(HEAD + b"".join(STAGES[self.wire][:before]))
        time.sleep(0.005)
        self._strike(connection)

    def _spoil_headers(self, connection: socket.socket) -> None:
        if self.fault == "error":
            connection.sendall(head("500 Failed", "Content-Length: 2") + b"{}")
        elif self.fault == "bad byte":
            connection.sendall(b"HTTP/1.1 200 OK\r\n\xff\x00: \r\n\r\n")
        elif self.fault == "heartbeats":
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            self._repeat(connection, b"X-Beat: 1\r\n")
        else:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Ty")
            self._strike(connection)

    def _strike(self, connection: socket.socket) -> None:
        strikes: dict[str, Callable[[], None]] = {
            "reset": lambda: reset(connection),
            "close": lambda: None,
            "silence": lambda: self._over.wait(20) and None,
            "heartbeats": lambda: self._repeat(connection, BEAT),
            "error": lambda: connection.sendall(ERRORS[self.wire]),
            "bad byte": lambda: connection.sendall(b"data: \xff\n\n"),
            "bad JSON": lambda: connection.sendall(b"data: {]\n\n"),
        }
        strikes[self.fault]()

    def _repeat(self, connection: socket.socket, piece: bytes) -> None:
        while not self._over.wait(0.02):
            connection.sendall(piece)
