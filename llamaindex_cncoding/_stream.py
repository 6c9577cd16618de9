"""Show a reply while it arrives: after each piece, the message so far.

The last chunk is the converted reply of the stream, so a streamed reply ends as the very message that the whole reply
would have been. The chunks before it are views, made of what changed since the chunk before.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
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
from typing_extensions import Self

from cncoding import (
    AsyncStream,
    Event,
    Finish,
    JsonObject,
    Reasoning,
    ReasoningDelta,
    Started,
    Stream,
    TextDelta,
    ToolCallDelta,
    Warned,
)
from llamaindex_cncoding._partial_json import PartialObject
from llamaindex_cncoding._reply import ReplyReader
from llamaindex_cncoding._responses import to_openai_call, to_thinking_block
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

    __slots__ = (
        "_blocks", "_call_blocks", "_calls", "_head", "_provider", "_reader", "_stream", "_text", "_thinking",
    )  # fmt: skip

    def __init__(self, provider: str, stream: Stream | AsyncStream, reader: ReplyReader | None = None) -> None:
        """Begin.

        Args:
            provider: Id of who answers.
            stream: Whose events are added; it knows the reply so far.
            reader: Reads the end of the reply.
        """
        self._provider = provider
        self._stream = stream
        self._reader = reader or ReplyReader()
        self._head: JsonObject = {"id": None, "model": None, "provider": provider, "finish_reason": None}
        self._text = ""
        self._thinking: list[ThinkingBlock] = []
        self._blocks: dict[int, int] = {}
        """Place in `_thinking` of each reasoning block."""
        self._calls: dict[int, _Call] = {}
        """By index; a call may wait for its id while a later one begins."""
        self._call_blocks: dict[int, GrowingToolCall] = {}

    def add(self, event: Event) -> ChatResponse | None:
        """Take in one event; return the chunk that it makes, None if there is nothing new to see."""
        if isinstance(event, TextDelta):
            return self._add_text(event)
        if isinstance(event, ToolCallDelta):
            return self._add_call(event)
        if isinstance(event, ReasoningDelta):
            return self._add_reasoning(event)
        if isinstance(event, Finish):
            return self._reader.convert(self._stream.so_far, "")
        if isinstance(event, Started):
            self._head |= {"id": event.id, "model": event.model}
            if event.provider is not None:
                self._head["provider"] = event.provider
        elif isinstance(event, Warned):
            self._reader.warn(event)
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
            self._thinking.append(to_thinking_block(Reasoning(event.text, provider=self._provider), place))
        else:
            old = self._thinking[number]
            self._thinking[number] = ThinkingBlock(
                content=(old.content or "") + event.text, additional_information=old.additional_information
            )
        return self._chunk("", thinking_delta=event.text) if event.text else None

    def _add_call(self, event: ToolCallDelta) -> ChatResponse | None:
        if self._reader.one_call and event.index > 0:
            return None
        call = self._calls.get(event.index)
        if call is None:
            call = self._calls[event.index] = _Call(event.id or "", event.name or "")
        call.arguments += event.arguments
        self._call_blocks[event.index] = call.block()
        return self._chunk("")

    def _chunk(self, delta: str, **notes: Any) -> ChatResponse:
        blocks: list[ContentBlock] = [*self._thinking]
        if self._text:
            blocks.append(TextBlock(text=self._text))
        kwargs: JsonObject = {}
        if self._calls:
            order = sorted(self._calls)
            blocks += [self._call_blocks[index] for index in order]
            calls = [self._calls[index] for index in order]
            kwargs["tool_calls"] = [to_openai_call(call.id, call.name, call.arguments) for call in calls]
        message = ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=kwargs)
        return ChatResponse(message=message, delta=delta, raw=self._head.copy(), additional_kwargs=notes)


class AsyncChunks(AsyncGenerator[ChatResponse, None]):
    """The chunks of a reply in an event loop.

    A class, not a generator around a generator: a loop that ends closes all abandoned generators at once, and one
    that closes another then finds it "already running".
    """

    def __init__(self, events: AsyncStream, view: ReplyView) -> None:
        """Take the events, which are not begun, and the view that makes chunks of them."""
        self._events = events
        self._view = view

    async def begin(self) -> Self:
        """Wait until the reply has begun, so that what stops it is told here."""
        await self._events.begin()
        return self

    async def asend(self, value: None) -> ChatResponse:
        """Return the next chunk."""
        try:
            async for event in self._events:
                if (chunk := self._view.add(event)) is not None:
                    return chunk
        except BaseException:
            await self._events.aclose()
            raise
        raise StopAsyncIteration

    async def athrow(self, *error: Any) -> ChatResponse:
        """Hang up and raise the error."""
        await self._events.aclose()
        raise error[1] if len(error) > 1 and error[1] is not None else error[0]

    async def aclose(self) -> None:
        """Hang up."""
        await self._events.aclose()
