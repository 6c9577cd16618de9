"""A server that answers with the bytes it is told, and nothing more polite."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

BODY = b'{"id":"x","model":"m","choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]}'
PIECE = b'data: {"id":"x","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
STREAM = PIECE + b'data: {"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def head(status: str, *lines: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *lines, "", "")).encode("latin-1")


def reply(body: bytes, status: str = "200 OK", *lines: str) -> bytes:
    return head(status, f"Content-Length: {len(body)}", *lines) + body


def request_of(connection: socket.socket) -> bytes | None:
    """Read one request, None when the client hung up."""
    read = b""
    while b"\r\n\r\n" not in read:
        if not (piece := connection.recv(65536)):
            return None
        read += piece
    top, _, body = read.partition(b"\r\n\r\n")
    size = next((int(line[15:]) for line in top.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < size:
        if not (piece := connection.recv(65536)):
            return None
        body += piece
    return top + body


def reset(connection: socket.socket) -> None:
    """Have the coming close send a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Raw:
    """Serves each connection with `serve(connection)` in a thread of its own."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self._serve(connection)

    def close(self) -> None:
        self._listener.close()


@contextlib.contextmanager
def serving(serve: Callable[[socket.socket], None] | bytes) -> Iterator[Raw]:
    def answer(connection: socket.socket) -> None:
        if request_of(connection) is not None:
            connection.sendall(serve)  # type: ignore[arg-type]

    server = Raw(answer if isinstance(serve, bytes) else serve)
    try:
        yield server
    finally:
        server.close()
