"""LangChain's message chunks, as `cncoding.pretty` reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage

from cncoding import Event, ReasoningDelta, TextDelta, ToolCallDelta, Usage, register_chunks


class MessageReader:
    """Reads the messages of one stream; of those of an agent, the model's."""

    def __init__(self) -> None:
        self._last: list[AIMessage] = []

    def read(self, chunk: BaseMessage) -> Iterable[Event]:
        """Return what a message or a piece of one says; other messages than the model's say nothing."""
        if not isinstance(chunk, AIMessage):
            return ()
        if self._last and not (isinstance(chunk, AIMessageChunk) and chunk.id == self._last[0].id):
            self._last = []
        self._last.append(chunk)
        return _read_message(chunk)

    @property
    def reply(self) -> Any:
        """The last message, whole."""
        if not self._last:
            return None
        first, *rest = self._last
        return first + rest if rest and isinstance(first, AIMessageChunk) else first


def _read_message(message: AIMessage) -> Iterator[Event]:
    for block in message.content_blocks:
        if block["type"] == "text":
            yield TextDelta(0, block["text"])
        elif block["type"] == "reasoning":
            yield ReasoningDelta(0, block.get("reasoning", ""))
        elif block["type"] == "tool_call_chunk":
            yield ToolCallDelta(0, _read_index(block.get("index")), block["id"], block["name"], block["args"] or "")
        elif block["type"] == "tool_call":
            arguments = json.dumps(block["args"], ensure_ascii=False)
            yield ToolCallDelta(0, 0, block["id"], block["name"], arguments)
    if (counts := message.usage_metadata) is not None:
        details = counts.get("output_token_details", {})
        cached = counts.get("input_token_details", {}).get("cache_read")
        yield Usage(counts["input_tokens"], counts["output_tokens"], cached, reasoning=details.get("reasoning"))


def _read_index(index: int | str | None) -> int:
    return index if isinstance(index, int) else 0


register_chunks(BaseMessage, MessageReader)
