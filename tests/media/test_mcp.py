"""The vendors' MCP servers: how they are reached, and the real one of MiniMax against the emulator."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cncoding import Client, ConfigError
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from langchain_cncoding.mcp import mcp_connections
from langchain_cncoding.mcp import mcp_tools as langchain_tools
from llamaindex_cncoding.mcp import vendor_mcp_tools as llamaindex_tools


def test_minimax() -> None:
    (server,) = Client("minimax", api_key="sk-cp-1").mcp_servers()
    assert (server.command, server.args) == ("uvx", ("minimax-coding-plan-mcp", "-y"))
    assert server.env["MINIMAX_API_KEY"] == "sk-cp-1" and server.env["MINIMAX_API_HOST"] == "https://api.minimax.cn"
    assert "sk-cp-1" not in repr(server)
    (server,) = Client("minimax", api_key="sk-cp-1", endpoint="coding-global").mcp_servers()
    assert server.env["MINIMAX_API_HOST"] == "https://api.minimax.io"


def test_glm() -> None:
    connections = mcp_connections("glm", api_key="a.b", endpoint="coding-global")
    assert connections["glm-web_search_prime"] == {
        "transport": "streamable_http",
        "url": "https://api.z.ai/api/mcp/web_search_prime/mcp",
        "headers": {"Authorization": "Bearer a.b"},
    }
    vision = connections["glm-vision"]
    assert (vision["command"], vision["args"]) == ("npx", ["-y", "@z_ai/mcp-server"])
    assert vision["env"]["Z_AI_MODE"] == "ZAI" and "Z_AI_BASE_URL" not in vision["env"]
    vision = mcp_connections("glm", ["glm-vision"], api_key="a.b")["glm-vision"]
    assert vision["env"]["Z_AI_MODE"] == "ZHIPU"
    own = mcp_connections("glm", ["glm-vision"], api_key="a.b", base_url="https://gw.example/api/coding/paas/v4")
    env = own["glm-vision"]["env"]
    assert env["Z_AI_BASE_URL"] == "https://gw.example/api/paas/v4/" and "Z_AI_MODE" not in env
    assert own["glm-vision"]["args"] == ["-y", "@z_ai/mcp-server@0.1.5"]


def test_bailian_takes_a_general_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="DASHSCOPE_API_KEY"):
        mcp_connections("qwen", api_key="sk-sp-1")
    monkeypatch.setenv("ALIBABA_CODING_PLAN_API_KEY", "sk-sp-1")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-2")
    assert mcp_connections("qwen")["bailian-web-search"] == {
        "transport": "streamable_http",
        "url": "https://dashscope.aliyuncs.com/api/v1/mcps/WebSearch/mcp",
        "headers": {"Authorization": "Bearer sk-2"},
    }


def test_only_what_a_program_needs_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    monkeypatch.setenv("UV_INDEX_URL", "https://index")
    monkeypatch.setenv("OTHER_API_KEY", "secret")
    env = Client("minimax", api_key="sk-cp-1").mcp_servers()[0].env
    assert env["HTTPS_PROXY"] == "http://proxy:1" and env["UV_INDEX_URL"] == "https://index"
    assert "OTHER_API_KEY" not in env


async def test_what_there_is_not() -> None:
    for tools in (langchain_tools, llamaindex_tools):
        with pytest.raises(ConfigError, match="has no MCP server 'x'"):
            await tools("minimax", ["x"], api_key="sk-cp-1")
        with pytest.raises(ConfigError, match="offers no MCP server"):
            await tools("deepseek", api_key="sk-1")


@pytest.fixture
def uvx(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find uvx beside the interpreter; the server comes from its registry and is kept in uv's cache."""
    folder = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    if shutil.which("uvx") is None:
        pytest.skip("uvx is not installed")
    fetch = ["uvx", "--from", "minimax-coding-plan-mcp", "python", "-c", "import minimax_mcp"]
    if (fetched := subprocess.run(fetch, capture_output=True, text=True, timeout=240)).returncode:
        pytest.skip(f"minimax-coding-plan-mcp cannot be fetched: {fetched.stderr[-200:]}")


@pytest.mark.timeout(300)
async def test_the_real_server_with_llamaindex(emulator: Emulator, uvx: None, tmp_path: Path) -> None:
    pytest.importorskip("llama_index.tools.mcp", reason="llama-index-tools-mcp is not installed")
    tools = {tool.metadata.name: tool for tool in await llamaindex_tools("minimax")}
    assert set(tools) == {"web_search", "understand_image"}
    found = await tools["web_search"].acall(query="foxes")
    assert "organic" in found.content and not found.is_error
    seen = await tools["understand_image"].acall(prompt="what is written?", image_source=_picture(emulator, tmp_path))
    assert "FOX-8" in seen.content
    assert {"/minimax/v1/coding_plan/search", "/minimax/v1/coding_plan/vlm"} <= {one.path for one in emulator.requests}


