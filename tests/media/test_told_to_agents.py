"""What agents are told when something goes another way, and that who asks again after that does not pay again."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult

from cncoding import ConfigError
from cncoding_emulator import Emulator
from langchain_cncoding import ChatQwen, CNCodingToolkit, GenerateImageTool
from llamaindex_cncoding import CNCodingToolSpec, Qwen
from tests.media.conftest import MAKERS, Do, list_media

TWICE = 'call generate_video {"prompt": "a fox"}\n---\ncall generate_video {"prompt": "a fox"}\n---\nsay done'
QUICK: dict[str, Any] = {"poll_interval": 0.03}


def run_langchain(provider: str, **settings: Any) -> list[str]:
    agent = create_agent(ChatQwen(), CNCodingToolkit(provider, **settings).get_tools())
    found = agent.invoke({"messages": [("user", "film a fox")]})
    return [str(one.content) for one in found["messages"] if one.type == "tool"]


def run_llamaindex(provider: str, **settings: Any) -> list[str]:
    async def main() -> list[str]:
        handler = FunctionAgent(llm=Qwen(), tools=CNCodingToolSpec(provider, **settings).to_tool_list()).run("film it")
        events = [event async for event in handler.stream_events()]
        await handler
        return [event.tool_output.content for event in events if isinstance(event, ToolCallResult)]

    return asyncio.run(main())


AGENTS = [pytest.param(run_langchain, id="langchain"), pytest.param(run_llamaindex, id="llamaindex")]


def call_langchain(provider: str, tool: str, arguments: dict[str, Any], **settings: Any) -> str:
    found = next(one for one in CNCodingToolkit(provider, **settings).get_tools() if one.name.endswith(tool))
    message = found.invoke({"type": "tool_call", "id": "1", "name": found.name, "args": arguments})
    return str(message.content)


def call_llamaindex(provider: str, tool: str, arguments: dict[str, Any], **settings: Any) -> str:
    (found,) = CNCodingToolSpec(provider, **settings).to_tool_list([tool])
    try:
        return found.call(**arguments).content
    except ConfigError as error:
        return str(error)


CALLS = [pytest.param(call_langchain, id="langchain"), pytest.param(call_llamaindex, id="llamaindex")]


@pytest.mark.parametrize("run", AGENTS)
@pytest.mark.parametrize("maker", MAKERS)
def test_who_films_again_after_a_deadline_goes_on_with_the_same_job(
    emulator: Emulator, tmp_path: Path, run: Any, maker: str
) -> None:
    emulator.task_fault(maker, "never")
    emulator.script(TWICE, "qwen")
    told = run(maker, output_dir=tmp_path, timeout=0.3, **QUICK)
    assert len(told) == 2 and len(emulator.submissions) == 1
    (handle,) = {text.rpartition("ask again with check_media_job, job=")[2] for text in told}
    assert handle.startswith("video-"), "the short handle, as the journal knows it"
    emulator.script(f'call check_media_job {{"job": "{handle}"}}\n---\nsay done', "qwen")
    (status,) = run(maker, output_dir=tmp_path, **QUICK)
    assert f"ask again later with job={handle}" in status


@pytest.mark.parametrize("run", AGENTS)
def test_a_lost_answer_may_have_been_paid(emulator: Emulator, tmp_path: Path, run: Any) -> None:
    emulator.task_fault("glm", "cut_after_accept")
    emulator.script(TWICE, "qwen")
    lost, again = run("glm", output_dir=tmp_path, **QUICK)
    assert lost.endswith(". The vendor may have begun and charged for it, so it was not repeated.") and ".." not in lost
    assert "Nothing was bought now" in again and len(emulator.submissions) == 1


@pytest.mark.parametrize("run", AGENTS)
def test_a_busy_vendor_may_be_asked_later(emulator: Emulator, tmp_path: Path, run: Any) -> None:
    emulator.fault("glm", "rate_limit", on="any", times=99)
    emulator.script(TWICE, "qwen")
    told = run("glm", output_dir=tmp_path, max_retries=0, timeout=0.2, **QUICK)
    assert all("Trying again later may help" in text for text in told) and not emulator.submissions


@pytest.mark.parametrize("call", CALLS)
def test_a_cancelled_job_is_not_asked_for_again(emulator: Emulator, tmp_path: Path, call: Any) -> None:
    emulator.slow_tasks(1000)
    begun = call("qwen", "submit_video", {"prompt": "a fox"}, output_dir=tmp_path)
    job = {"job": begun.partition("job=")[2].split()[0]}
    assert "cancelled" in call("qwen", "cancel_media_job", job, output_dir=tmp_path)
    told = call("qwen", "check_media_job", job, output_dir=tmp_path)
    assert "was cancelled" in told and "later" not in told


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("call", CALLS)
def test_one_picture_may_be_asked_for_in_so_many_words(
    emulator: Emulator, tmp_path: Path, call: Any, maker: str
) -> None:
    assert "ade by" in call(maker, "generate_image", {"prompt": "a fox", "count": 1}, output_dir=tmp_path)
    assert len(emulator.submissions) == len(list_media(tmp_path)) == 1


def test_one_picture_of_a_model_that_takes_no_count(emulator: Emulator, do: Do) -> None:
    assert len(do("glm", "generate_image", "a fox", n=1)) == 1
    (body,) = (one.json for one in emulator.requests if one.path.endswith("/images/generations"))
    assert body is not None and "n" not in body


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("elsewhere", [True, False])
def test_a_folder_that_is_a_file_is_refused_before_anything_is_paid(
    emulator: Emulator, tmp_path: Path, call: Any, elsewhere: bool
) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    journal = tmp_path / "journal" if elsewhere else None
    told = call("glm", "generate_image", {"prompt": "a fox", "count": 2}, output_dir=file, journal=journal)
    assert "cannot be written" in told and "nothing was bought" in told and not emulator.submissions
    told = call("qwen", "generate_video", {"prompt": "a fox"}, output_dir=file, journal=journal)
    assert "cannot be written" in told and not emulator.submissions


def test_tools_name_one_another_as_the_agent_knows_them(emulator: Emulator, tmp_path: Path) -> None:
    emulator.slow_tasks(1000)
    kit = CNCodingToolkit("minimax", prefix="mm_", output_dir=tmp_path, timeout=0.2, consent="Ana, in person", **QUICK)
    tools = {one.name: one for one in kit.get_tools()}
    assert "ask with mm_check_media_job" in tools["mm_submit_video"].description
    assert "as mm_submit_video or" in tools["mm_check_media_job"].args["job"]["description"]
    assert "for mm_synthesize_speech" in tools["mm_design_voice"].description
    call = {"type": "tool_call", "id": "1", "args": {"prompt": "a fox"}}
    assert "Ask with mm_check_media_job" in tools["mm_submit_video"].invoke({**call, "name": "mm_submit_video"}).content
    late = tools["mm_generate_video"].invoke({**call, "id": "2", "name": "mm_generate_video"}).content
    assert "ask again with mm_check_media_job" in late


@pytest.mark.parametrize("kit", [CNCodingToolkit, CNCodingToolSpec])
def test_settings_that_are_none_are_named(emulator: Emulator, kit: Any) -> None:
    for models, text in (
        ("cogview-4", "models: is str; give a dict by tool"),
        ({"generate_imag": "cogview-4"}, "models: there is no tool 'generate_imag'; did you mean 'generate_image'"),
        ({"generate_image": 4}, "models: of 'generate_image' is 4; give the name of a model"),
    ):
        with pytest.raises(ConfigError, match=text):
            kit("glm", models=models)
    with pytest.raises(ConfigError, match="vendor fields go into options="):
        kit("glm", zzz=1)


@pytest.mark.parametrize("call", CALLS)
def test_the_same_request_may_be_taken_again_for_nothing(emulator: Emulator, tmp_path: Path, call: Any) -> None:
    settings: dict[str, Any] = {"output_dir": tmp_path, "reuse": True}
    first = call("glm", "generate_image", {"prompt": "a fox"}, **settings)
    again = call("glm", "generate_image", {"prompt": "a fox"}, **settings)
    assert first.split(" (")[0] == again.split(" (")[0] and "nothing was paid now" in again
    assert "nothing was paid" not in call("glm", "generate_image", {"prompt": "a hare"}, **settings)
    assert len(emulator.submissions) == 2
    assert GenerateImageTool(provider="glm", reuse=True).reuse


def test_only_tools_that_are_there_can_be_picked(emulator: Emulator) -> None:
    spec = CNCodingToolSpec("glm")
    assert [one.metadata.name for one in spec.to_tool_list("web_search")] == ["web_search"]
    for name, text in (
        ("edit_image", "there is no tool 'edit_image'; glm has generate_image"),
        ("agenerate_image", "'agenerate_image' is half of a tool; 'generate_image' has both"),
        ("clone_voice", "with consent="),
    ):
        with pytest.raises(ConfigError, match=text):
            spec.to_tool_list([name])


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("maker", MAKERS)
def test_what_could_not_be_saved_is_saved_later_for_nothing(
    emulator: Emulator, tmp_path: Path, call: Any, maker: str
) -> None:
    for tool in ("generate_image", "generate_video"):
        emulator.link_fault("html")
        told = call(maker, tool, {"prompt": f"a fox of {tool}"}, output_dir=tmp_path, **QUICK)
        assert "could not be saved" in told
        before, _, handle = told.rpartition("To save it nothing is paid: check_media_job, job=")
        assert before, told
        again = call(maker, "check_media_job", {"job": handle}, output_dir=tmp_path)
        assert str(tmp_path) in again and "could not" not in again and "check_media_job" not in again
    assert len(list_media(tmp_path)) == len(emulator.submissions) == 2


@pytest.mark.parametrize("call", CALLS)
def test_a_job_may_be_named_with_the_words_around_it(emulator: Emulator, tmp_path: Path, call: Any) -> None:
    emulator.slow_tasks(1000)
    begun = call("qwen", "submit_video", {"prompt": "a fox"}, output_dir=tmp_path)
    handle = begun.partition("job=")[2].split()[0]
    for job in (begun, f"job={handle}", f" '{handle}' ", f'"{handle}"', f"`{handle}`", handle):
        assert f"job={handle}" in call("qwen", "check_media_job", {"job": job}, output_dir=tmp_path), job
    for job in ("job=video-1 or job=video-2", "", "''", "the fox"):
        assert "ot in the journal" in call("qwen", "check_media_job", {"job": job}, output_dir=tmp_path), job


@pytest.mark.parametrize("journal", ["output_dir", None])
def test_an_artifact_tells_what_was_asked_for(emulator: Emulator, tmp_path: Path, journal: str | None) -> None:
    kit = CNCodingToolkit("minimax", output_dir=tmp_path, journal=journal, poll_interval=0.02)
    tools = {one.name: one for one in kit.get_tools()}

    def ask(name: str, **given: str) -> Any:
        return tools[name].invoke({"type": "tool_call", "id": name, "name": name, "args": given}).artifact

    assert ask("synthesize_speech", text="Good morning.")["prompt"] == "Good morning."
    begun = ask("submit_video", prompt="a fox runs")
    assert begun["prompt"] == "a fox runs"
    emulator.advance(1000)
    done = ask("check_media_job", job=begun["handle"])
    assert done["prompt"] == ("a fox runs" if journal else None), "without a journal nobody knows any more"
    year = f"{datetime.now(timezone.utc):%Y}-"
    assert all(Path(one["path"]).name.startswith(year) for one in done["assets"])
