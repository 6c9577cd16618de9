"""The tool spec as an agent and its owner use it: what a model writes wrongly, and what an owner sets wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult

from cncoding import ConfigError
from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM, CNCodingLLM, CNCodingToolSpec, MiniMax, Qwen

LLMS: dict[str, CNCodingLLM | Any] = {"glm": lambda: GLM(model="glm-5.3-flash"), "minimax": MiniMax, "qwen": Qwen}


@pytest.mark.parametrize("provider", LLMS)
@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
async def test_an_agent_draws_and_looks(provider: str, emulator: Emulator, tmp_path: Path) -> None:
    spec = CNCodingToolSpec(provider, output_dir=tmp_path, poll_interval=0.02)
    agent = FunctionAgent(llm=LLMS[provider](), tools=spec.to_tool_list(["generate_image", "understand_image"]))
    emulator.script('call generate_image {"prompt": "LIGHTHOUSE-9"}', provider)
    handler = agent.run("draw")
    (made, *_) = [event.tool_output async for event in handler.stream_events() if isinstance(event, ToolCallResult)]
    await handler
    path = Path(made.raw_output.assets[0].path)
    assert path.parent == tmp_path
    call = json.dumps({"image": str(path), "question": "what is written?"})
    emulator.script(f"call understand_image {call}", provider)
    handler = agent.run("look")
    (seen, *_) = [event.tool_output async for event in handler.stream_events() if isinstance(event, ToolCallResult)]
    await handler
    assert "LIGHTHOUSE-9" in seen.content


def test_numbers_and_a_single_image_as_text(emulator: Emulator, tmp_path: Path) -> None:
    """Weak models write `"5"` for 5 and a name where a list is wanted."""
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, poll_interval=0.02, show_progress=False)
    tools = {tool.metadata.name: tool for tool in spec.to_tool_list()}
    tools["generate_video"].call(prompt="sea", duration="5")
    assert next(r.json for r in emulator.requests if r.json and "duration" in r.json)["duration"] == 5
    assert "http" in tools["web_search"].call(query="foxes", count="1").content
    with pytest.raises(ConfigError, match="'/etc/passwd'"):
        tools["generate_video"].call(prompt="x", images="/etc/passwd")


def test_one_folder_as_text_opens_no_other(tmp_path: Path, emulator: Emulator) -> None:
    spec = CNCodingToolSpec("glm", output_dir=tmp_path / "out", read_dirs=str(tmp_path / "in"))
    with pytest.raises(ConfigError, match="one of these folders"):
        spec.understand_image("/etc/passwd")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"output_dir": 5}, "output_dir"), ({"read_dirs": [5]}, "read_dirs"), ({"poll_interval": -1}, "poll_interval"),
        ({"timeout": "x"}, "timeout"), ({"models": {"generate_imag": "x"}}, "did you mean 'generate_image'"),
        ({"options": {"generate_imag": {}}}, "did you mean 'generate_image'"),
        ({"options": {"generate_image": 5}}, "options"),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_settings(wrong: dict[str, Any], told: str, emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match=told):
        CNCodingToolSpec("glm", **wrong)


def test_a_tool_that_is_not_there(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="kimi has understand_image, understand_video, web_search"):
        CNCodingToolSpec("kimi").to_tool_list(["nothing"])
