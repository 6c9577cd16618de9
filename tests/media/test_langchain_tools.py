"""The LangChain tools: standard suites, results, errors, progress, agents."""

from __future__ import annotations

import asyncio
import json
import pickle
import shutil
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from cncoding import CncodingError, CncodingWarning, ConfigError, JobFailedError, MediaJob, ServerError
from cncoding.exchange.retry import Retry
from cncoding_emulator import Emulator
from langchain_cncoding import (
    ChatGLM,
    CheckMediaJobTool,
    CNCodingConfigError,
    CNCodingToolkit,
    GenerateImageTool,
    GenerateVideoTool,
    SubmitVideoTool,
    SynthesizeSpeechTool,
    UnderstandImageTool,
    WebSearchTool,
)
from langchain_cncoding.tools import CNCodingTool

QUICK = {"poll_interval": 0.03}
ARGUMENTS: dict[type[CNCodingTool], dict[str, Any]] = {
    GenerateImageTool: {"prompt": "a fox"},
    GenerateVideoTool: {"prompt": "a fox", "duration": 5},
    SubmitVideoTool: {"prompt": "a fox"},
    CheckMediaJobTool: {"job": "glm-video:cogvideox-3:1"},
    SynthesizeSpeechTool: {"text": "你好"},
    UnderstandImageTool: {"image": "https://example.com/a.png", "question": "what?"},
    WebSearchTool: {"query": "foxes"},
}


class _Unit(ToolsUnitTests):
    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return {"provider": "glm", "api_key": "id.secret"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"ZAI_API_KEY": "id.secret"}, {"provider": "glm"}, {"provider": "glm"}

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return ARGUMENTS[self.tool_constructor]  # type: ignore[index]


class TestImageUnit(_Unit):
    @property
    def tool_constructor(self) -> type[GenerateImageTool]:
        return GenerateImageTool


class TestVideoUnit(_Unit):
    @property
    def tool_constructor(self) -> type[GenerateVideoTool]:
        return GenerateVideoTool


class TestSubmitUnit(_Unit):
    @property
    def tool_constructor(self) -> type[SubmitVideoTool]:
        return SubmitVideoTool


class TestCheckUnit(_Unit):
    @property
    def tool_constructor(self) -> type[CheckMediaJobTool]:
        return CheckMediaJobTool


class TestSpeechUnit(_Unit):
    @property
    def tool_constructor(self) -> type[SynthesizeSpeechTool]:
        return SynthesizeSpeechTool


class TestSightUnit(_Unit):
    @property
    def tool_constructor(self) -> type[UnderstandImageTool]:
        return UnderstandImageTool


class TestSearchUnit(_Unit):
    @property
    def tool_constructor(self) -> type[WebSearchTool]:
        return WebSearchTool


