"""The connection under a request, written to without HTTP's help."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

TICK = 0.02
"""Seconds between the bytes of what is dripped and between heartbeats."""
CHUNK = 1024 * 1024


class Transport(Protocol):
    """What a scenario needs of the connection."""

    def write(self, data: bytes) -> None:
        """Queue bytes."""

    def close(self) -> None:
        """Close after what is queued."""

    def abort(self) -> None:
        """Close at once with a reset."""

    def is_closing(self) -> bool:
        """Tell whether the connection is going or gone."""

    def get_write_buffer_size(self) -> int:
        """Return how many bytes are queued."""

    def get_extra_info(self, name: str) -> Any:
        """Return the socket."""


@dataclass
class Genuine:
    """What the vendor would have answered."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)

    @property
    def streamed(self) -> bool:
        """Tell whether these are server-sent events."""
        return any(k == b"content-type" and v.startswith(b"text/event-stream") for k, v in self.headers)

    def read_head(self, **more: str) -> bytes:
        """Return status line and headers, chunked unless told otherwise."""
        told = {k.decode(): v.decode() for k, v in self.headers if k != b"content-length"}
        told |= {"transfer-encoding": "chunked"} | {k.replace("_", "-"): v for k, v in more.items()}
        lines = [f"HTTP/1.1 {self.status} OK", *(f"{k}: {v}" for k, v in told.items() if v)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def split(self) -> tuple[list[bytes], list[bytes]]:
        """Return the first and the second half of the frames; a whole reply is cut in its middle."""
        frames = self.frames
        if len(frames) == 1:
            at = len(frames[0]) // 2
            frames = [frames[0][:at], frames[0][at:]]
        half = (len(frames) + 1) // 2
        return frames[:half], frames[half:]


class Connection:
    """The raw connection under a request."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._ended = False

    @property
    def left(self) -> bool:
        """Tell whether it was the caller who ended the connection."""
        return self.gone and not self._ended

    @property
    def gone(self) -> bool:
        """Tell whether the caller has hung up."""
        return self._transport.is_closing()

    async def send(self, *parts: bytes) -> None:
        """Write, waiting while the caller does not read."""
        for part in parts:
            if self.gone:
                return
            self._transport.write(part)
            while self._transport.get_write_buffer_size() > 4 * CHUNK and not self.gone:
                await asyncio.sleep(0.002)

    async def send_chunks(self, *frames: bytes) -> None:
        """Write frames in chunked encoding."""
        await self.send(*(b"%x\r\n%b\r\n" % (len(frame), frame) for frame in frames if frame))

    async def wait(self) -> None:
        """Say nothing until the caller hangs up."""
        while not self.gone:
            await asyncio.sleep(TICK)

    async def repeat(self, make: Callable[[], Awaitable[None]], pause: float = TICK) -> None:
        """Do the same until the caller hangs up."""
        while not self.gone:
            await make()
            await asyncio.sleep(pause)

    def close(self) -> None:
        """Close after what was written."""
        self._ended = self._ended or not self.gone
        self._transport.close()

    def reset(self) -> None:
        """Reset the connection: without lingering, so that the peer sees no orderly end."""
        self._ended = self._ended or not self.gone
        no_linger = struct.pack("ii", 1, 0)
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        self._transport.abort()
