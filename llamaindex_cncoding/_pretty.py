"""LlamaIndex's streamed responses, as `cncoding.pretty` reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from llama_index.core.base.llms.types import ChatResponse, CompletionResponse, ToolCallBlock

from cncoding import Event, ReasoningDelta, TextDelta, ToolCallDelta, Usage, register_chunks


class ResponseReader:
    """Reads the responses of one stream; each holds the message so far and what is new in it."""

    def __init__(self) -> None:
        self._last: ChatResponse | CompletionResponse | None = None
        self._written: dict[int, int] = {}
        """How much of the arguments of each tool call was read."""

    def read(self, chunk: ChatResponse | CompletionResponse) -> Iterable[Event]:
        """Return what is new in a response."""
        self._last = chunk
        yield from self._read_reasoning(chunk)
        if chunk.delta:
            yield TextDelta(0, chunk.delta)
        if isinstance(chunk, ChatResponse):
            yield from self._read_calls(chunk)
        if isinstance(chunk.raw, dict) and (counts := chunk.raw.get("usage")):
            yield Usage(counts.get("prompt_tokens"), counts.get("completion_tokens"))

    @property
    def reply(self) -> Any:
        """The last response, which holds the whole reply."""
        return self._last

    def _read_reasoning(self, chunk: ChatResponse | CompletionResponse) -> Iterator[Event]:
        if text := chunk.additional_kwargs.get("thinking_delta"):
            yield ReasoningDelta(0, text)

    def _read_calls(self, chunk: ChatResponse) -> Iterator[Event]:
        calls = [block for block in chunk.message.blocks if isinstance(block, ToolCallBlock)]
        for number, call in enumerate(calls):
            arguments = call.tool_kwargs
            text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
            if number not in self._written:
                self._written[number] = 0
                yield ToolCallDelta(0, number, call.tool_call_id, call.tool_name)
            if len(text) > self._written[number]:
                yield ToolCallDelta(0, number, arguments=text[self._written[number] :])
                self._written[number] = len(text)


register_chunks(ChatResponse, ResponseReader)
register_chunks(CompletionResponse, ResponseReader)
