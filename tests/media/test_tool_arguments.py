"""What tools tell a model about their arguments: the rules of that vendor, in both frameworks alike."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool

from cncoding import Client, ConfigError, MediaToolSettings
from cncoding_emulator import Emulator
from langchain_cncoding import CNCodingToolkit, GenerateImageTool
from llamaindex_cncoding import CNCodingToolSpec


def read_langchain(provider: str, **settings: Any) -> dict[str, Any]:
    tools = CNCodingToolkit(provider, **settings).get_tools()
    return {one["function"]["name"]: one["function"]["parameters"] for one in map(convert_to_openai_tool, tools)}


def read_llamaindex(provider: str, **settings: Any) -> dict[str, Any]:
    tools = CNCodingToolSpec(provider, **settings).to_tool_list()
    return {tool.metadata.name or "": tool.metadata.get_parameters_dict() for tool in tools}


READERS = [pytest.param(read_langchain, id="langchain"), pytest.param(read_llamaindex, id="llamaindex")]
RULES = [
    ("glm", {}, "generate_video", "duration", {"enum": [5, 10]}),
    ("glm", {}, "generate_image", "count", {"minimum": 1, "maximum": 16}),
    ("glm", {}, "synthesize_speech", "text", {"maxLength": 100_000}),
    ("glm", {}, "web_search", "query", {"maxLength": 70}),
    ("kimi", {}, "web_search", "count", {"minimum": 1, "maximum": 20}),
    ("qwen", {}, "generate_image", "count", {"minimum": 1, "maximum": 16}),
    ("qwen", {"models": {"generate_image": "qwen-image"}}, "generate_image", "images", None),
    ("qwen", {}, "generate_video", "resolution", {"enum": ["720P", "1080P"]}),
    ("minimax", {}, "generate_video", "size", None),
    ("minimax", {}, "generate_video", "duration", {"enum": [6, 10]}),
    ("minimax", {"models": {"generate_video": "MiniMax-H3"}}, "generate_video", "duration", {"minimum": 4}),
    ("minimax", {"models": {"generate_video": "new-9"}}, "generate_video", "duration", {}),
]


@pytest.mark.parametrize("read", READERS)
def test_the_rules_of_the_vendor_stand_in_the_schema(emulator: Emulator, read: Any) -> None:
    for provider, settings, tool, argument, rules in RULES:
        found = read(provider, **settings)[tool]["properties"].get(argument)
        if rules is None:
            assert found is None, (provider, tool, argument)
        else:
            assert found is not None and rules.items() <= found.items(), (provider, tool, found)
            assert rules or not {"enum", "maximum"} & found.keys()


def test_sizes_are_told_as_a_tool_takes_them(emulator: Emulator) -> None:
    size = read_langchain("qwen")["generate_image"]["properties"]["size"]["description"]
    assert "2048x2048" in size and "*" not in size


def test_a_pickled_tool_tells_the_same(emulator: Emulator) -> None:
    tool = GenerateImageTool(provider="glm")
    again = pickle.loads(pickle.dumps(tool))
    assert again.args == tool.args and again.args["count"] == tool.args["count"]


FLAT = {"quality": "hd"}


def test_options_have_one_shape(emulator: Emulator, tmp_path: Path) -> None:
    remedy = r"options: there is no tool 'quality'; .*options=\{'generate_image': \{'quality': 'hd'\}\}"
    wrong: Any = FLAT
    with pytest.raises(ConfigError, match=remedy):
        CNCodingToolkit("glm", options=wrong)
    with pytest.raises(ConfigError, match=remedy):
        CNCodingToolSpec("glm", options=wrong)
    shared: dict[str, Any] = {"output_dir": tmp_path, "options": {"generate_image": FLAT}}
    next(one for one in CNCodingToolkit("glm", **shared).get_tools() if one.name == "generate_image").invoke(
        {"prompt": "a fox"}
    )
    GenerateImageTool(provider="glm", output_dir=tmp_path, options=FLAT).invoke("a hare")
    GenerateImageTool(provider="glm", **shared).invoke("a vole")
    GenerateImageTool(provider="glm", output_dir=tmp_path, options={"*": FLAT}).invoke("a mole")
    CNCodingToolSpec("glm", show_progress=False, **shared).generate_image("an owl")
    bodies = [one.json for one in emulator.requests if one.path.endswith("/images/generations")]
    assert [body and body["quality"] for body in bodies] == ["hd"] * 5
    mixed: dict[str, Any] = {"generate_image": FLAT, "seed": 1}
    with pytest.raises(ConfigError, match="options: there is no tool 'seed'"):
        GenerateImageTool(provider="glm", options=mixed)


def test_what_is_no_tool_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="tool 'generate_cake': there is none; there are generate_image"):
        Client("glm").list_arguments("generate_cake", MediaToolSettings())
