"""Put bytes on the socket as told: in small writes, late, cut short, broken, or with comments between."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from .reply import Delivery, Pause

HTML = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"


class ConnectionCut(Exception):
    """Raised after the head is out, so that the server drops the connection in mid-body."""


@dataclass
class Delivered:
    """A reply body in frames; one frame is one write unless ``split`` says smaller."""

    frames: Iterable[bytes | Pause]
    delivery: Delivery
    media_type: str
    headers_out: dict[str, str]
    status_code: int = 200
    comment: bytes = b": keep-alive\n\n"
    opening: bytes = b""

    def _head(self) -> list[tuple[bytes, bytes]]:
        media = "text/html" if self.delivery.html else self.media_type
        pairs = {"content-type": media, **self.headers_out, **dict(self.delivery.headers)}
        return [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in pairs.items()]

    def _plan(self) -> Iterator[bytes | Pause]:
        plan = self.delivery
        if plan.empty:
            return
        if plan.html:
            yield HTML
            return
        yield self.opening + b"\n" * plan.blank_lines
        events = 0
        for frame in self.frames:
            if isinstance(frame, bytes) and plan.cut_events is not None and events >= plan.cut_events:
                yield b""
                return
            events += isinstance(frame, bytes)
            for _ in range(plan.keepalive if isinstance(frame, bytes) else 0):
                yield self.comment
            if plan.broken_json and isinstance(frame, bytes) and events == 2:
                frame = frame[: max(8, len(frame) // 2)].rstrip() + b"\n\n"
            yield frame

    def _writes(self) -> Iterator[bytes | Pause]:
        room = self.delivery.cut_bytes
        size = self.delivery.split
        for frame in self._plan():
            if isinstance(frame, Pause):
                yield frame
                continue
            if room is not None:
                frame, room = frame[:room], room - len(frame[:room])
            if size:
                yield from (frame[i : i + size] for i in range(0, len(frame), size))
            elif frame:
                yield frame
            if room == 0:
                return

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send head and body; a cut without ``clean`` drops the connection."""
        if self.delivery.delay:
            await asyncio.sleep(self.delivery.delay)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self._head()})
        for write in self._writes():
            if isinstance(write, Pause):
                await asyncio.sleep(write.seconds)
                continue
            await send({"type": "http.response.body", "body": write, "more_body": True})
            await asyncio.sleep(0)
        cut = self.delivery.cut_bytes is not None or self.delivery.cut_events is not None
        if cut and not self.delivery.clean_cut:
            raise ConnectionCut
        await send({"type": "http.response.body", "body": b"", "more_body": False})
