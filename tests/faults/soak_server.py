"""The other end of the soak: answers with the marker of each question, except where it misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys

FAULTS = ("reset", "cut", "503", "429", "silence", "bad JSON", "error")


def _sse(*choices: dict[str, object]) -> bytes:
    return b"".join(b"data: %s\n\n" % json.dumps({"id": "x", "choices": [choice]}).encode() for choice in choices)


def stream_of(marker: str, chance: random.Random) -> list[bytes]:
    """Return the pieces of a streamed reply that says the marker."""
    pieces = [_sse({"index": 0, "delta": {"reasoning_content": "hm "}})]
    for letter in marker:
        pieces.append(_sse({"index": 0, "delta": {"content": letter}}))
    if chance.random() < 0.2:
        pieces.insert(1, b": heartbeat\n\n")
    pieces.append(_sse({"index": 0, "delta": {}, "finish_reason": "stop"}) + b"data: [DONE]\n\n")
    return pieces


class Server:
    """Serves connections of asyncio, a share of whose requests meets a fault."""

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        self._chance = random.Random(seed)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of a connection in turn."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
                )
                asked = json.loads(await reader.readexactly(size))
                fault = self._chance.choice(FAULTS) if self._chance.random() < self._share else ""
                if not await self._answer(asked, writer, fault):
                    break
        writer.close()

    async def _answer(self, asked: dict[str, object], writer: asyncio.StreamWriter, fault: str) -> bool:
        marker = asked["messages"][-1]["content"]  # type: ignore[index]  # the soak's own questions
        if fault in ("503", "429"):
            wait = b"Retry-After: 0.05\r\n" if fault == "429" else b""
            writer.write(b"HTTP/1.1 %s Busy\r\n%sContent-Length: 2\r\n\r\n{}" % (fault.encode(), wait))
            await writer.drain()
            return True
        if not asked.get("stream"):
            message = {"index": 0, "message": {"content": marker}, "finish_reason": "stop"}
            body = json.dumps({"id": "x", "choices": [message]}).encode()
            cut = len(body) // 2 if fault else len(body)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:cut])
            await writer.drain()
            return not fault
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        pieces = stream_of(marker, self._chance)
        for piece in pieces[: len(pieces) // 2 if fault else None]:
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
            if self._chance.random() < 0.1:
                await asyncio.sleep(0.001)
        if fault:
            return await self._break_off(writer, fault)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _break_off(self, writer: asyncio.StreamWriter, fault: str) -> bool:
        if fault == "reset":
            writer.transport.abort()
        elif fault == "silence":
            await asyncio.sleep(3)
        elif fault in ("bad JSON", "error"):
            piece = (
                b"data: {]\n\n"
                if fault == "bad JSON"
                else b'data: {"error":{"message":"failed","code":"api_error"}}\n\n'
            )
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        return False


async def main(share: float, seed: int) -> None:
    """Serve until the process is ended, having told the port."""
    server = await asyncio.start_server(Server(share, seed).serve, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), int(sys.argv[2])))
