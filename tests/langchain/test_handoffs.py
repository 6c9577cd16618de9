"""Histories that other models and frameworks left behind go on with ours."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage

from cncoding import CncodingWarning
from cncoding_emulator import Emulator
from langchain_cncoding import ChatDeepSeek, ChatGLM, ChatKimi, ChatQwen, CNCodingConfigError

from .conftest import BLUE_PNG


def sent(emulator: Emulator) -> list[dict[str, Any]]:
    return emulator.requests[-1].json["messages"]  # type: ignore[no-any-return]


def call(call_id: str | None, name: str, **args: Any) -> Any:
    return {"type": "tool_call", "id": call_id, "name": name, "args": args}


@pytest.mark.parametrize("listed", [False, True])
def test_parallel_calls_that_share_an_id(listed: bool, emulator: Emulator) -> None:
    calls = [call("x", "add", a=1), call("x", "add", a=2), call("y", "sub", a=3)]
    content: Any = [{"type": "text", "text": "let me"}, *calls] if listed else "let me"
    history: list[AnyMessage] = [
        HumanMessage("go"), AIMessage(content, tool_calls=calls),
        ToolMessage("one", tool_call_id="x"), ToolMessage("two", tool_call_id="x"),
        ToolMessage("three", tool_call_id="y"),
    ]  # fmt: skip
    ChatDeepSeek(thinking=False).invoke(history)
    wired = {one["id"]: one["function"]["arguments"] for one in sent(emulator)[1]["tool_calls"]}
    assert [(json.loads(wired[one["tool_call_id"]])["a"], one["content"]) for one in sent(emulator)[2:]] == [
        (1, "one"), (2, "two"), (3, "three"),
    ]  # fmt: skip


def test_a_call_without_an_id_keeps_its_result(emulator: Emulator) -> None:
    history = [
        HumanMessage("go"),
        AIMessage("", tool_calls=[call(None, "add", a=1)]),
        ToolMessage("3", tool_call_id=""),
    ]
    ChatGLM().invoke(history)
    messages = sent(emulator)
    assert messages[2]["content"] == "3" and messages[2]["tool_call_id"] == messages[1]["tool_calls"][0]["id"] != ""


@pytest.mark.parametrize(
    "block",
    [
        {"type": "server_tool_call", "id": "s", "name": "web_search", "args": {}},
        {"type": "server_tool_result", "tool_call_id": "s", "status": "success", "output": []},
        {"type": "web_search_call", "id": "s", "status": "completed"},
        {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}},
    ],
    ids=lambda block: block["type"],
)
@pytest.mark.parametrize("metadata", [{}, {"model_provider": "openai"}], ids=["unsigned", "signed"])
def test_what_others_ran_themselves_is_left_out_with_a_warning(
    block: dict[str, Any], metadata: Any, emulator: Emulator
) -> None:
    said: Any = [block, {"type": "text", "text": "It is sunny."}]
    history = [HumanMessage("weather?"), AIMessage(said, response_metadata=metadata), HumanMessage("thanks")]
    for model in (ChatGLM(), ChatGLM(wire="anthropic")):
        with pytest.warns(CncodingWarning, match=f"a block of type '{block['type']}'"):
            model.invoke(history)
        assert "It is sunny." in json.dumps(sent(emulator)) and block["type"] not in json.dumps(sent(emulator))


def test_a_picture_in_an_assistant_turn(emulator: Emulator) -> None:
    picture: Any = [{"type": "text", "text": "Here"}, {"type": "image", "base64": BLUE_PNG, "mime_type": "image/png"}]
    history = [HumanMessage("draw"), AIMessage(picture), HumanMessage("which colour?")]
    ChatQwen().invoke(history)
    assert [message["role"] for message in sent(emulator)] == ["user", "assistant", "user", "user"]
    assert BLUE_PNG in json.dumps(sent(emulator)[2])
    ChatGLM().invoke(history)
    assert BLUE_PNG not in json.dumps(sent(emulator)) and "[image]" in json.dumps(sent(emulator))


@pytest.mark.parametrize(
    "document",
    [
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "the code is 7"}},
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "the code is 7"}]}},
        {"type": "file", "base64": base64.b64encode(b"the code is 7").decode(), "mime_type": "text/plain"},
        {"type": "text-plain", "text": "the code is 7", "mime_type": "text/plain"},
    ],
)
def test_text_documents_become_text(document: Any, emulator: Emulator) -> None:
    for model in (ChatGLM(), ChatKimi(wire="anthropic")):
        model.invoke([HumanMessage([document, {"type": "text", "text": "which code?"}])])
        assert "the code is 7" in json.dumps(sent(emulator))


def test_refusals_and_transcripts_are_kept(emulator: Emulator) -> None:
    history = [
        HumanMessage("a"), AIMessage("", additional_kwargs={"refusal": "I will not."}),
        HumanMessage("b"), AIMessage("", additional_kwargs={"audio": {"id": "x", "transcript": "I said so."}}),
        HumanMessage([{"type": "audio", "url": "https://a/b.mp3", "transcript": "and I heard"}]),
    ]  # fmt: skip
    ChatGLM().invoke(history)
    assert [message["content"] for message in sent(emulator)] == ["a", "I will not.", "b", "I said so.", "and I heard"]


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_vendor_block_leaves_the_system_message_alone(wire: Any, emulator: Emulator) -> None:
    block = {"type": "non_standard", "value": {"type": "cachePoint"}}
    ChatGLM(wire=wire).invoke([SystemMessage([{"type": "text", "text": "obey"}, block]), HumanMessage("hi")])
    assert "obey" in json.dumps(emulator.requests[-1].json)


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_system_messages_alone(wire: Any, emulator: Emulator) -> None:
    """`create_stuff_documents_chain` with a system prompt only is the documented form."""
    for model in (ChatGLM(wire=wire), ChatQwen(wire=wire), ChatDeepSeek(wire=wire)):
        assert model.invoke([("system", "Summarise: foxes are red.")]).text
        assert "foxes are red" in json.dumps(emulator.requests[-1].json)


def test_an_image_by_path_is_read(tmp_path: Path, emulator: Emulator) -> None:
    path = tmp_path / "blue.png"
    path.write_bytes(base64.b64decode(BLUE_PNG))
    ChatQwen().invoke([HumanMessage([{"type": "image", "path": str(path)}, {"type": "text", "text": "what?"}])])
    assert BLUE_PNG in json.dumps(sent(emulator))
    notes = tmp_path / "notes.md"
    notes.write_text("the code is 7")
    ChatQwen().invoke([HumanMessage([{"type": "file", "path": notes}, {"type": "text", "text": "which code?"}])])
    assert "the code is 7" in json.dumps(sent(emulator))
    with pytest.raises(CNCodingConfigError, match="cannot be read"):
        ChatQwen().invoke([HumanMessage([{"type": "image", "path": str(tmp_path / "none.png")}])])


@pytest.mark.parametrize("mark", ["prefix", "partial"])
def test_the_last_message_is_continued(mark: str, emulator: Emulator) -> None:
    begun = AIMessage("Roses are", additional_kwargs={mark: True})
    for model, member in ((ChatDeepSeek(), "prefix"), (ChatKimi(), "partial"), (ChatQwen(thinking=False), "partial")):
        assert model.invoke([HumanMessage("A poem."), begun]).text
        assert sent(emulator)[-1][member] is True
    with pytest.raises(CNCodingConfigError, match="thinking=False"):
        ChatQwen().invoke([HumanMessage("A poem."), begun])
