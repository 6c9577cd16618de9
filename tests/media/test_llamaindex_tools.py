"""The LlamaIndex tool spec: pairs, blocks, jobs, errors, agents, progress."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.base.llms.types import AudioBlock, ImageBlock, TextBlock, VideoBlock
from llama_index.core.tools import FunctionTool
from llama_index.core.tools.tool_spec.base import BaseToolSpec
from PIL import Image

from cncoding import ConfigError, ConnectionLostError, JobDeadlineError, JobFailedError
from cncoding_emulator import Emulator
from llama_index.tools.cncoding import CNCodingToolSpec as FromNamespace
from llamaindex_cncoding import GLM, CNCodingToolSpec
from tests.media.conftest import list_media

QUICK = {"poll_interval": 0.03, "show_progress": False}


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    """Return a function that calls a tool of a spec as an agent does and returns its output."""

    def run(spec: CNCodingToolSpec, name: str, **arguments: Any) -> Any:
        tool = next(one for one in spec.to_tool_list() if one.metadata.name == name)
        return tool.call(**arguments) if request.param == "sync" else asyncio.run(_acall(tool, arguments))

    async def _acall(tool: FunctionTool, arguments: dict[str, Any]) -> Any:
        return await tool.acall(**arguments)

    return run


def test_the_class() -> None:
    assert issubclass(CNCodingToolSpec, BaseToolSpec) and FromNamespace is CNCodingToolSpec


def test_every_tool_is_a_true_pair() -> None:
    spec = CNCodingToolSpec("glm", api_key="a.b")
    assert len(spec.spec_functions) == 11
    for name, twin in spec.spec_functions:
        sync, in_loop = getattr(spec, name), getattr(spec, twin)
        assert not inspect.iscoroutinefunction(sync) and inspect.iscoroutinefunction(in_loop)
        assert inspect.signature(sync) == inspect.signature(in_loop)


def test_what_models_read() -> None:
    spec = CNCodingToolSpec("glm", api_key="id.secret")
    for tool in spec.to_tool_list():
        known = tool.metadata.to_openai_tool()["function"]
        assert known["name"] == tool.metadata.name and len(known["description"]) < 300
        assert all(about.get("description") for about in known["parameters"]["properties"].values())
        assert "secret" not in str(known) and "Annotated" not in str(known)
    assert [tool.metadata.name for tool in spec.to_tool_list(["web_search"])] == ["web_search"]


@pytest.mark.parametrize("provider", ["glm", "minimax", "qwen", "unified"])
def test_blocks(emulator: Emulator, call: Any, tmp_path: Path, provider: str) -> None:
    spec = CNCodingToolSpec(provider, output_dir=tmp_path, **QUICK)
    for name, arguments, kind in (
        ("generate_image", {"prompt": "a fox"}, ImageBlock),
        ("generate_video", {"prompt": "a fox"}, VideoBlock),
        ("synthesize_speech", {"text": "你好"}, AudioBlock),
    ):
        output = call(spec, name, **arguments)
        (text,) = output.blocks
        assert isinstance(text, TextBlock) and len(text.text) < 400
        (asset,) = output.raw_output.assets
        assert Path(asset.path).is_file() and asset.path in text.text
        text, medium = getattr(spec, name)(**arguments)
        assert isinstance(medium, kind) and str(medium.path) in text.text
    assert len(emulator.submissions) == 6 and emulator.leaks == []


def test_a_model_sees_a_small_picture_if_asked(emulator: Emulator, call: Any, tmp_path: Path) -> None:
    output = call(CNCodingToolSpec("glm", output_dir=tmp_path, show=True, **QUICK), "generate_image", prompt="a fox")
    _, shown = output.blocks
    with Image.open(shown.resolve_image()) as picture:
        assert max(picture.size) <= 512 and picture.format == "JPEG"


def test_links_without_a_folder(emulator: Emulator, call: Any) -> None:
    output = call(CNCodingToolSpec("glm", output_dir=None, **QUICK), "generate_image", prompt="a fox")
    (image,) = output.raw_output.assets
    assert str(image.url).startswith("http") and image.path is None and image.url in output.content


def test_the_pair_that_does_not_block(emulator: Emulator, call: Any, tmp_path: Path) -> None:
    emulator.slow_tasks(100)
    spec = CNCodingToolSpec("minimax", output_dir=tmp_path, **QUICK)
    begun = call(spec, "submit_video", prompt="a fox").content
    handle = begun.rpartition("job=")[2].split()[0]
    assert "ask again later" in call(spec, "check_media_job", job=handle).content
    emulator.advance(101)
    done = call(spec, "check_media_job", job=handle).raw_output.assets
    assert Path(done[0].path).is_file()
    again = call(spec, "check_media_job", job=handle).raw_output.assets
    assert again == done and len(list_media(tmp_path)) == 1 and len(emulator.submissions) == 1


def test_errors_are_those_of_the_core(emulator: Emulator, call: Any, tmp_path: Path) -> None:
    spec = CNCodingToolSpec("qwen", output_dir=tmp_path, timeout=0.3, **QUICK)
    for fate, kind in (
        ("fail", JobFailedError),
        ("never", JobDeadlineError),
        ("cut_before", ConnectionLostError),
    ):
        emulator.task_fault("qwen", fate)
        with pytest.raises(kind) as caught:
            call(spec, "generate_video", prompt=f"a fox that will {fate}")
        assert str(caught.value) and not caught.value.retryable
    assert len(emulator.submissions) == 2
    with pytest.raises(ConfigError, match="one of these folders"):
        call(spec, "understand_image", image="/etc/passwd")
    with pytest.raises(ConfigError, match="size="):
        call(spec, "generate_image", prompt="x", size="9999x9999")


def test_settings() -> None:
    with pytest.raises(ConfigError, match="did you mean 'poll_interval'"):
        CNCodingToolSpec("glm", api_key="a.b", pol_interval=1)
    with pytest.raises(ConfigError, match="needs a key"):
        CNCodingToolSpec("glm")
    assert [name for name, _ in CNCodingToolSpec("kimi", api_key="sk-kimi-1").spec_functions] == [
        "understand_image", "understand_video", "web_search",
    ]  # fmt: skip


def test_models_and_options_by_tool(emulator: Emulator, call: Any, tmp_path: Path) -> None:
    spec = CNCodingToolSpec(
        "glm", output_dir=tmp_path, models={"generate_image": "cogview-4"},
        options={"generate_image": {"quality": "hd"}}, **QUICK,
    )  # fmt: skip
    call(spec, "generate_image", prompt="a fox")
    body = emulator.requests[0].json
    assert (body["model"], body["quality"]) == ("cogview-4", "hd")


def test_sight_and_search(emulator: Emulator, call: Any, tmp_path: Path) -> None:
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, models={"generate_image": "cogview-4"}, **QUICK)
    path = call(spec, "generate_image", prompt="FOX-5").raw_output.assets[0].path
    assert "FOX-5" in call(spec, "understand_image", image=str(path), question="what is written?").content
    assert "http" in call(spec, "web_search", query="foxes", count=1).content


def test_a_bar_for_people_and_none_for_agents(
    emulator: Emulator, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    spec = CNCodingToolSpec("qwen", output_dir=tmp_path, poll_interval=0.03)
    spec.generate_video("a fox")
    assert "qwen video" in capfd.readouterr().err
    tool = next(one for one in spec.to_tool_list() if one.metadata.name == "generate_video")
    tool.call(prompt="a fox")
    assert capfd.readouterr().err == "" and spec.show_progress


def test_one_model_goes_to_the_tools_that_it_serves() -> None:
    spec = CNCodingToolSpec("glm", api_key="a.b", model="cogview-4", models={"web_search": "x"})
    assert spec._models == {"generate_image": "cogview-4", "web_search": "x"}
    with pytest.raises(ConfigError, match="name the tool it is for"):
        CNCodingToolSpec("glm", api_key="a.b", model="newco-9")


async def test_an_agent(emulator: Emulator, tmp_path: Path) -> None:
    emulator.script(
        'call generate_image {"prompt": "FOX-3"}\n---\ncall synthesize_speech {"text": "一只狐狸"}\n---\nsay done',
        "glm",
    )
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, **QUICK)
    agent = FunctionAgent(tools=spec.to_tool_list(), llm=GLM(model="glm-5.3-flash"))
    handler = agent.run("make a picture")
    outputs = [event.tool_output async for event in handler.stream_events() if isinstance(event, ToolCallResult)]
    assert str(await handler) == "done"
    assert [output.raw_output.assets[0].kind for output in outputs] == ["image", "audio"]
    assert not any(output.is_error for output in outputs)


@pytest.mark.parametrize("name", ["generate_video", "agenerate_video"])
async def test_a_method_given_to_an_agent_answers_in_words(
    emulator: Emulator, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    emulator.script(f'call {name} {{"prompt": "a fox"}}\n---\nsay done', "glm")
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, **QUICK)
    capfd.readouterr()
    agent = FunctionAgent(tools=[getattr(spec, name)], llm=GLM(model="glm-5.3-flash"))
    handler = agent.run("make a film")
    (output,) = [one.tool_output async for one in handler.stream_events() if isinstance(one, ToolCallResult)]
    assert str(await handler) == "done" and not output.is_error
    assert [block.block_type for block in output.blocks] == ["text"]
    assert output.raw_output.assets[0].path in output.content and "glm video" not in capfd.readouterr().err
    assert b"base64" not in emulator.requests[-1].body


async def test_a_tool_of_ones_own_has_what_a_method_made(emulator: Emulator, tmp_path: Path) -> None:
    spec = CNCodingToolSpec("glm", output_dir=tmp_path, **QUICK)

    async def draw(prompt: str) -> str:
        """Draw."""
        text, picture = await spec.agenerate_image(prompt)
        return f"{picture.block_type} {text.text}"

    emulator.script('call draw {"prompt": "a fox"}\n---\nsay done', "glm")
    handler = FunctionAgent(tools=[draw], llm=GLM(model="glm-5.3-flash")).run("draw")
    (output,) = [one.tool_output async for one in handler.stream_events() if isinstance(one, ToolCallResult)]
    assert str(await handler) == "done" and output.content.startswith("image ")


async def test_many_at_once(emulator: Emulator, tmp_path: Path) -> None:
    """Waiting blocks no loop: one after the other, eight jobs would take four seconds at least."""
    emulator.slow_tasks(0.5)
    spec = CNCodingToolSpec("qwen", output_dir=None, poll_interval=0.1, show_progress=False)
    began = asyncio.get_running_loop().time()
    await asyncio.gather(*(spec.agenerate_video(f"fox {number}") for number in range(8)))
    assert asyncio.get_running_loop().time() - began < 8 * 0.5
