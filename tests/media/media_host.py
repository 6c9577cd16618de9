"""A host of media that misbehaves, by hand: what it answers is written byte by byte."""

from __future__ import annotations

import contextlib
import gzip
import random
import re
import socket
import threading
from types import TracebackType

STEP = 0.1
"""Seconds between two bytes of a drip."""


_REDIRECTS = {"loop": b"\r\nLocation: /a", "nowhere": b"", "no-url": b"\r\nLocation: http://[1/"}


class MediaHost:
    """Serve one file; each download is treated as the next word says, the last one for ever.

    Words: "whole", "cut" (after half), "any-cut" (after a random number of bytes, of its head too), "drip" (a byte at a
    time), "drip-head" (a header likewise), "silent", "no-range" (HTTP 200 and the whole whatever was asked),
    "wrong-range" (HTTP 206 from the beginning), "changed" (as if it were another file now), "other-rest" (HTTP 206 with
    the rest of such a file, whatever `If-Range` said), "less" (HTTP 206 with a half of the rest), "gzip", "loop" (a
    redirect to itself), "nowhere" and "no-url" (redirects without an address and to none), "long" (more than
    announced), "short" (less).
    """

    def __init__(self, data: bytes, *words: str, seed: int = 0) -> None:
        self.data, self.words = data, list(words)
        self._random = random.Random(seed)
        self.ranges: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/a"
        self._over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> MediaHost:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with contextlib.suppress(OSError), near:
            asked = b""
            while b"\r\n\r\n" not in asked:
                if not (piece := near.recv(65536)):
                    return
                asked += piece
            found = re.search(rb"(?im)^range: bytes=(\d+)-", asked)
            start = int(found[1]) if found else 0
            self.ranges.append("" if found is None else str(start))
            word = self.words.pop(0) if len(self.words) > 1 else self.words[0]
            self._answer(near, word, start)

    def _answer(self, near: socket.socket, word: str, start: int) -> None:
        data, tag = self.data, b'"one"'
        if word in ("no-range", "changed"):
            start, tag = 0, b'"one"' if word == "no-range" else b'"two"'
        if word == "silent":
            self._over.wait(30)
        elif word == "drip-head":
            self._drip(near, b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000)
        elif word in _REDIRECTS:
            more = b"%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % _REDIRECTS[word]
            near.sendall(b"HTTP/1.1 302 Found" + more)
        else:
            self._send(near, word, data, start, tag)

    def _send(self, near: socket.socket, word: str, data: bytes, start: int, tag: bytes) -> None:
        body, more = data[start:], b""
        if word == "other-rest":
            body, tag = bytes(len(body)), b'"two"'
        if word == "less":
            body = body[: len(body) // 2]
        if word == "gzip":
            body, more = gzip.compress(data), b"Content-Encoding: gzip\r\n"
        stated = len(body) + {"long": -10, "short": 10}.get(word, 0)
        told = 0 if word == "wrong-range" else start
        status = b"206 Partial Content" if start or word == "wrong-range" else b"200 OK"
        if status.startswith(b"206"):
            more += b"Content-Range: bytes %d-%d/%d\r\n" % (told, told + len(body) - 1, len(data))
        head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nETag: %s\r\n%s\r\n" % (status, stated, tag, more)
        if word == "any-cut":
            near.sendall((head + body)[: self._random.randrange(len(head + body))])
            return
        near.sendall(head)
        if word == "drip":
            self._drip(near, body)
        else:
            near.sendall(body[: len(body) // 2] if word == "cut" else body)

    def _drip(self, near: socket.socket, data: bytes) -> None:
        for at in range(len(data)):
            near.sendall(data[at : at + 1])
            if self._over.wait(STEP):
                return