@pytest.mark.timeout(300)
async def test_the_real_server_with_langchain(emulator: Emulator, uvx: None, tmp_path: Path) -> None:
    try:
        import langchain_mcp_adapters.client  # noqa: F401
    except ImportError as error:
        pytest.skip(f"langchain-mcp-adapters is not usable here: {error}")
    tools: dict[str, Any] = {tool.name: tool for tool in await langchain_tools("minimax")}
    assert set(tools) == {"web_search", "understand_image"}
    assert "organic" in str(await tools["web_search"].ainvoke({"query": "foxes"}))
    asked = {"prompt": "what is written?", "image_source": _picture(emulator, tmp_path)}
    assert "FOX-8" in str(await tools["understand_image"].ainvoke(asked))


@pytest.mark.timeout(300)
async def test_the_real_server_of_voices(
    emulator: Emulator, uvx: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other official server clones, designs and lists voices; our client speaks with what it made."""
    pytest.importorskip("llama_index.tools.mcp", reason="llama-index-tools-mcp is not installed")
    fetch = ["uvx", "--from", "minimax-mcp", "python", "-c", "import minimax_mcp"]
    if (fetched := subprocess.run(fetch, capture_output=True, text=True, timeout=240)).returncode:
        pytest.skip(f"minimax-mcp cannot be fetched: {fetched.stderr[-200:]}")
    (plan,) = Client("minimax").mcp_servers()
    env = {**plan.env, "MINIMAX_MCP_BASE_PATH": str(tmp_path), "MINIMAX_API_RESOURCE_MODE": "local"}
    real = replace(plan, args=("minimax-mcp",), env=env)
    monkeypatch.setattr(Client, "mcp_servers", lambda self: (real,))
    sample = tmp_path / "ana.wav"
    sample.write_bytes(sounds.wav("the quick brown fox " * 13, 8000))
    tools = {tool.metadata.name: tool for tool in await llamaindex_tools("minimax")}
    cloned = await tools["voice_clone"].acall(voice_id="AnaMorgan01", file=str(sample), text="hello there")
    assert "AnaMorgan01" in cloned.content, cloned.content
    designed = await tools["voice_design"].acall(prompt="an old man", preview_text="hello there")
    assert "ttv-voice-" in designed.content, designed.content
    assert Client("minimax").synthesize_speech("hi", voice="AnaMorgan01")[0].data
    listed = await tools["list_voices"].acall()
    assert "AnaMorgan01" in listed.content and [one.kind for one in emulator.submissions] == [
        "voice",
        "voice",
        "speech",
    ]


@pytest.fixture
def npx() -> None:
    """Find npx; the server comes from its registry and is kept in npm's cache."""
    if shutil.which("npx") is None:
        pytest.skip("npx is not installed")
    fetch = ["npx", "-y", "--package", "@z_ai/mcp-server@0.1.5", "--", "node", "--version"]
    if (fetched := subprocess.run(fetch, capture_output=True, text=True, timeout=240)).returncode:
        pytest.skip(f"@z_ai/mcp-server cannot be fetched: {fetched.stderr[-200:]}")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("inherited", [{}, {"Z_AI_MODE": "ZHIPU"}])
async def test_the_real_server_of_glm_sends_no_key_elsewhere(
    emulator: Emulator, npx: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inherited: dict[str, str]
) -> None:
    """`base_url` reaches it although its mode would replace it; a mode that is inherited changes nothing."""
    pytest.importorskip("llama_index.tools.mcp", reason="llama-index-tools-mcp is not installed")
    (server,) = (one for one in Client("glm").mcp_servers() if one.name == "glm-vision")
    real = replace(server, env={**server.env, **inherited})
    monkeypatch.setattr(Client, "mcp_servers", lambda self: (real,))
    tools = {tool.metadata.name: tool for tool in await llamaindex_tools("glm", timeout=120)}
    assert "analyze_image" in tools, sorted(tools)
    before = len(emulator.requests)
    seen = await tools["analyze_image"].acall(prompt="what is written?", image_source=_picture(emulator, tmp_path))
    assert "FOX-8" in seen.content, seen.content
    asked = [one for one in emulator.requests[before:] if one.path.endswith("/chat/completions")]
    assert [one.path for one in asked] == ["/glm/api/paas/v4/chat/completions"]


def _picture(emulator: Emulator, folder: Path) -> str:
    client = Client("glm")
    return str(client.download(client.generate_image("FOX-8", model="cogview-4"), folder).path)
