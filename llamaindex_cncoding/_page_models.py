"""Perform the `Ask` steps of the page flows with any LLM of LlamaIndex: ours or anyone's."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from llama_index.core.base.llms.types import (
    CachePoint,
    ChatMessage,
    ChatResponse,
    ContentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
)
from llama_index.core.llms.llm import LLM

from cncoding import Client, Media, Message, Text, Usage, providers
from cncoding.pages import Ask, Reply
from llamaindex_cncoding.llm import CNCodingLLM


def can_see(llm: LLM | None) -> bool:
    """Tell whether an LLM takes pictures; one of which nothing is known is taken to, unless it only completes text."""
    if llm is None:
        return False
    if isinstance(llm, CNCodingLLM):
        card = llm.card()
        return "image" in card.input or card.vision == "vlm"
    return llm.metadata.is_chat_model


def find_seeing_llm(llm: LLM | None) -> LLM | None:
    """Return an LLM of the same plan that sees, for one of ours that does not."""
    if not isinstance(llm, CNCodingLLM):
        return None
    endpoint = providers()[llm.provider].endpoint(llm._connect(Client).endpoint_name)
    seeing = next((card.id for card in endpoint.models if "image" in card.input), None)
    return llm.model_copy(update={"model": seeing}) if seeing else None


def _takes_cache_marks(llm: LLM) -> bool:
    return isinstance(llm, CNCodingLLM) and llm._connect(Client).target.wire.dialect.cache in (
        "top",
        "messages",
        "marks",
    )


class PageLLM:
    """One or two LLMs: the one that answers, and one that sees for it."""

    def __init__(self, llm: LLM, vision: LLM | None = None) -> None:
        """Take the LLMs."""
        self._llm = llm
        self._vision = vision or llm

    def _choose(self, step: Ask) -> LLM:
        return self._vision if step.sees else self._llm

    def _write(self, step: Ask) -> list[ChatMessage]:
        marked = step.cached and _takes_cache_marks(self._choose(step))
        last = len(step.messages) - 1
        return [_write_message(one, marked and place == last) for place, one in enumerate(step.messages)]

    def ask(self, step: Ask) -> Reply:
        """Ask at once."""
        return _read_reply(self._choose(step).chat(self._write(step)))

    async def aask(self, step: Ask) -> Reply:
        """Ask at once, asynchronously."""
        return _read_reply(await self._choose(step).achat(self._write(step)))

    def stream(self, step: Ask) -> Iterator[str | Reply]:
        """Ask and yield the pieces, then the whole."""
        last: ChatResponse | None = None
        for last in self._choose(step).stream_chat(self._write(step)):
            yield last.delta or ""
        yield _read_reply(last)

    async def astream(self, step: Ask) -> AsyncIterator[str | Reply]:
        """Ask and yield the pieces, then the whole, asynchronously."""
        last: ChatResponse | None = None
        async for last in await self._choose(step).astream_chat(self._write(step)):
            yield last.delta or ""
        yield _read_reply(last)


def write_block(part: Text | Media) -> TextBlock | ImageBlock:
    """Return the block of a part of a message."""
    if isinstance(part, Text):
        return TextBlock(text=part.text)
    return ImageBlock(image=base64.b64decode(part.data or ""), image_mimetype=part.media_type)


def _write_message(message: Message, marked: bool) -> ChatMessage:
    blocks: list[ContentBlock] = [write_block(part) for part in message.parts if isinstance(part, Text | Media)]
    if marked:
        blocks.insert(len(blocks) - 1, CachePoint(cache_control={"type": "ephemeral"}))  # type: ignore[arg-type]  # pydantic reads it
    return ChatMessage(role=MessageRole(message.role), blocks=blocks)


def _read_reply(response: ChatResponse | None) -> Reply:
    if response is None:
        return Reply("")
    return Reply(response.message.content or "", _read_usage(response))


def _read_usage(response: ChatResponse) -> Usage | None:
    """Read the usage of a reply where LLMs of LlamaIndex put it: among the extras, or in the vendor's own object."""
    raw = response.raw if isinstance(response.raw, Mapping) else {}
    found = raw.get("usage")
    usage: Mapping[str, Any] = found if isinstance(found, Mapping) else response.additional_kwargs
    put, out = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not isinstance(put, int):
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, Mapping) else usage.get("cached_tokens")
    return Usage(put, out if isinstance(out, int) else None, cached if isinstance(cached, int) else None)
