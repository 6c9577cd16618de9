"""Show a reply while it arrives: after each piece, the message so far.

The last chunk is the converted fold of all events, so a streamed reply ends as the very message that the whole reply
would have been. The chunks before it are views, made of what changed since the chunk before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ContentBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
)

from cncoding import Event, Finish, Fold, Reasoning, ReasoningDelta, Started, TextDelta, ToolCallDelta, Warned
from cncoding.types import JsonObject
from llamaindex_cncoding._errors import warn_changed
from llamaindex_cncoding._messages import openai_tool_call, thinking_block, to_response
from llamaindex_cncoding._partial_json import PartialObject
from llamaindex_cncoding._toolcalls import GrowingToolCall


@dataclass(slots=True)
class _Call:
    """What is known of one streamed tool call."""

    id: str
    name: str
    arguments: str = ""
    reader: PartialObject = field(default_factory=PartialObject)

    def block(self) -> GrowingToolCall:
        return GrowingToolCall.of(self.id, self.name, self.arguments, self.reader)


class ReplyView:
    """Take the events of one reply and make LlamaIndex's chunks of them."""

    __slots__ = ("_blocks", "_call_blocks", "_calls", "_fold", "_head", "_provider", "_text", "_thinking")

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._fold = Fold(provider)
        self._head: JsonObject = {"id": None, "model": None, "provider": provider, "finish_reason": None}
        self._text = ""
        self._thinking: list[ThinkingBlock] = []
        self._blocks: dict[int, int] = {}
        """Place in `_thinking` of each reasoning block."""
        self._calls: list[_Call] = []
        self._call_blocks: list[GrowingToolCall] = []

    def add(self, event: Event) -> ChatResponse | None:
        """Take in one event; return the chunk that it makes, None if there is nothing new to see."""
        self._fold.add(event)
        if isinstance(event, TextDelta):
            return self._add_text(event)
        if isinstance(event, ToolCallDelta):
            return self._add_call(event)
        if isinstance(event, ReasoningDelta):
            return self._add_reasoning(event)
        if isinstance(event, Finish):
            return to_response(self._fold.response(), delta="")
        if isinstance(event, Started):
            self._head |= {"id": event.id, "model": event.model}
        elif isinstance(event, Warned):
            warn_changed(event)
        return None

    def _add_text(self, event: TextDelta) -> ChatResponse | None:
        if not event.text:
            return None
        self._text += event.text
        return self._chunk(event.text)

    def _add_reasoning(self, event: ReasoningDelta) -> ChatResponse | None:
        number = self._blocks.setdefault(event.block, len(self._thinking))
        if number == len(self._thinking):
            place = (len(self._text), len(self._calls))
            self._thinking.append(thinking_block(Reasoning(event.text, provider=self._provider), place))
        else:
            old = self._thinking[number]
            self._thinking[number] = ThinkingBlock(
                content=(old.content or "") + event.text, additional_information=old.additional_information
            )
        return self._chunk("", thinking_delta=event.text) if event.text else None

    def _add_call(self, event: ToolCallDelta) -> ChatResponse:
        if event.index == len(self._calls):
            call = _Call(event.id or "", event.name or "")
            self._calls.append(call)
            self._call_blocks.append(call.block())
        call = self._calls[event.index]
        call.arguments += event.arguments
        self._call_blocks[event.index] = call.block()
        return self._chunk("")

    def _chunk(self, delta: str, **notes: Any) -> ChatResponse:
        blocks: list[ContentBlock] = [*self._thinking]
        if self._text:
            blocks.append(TextBlock(text=self._text))
        kwargs: JsonObject = {}
        if self._calls:
            blocks += self._call_blocks
            kwargs["tool_calls"] = [openai_tool_call(call.id, call.name, call.arguments) for call in self._calls]
        message = ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=kwargs)
        return ChatResponse(message=message, delta=delta, raw=self._head.copy(), additional_kwargs=notes)
