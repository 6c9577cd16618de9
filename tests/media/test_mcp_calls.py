"""Who asks `cncoding mcp` again does not pay again, and a person is asked: over both wires, in both eras."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cncoding import AsyncClient, Journal, MediaToolSettings, Patience
from cncoding_cli.mcp_server import Catalogue, Provided, build_app, build_server
from cncoding_emulator import Emulator

pytest.importorskip("mcp_types", reason="mcp 2 is not installed")

from mcp import Client, MCPError, StdioServerParameters
from mcp_types import ElicitResult

ERAS = ("legacy", "2026-07-28")
WIRES = [
    ("stdio", ERAS[0]),
    ("http", ERAS[1]),
    pytest.param("stdio", ERAS[1], marks=pytest.mark.full),
    pytest.param("http", ERAS[0], marks=pytest.mark.full),
]
FOX = {"prompt": "a fox"}


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens at {port}")


@contextlib.contextmanager
def start_http(*words: str) -> Iterator[str]:
    """Run `cncoding mcp --http` as a process of its own."""
    port = find_port()
    process = subprocess.Popen([sys.executable, "-m", "cncoding_cli", "mcp", "--http", "--port", str(port), *words])
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.terminate()
        process.wait(30)


@asynccontextmanager
async def connect(wire: str, era: str, *words: str, **settings: Any) -> AsyncIterator[Client]:
    """Start a server as a process and connect a client to it."""
    with contextlib.ExitStack() as stack:
        server: Any = StdioServerParameters(
            command=sys.executable, args=["-m", "cncoding_cli", "mcp", *words], env=dict(os.environ)
        )
        if wire == "http":
            server = stack.enter_context(start_http(*words))
        async with Client(server, mode=era, **settings) as client:
            yield client


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., Any]:
    """Return a function that makes a server in this process; with `journal=False` it has none."""

    def build(provider: str = "glm", *, journal: bool = True, **settings: Any) -> Any:
        made = MediaToolSettings(folder=str(tmp_path), patience=Patience(0.05), **settings)
        client = AsyncClient(provider, journal=Journal(tmp_path) if journal else None)
        return build_server(Catalogue({provider: Provided(client, made)}, journal=journal))

    return build


def read_files(result: Any) -> list[str]:
    assert not result.is_error, result.content[0].text
    return [one["path"] for one in result.structured_content["assets"]]


# ---------------------------------------------------------------- asking again


@pytest.mark.parametrize(("wire", "era"), WIRES)
async def test_a_client_that_lost_patience_gets_what_was_paid_for(
    emulator: Emulator, tmp_path: Path, wire: str, era: str
) -> None:
    emulator.link_fault("slow", seconds=2.5)
    async with connect(wire, era, "--output", str(tmp_path), "-p", "glm") as client:
        with pytest.raises(MCPError):
            await client.call_tool("glm_generate_image", FOX, read_timeout_seconds=1)
        again = await client.call_tool("glm_generate_image", FOX)
        assert Path(*read_files(again)).stat().st_size and "nothing more was paid" in again.content[0].text
        assert len(emulator.submissions) == 1
        another = await client.call_tool("glm_generate_image", FOX)
        assert read_files(another) != read_files(again), "who was answered and asks again wants another one"
    assert len(emulator.submissions) == 2


async def test_a_named_call_is_known_by_the_next_server(emulator: Emulator, tmp_path: Path) -> None:
    files = []
    for era in ERAS:
        async with connect("stdio", era, "--output", str(tmp_path), "-p", "glm") as client:
            for meta in ({"cncoding/purchase": "1"}, {"claudecode/toolUseId": "1"}):
                for _ in range(2):
                    files.append(read_files(await client.call_tool("glm_generate_image", FOX, meta=meta)))
    assert len(emulator.submissions) == 2
    assert files[0] == files[1] == files[4] == files[5] != files[2] == files[3] == files[6] == files[7]


@pytest.mark.parametrize("journal", [True, False])
@pytest.mark.parametrize("era", ERAS)
async def test_a_model_may_name_its_purchase(
    emulator: Emulator, serve: Callable[..., Any], era: str, *, journal: bool
) -> None:
    async with Client(serve(journal=journal), mode=era) as client:
        tools = {one.name: one for one in (await client.list_tools()).tools}
        assert "purchase_id" in tools["glm_generate_image"].input_schema["properties"]
        assert "costs money" in str(tools["glm_generate_image"].description)
        assert "purchase_id" not in tools["glm_web_search"].input_schema["properties"]
        named = {**FOX, "purchase_id": "fox-1"}
        first, second = await asyncio.gather(*(client.call_tool("glm_generate_image", named) for _ in range(2)))
        third = await client.call_tool("glm_generate_image", named)
        assert read_files(first) == read_files(second) == read_files(third)
        assert len(emulator.submissions) == 1
        await client.call_tool("glm_generate_image", {**named, "prompt": "a hare"})
        assert len(emulator.submissions) == 2
        for wrong in ("", "x" * 201, 5):
            refused = await client.call_tool("glm_generate_image", {**FOX, "purchase_id": wrong})
            assert refused.is_error and "purchase_id: is no text of 1 to 200" in refused.content[0].text
    assert len(emulator.submissions) == 2


async def test_a_job_that_cannot_be_cancelled_is_watched_on(emulator: Emulator, serve: Callable[..., Any]) -> None:
    emulator.slow_tasks(1000)
    told: list[str] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(str(message))

    async with Client(serve(), mode="legacy") as client:
        with pytest.raises(MCPError):
            await client.call_tool("glm_generate_video", FOX, read_timeout_seconds=0.5)
        again = asyncio.create_task(client.call_tool("glm_generate_video", FOX, progress_callback=hear))
        while not told:
            await asyncio.sleep(0.05)
        emulator.advance(2000)
        assert read_files(await again)[0].endswith(".mp4")
    assert len(emulator.submissions) == 1


async def test_a_failed_call_is_made_anew(emulator: Emulator, serve: Callable[..., Any]) -> None:
    emulator.task_fault("glm", "moderate")
    async with Client(serve(), mode="legacy") as client:
        named = {**FOX, "purchase_id": "fox-1"}
        assert (await client.call_tool("glm_generate_image", named)).is_error
        assert read_files(await client.call_tool("glm_generate_image", named))
    assert len(emulator.submissions) == 1


# ---------------------------------------------------------------- streamable HTTP


def write_call(number: int, **more: Any) -> dict[str, Any]:
    call = {"name": "glm_generate_image", "arguments": FOX}
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {**call, **more}}


BEGIN: dict[str, Any] = {
    "jsonrpc": "2.0", "id": 0, "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}  # fmt: skip
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"}


async def test_a_request_that_comes_twice_is_one(emulator: Emulator, serve: Callable[..., Any]) -> None:
    import httpx

    server = serve()
    app = build_app(server, 8765, json_response=True)
    async with server.session_manager.run():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8765", headers=HEADERS) as client:
            sessions = [(await client.post("/mcp", json=BEGIN)).headers["mcp-session-id"] for _ in range(2)]
            for session in sessions:
                for number in (1, 1, 2):
                    reply = await client.post("/mcp", json=write_call(number), headers={"Mcp-Session-Id": session})
                    assert reply.json()["result"]["structuredContent"]["assets"], reply.text
    assert len(emulator.submissions) == 4, "a number is of its session"


async def test_who_hung_up_may_ask_in_another_session(emulator: Emulator, tmp_path: Path) -> None:
    import httpx

    emulator.link_fault("slow", seconds=2)
    with start_http("--output", str(tmp_path), "-p", "glm") as address:
        async with httpx.AsyncClient(headers=HEADERS) as client:
            for timeout in (1, 30):
                session = (await client.post(address, json=BEGIN)).headers["mcp-session-id"]
                call = client.post(address, json=write_call(1), headers={"Mcp-Session-Id": session}, timeout=timeout)
                if timeout == 1:
                    with pytest.raises(httpx.ReadTimeout):
                        await call
                else:
                    assert "nothing more was paid" in (await call).text
    assert len(emulator.submissions) == 1


@pytest.mark.parametrize("era", ["2025-11-25", "2026-07-28"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, None),
        ({"Host": "localhost:8765"}, None),
        ({"Origin": "http://127.0.0.1:8765"}, None),
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:8765"}, 421),
        ({"Host": "127.0.0.1:8765.evil.example"}, 421),
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:3000"}, 403),
        ({"Origin": "http://127.0.0.1:8765.evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
async def test_streamable_http_answers_to_this_machine_only(
    emulator: Emulator, serve: Callable[..., Any], headers: dict[str, str], status: int | None, era: str
) -> None:
    import httpx

    server = serve()
    app = build_app(server, 8765, json_response=True)
    versioned = {**HEADERS, "MCP-Protocol-Version": era, **headers}
    async with server.session_manager.run():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1:8765", headers=versioned
        ) as client:
            reply = await client.post("/mcp", json=BEGIN if era == "2025-11-25" else write_call(1))
            assert reply.status_code == (status or reply.status_code), reply.text
            if status is None:
                assert reply.status_code not in (403, 421), reply.text
    assert not emulator.submissions


# ---------------------------------------------------------------- a person is asked


class Person:
    """Answers a client's questions."""

    def __init__(self, action: Any, content: Any = None) -> None:
        self.answer = ElicitResult(action=action, content=content)
        self.asked: list[str] = []

    async def __call__(self, context: Any, params: Any) -> ElicitResult:
        self.asked.append(params.message)
        assert params.requested_schema["required"] == ["buy"]
        return self.answer


