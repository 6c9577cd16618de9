"""B: tool calls."""

import asyncio
import json
from typing import Any, Literal

from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from cncoding_emulator import image_marks
from tests.llamaindex.suite.kit import MODES, ONCE, STREAMS, WHOLES, Kit, behaviour, picture, user


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def ping() -> str:
    """Tell whether the server lives."""
    return "pong"


def note(text: str) -> str:
    """Write a note."""
    return f"noted {text}"


ADD, PING, NOTE = (FunctionTool.from_defaults(fn) for fn in (add, ping, note))
TWO = 'call add {"a": 1, "b": 2}\ncall note {"text": "第二"}'


@behaviour("B01", "a call is read, as block and as OpenAI's dict", needs=["tools"])
async def one_call(kit: Kit) -> None:
    kit.script('call add #id-1 {"a": 1, "b": 2}')
    llm = kit.llm()
    last = (await kit.ask_with_tools(llm, [ADD], user_msg="1+2"))[-1]
    (call,) = llm.get_tool_calls_from_response(last)
    assert (call.tool_id, call.tool_name, call.tool_kwargs) == ("id-1", "add", {"a": 1, "b": 2})
    (block,) = [block for block in last.message.blocks if isinstance(block, ToolCallBlock)]
    assert block.tool_name == "add"
    stored = ChatMessage.model_validate_json(last.message.model_dump_json())
    (written,) = stored.additional_kwargs["tool_calls"]
    assert json.loads(written["function"]["arguments"]) == {"a": 1, "b": 2}


@behaviour("B02", "two calls are read in order", needs=["tools"])
async def two_calls(kit: Kit) -> None:
    kit.script(TWO)
    llm = kit.llm()
    last = (await kit.ask_with_tools(llm, [ADD, NOTE], user_msg="两个", allow_parallel_tool_calls=True))[-1]
    calls = llm.get_tool_calls_from_response(last)
    assert [(call.tool_name, call.tool_kwargs) for call in calls] == [
        ("add", {"a": 1, "b": 2}), ("note", {"text": "第二"}),
    ]  # fmt: skip
    assert len({call.tool_id for call in calls}) == 2


def _shape(shape: str, number: str) -> None:
    async def run(kit: Kit) -> None:
        kit.script(f"{TWO}\n{shape}")
        llm = kit.llm()
        last = (await kit.ask_with_tools(llm, [ADD, NOTE], user_msg="两个", allow_parallel_tool_calls=True))[-1]
        calls = llm.get_tool_calls_from_response(last)
        assert [(call.tool_name, call.tool_kwargs) for call in calls] == [
            ("add", {"a": 1, "b": 2}), ("note", {"text": "第二"}),
        ]  # fmt: skip

    behaviour(number, f"calls are read although streamed {shape}", STREAMS, ("openai",), ["tools"])(run)


for _number, _name in enumerate(
    ("interleave", "whole-args", "no-index", "same-index", "repeat-name", "late-id", "args-dict")
):
    _shape(_name, f"B03{'abcdefg'[_number]}")


@behaviour("B04", "null and absent arguments mean none", needs=["tools"], wires=("openai",))
async def no_arguments(kit: Kit) -> None:
    kit.script("call ping\nargs-null\n---\ncall ping {}")
    llm = kit.llm()
    for _ in range(2):
        last = (await kit.ask_with_tools(llm, [PING], user_msg="ping"))[-1]
        (call,) = llm.get_tool_calls_from_response(last)
        assert (call.tool_name, call.tool_kwargs) == ("ping", {})


@behaviour("B05", "arguments can be read in every chunk, and open strings grow", STREAMS, needs=["tools"])
async def partial(kit: Kit) -> None:
    text = "从前有座山，山里有座庙，庙里有个老和尚，" * 4
    kit.script(f"say 记下\ncall note {json.dumps({'text': text}, ensure_ascii=False)}")
    llm = kit.llm()
    grown: list[str] = []
    for chunk in await kit.ask_with_tools(llm, [NOTE], user_msg="记"):
        calls = llm.get_tool_calls_from_response(chunk, error_on_no_tool_call=False)
        grown += [call.tool_kwargs["text"] for call in calls if isinstance(call.tool_kwargs.get("text"), str)]
    assert grown[-1] == text
    assert any(0 < len(told) < len(text) for told in grown), "the string jumped from nothing to all"
    assert all(text.startswith(told) for told in grown)


@behaviour("B06", "arguments keep every character", needs=["tools"])
async def characters(kit: Kit) -> None:
    text = 'quote " backslash \\ 换行\n😀\tend'
    kit.script(f"call note {json.dumps({'text': text})}")
    llm = kit.llm()
    last = (await kit.ask_with_tools(llm, [NOTE], user_msg="记"))[-1]
    assert llm.get_tool_calls_from_response(last)[0].tool_kwargs == {"text": text}


