"""Media tools as agents and programs use them, against the emulator over sockets."""

from __future__ import annotations

import copy
import json
import os
import pickle
import traceback
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import ToolMessage
from langgraph.checkpoint.memory import MemorySaver

from cncoding import Client, ConfigError
from cncoding_emulator import Emulator
from langchain_cncoding import (
    ChatKimi,
    CNCodingConfigError,
    CNCodingConnectError,
    CNCodingToolkit,
    GenerateImageTool,
    GenerateVideoTool,
    UnderstandImageTool,
)
from tests.media.conftest import MAKERS, list_media


class Run:
    """An agent of Kimi with the media tools of another provider, told what to call."""

    def __init__(self, emulator: Emulator, provider: str, folder: Path) -> None:
        self.emulator = emulator
        tools = CNCodingToolkit(provider=provider, output_dir=folder, poll_interval=0.05).get_tools()
        self.agent = create_agent(ChatKimi(), tools, checkpointer=MemorySaver())

    def call(self, name: str, **arguments: Any) -> ToolMessage:
        """Let the agent call one tool in the running conversation; return the tool's message."""
        words = json.dumps(arguments, ensure_ascii=False)
        self.emulator.script(f"think so\ncall {name} {words}\n---\nthink well\nsay done", provider="kimi")
        config: Any = {"configurable": {"thread_id": "1"}}
        messages = self.agent.invoke({"messages": [("user", "go on")]}, config)["messages"]
        assert messages[-1].text == "done"
        return next(message for message in reversed(messages) if isinstance(message, ToolMessage))


