"""`cncoding mcp` as an MCP client sees it: over standard input and output, against the emulator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cncoding import Budget, ConfigError
from cncoding_cli.commands.mcp import read_budget
from cncoding_cli.mcp_server import Catalogue, build_server
from cncoding_emulator import Emulator

pytest.importorskip("mcp_types", reason="mcp 2 is not installed")

KINDS = ("glm_generate_image", "qwen_generate_video", "minimax_synthesize_speech", "kimi_web_search")


async def test_one_server_offers_the_tools_of_every_provider_over_stdio(emulator: Emulator, tmp_path: Path) -> None:
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    words = ["-m", "cncoding_cli", "mcp", "--output", str(tmp_path / "made"), "--budget", "2"]
    server = StdioServerParameters(command=sys.executable, args=words, env=dict(os.environ))
    told: list[str | None] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert set(KINDS) <= set(tools)
        assert tools["qwen_generate_video"].input_schema["properties"]["resolution"]["enum"] == ["720P", "1080P"]
        assert "images" not in tools["glm_generate_image"].input_schema["properties"]

        made = await session.call_tool("glm_generate_image", {"prompt": "a fox"}, progress_callback=hear)
        assert not made.is_error, made
        (asset,) = made.structured_content["assets"]
        assert Path(asset["path"]).stat().st_size and Path(asset["path"]).parent == tmp_path / "made"
        assert asset["path"] in made.content[0].text and "glm image: submitted, job=" in str(told[0])

        found = await session.call_tool("kimi_web_search", {"query": "foxes"})
        assert not found.is_error and found.structured_content["hits"]

        assert "ask with glm_check_media_job" in str(tools["glm_submit_video"].description)
        assert "glm_submit_image named it" in str(tools["glm_check_media_job"].input_schema["properties"]["job"])

        hints = {name: tool.annotations for name, tool in tools.items()}
        assert hints["kimi_web_search"].read_only_hint and not hints["glm_generate_image"].read_only_hint
        assert not hints["glm_generate_image"].idempotent_hint and hints["glm_check_media_job"].idempotent_hint
        assert [name for name, one in hints.items() if one.destructive_hint] == [
            "minimax_cancel_media_job", "qwen_cancel_media_job",
        ]  # fmt: skip

        wrong = await session.call_tool("glm_generate_image", {"prompt": "a fox", "images": ["fox.png"]})
        assert (
            wrong.is_error
            and "images: glm_generate_image of glm has no such argument; it has prompt, size" in wrong.content[0].text
        )
        assert not (await session.call_tool("minimax_synthesize_speech", {"text": "hello"})).is_error
        beyond = await session.call_tool("glm_generate_image", {"prompt": "a hare"})
        assert beyond.is_error and "budget" in beyond.content[0].text
    assert len(emulator.submissions) == 2, emulator.submissions


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--model", "glm_generate_imag=x"), "did you mean glm_generate_image?"),
        (("--model", "kimi_generate_image=x"), "kimi has understand_image, understand_video, web_search"),
        (("--budget", "5", "--per", "thread"), "--per thread: give kit"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_served(
    emulator: Emulator, tmp_path: Path, words: tuple[str, ...], text: str
) -> None:
    command = [sys.executable, "-m", "cncoding_cli", "mcp", "--output", str(tmp_path), *words]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 2 and text in ended.stderr, ended.stderr


@pytest.mark.parametrize(("text", "budget"), [("5", Budget(calls=5)), ("20 cny", Budget(amount=20, currency="CNY"))])
def test_a_budget_is_read(text: str, budget: Budget) -> None:
    assert read_budget(text, "kit") == budget


def test_a_wrong_budget_is_refused() -> None:
    with pytest.raises(ConfigError, match="--budget lots: give a number of purchases"):
        read_budget("lots", "kit")
    with pytest.raises(ConfigError, match="--per week: give kit"):
        read_budget("5", "week")


def test_without_the_package_one_line_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    with pytest.raises(ConfigError, match=r'needs the package mcp 2: pip install "mcp>=2"'):
        build_server(Catalogue({}))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_server_that_waits_for_its_client(emulator: Emulator, tmp_path: Path, sent: int) -> None:
    words = [sys.executable, "-m", "cncoding_cli", "mcp", "-o", str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(words, **pipes, text=True)  # type: ignore[call-overload]
    try:
        process.stdin.write(_HELLO)
        process.stdin.flush()
        assert "serverInfo" in process.stdout.readline()
        time.sleep(0.3)
        os.kill(process.pid, sent)
        assert process.wait(timeout=20) == -sent and not process.stderr.read()
    finally:
        process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()


_HELLO = (
    '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", '
    '"capabilities": {}, "clientInfo": {"name": "hand", "version": "1"}}}\n'
)


async def test_providers_are_named_as_in_every_command_and_tools_as_the_client_knows_them(
    emulator: Emulator, tmp_path: Path
) -> None:
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    words = ["-m", "cncoding_cli", "mcp", "glm", "--provider", "minimax", "--output", str(tmp_path)]
    server = StdioServerParameters(command=sys.executable, args=words, env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        names = [tool.name for tool in (await session.list_tools()).tools]
        assert {name.partition("_")[0] for name in names} == {"glm", "minimax"}
        slip = await session.call_tool("glm_synthesize_speech", {"text": "hello", "voice": "tongtongg"})
        assert slip.is_error and "did you mean 'tongtong'? glm_list_voices names all" in slip.content[0].text
        empty = await session.call_tool("minimax_synthesize_speech", {})
        assert empty.content[0].text == "text: missing; minimax_synthesize_speech needs it"