class _Integration(ToolsIntegrationTests):
    @pytest.fixture(autouse=True)
    def _surroundings(self, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return {"provider": "glm", **QUICK}

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return ARGUMENTS[self.tool_constructor]  # type: ignore[index]


class TestImageIntegration(_Integration):
    @property
    def tool_constructor(self) -> type[GenerateImageTool]:
        return GenerateImageTool


class TestVideoIntegration(_Integration):
    @property
    def tool_constructor(self) -> type[GenerateVideoTool]:
        return GenerateVideoTool


class TestSubmitIntegration(_Integration):
    @property
    def tool_constructor(self) -> type[SubmitVideoTool]:
        return SubmitVideoTool


class TestSpeechIntegration(_Integration):
    @property
    def tool_constructor(self) -> type[SynthesizeSpeechTool]:
        return SynthesizeSpeechTool


class TestSearchIntegration(_Integration):
    @property
    def tool_constructor(self) -> type[WebSearchTool]:
        return WebSearchTool


# ---------------------------------------------------------------- results


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Any:
    """Return a function that calls a tool as a model does and returns the ToolMessage."""

    def run(tool: BaseTool, **arguments: Any) -> ToolMessage:
        wanted = {
            "type": "tool_call",
            "id": (call_id := f"call_{uuid.uuid4().hex}"),
            "name": tool.name,
            "args": arguments,
        }
        found = tool.invoke(wanted) if request.param == "sync" else asyncio.run(tool.ainvoke(wanted))
        assert isinstance(found, ToolMessage) and found.tool_call_id == call_id
        return found

    return run


@pytest.mark.parametrize("provider", ["glm", "minimax", "qwen", "unified"])
def test_what_the_tools_give(emulator: Emulator, call: Any, tmp_path: Path, provider: str) -> None:
    common: dict[str, Any] = {"provider": provider, "output_dir": tmp_path, **QUICK}
    for tool, arguments, kind in (
        (GenerateImageTool(**common), {"prompt": "a fox"}, "image"),
        (GenerateVideoTool(**common), {"prompt": "a fox"}, "video"),
        (SynthesizeSpeechTool(**common), {"text": "你好"}, "audio"),
    ):
        message = call(tool, **arguments)
        assert message.status == "success" and len(str(message.content)) < 400
        artifact = message.artifact
        assert json.loads(json.dumps(artifact)) == artifact and len(json.dumps(artifact)) < 10_000
        block = artifact["blocks"][0]
        assert block["type"] == kind and block["mime_type"].startswith(f"{kind}/")
        assert Path(block["extras"]["path"]).is_file() and block["extras"]["path"] in str(message.content)
        job = MediaJob.from_json(artifact["job"])
        assert job.provider == provider and not any("data" in one for one in artifact["assets"])
    assert len(emulator.submissions) == 3 and emulator.leaks == []


def test_without_a_folder_links_stay(emulator: Emulator, call: Any) -> None:
    message = call(GenerateImageTool(provider="glm", output_dir=None), prompt="a fox")
    asset = message.artifact["assets"][0]
    assert asset["url"].startswith("http") and "path" not in asset and "link until" in str(message.content)
    message = call(SynthesizeSpeechTool(provider="minimax", output_dir=None), text="x")
    path = Path(message.artifact["assets"][0]["path"])
    assert message.status == "success" and path.stat().st_size > 100, "it was paid for and exists nowhere else"
    shutil.rmtree(path.parent)


def test_the_pair_that_does_not_block(emulator: Emulator, call: Any, tmp_path: Path) -> None:
    emulator.slow_tasks(100)
    begun = call(SubmitVideoTool(provider="qwen", output_dir=tmp_path), prompt="a fox")
    handle = begun.artifact["handle"]
    assert handle in str(begun.content) and begun.artifact["status"] == "submitted"
    check = CheckMediaJobTool(provider="qwen", output_dir=tmp_path)
    waiting = call(check, job=handle)
    assert "queued (PENDING)" in str(waiting.content) and waiting.artifact["status"] == "queued"
    emulator.advance(101)
    done = call(check, job=json.dumps(begun.artifact["job"]))
    assert done.artifact["status"] == "done" and Path(done.artifact["assets"][0]["path"]).is_file()
    emulator.task_fault("qwen", "fail")
    failed = call(SubmitVideoTool(provider="qwen", output_dir=tmp_path), prompt="a fox")
    emulator.advance(101)
    told = call(check, job=failed.artifact["handle"])
    assert "failed" in str(told.content) and told.artifact["status"] == "failed" and told.artifact["code"]
    assert call(check, job="nonsense").status == "error"


def test_the_toolkit_has_what_the_provider_has(emulator: Emulator) -> None:
    films = ["generate_video", "submit_video", "check_media_job"]
    rest = ["synthesize_speech", "list_voices"]
    expected = {
        "glm": [
            "generate_image", "submit_image", *films, *rest, "transcribe", "understand_image",
            "understand_video", "web_search",
        ],
        "minimax": [
            "generate_image", "edit_image", *films, "cancel_media_job", *rest, "understand_image",
            "understand_video", "web_search",
        ],
        "qwen": [
            "generate_image", "submit_image", "edit_image", *films, "cancel_media_job", rest[0], "transcribe",
            "understand_image",
        ],
        "unified": ["generate_image", "edit_image", *films, rest[0], "understand_image", "understand_video"],
        "kimi": ["understand_image", "understand_video", "web_search"],
    }  # fmt: skip
    for provider, names in expected.items():
        tools = CNCodingToolkit(provider).get_tools()
        assert [tool.name for tool in tools] == names
    kit = CNCodingToolkit("glm", models={"generate_image": "cogview-4"}, blocking_video=False, poll_interval=9)
    tools = {tool.name: tool for tool in kit.get_tools()}
    assert "generate_video" not in tools and tools["generate_image"].model == "cogview-4"  # type: ignore[attr-defined]
    assert tools["submit_video"].model is None and tools["submit_video"].poll_interval == 9  # type: ignore[attr-defined]


def test_one_model_goes_to_the_tools_that_it_serves() -> None:
    kit = CNCodingToolkit("glm", api_key="a.b", model="cogvideox-2", models={"submit_video": "viduq1-text"})
    models = {tool.name: tool.model for tool in kit.get_tools()}  # type: ignore[attr-defined]
    assert models["generate_video"] == "cogvideox-2" and models["submit_video"] == "viduq1-text"
    assert models["generate_image"] is None and models["understand_image"] is None
    with pytest.raises(ConfigError, match="name the tool it is for"):
        CNCodingToolkit("glm", api_key="a.b", model="newco-9")


def test_null_for_nothing(emulator: Emulator, call: Any) -> None:
    nothing = dict.fromkeys(("size", "count", "images"))
    assert call(GenerateImageTool(provider="glm", output_dir=None), prompt="a fox", **nothing).status == "success"


def test_schemas_are_small_and_plain() -> None:
    for kind in ARGUMENTS:
        tool = kind(provider="glm", api_key="a.b")
        schema = tool.tool_call_schema.model_json_schema()  # type: ignore[union-attr]
        assert set(schema["properties"]) & {"config", "run_manager", "api_key"} == set()
        assert all(about.get("description") for about in schema["properties"].values())
        assert len(tool.description) < 300


def test_settings() -> None:
    with pytest.raises(CNCodingConfigError, match="unknown argument 'pol_interval'; did you mean 'poll_interval'"):
        GenerateImageTool(provider="glm", api_key="a.b", pol_interval=1)
    with pytest.raises(ConfigError, match="did you mean 'glm'"):
        GenerateImageTool(provider="gln", api_key="a.b")
    with pytest.raises(ConfigError, match="needs a key"):
        GenerateImageTool(provider="glm")
    with pytest.raises(ConfigError, match="unknown argument"):
        CNCodingToolkit("glm", api_key="a.b", outputdir="x")
    assert "secret" not in repr(GenerateImageTool(provider="glm", api_key="id.secret"))


# ---------------------------------------------------------------- errors


def test_what_a_model_can_act_upon_is_a_message(emulator: Emulator, call: Any, tmp_path: Path) -> None:
    common: dict[str, Any] = {"provider": "glm", "output_dir": tmp_path, **QUICK}
    message = call(GenerateImageTool(**common), prompt="a fox", size="10x10")
    assert message.status == "error" and "size='10x10'" in str(message.content) and emulator.submissions == []
    emulator.task_fault("glm", "cut_after_accept")
    message = call(GenerateVideoTool(**common), prompt="a fox")
    assert message.status == "error" and "may have begun and charged" in str(message.content)
    message = call(GenerateVideoTool(**common), prompt="a fox")
    assert "Nothing was bought now" in str(message.content) and len(emulator.submissions) == 1
    emulator.task_fault("glm", "never")
    message = call(GenerateVideoTool(**{**common, "timeout": 0.2}), prompt="a hare")
    assert "ask again with check_media_job" in str(message.content)
    message = call(UnderstandImageTool(**common), image="/etc/passwd")
    assert message.status == "error" and "one of these folders" in str(message.content)


def test_what_was_paid_for_is_not_lost(emulator: Emulator, call: Any, tmp_path: Path) -> None:
    common: dict[str, Any] = {"provider": "qwen", "output_dir": tmp_path, "handle_tool_error": False, **QUICK}
    emulator.link_fault("html")
    message = call(GenerateImageTool(**common), prompt="a fox")
    assert "could not be saved" in str(message.content) and message.artifact["assets"][0]["url"] in str(message.content)
    emulator.fault("qwen", "server_error", on="/tasks/", times=99)
    tool = GenerateVideoTool(**common)
    for client in (tool._client, tool._async_client):
        client._setup = replace(client._setup, retry=Retry(times=0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cncoding.media.jobs.QUERY_RETRIES", Retry(times=0))
        with pytest.raises(ServerError, match="ask again with check_media_job, job=video-") as caught:
            call(tool, prompt="a fox")
    assert caught.value.is_retryable is False and caught.value.job.id == emulator.submissions[-1].task_id  # type: ignore[attr-defined]


def test_a_file_id_is_told(emulator: Emulator, call: Any) -> None:
    emulator.task_fault("unified", "file_id_only")
    message = call(GenerateVideoTool(provider="unified", model="MiniMax-Hailuo-2.3", **QUICK), prompt="a fox")
    assert message.status == "success" and message.artifact["assets"][0]["file_id"] in str(message.content)


def test_errors_raised_are_typed_and_never_retryable_where_money_was_spent(emulator: Emulator) -> None:
    tool = GenerateVideoTool(provider="glm", handle_tool_error=False, **QUICK)
    for fate in ("fail", "cut_after_accept"):
        emulator.task_fault("glm", fate)
        with pytest.raises(Exception) as caught:
            tool.invoke({"prompt": f"a fox that will {fate}"})
        assert caught.value.is_retryable is False  # type: ignore[attr-defined]
        again = pickle.loads(pickle.dumps(caught.value))
        assert type(again) is type(caught.value) and str(again) == str(caught.value)
    emulator.task_fault("glm", "fail")
    with pytest.raises(JobFailedError):
        tool.invoke({"prompt": "a fox"})


def test_a_busy_or_refusing_vendor_is_told_to_the_agent(emulator: Emulator, call: Any) -> None:
    for fate, text in {"rate_limit": "Trying again later may help", "auth": ""}.items():
        emulator.fault("glm", fate, on="any", times=9)
        message = call(WebSearchTool(provider="glm", max_retries=0), query="foxes")
        assert message.status == "error" and text in str(message.content)
        tool = WebSearchTool(provider="glm", max_retries=0, handle_tool_error=False)
        with pytest.raises(CncodingError) as caught:
            tool.invoke({"query": "foxes"})
        assert caught.value.is_retryable is (fate == "rate_limit")  # type: ignore[attr-defined]
        emulator.reset()


@pytest.mark.filterwarnings("ignore:tools. 2 tools are called")
def test_two_toolkits_in_one_agent(emulator: Emulator) -> None:
    tools = [tool for one in ("glm", "kimi") for tool in CNCodingToolkit(provider=one, prefix=f"{one}_").get_tools()]
    assert {"glm_web_search", "kimi_web_search"} <= {tool.name for tool in tools}
    ChatGLM().bind_tools(tools).invoke("hello")
    same = [tool for one in ("glm", "kimi") for tool in CNCodingToolkit(provider=one).get_tools()]
    with pytest.warns(CncodingWarning, match="2 tools are called 'web_search'.*prefix="):
        ChatGLM().bind_tools(same).invoke("hello")


def test_files_of_the_folder_may_be_used(emulator: Emulator, call: Any, tmp_path: Path) -> None:
    common: dict[str, Any] = {"provider": "glm", "output_dir": tmp_path / "out", **QUICK}
    made = call(GenerateImageTool(**common, model="cogview-4"), prompt="FOX-9")
    path = made.artifact["assets"][0]["path"]
    look = UnderstandImageTool(**common)
    for name in (path, Path(path).name, f"file://{path}"):
        assert "FOX-9" in str(call(look, image=name, question="what is written?").content)
    (tmp_path / "secret.png").write_bytes(Path(path).read_bytes())
    (tmp_path / "out" / "link.png").symlink_to(tmp_path / "secret.png")
    for name in (str(tmp_path / "secret.png"), "../secret.png", "link.png", f"{tmp_path}/out/../secret.png"):
        assert call(look, image=name).status == "error"
    allowed = UnderstandImageTool(**common, read_dirs=(str(tmp_path),))
    assert call(allowed, image=str(tmp_path / "secret.png")).status == "success"


def test_search_keeps_sources(emulator: Emulator, call: Any) -> None:
    message = call(WebSearchTool(provider="minimax"), query="foxes", count=1)
    (citation,) = message.artifact["citations"]
    assert citation["type"] == "citation" and citation["url"] in str(message.content)
    assert message.artifact["hits"][0]["title"] in str(message.content)


# ---------------------------------------------------------------- agents


def agent(tools: list[BaseTool], **settings: Any) -> Any:
    return create_agent(ChatGLM(model="glm-5.3-flash"), tools, **settings)


ASK = {"messages": [{"role": "user", "content": "make a video"}]}
CALL = 'call generate_video {"prompt": "a fox"}'


def test_progress_in_langgraph(emulator: Emulator, tmp_path: Path) -> None:
    emulator.slow_tasks(0.4)
    emulator.script(f"{CALL}\n---\nsay done", "glm")
    graph = agent([GenerateVideoTool(provider="glm", output_dir=tmp_path, **QUICK)])
    events = list(graph.stream(ASK, stream_mode="custom"))
    words = [event["status"] for event in events]
    assert words[0] == "submitted" and "running" in words and words[-1] == "done"
    assert all(event["name"] == "cncoding_media" and event["job"] for event in events)


async def test_progress_in_langgraph_async(emulator: Emulator, tmp_path: Path) -> None:
    emulator.slow_tasks(0.4)
    emulator.script(f"{CALL}\n---\nsay done", "glm")
    graph = agent([GenerateVideoTool(provider="glm", output_dir=tmp_path, **QUICK)])
    words = [event["status"] async for event in graph.astream(ASK, stream_mode="custom")]
    assert words[0] == "submitted" and "running" in words and words[-1] == "done"


async def test_progress_as_custom_events(emulator: Emulator, tmp_path: Path) -> None:
    emulator.slow_tasks(0.3)
    tool = GenerateVideoTool(provider="qwen", output_dir=tmp_path, **QUICK)
    found = [
        event["data"]["status"]
        async for event in tool.astream_events({"prompt": "a fox"}, version="v2")
        if event["event"] == "on_custom_event" and event["name"] == "cncoding_media"
    ]
    assert found[0] == "submitted" and found[-1] == "done" and len(found) > 2


@pytest.mark.parametrize("fate", ["cut_after_accept", "fail", "never"])
@pytest.mark.parametrize("handled", [True, False])
def test_retry_middleware_does_not_pay_twice(emulator: Emulator, tmp_path: Path, fate: str, handled: bool) -> None:
    emulator.task_fault("glm", fate, times=5)
    emulator.script(f"{CALL}\n---\nsay it failed", "glm")
    tool = GenerateVideoTool(provider="glm", output_dir=tmp_path, timeout=0.2, handle_tool_error=handled, **QUICK)
    middleware = ToolRetryMiddleware(max_retries=3, initial_delay=0.0, jitter=False)
    if handled:
        messages = agent([tool], middleware=[middleware]).invoke(ASK)["messages"]
        assert messages[-2].status == "error"
    else:
        with pytest.raises(Exception):  # noqa: B017 - typed above; here it matters that it is raised at once
            agent([tool], middleware=[middleware]).invoke(ASK)
    assert len(emulator.submissions) == 1


def test_retry_middleware_repeats_what_is_free(emulator: Emulator) -> None:
    emulator.fault("glm", "rate_limit", on="web_search", times=2)
    emulator.script('call web_search {"query": "foxes"}\n---\nsay done', "glm")
    middleware = ToolRetryMiddleware(max_retries=3, initial_delay=0.0, jitter=False)
    tool = WebSearchTool(provider="glm", max_retries=0, handle_tool_error=False)
    messages = agent([tool], middleware=[middleware]).invoke(ASK)["messages"]
    assert messages[-2].status == "success"
    assert len([one for one in emulator.requests if one.path.endswith("/web_search")]) == 3


def test_an_agent_makes_looks_and_speaks(emulator: Emulator, tmp_path: Path) -> None:
    emulator.script(
        'call generate_image {"prompt": "FOX-3"}\n---\ncall synthesize_speech {"text": "一只狐狸"}\n---\nsay done',
        "glm",
    )
    kit = CNCodingToolkit("glm", output_dir=str(tmp_path), **QUICK)
    messages = agent(kit.get_tools()).invoke(ASK)["messages"]
    kinds = [message.artifact["kind"] for message in messages if isinstance(message, ToolMessage)]
    assert kinds == ["image", "speech"] and messages[-1].content == "done"
