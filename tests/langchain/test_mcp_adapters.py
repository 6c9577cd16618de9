"""`langchain-mcp-adapters` end to end: an agent of ours, tools of a server in a process of its own.

It speaks with `mcp` 1, which cannot live beside the `mcp` 2 of LlamaIndex's tools: `sh tests/versions.sh mcp1` runs it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage

from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatGLM, ChatKimi, ChatQwen

from .conftest import BLUE_PNG

try:
    from langchain_mcp_adapters.client import MultiServerMCPClient
except ImportError as error:
    pytest.skip(f"langchain-mcp-adapters is not usable here: {error}", allow_module_level=True)

SERVER = f'''
import base64
from mcp.server.fastmcp import FastMCP, Image

server = FastMCP("zoo")

@server.tool()
def count(animal: str) -> int:
    """Count the animals."""
    return 7

@server.tool(name="看图")
def look() -> Image:
    """Look at the fox."""
    return Image(data=base64.b64decode("{BLUE_PNG}"), format="png")

@server.tool()
def fail() -> str:
    """Fail."""
    raise ValueError("the zoo is closed")

server.run()
'''


async def tools(folder: Path) -> list[Any]:
    path = folder / "server.py"
    path.write_text(SERVER, encoding="utf-8")
    connection: Any = {"transport": "stdio", "command": sys.executable, "args": [str(path)]}
    return list(await MultiServerMCPClient({"zoo": connection}).get_tools())


def results(messages: list[Any]) -> list[ToolMessage]:
    return [message for message in messages if isinstance(message, ToolMessage)]


@pytest.mark.parametrize("make", [ChatGLM, ChatKimi, lambda: ChatKimi(wire="anthropic")])
async def test_an_agent_uses_the_tools(make: Any, emulator: Emulator, tmp_path: Path) -> None:
    model: ChatCNCoding = make()
    emulator.script('think hm\ncall count {"animal": "fox"}\n---\nsay seven', model.provider)
    agent = create_agent(model, await tools(tmp_path))
    done = await agent.ainvoke({"messages": [("human", "how many foxes?")]})
    assert done["messages"][-1].text == "seven" and "7" in str(results(done["messages"])[0].content)
    assert "7" in json.dumps(emulator.requests[-1].json["messages"])


async def test_a_picture_reaches_the_model(emulator: Emulator, tmp_path: Path) -> None:
    from cncoding.chat.naming import encode_name

    emulator.script(f"call {encode_name('看图')} {{}}\n---\nsay blue", "qwen")
    done = await create_agent(ChatQwen(), await tools(tmp_path)).ainvoke({"messages": [("human", "look")]})
    assert done["messages"][1].tool_calls[0]["name"] == "看图" and done["messages"][-1].text == "blue"
    assert BLUE_PNG in json.dumps(emulator.requests[-1].json)


async def test_an_error_is_told_to_the_model(emulator: Emulator, tmp_path: Path) -> None:
    emulator.script("call fail {}\n---\nsay sorry", "glm")
    (fail,) = [tool for tool in await tools(tmp_path) if tool.name == "fail"]
    fail.handle_tool_error = True
    done = await create_agent(ChatGLM(), [fail]).ainvoke({"messages": [("human", "go")]})
    assert results(done["messages"])[0].status == "error"
    assert "the zoo is closed" in json.dumps(emulator.requests[-1].json["messages"])
