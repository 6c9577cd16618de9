"""How fast the emulator is: start, streams a second over many connections, memory after many requests.

``python -m benchmarks.emulator``; the emulator runs in a process of its own, the caller speaks plain sockets.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONNECTIONS = (16, 100, 500)
STREAMS = 1500
REQUESTS = 20_000
SIZE = 77_000
HEAD = (
    "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-x\r\nContent-Type: application/json\r\n"
    "Content-Length: {size}\r\n\r\n"
)
PATH = "/deepseek/chat/completions"


@contextmanager
def serve() -> Iterator[tuple[int, int, float]]:
    """Run an emulator; yields its port, its process and the seconds until it answered."""
    began = time.perf_counter()
    words = [sys.executable, "-u", "-m", "cncoding_emulator", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        port = int(program.stdout.readline().split("http://127.0.0.1:")[1].split(",")[0])
        took = time.perf_counter() - began
        reader = subprocess.Popen(["cat"], stdin=program.stdout, stdout=subprocess.DEVNULL)
        try:
            yield port, program.pid, took
        finally:
            program.terminate()
            reader.wait()


def build_request(question: str, stream: bool) -> bytes:
    body = {"model": "deepseek-flash", "messages": [{"role": "user", "content": question}], "stream": stream}
    raw = json.dumps(body).encode()
    return HEAD.format(path=PATH, size=len(raw)).encode() + raw


async def call(port: int, request: bytes, times: list[int]) -> None:
    """Send requests over one connection while any are left; each reply is read to its last chunk."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    while times[0] > 0:
        times[0] -= 1
        writer.write(request)
        await reader.readuntil(b"0\r\n\r\n")
    writer.close()


async def run(port: int, request: bytes, connections: int, count: int) -> float:
    """Return requests a second."""
    left = [count]
    began = time.perf_counter()
    await asyncio.gather(*(call(port, request, left) for _ in range(connections)))
    return count / (time.perf_counter() - began)


def read_cpu(pid: int) -> float:
    """Return the seconds that a process has computed; unlike the clock, they do not depend on what else runs."""
    steps = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(steps[11]) + int(steps[12])) / os.sysconf("SC_CLK_TCK")


def read_memory(pid: int) -> float:
    """Return the resident megabytes of a process."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


async def measure_gap(port: int, size: int) -> float:
    """Return the longest silence of a stream while a prompt of so many bytes is answered beside it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    writer.write(build_request("say '" + "字" * 199 + "'", True).replace(b"deepseek-flash", b"bench-20000x01"))
    await reader.readuntil(b"data:")
    other, sender = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    sender.write(build_request("x " * (size // 2), False))
    answered = asyncio.ensure_future(other.readuntil(b"\r\n\r\n"))
    longest, last = 0.0, time.perf_counter()
    while not answered.done():
        await reader.read(4096)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    writer.close()
    sender.close()
    return longest


def main() -> None:
    with serve() as (port, pid, took):
        print(f"start of the program: {took * 1000:.0f} ms; {read_memory(pid):.0f} MB")
        stream = build_request("讲讲幂等性", True)
        asyncio.run(run(port, stream, 16, 200))
        for connections in CONNECTIONS:
            before = read_cpu(pid)
            rate = asyncio.run(run(port, stream, connections, STREAMS))
            spent = (read_cpu(pid) - before) / STREAMS * 1000
            print(f"{connections} connections: {rate:.0f} streams/s, {spent:.2f} ms of computing a stream")
        gap = asyncio.run(measure_gap(port, 4_000_000)) * 1000
        print(f"longest silence of a stream beside a prompt of 4 MB: {gap:.0f} ms")
        before = read_memory(pid)
        rate = asyncio.run(run(port, build_request("x " * (SIZE // 2), False), 16, REQUESTS))
        after = read_memory(pid)
        print(f"{REQUESTS} requests of {SIZE // 1000} kB ({rate:.0f}/s): {before:.0f} MB before, {after:.0f} MB after")


if __name__ == "__main__":
    main()
