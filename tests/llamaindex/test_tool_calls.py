"""Calls that must not be run, and calls that must be made: on both wires, whole and streamed, sync and async."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.program.function_program import FunctionCallingProgram
from llama_index.core.query_engine import CustomQueryEngine, RouterQueryEngine
from llama_index.core.selectors import PydanticSingleSelector
from llama_index.core.tools import FunctionTool, QueryEngineTool, ToolMetadata
from pydantic import BaseModel

from cncoding import CncodingWarning
from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM, DeepSeek, Kimi, MiniMax, Qwen, StructuredOutputError
from tests.llamaindex.suite.kit import MODES, Door, Kit, Mode, Subject

WIRES = [("minimax", "openai"), ("minimax", "anthropic"), ("qwen", "openai"), ("kimi", "anthropic")]
CLASSES = {"minimax": MiniMax, "qwen": Qwen, "kimi": Kimi}


def delete_all(folder: str = "/") -> str:
    """Delete everything."""
    raise AssertionError("half a call was run")


def ping() -> str:
    """Tell whether the server lives."""
    return "pong"


DELETE, PING = FunctionTool.from_defaults(delete_all), FunctionTool.from_defaults(ping)


async def ask(llm: FunctionCallingLLM, mode: Mode, tools: list[FunctionTool], **settings: Any) -> Any:
    door: Any = Door("", "", None, "")  # type: ignore[arg-type]  # the kit is used for its ways to call only
    kit = Kit(Subject("", lambda *args: llm), None, door, mode)  # type: ignore[arg-type]
    return (await kit.ask_with_tools(llm, tools, user_msg="清理", **settings))[-1]


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.id)
@pytest.mark.parametrize(("provider", "wire"), WIRES, ids=["-".join(pair) for pair in WIRES])
async def test_a_call_cut_before_its_arguments_is_not_run(
    provider: str, wire: Any, mode: Mode, emulator: Emulator
) -> None:
    emulator.script("say 好\ncall delete_all\nfinish length", provider=provider)
    llm = CLASSES[provider](wire=wire)
    with pytest.warns(CncodingWarning, match=r"delete_all.*max_tokens"):
        response = await ask(llm, mode, [DELETE])
    assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == []
    assert not [block for block in response.message.blocks if isinstance(block, ToolCallBlock)]
    assert "tool_calls" not in response.message.additional_kwargs
    (call,) = response.message.additional_kwargs["invalid_tool_calls"]
    assert call["function"]["name"] == "delete_all" and "ended before its arguments" in call["error"]
    with pytest.raises(ValueError, match="ended before its arguments"):
        llm.get_tool_calls_from_response(response)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.id)
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
async def test_a_whole_call_without_arguments_is_run(wire: Any, mode: Mode, emulator: Emulator) -> None:
    emulator.script("call ping {}", provider="minimax")
    llm = MiniMax(wire=wire)
    (call,) = llm.get_tool_calls_from_response(await ask(llm, mode, [PING]))
    assert (call.tool_name, call.tool_kwargs) == ("ping", {})


@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
async def test_a_broken_call_goes_back_with_its_history(emulator: Emulator) -> None:
    emulator.script('call delete_all #c9 {"folder": "/ho\nfinish length\n---\nsay 好', provider="glm")
    llm = GLM()
    response = await llm.achat_with_tools([DELETE], user_msg="清理")
    stored = ChatMessage.model_validate_json(response.message.model_dump_json())
    await llm.achat([ChatMessage(role="user", content="清理"), stored, ChatMessage(role="user", content="继续")])
    sent = emulator.requests[-1].json["messages"]
    (call,) = next(message for message in sent if message.get("tool_calls"))["tool_calls"]
    assert call["function"]["name"] == "delete_all" and "/ho" in call["function"]["arguments"]
    assert next(message for message in sent if message["role"] == "tool")["tool_call_id"] == "c9"


@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
@pytest.mark.parametrize("streaming", [True, False])
async def test_an_agent_runs_no_cut_call(streaming: bool, emulator: Emulator) -> None:
    emulator.script("say 等等\ncall delete_all\nfinish length", provider="glm")
    agent = FunctionAgent(llm=GLM(), tools=[DELETE], streaming=streaming)
    assert str(await agent.run("清理")) == "等等"


class Plan(BaseModel):
    """A plan whose every member has a default."""

    steps: list[str] = []


@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
def test_a_cut_object_is_not_taken_for_an_empty_one(emulator: Emulator) -> None:
    from llama_index.core.prompts import PromptTemplate

    emulator.script("call Plan\nfinish length\n---\ncall Plan\nfinish length", provider="glm")
    llm = GLM(structured_output_mode="function")
    with pytest.raises(StructuredOutputError, match="length"):
        llm.structured_predict(Plan, PromptTemplate("计划"))
    with pytest.raises(StructuredOutputError, match="length"):
        list(llm.stream_structured_predict(Plan, PromptTemplate("计划")))


# ---------------------------------------------------------------- calls that have to be made

CHOICES = [ToolMetadata(name="a", description="about cats"), ToolMetadata(name="b", description="about dogs")]
SECOND = '{"index": 2, "reason": "dogs"}'


class Said(CustomQueryEngine):
    """Answers with its own words."""

    words: str

    def custom_query(self, query_str: str) -> str:
        return self.words


def last_body(emulator: Emulator) -> dict[str, Any]:
    found: dict[str, Any] = emulator.requests[-1].json
    return found


@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
@pytest.mark.parametrize("llm_class", [GLM, DeepSeek], ids=["glm", "deepseek"])
@pytest.mark.parametrize("words", [SECOND, f"好的。```json\\n{SECOND}\\n```"], ids=["bare", "fenced"])
def test_a_thinking_model_that_answers_in_json_words_has_called_the_tool(
    llm_class: Any, words: str, emulator: Emulator
) -> None:
    emulator.script("\n---\n".join([f"think 想\nsay {words}"] * 3))
    llm = llm_class(thinking=True)
    assert PydanticSingleSelector.from_defaults(llm=llm).select(CHOICES, "dogs?").ind == 1
    body = last_body(emulator)
    assert body.get("tool_choice") in (None, "auto")
    assert "by calling one of these tools: SingleSelection" in json.dumps(body["messages"])

    emulator.script(f"think 想\nsay {words}\n---\nsay 汪")
    tools = [QueryEngineTool(Said(words=one.description), one) for one in CHOICES]
    router = RouterQueryEngine.from_defaults(tools, llm, selector=PydanticSingleSelector.from_defaults(llm=llm))
    assert str(router.query("dogs?")) == "about dogs"


@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.id)
async def test_programs_and_predict_and_call_too(mode: Mode, emulator: Emulator) -> None:
    emulator.script('think 想\nsay {"steps": ["一"]}\n---\nthink 想\nsay {"folder": "/tmp"}')
    llm = GLM(thinking=True)
    program: Any = FunctionCallingProgram.from_defaults(Plan, "计划 {x}", llm=llm)
    if mode.stream:
        response = await ask(llm, mode, [FunctionTool.from_defaults(lambda steps: "", name="Plan")], tool_required=True)
        assert llm.get_tool_calls_from_response(response)[0].tool_kwargs == {"steps": ["一"]}
        return
    made = await program.acall(x=1) if mode.aio else await asyncio.to_thread(program, x=1)
    assert made == Plan(steps=["一"])
    tool = FunctionTool.from_defaults(lambda folder: f"done {folder}", name="clean")
    if mode.aio:
        assert str(await llm.apredict_and_call([tool], user_msg="清理")) == "done /tmp"
    else:
        assert str(await asyncio.to_thread(llm.predict_and_call, [tool], "清理")) == "done /tmp"


def test_thinking_is_off_for_a_forced_call_where_the_user_allows_it(emulator: Emulator) -> None:
    emulator.script('call Plan {"steps": []}\n---\nsay 好', provider="deepseek")
    llm = DeepSeek(thinking=True, force_without_thinking=True)
    with pytest.warns(CncodingWarning, match="off for this request"):
        FunctionCallingProgram.from_defaults(Plan, "计划", llm=llm)()
    body = last_body(emulator)
    assert body["thinking"] == {"type": "disabled"} and body["tool_choice"] not in (None, "auto")
    llm.chat([ChatMessage(role="user", content="好")])
    assert last_body(emulator)["thinking"]["type"] == "enabled"


@pytest.mark.filterwarnings("ignore::cncoding.CncodingWarning")
def test_words_that_do_not_fit_are_no_call(emulator: Emulator) -> None:
    emulator.script('think 想\nsay {"index": "二"}\n---\nsay {"steps": 3}', provider="glm")
    llm = GLM(thinking=True)
    with pytest.raises(ValueError, match="tool call"):
        PydanticSingleSelector.from_defaults(llm=llm).select(CHOICES, "dogs?")
    response = llm.chat_with_tools([FunctionTool.from_defaults(lambda steps: "", name="Plan")], user_msg="计划")
    assert llm.get_tool_calls_from_response(response, error_on_no_tool_call=False) == [], "nothing was forced"
