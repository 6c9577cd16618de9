"""Histories of other models go on with ours, and cache points reach the wires that document them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from llama_index.core.base.llms.types import (
    BaseContentBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ToolCallBlock,
)
from llama_index.core.tools import FunctionTool
from PIL import Image

from cncoding import CncodingWarning, ConfigError
from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM, CNCodingLLM, DeepSeek, Kimi, Qwen

POINT = CachePoint(cache_control=CacheControl(type="ephemeral"))


def sent(emulator: Emulator) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = emulator.requests[-1].json["messages"]
    return found


def user(text: str) -> ChatMessage:
    return ChatMessage(role="user", content=text)


def result(text: str, call_id: str | None, **more: Any) -> ChatMessage:
    return ChatMessage(role="tool", content=text, additional_kwargs={"tool_call_id": call_id, **more})


def add(a: int) -> int:
    """Add."""
    return a


def block(call_id: str | None, name: str, **kwargs: Any) -> ToolCallBlock:
    return ToolCallBlock(tool_call_id=call_id, tool_name=name, tool_kwargs=kwargs)


def as_dict(call: ToolCallBlock) -> dict[str, Any]:
    function = {"name": call.tool_name, "arguments": json.dumps(call.tool_kwargs)}
    return {"id": call.tool_call_id, "type": "function", "function": function}


@pytest.mark.parametrize("form", ["blocks", "dicts", "both"])
def test_parallel_calls_that_share_an_id_keep_their_arguments_and_results(form: str, emulator: Emulator) -> None:
    calls = [block("x", "add", a=1), block("x", "add", a=2), block("y", "sub", a=3)]
    turn = ChatMessage(
        role="assistant",
        blocks=[TextBlock(text="好"), *(calls if form != "dicts" else [])],
        additional_kwargs={"tool_calls": [as_dict(call) for call in calls]} if form != "blocks" else {},
    )
    history = [user("算"), turn, result("one", "x"), result("two", "x"), result("three", "y")]
    DeepSeek(thinking=False).chat(history)
    wired = {one["id"]: one["function"]["arguments"] for one in sent(emulator)[1]["tool_calls"]}
    assert [(json.loads(wired[one["tool_call_id"]])["a"], one["content"]) for one in sent(emulator)[2:]] == [
        (1, "one"), (2, "two"), (3, "three"),
    ]  # fmt: skip


@pytest.mark.parametrize("call_id", [None, "", "call_0"], ids=["none", "empty", "one of ours"])
def test_a_call_without_an_id_keeps_its_result(call_id: str | None, emulator: Emulator) -> None:
    turn = ChatMessage(role="assistant", blocks=[block(None, "add", a=1)])
    GLM().chat([user("算"), turn, result("3", call_id)])
    messages = sent(emulator)
    assert messages[2]["content"] == "3" and messages[2]["tool_call_id"] == messages[1]["tool_calls"][0]["id"] != ""


def test_a_picture_in_an_assistant_turn_is_shown(emulator: Emulator) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "blue").save(buffer, "PNG")
    turn = ChatMessage(role="assistant", blocks=[TextBlock(text="给你"), ImageBlock(image=buffer.getvalue())])
    Qwen().chat([user("画"), turn, user("什么颜色？")])
    assert [message["role"] for message in sent(emulator)] == ["user", "assistant", "user", "user"]
    assert "data:image/png" in json.dumps(sent(emulator)[2])
    GLM().chat([user("画"), turn, user("什么颜色？")])
    assert "[image]" in json.dumps(sent(emulator)) and "data:image" not in json.dumps(sent(emulator))


class Foreign(BaseContentBlock):
    """A block of another integration."""

    block_type: str = "server_tool_result"
    output: str = "x"


def test_blocks_that_another_integration_made_are_left_out_with_a_warning(emulator: Emulator) -> None:
    turn = ChatMessage(role="assistant", blocks=[TextBlock(text="晴")])
    turn.blocks.append(Foreign())  # type: ignore[arg-type]  # as integrations with classes of their own do
    for wire in ("openai", "anthropic"):
        with pytest.warns(CncodingWarning, match="server_tool_result"):
            GLM(wire=wire).chat([user("天气？"), turn, user("谢谢")])  # type: ignore[arg-type]
        assert "晴" in json.dumps(sent(emulator), ensure_ascii=False) and "server_tool" not in str(sent(emulator))


def test_refusals_transcripts_and_text_documents_are_kept(emulator: Emulator) -> None:
    history = [
        user("a"), ChatMessage(role="assistant", additional_kwargs={"refusal": "I will not."}),
        user("b"), ChatMessage(role="assistant", additional_kwargs={"audio": {"transcript": "I said so."}}),
        ChatMessage(role="user", blocks=[DocumentBlock(data=b"the code is 7", document_mimetype="text/plain")]),
    ]  # fmt: skip
    for llm in (GLM(), Kimi(wire="anthropic")):
        llm.chat(history)
        assert all(text in json.dumps(sent(emulator)) for text in ("I will not.", "I said so.", "the code is 7"))


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_system_messages_alone(wire: Any, emulator: Emulator) -> None:
    for llm in (GLM(wire=wire), Qwen(wire=wire), DeepSeek(wire=wire)):
        assert llm.chat([ChatMessage(role="system", content="Summarise: foxes are red.")]).message.content
        assert "foxes are red" in json.dumps(emulator.requests[-1].json)


@pytest.mark.parametrize("mark", ["prefix", "partial"])
@pytest.mark.parametrize("streaming", [True, False])
def test_the_last_message_is_continued(mark: str, streaming: bool, emulator: Emulator) -> None:
    begun = ChatMessage(role="assistant", content="Roses are", additional_kwargs={mark: True})
    begun = ChatMessage.model_validate_json(begun.model_dump_json())
    for llm, member in ((DeepSeek(), "prefix"), (Kimi(), "partial"), (Qwen(thinking=False), "partial")):
        history = [user("A poem."), begun]
        last = list(llm.stream_chat(history))[-1] if streaming else llm.chat(history)
        assert last.message.content and sent(emulator)[-1][member] is True
    with pytest.raises(ConfigError, match="thinking=False"):
        Qwen().chat([user("A poem."), begun])


# ---------------------------------------------------------------- prompt caching


def marked(value: Any) -> list[str]:
    """The texts and names of what carries a mark."""
    if isinstance(value, list):
        return [name for one in value for name in marked(one)]
    if not isinstance(value, dict):
        return []
    own = [str(value.get("text") or value.get("name") or value.get("type"))] if "cache_control" in value else []
    return [*own, *(name for one in value.values() for name in marked(one))]


HISTORY = [
    ChatMessage(role="system", blocks=[TextBlock(text="长规则"), POINT]),
    ChatMessage(role="user", blocks=[TextBlock(text="资料"), POINT, TextBlock(text="问题")]),
]


@pytest.mark.parametrize(("provider", "wire"), [("qwen", "openai"), ("qwen", "anthropic"), ("minimax", "anthropic")])
def test_cache_points_reach_the_wires_that_document_them(provider: str, wire: Any, emulator: Emulator) -> None:
    llm = CNCodingLLM(provider=provider, wire=wire)
    llm.chat(HISTORY)
    body = emulator.requests[-1].json
    assert marked([body.get("system"), body["messages"]]) == ["长规则", "资料"]
    assert "资料" in json.dumps(body, ensure_ascii=False) and "问题" in json.dumps(body, ensure_ascii=False)


def test_cache_points_after_results_and_on_tools(emulator: Emulator) -> None:
    turn = ChatMessage(role="assistant", blocks=[block("x", "add", a=1)])
    answer = ChatMessage(role="tool", blocks=[TextBlock(text="3"), POINT], additional_kwargs={"tool_call_id": "x"})
    tool = FunctionTool.from_defaults(add).metadata.to_openai_tool()
    llm = Qwen(wire="anthropic")
    llm.chat([user("算"), turn, answer], tools=[{**tool, "cache_control": {"type": "ephemeral"}}])
    body = emulator.requests[-1].json
    assert marked(body["tools"]) == ["add"] and marked(body["messages"]) == ["tool_result"]


def test_vendors_that_cache_by_themselves_get_no_marks_and_others_are_told(emulator: Emulator) -> None:
    for llm in (GLM(), DeepSeek()):
        llm.chat(HISTORY)
        assert marked(emulator.requests[-1].json) == []
    with pytest.warns(CncodingWarning, match="takes no cache marks"):
        CNCodingLLM(provider="wcode").chat(HISTORY)
    with pytest.warns(CncodingWarning, match="nothing stands before it"):
        GLM().chat([ChatMessage(role="user", blocks=[POINT, TextBlock(text="问题")])])


def test_the_stable_prefix_is_marked_and_savings_are_in_usage(emulator: Emulator) -> None:
    emulator.script("say 好\nusage in=90 out=5 cached=40", provider="qwen")
    response = Qwen(prompt_cache="auto").chat([ChatMessage(role="system", content="长规则"), user("问题")])
    assert marked(emulator.requests[-1].json["messages"]) == ["长规则", "问题"]
    assert response.raw["usage"]["prompt_tokens_details"]["cached_tokens"] == 40