@pytest.mark.parametrize("provider", MAKERS)
def test_make_a_picture_then_look_at_it(provider: str, emulator: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "图 片 100%"
    run = Run(emulator, provider, folder)
    made = run.call("generate_image", prompt="a fox")
    path = made.artifact["assets"][0]["path"]
    assert path in made.text and [str(file) for file in list_media(folder)] == [path]
    for named in (path, Path(path).name, made.artifact["blocks"][0]["url"]):
        seen = run.call("understand_image", image=named, question="what is it?")
        assert seen.status == "success" and "a fox" in seen.text, named
    json.dumps([made.artifact, seen.artifact])


@pytest.mark.parametrize("provider", MAKERS)
def test_submit_in_one_run_and_check_in_another(provider: str, emulator: Emulator, tmp_path: Path) -> None:
    begun = Run(emulator, provider, tmp_path).call("submit_video", prompt="a fox runs")
    job = begun.artifact["handle"]
    assert job in begun.text and not list_media(tmp_path)
    later = Run(emulator, provider, tmp_path)
    assert later.call("check_media_job", job=job).status == "success"
    emulator.advance(1000)
    done = later.call("check_media_job", job=json.dumps(begun.artifact["job"]))
    assert done.artifact["status"] == "done" and done.artifact["assets"][0]["path"] in done.text
    assert len(emulator.submissions) == 1


@pytest.mark.parametrize(
    "source", ["a\0b", "~nobody-here/x.png", "x" * 5000, "link.png", "../secret.png", "/etc/passwd"]
)
def test_no_name_of_a_file_stops_the_agent(source: str, emulator: Emulator, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    sent = len(emulator.requests)
    run = Run(emulator, "glm", folder)
    told = run.call("understand_image", image=source, question="what?")
    assert told.status == "error" and "one of these folders" in told.text
    assert {request.provider for request in emulator.requests[sent:]} == {"kimi"}


@pytest.mark.parametrize("job", ["", "garbage", '{"id": "x"}', "minimax:nope", "[]"])
def test_wrong_jobs_are_told_to_the_model(job: str, emulator: Emulator, tmp_path: Path) -> None:
    assert Run(emulator, "glm", tmp_path).call("check_media_job", job=job).status == "error"


@pytest.mark.parametrize("settings", [{"poll_interval": 0}, {"poll_interval": -1}, {"timeout": 0}, {"timeout": -1}])
def test_wrong_times_are_refused_before_anything_is_paid(settings: dict[str, Any], emulator: Emulator) -> None:
    name = next(iter(settings))
    for kind in (GenerateVideoTool, CNCodingToolkit):
        with pytest.raises(CNCodingConfigError, match=f"{name}=.*above 0"):
            kind(provider="glm", **settings)
    with Client("glm") as client, pytest.raises(ConfigError, match=f"{name}=.*above 0"):
        client.generate_video("a fox", **settings)
    assert not emulator.submissions


def test_copies_take_their_own_settings(emulator: Emulator, tmp_path: Path) -> None:
    tool = GenerateImageTool(provider="glm", output_dir=tmp_path)
    assert tool.invoke({"prompt": "a fox"})
    for again in (tool.model_copy(), copy.deepcopy(tool), pickle.loads(pickle.dumps(tool))):
        assert "Made by glm" in again.invoke({"prompt": "a fox"})
    count = len(emulator.requests)
    astray = tool.model_copy(update={"base_url": "http://127.0.0.1:9", "max_retries": 0, "handle_tool_error": False})
    with pytest.raises(CNCodingConnectError, match=r"127\.0\.0\.1:9"):
        astray.invoke({"prompt": "a fox"})
    assert len(emulator.requests) == count


def test_a_copy_with_another_model_says_what_that_model_takes(emulator: Emulator) -> None:
    tool = GenerateImageTool(provider="minimax", model="image-01")
    assert "WIDTHxHEIGHT" in tool.args["size"]["description"]
    for deep in (False, True):
        live = tool.model_copy(update={"model": "image-01-live"}, deep=deep)
        assert "WIDTH" not in live.args["size"]["description"]
        assert live.model_copy(update={"model": "image-01"}).args == tool.args
    assert tool.model_copy(update={"args_schema": {"type": "object", "properties": {}}}).args == {}
    with pytest.raises(CNCodingConfigError, match="nothing-known"):
        tool.model_copy(update={"provider": "nothing-known"})


def test_a_style_goes_to_the_model_that_has_styles(emulator: Emulator, tmp_path: Path) -> None:
    style = {"style_type": "水彩", "style_weight": 0.6}
    settings: dict[str, Any] = {"provider": "minimax", "output_dir": tmp_path, "options": {"style": style}}
    assert "image-01-live" in GenerateImageTool(**settings, model="image-01-live").invoke({"prompt": "a fox"})
    assert (emulator.requests[0].json or {})["style"] == style
    with Client("minimax") as client, pytest.raises(ConfigError, match=r"style.*漫画"):
        client.generate_image("a fox", model="image-01-live", options={"style": {"style_type": "oil"}})


def test_toolkits_pickle_and_copy(emulator: Emulator, tmp_path: Path) -> None:
    kit = CNCodingToolkit(provider="glm", output_dir=tmp_path)
    names = [tool.name for tool in kit.get_tools()]
    for again in (pickle.loads(pickle.dumps(kit)), copy.deepcopy(kit)):
        assert [tool.name for tool in again.get_tools()] == names


def test_pickles_hold_no_key_of_the_environment(emulator: Emulator) -> None:
    tool = UnderstandImageTool(provider="glm")
    assert os.environ["ZAI_API_KEY"].encode() not in pickle.dumps(tool)


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": "id." + "hidden"},
        {"provider": "glm", "api_key": ["id." + "hidden"]},
        {"provider": "glm", "api_key": "id." + "hidden", "timeout": "soon"},
    ],
)
def test_no_key_in_errors_of_wrong_settings(settings: dict[str, Any]) -> None:
    with pytest.raises(CNCodingConfigError) as caught:
        GenerateImageTool(**settings)
    assert "hidden" not in "".join(traceback.format_exception(caught.value)).replace('"hidden"', "")


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"models": {"generate_images": "x"}}, "generate_image"),
        ({"models": {"nothing": "x"}}, "there are generate_image"),
        ({"name": "x"}, "options="),
        ({"output": "x"}, "output_dir"),
    ],
)
def test_toolkits_refuse_names_that_mean_nothing(settings: dict[str, Any], hint: str) -> None:
    with pytest.raises(CNCodingConfigError, match=hint):
        CNCodingToolkit(provider="glm", **settings)
