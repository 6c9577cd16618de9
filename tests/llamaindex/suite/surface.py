"""A: the chat and completion endpoints."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from pydantic import BaseModel, Field

from tests.llamaindex.suite.kit import MODES, ONCE, STREAMS, Kit, behaviour, refused, user

POEM = "床前明月光，疑是地上霜。🌙 Raise the head to look at the moon, then think of home."


@behaviour("A01", "the answer is the vendor's text, from one request")
async def text(kit: Kit) -> None:
    kit.script(f"say {POEM}")
    last = (await kit.ask(kit.llm(), [user("写一首诗")]))[-1]
    assert last.message.content == POEM
    assert last.message.role == MessageRole.ASSISTANT
    assert len(kit.bodies) == 1


@behaviour("A02", "deltas add up to the content, chunks are cumulative", STREAMS)
async def deltas(kit: Kit) -> None:
    kit.script(f"say {POEM}")
    chunks = await kit.ask(kit.llm(), [user("写一首诗")])
    assert len(chunks) > 2
    told = ""
    for chunk in chunks:
        told += chunk.delta or ""
        assert (chunk.message.content or "") == told
    assert told == POEM


@behaviour("A03", "the server's token counts are on the last chunk")
async def usage(kit: Kit) -> None:
    from llama_index.core.callbacks.token_counting import get_tokens_from_response

    kit.script("say 好\nusage in=9 out=5")
    last = (await kit.ask(kit.llm(), [user("好吗")]))[-1]
    assert get_tokens_from_response(last) == (9, 5)


@behaviour("A04", "raw is small, JSON, and says who answered")
async def raw(kit: Kit) -> None:
    kit.script(f"say {POEM}")
    for chunk in await kit.ask(kit.llm(), [user("写一首诗")]):
        told = chunk.raw.model_dump() if isinstance(chunk.raw, BaseModel) else chunk.raw
        assert len(json.dumps(told)) < 2000
    assert told["model"] and told["id"]


@behaviour("A05", "the reason to stop is told")
async def finish(kit: Kit) -> None:
    kit.script("say 好的\nfinish length")
    last = (await kit.ask(kit.llm(), [user("好吗")]))[-1]
    raw = last.raw if isinstance(last.raw, dict) else {}
    assert "length" in (last.additional_kwargs.get("finish_reason"), raw.get("finish_reason"))


@behaviour("A06", "prompts are completed")
async def completion(kit: Kit) -> None:
    kit.script(f"say {POEM}")
    llm = kit.llm()
    if kit.mode.stream:
        chunks = await kit.drain(llm.astream_complete("诗") if kit.mode.aio else llm.stream_complete("诗"))
        assert "".join(chunk.delta or "" for chunk in chunks) == POEM
        assert chunks[-1].text == POEM
    else:
        done = await llm.acomplete("诗") if kit.mode.aio else await asyncio.to_thread(llm.complete, "诗")
        assert done.text == POEM


@behaviour("A07", "an empty reply raises instead of yielding nothing")
async def empty(kit: Kit) -> None:
    llm = kit.llm()
    kit.script("empty\n---\nempty\n---\nempty\n---\nempty")
    with refused():
        await kit.ask(llm, [user("好吗")])


@behaviour("A08", "keep-alive lines are no content", STREAMS)
async def keepalive(kit: Kit) -> None:
    kit.script(f"say {POEM}\nkeepalive 2")
    last = (await kit.ask(kit.llm(), [user("写一首诗")]))[-1]
    assert last.message.content == POEM


@behaviour("A09", "bytes may be cut anywhere, inside a character too", STREAMS)
async def split(kit: Kit) -> None:
    kit.script("say 床前明月光🌙\nsplit 1")
    last = (await kit.ask(kit.llm(), [user("写一首诗")]))[-1]
    assert last.message.content == "床前明月光🌙"


@behaviour("A10", "an error inside a stream raises", STREAMS)
async def error_inside(kit: Kit) -> None:
    kit.script(f"say {POEM}\nerror-in-stream")
    with refused():
        await kit.ask(kit.llm(), [user("写一首诗")])


@behaviour("A11", "a cut stream raises", STREAMS)
async def cut(kit: Kit) -> None:
    kit.script(f"say {POEM * 8}\ncut after-event 4 clean")
    with refused():
        await kit.ask(kit.llm(), [user("写一首诗")])


@behaviour("A12", "closing a stream hangs up", STREAMS)
async def close(kit: Kit) -> None:
    kit.script(f"say {POEM}\nstall 5s\nsay {POEM}")
    llm = kit.llm()
    if kit.mode.aio:
        stream = await llm.astream_chat([user("写一首诗")])
        await anext(stream)
        await stream.aclose()
    else:
        await asyncio.to_thread(_take_one, llm)
    assert await asyncio.to_thread(kit.emulator.wait_for, lambda record: record.disconnected, 3.0)


def _take_one(llm: Any) -> None:
    stream = llm.stream_chat([user("写一首诗")])
    next(stream)
    stream.close()


@behaviour("A13", "chunks that were kept do not change", STREAMS)
async def kept(kit: Kit) -> None:
    kit.script('say 好的\ncall add {"a": 1, "b": 2}\ncall add {"a": 3, "b": 4}')
    llm = kit.llm()
    stream = await llm.astream_chat([user("算")]) if kit.mode.aio else llm.stream_chat([user("算")])
    chunks, snapshots = [], []
    if kit.mode.aio:
        async for chunk in stream:
            chunks.append(chunk)
            snapshots.append(chunk.model_dump_json())
    else:
        for chunk in stream:
            chunks.append(chunk)
            snapshots.append(chunk.model_dump_json())
    assert [chunk.model_dump_json() for chunk in chunks] == snapshots


@behaviour("A14", "the messages of the caller do not change")
async def untouched(kit: Kit) -> None:
    messages = [ChatMessage(role="system", content="简短"), user("好吗")]
    before = [message.model_dump_json() for message in messages]
    kit.script("say 好")
    await kit.ask(kit.llm(), messages)
    assert [message.model_dump_json() for message in messages] == before


class _Seen(BaseEventHandler):
    names: list[str] = Field(default_factory=list)
    events: list[Any] = Field(default_factory=list)

    @classmethod
    def class_name(cls) -> str:
        return "seen"

    def handle(self, event: BaseEvent, **kwargs: Any) -> Any:
        if type(event).__name__.startswith(("LLMChat", "Exception")):
            self.names.append(type(event).__name__)
            self.events.append(event)


@behaviour("A15", "chat events are sent in order, the last one with the whole answer", MODES)
async def events(kit: Kit) -> None:
    seen = _Seen()
    dispatcher = get_dispatcher()
    dispatcher.add_event_handler(seen)
    try:
        kit.script("say 好的，没问题")
        await kit.ask(kit.llm(), [user("好吗")])
    finally:
        dispatcher.event_handlers.remove(seen)
    assert seen.names[0] == "LLMChatStartEvent" and seen.names[-1] == "LLMChatEndEvent"
    assert (seen.names.count("LLMChatInProgressEvent") > 0) == kit.mode.stream
    assert seen.events[-1].response.message.content == "好的，没问题"


@behaviour("A16", "TokenCountingHandler counts what the server counted")
async def counting(kit: Kit) -> None:
    counter = TokenCountingHandler()
    llm = kit.llm()
    llm.callback_manager = CallbackManager([counter])
    kit.script("say 好\nusage in=19 out=7")
    await kit.ask(llm, [user("好吗")])
    assert (counter.prompt_llm_token_count, counter.completion_llm_token_count) == (19, 7)


@behaviour("A17", "a refusal of the vendor raises before the first chunk")
async def refusal(kit: Kit) -> None:
    kit.emulator.fault(kit.door.provider, status=400, message="bad request")
    with refused():
        await kit.ask(kit.llm(), [user("好吗")])
    assert len(kit.bodies) == 1


@behaviour("A18", "one object works in two event loops, one after the other", ONCE)
async def two_loops(kit: Kit) -> None:
    llm = kit.llm()
    kit.script("say 一\n---\nsay 二")
    first = await asyncio.to_thread(lambda: asyncio.run(llm.achat([user("一")])))
    second = await asyncio.to_thread(lambda: asyncio.run(llm.achat([user("二")])))
    assert (first.message.content, second.message.content) == ("一", "二")


@behaviour("A19", "metadata is cheap, tells a chat model that calls functions, and no invented output limit", ONCE)
async def metadata(kit: Kit) -> None:
    facts = kit.llm(model="model-nobody-has-heard-of").metadata
    assert facts.is_chat_model and facts.is_function_calling_model
    assert facts.context_window > 8000 and facts.num_output == -1
    assert kit.llm(max_tokens=300).metadata.num_output == 300
    assert not kit.bodies


@behaviour("A20", "the key is in no dump, repr or event", ONCE)
async def secrets(kit: Kit) -> None:
    llm = kit.llm()
    key = kit.key
    kit.script("say 好")
    seen = _Seen()
    dispatcher = get_dispatcher()
    dispatcher.add_event_handler(seen)
    try:
        await llm.achat([user("好吗")])
    finally:
        dispatcher.event_handlers.remove(seen)
    told = [repr(llm), str(llm), llm.to_json(), str(llm.to_dict()), *(event.model_dump_json() for event in seen.events)]
    assert len(told) > 5
    assert not any(key in text for text in told)