@behaviour(
    "B07",
    "a required call is asked for where the vendor takes that, and is no error elsewhere",
    WHOLES,
    needs=["tools"],
)
async def required(kit: Kit) -> None:
    kit.script('call add {"a": 1, "b": 2}')
    await kit.ask_with_tools(kit.llm(thinking=False), [ADD], user_msg="1+2", tool_required=True)
    choice = kit.bodies[-1].get("tool_choice")
    kind = choice.get("type") if isinstance(choice, dict) else choice
    if kit.tool_choices(thinking=False) & {"required", "named"}:
        assert kind in ("required", "any", "function"), choice
    else:
        assert kind in (None, "auto"), choice


@behaviour("B08", "one call is kept where parallel calls are not allowed", needs=["tools"])
async def single(kit: Kit) -> None:
    kit.script(TWO)
    llm = kit.llm()
    response = (await kit.ask_with_tools(llm, [ADD, NOTE], user_msg="两个", allow_parallel_tool_calls=False))[-1]
    assert [call.tool_name for call in llm.get_tool_calls_from_response(response)] == ["add"]
    assert len(response.message.additional_kwargs["tool_calls"]) == 1


@behaviour("B09", "the caller's history does not change", needs=["tools"])
async def history(kit: Kit) -> None:
    said = [user("记住 1")]
    kit.script("say 好")
    await kit.ask_with_tools(kit.llm(), [ADD], user_msg="2", chat_history=said)
    assert len(said) == 1
    assert len([m for m in kit.bodies[-1]["messages"] if m["role"] == "user"]) >= 1


@behaviour("B10", "a user message with an image can come with tools", ONCE, needs=["tools", "images"])
async def image_message(kit: Kit) -> None:
    kit.script("say 看到了")
    await kit.ask_with_tools(kit.llm(), [ADD], user_msg=user("看", picture(image_marks.draw("HELLO"))))
    assert "image" in json.dumps(kit.bodies[-1]["messages"][-1])


class Address(BaseModel):
    """An address."""

    city: str
    kind: Literal["home", "work"] = "home"


class Person(BaseModel):
    """A person."""

    name: str
    addresses: list[Address]
    age: int | None = None


def register(person: Person) -> str:
    """Register a person."""
    return person.name


@behaviour("B11", "nested parameter types reach the vendor", ONCE, needs=["tools"])
async def nested(kit: Kit) -> None:
    kit.script("say 好")
    await kit.ask_with_tools(kit.llm(), [FunctionTool.from_defaults(register)], user_msg="登记")
    sent = json.dumps(kit.bodies[-1]["tools"])
    assert '"city"' in sent and '"work"' in sent


@behaviour("B12", "a tool whose name LlamaIndex would mangle is found again, in any script", WHOLES, needs=["tools"])
async def mangled(kit: Kit) -> None:
    for name in ("calc.add", "加法"):
        tool = FunctionTool.from_defaults(add, name=name)
        llm = kit.llm(thinking=False)
        kit.script("say 好")
        await kit.ask_with_tools(llm, [tool], user_msg="1+2")
        sent = kit.bodies[-1]["tools"][0]
        sent_name = (sent.get("function") or sent)["name"]
        kit.script(f'call {sent_name} {{"a": 1, "b": 2}}')
        last = (await kit.ask_with_tools(llm, [tool], user_msg="1+2"))[-1]
        assert [call.tool_name for call in llm.get_tool_calls_from_response(last)] == [name]


@behaviour("B13", "predict_and_call runs the tool", WHOLES, needs=["tools"])
async def predict_and_call(kit: Kit) -> None:
    kit.script('call add {"a": 20, "b": 22}')
    llm = kit.llm(thinking=False)
    if kit.mode.aio:
        response = await llm.apredict_and_call([ADD], user_msg="20+22")
    else:
        response = await asyncio.to_thread(llm.predict_and_call, [ADD], "20+22")
    assert str(response) == "42"


@behaviour(
    "B14",
    "a finished call with broken arguments raises nothing and runs nothing by half",
    MODES,
    needs=["tools"],
    wires=("openai",),
)
async def broken(kit: Kit) -> None:
    kit.script('call note {"text": "rm -rf /tmp/a\nfinish length')
    llm = kit.llm()
    last = (await kit.ask_with_tools(llm, [NOTE], user_msg="记"))[-1]
    calls = llm.get_tool_calls_from_response(last, error_on_no_tool_call=False)
    assert all(call.tool_kwargs == {} for call in calls)


@behaviour("B15", "a tool history without reasoning, of another integration, is taken", needs=["tools"])
async def foreign_history(kit: Kit) -> None:
    kit.script("say 3")
    call: dict[str, Any] = {
        "id": "x1",
        "type": "function",
        "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'},
    }
    messages = [
        user("1+2"),
        ChatMessage(role="assistant", content=None, additional_kwargs={"tool_calls": [call]}),
        ChatMessage(role="tool", content="3", additional_kwargs={"tool_call_id": "x1", "name": "add"}),
    ]
    last = (await kit.ask(kit.llm(thinking=False), messages))[-1]
    assert last.message.content == "3"
    assert "x1" in json.dumps(kit.bodies[-1]["messages"])