@pytest.mark.parametrize(("wire", "era"), WIRES)
async def test_a_person_agrees(emulator: Emulator, tmp_path: Path, wire: str, era: str) -> None:
    person = Person("accept", {"buy": True})
    words = ("--output", str(tmp_path), "-p", "glm", "--confirm-above", "0.05")
    async with connect(wire, era, *words, elicitation_callback=person) as client:
        assert read_files(await client.call_tool("glm_generate_image", FOX))
    (asked,) = person.asked
    assert asked == "Buy this image from glm glm-image (about 0.1 CNY)? a fox"
    assert len(emulator.submissions) == 1


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    "person", [Person("accept", {"buy": False}), Person("accept", {}), Person("decline"), Person("cancel")]
)
async def test_a_person_declines(emulator: Emulator, serve: Callable[..., Any], era: str, person: Person) -> None:
    person.asked.clear()
    async with Client(serve(confirm_above=0.0), mode=era, elicitation_callback=person) as client:
        refused = await client.call_tool("glm_generate_image", FOX)
    assert refused.is_error and "declined" in refused.content[0].text and len(person.asked) == 1
    assert not emulator.submissions


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_cannot_ask_is_told_so(emulator: Emulator, serve: Callable[..., Any], era: str) -> None:
    async with Client(serve(confirm_above=0.1), mode=era) as client:
        assert read_files(await client.call_tool("glm_generate_image", FOX)), "it costs no more than that"
        refused = await client.call_tool("glm_generate_video", FOX)
    assert refused.is_error and "this MCP client cannot ask a person" in refused.content[0].text
    assert "Nothing was bought" in refused.content[0].text and "(about 1 CNY)? a fox" in refused.content[0].text
    assert len(emulator.submissions) == 1


async def test_an_answer_is_for_one_call_only(emulator: Emulator, serve: Callable[..., Any]) -> None:
    yes = {"buy": ElicitResult(action="accept", content={"buy": True})}
    async with Client(serve(confirm_above=0.0), mode=ERAS[1], elicitation_callback=Person("decline")) as client:

        async def call(prompt: str, **more: Any) -> Any:
            return await client.session.call_tool(
                "glm_generate_image", {"prompt": prompt}, allow_input_required=True, **more
            )

        state = (await call("a fox")).request_state
        forged = await call("a fox", input_responses=yes, request_state="forged")
        none = await call("a fox", input_responses=yes)
        other = await call("a hare", input_responses=yes, request_state=state)
        assert all(one.result_type == "input_required" for one in (forged, none, other))
        assert not emulator.submissions
        fresh = (await call("a fox")).request_state
        assert read_files(await call("a fox", input_responses=yes, request_state=fresh))
        assert (await call("a fox", input_responses=yes, request_state=fresh)).result_type == "input_required"
    assert len(emulator.submissions) == 1


async def test_a_question_that_nobody_waits_for_buys_nothing(emulator: Emulator, serve: Callable[..., Any]) -> None:
    asked = asyncio.Event()

    async def wait(context: Any, params: Any) -> ElicitResult:
        asked.set()
        await asyncio.sleep(60)
        return ElicitResult(action="accept", content={"buy": True})

    async with Client(serve(confirm_above=0.0), mode="legacy", elicitation_callback=wait) as client:
        with pytest.raises(MCPError):
            await client.call_tool("glm_generate_image", FOX, read_timeout_seconds=1)
    assert asked.is_set() and not emulator.submissions
