"""Replies as LangChain objects: message chunks and whole messages; `_protocol.py` has the v3 events.

Every event of the core becomes one v1 delta block (`delta_block`); chunks and protocol events are two dresses of
that block. What only the end of a reply tells (signatures, layout, usage, why it ended) comes from the fold of the
events, once, on the last chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.utils.json import parse_partial_json

from cncoding import (
    ChatResponse,
    Event,
    Finish,
    Fold,
    OpaqueDelta,
    Reasoning,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCall,
    ToolCallDelta,
    Usage,
    Warned,
    show_warning,
)
from langchain_cncoding._blocks import (
    LAYOUT_KEY,
    REASONING_KEY,
    Block,
    layout_of,
    model_provider,
    part_block,
    read_arguments,
    reasoning_extras,
)
from langchain_cncoding._fences import Progress


def delta_block(event: Event) -> Block | None:
    """Return the v1 block of one content event, None for an event that is no content."""
    if isinstance(event, TextDelta):
        return {"type": "text", "text": event.text}
    if isinstance(event, ReasoningDelta):
        return {"type": "reasoning", "reasoning": event.text}
    if isinstance(event, ToolCallDelta):
        return {"type": "tool_call_chunk", "id": event.id, "name": event.name, "args": event.arguments}
    if isinstance(event, OpaqueDelta):
        return {"type": "non_standard", "value": event.payload}
    return None


class EventReader:
    """What both dresses know of a running reply."""

    def __init__(self, provider: str, model: str | None) -> None:
        self.provider = model_provider(provider)
        self.model = model
        self._own: Fold | None = Fold(provider)
        self.progress: Progress = self._own

    def follow(self, progress: Progress) -> None:
        """Ask `progress` for the reply so far, instead of folding the events once more."""
        self._own, self.progress = None, progress

    def take(self, event: Event) -> Block | None:
        """Take in one event; return its block, if it has one."""
        if self._own is not None:
            self._own.add(event)
        if isinstance(event, Warned):
            show_warning(event)
        elif isinstance(event, Started):
            self.model = event.model or self.model
            if event.provider is not None:
                self.provider = model_provider(event.provider)
        return delta_block(event)


# ---------------------------------------------------------------- message chunks


class Chunks(EventReader):
    """Turn the events of one reply into message chunks.

    Args:
        provider: Id of the provider that answers.
        model: The model that was asked, in case the reply does not name one.
        listed: Whether content is a list of v1 blocks (`output_version="v1"`) or a string.
        usage: Whether the last chunk tells the token counts.
    """

    def __init__(self, provider: str, model: str | None, *, listed: bool, usage: bool) -> None:
        super().__init__(provider, model)
        self.listed = listed
        self.usage = usage
        self._begun: set[int] = set()

    def feed(self, event: Event) -> ChatGenerationChunk | None:
        """Return the chunk of one event, None for an event that waits for the last chunk."""
        block = self.take(event)
        if block is not None:
            return self.chunk(event, block)
        return self._last(event) if isinstance(event, Finish) else None

    def chunk(self, event: Any, block: Block) -> ChatGenerationChunk | None:
        """Return the chunk of one content event, whose block is `block`; None for a piece that says nothing new."""
        kind = block["type"]
        if kind == "non_standard" and not self.listed:
            return None  # has no place in a string; the layout holds it
        pieces = block.get("text") or block.get("reasoning") or block.get("args") or block.get("id")
        if not pieces and kind != "non_standard" and event.block in self._begun:
            return None
        self._begun.add(event.block)
        fields: dict[str, Any] = {"content": "", "response_metadata": self._metadata()}
        if self.listed:
            fields["content"] = [{**block, "index": f"lc_b{event.block}"}]
        elif kind == "text":
            fields["content"] = block["text"]
        if kind == "reasoning":
            fields["additional_kwargs"] = {REASONING_KEY: block["reasoning"]}
        elif kind == "tool_call_chunk":
            fields["tool_call_chunks"] = [
                tool_call_chunk(id=event.id, name=event.name, args=event.arguments, index=event.index)
            ]
        return ChatGenerationChunk(message=AIMessageChunk(**fields))

    def _metadata(self) -> dict[str, Any]:
        if self.listed:
            return {"model_provider": self.provider, "output_version": "v1"}
        return {"model_provider": self.provider}

    def _last(self, finish: Finish) -> ChatGenerationChunk:
        reply = self.progress.so_far
        extra: dict[str, Any] = {}
        if not self.listed and (layout := layout_of(reply.message.parts)):
            extra[LAYOUT_KEY] = layout
        spoilt = list(_spoilers(reply))
        message = AIMessageChunk(
            content=self._closing_blocks(reply, spoilt) if self.listed else "",
            additional_kwargs=extra,
            tool_call_chunks=spoilt,
            response_metadata={**self._metadata(), **reply_metadata(reply, self.model)},
            usage_metadata=usage_metadata(reply.usage) if self.usage else None,
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message)

    def _closing_blocks(self, reply: ChatResponse, spoilt: list[Any]) -> list[str | dict[Any, Any]]:
        """Return what the end adds to the blocks that were streamed."""
        blocks: list[str | dict[Any, Any]] = []
        calls = -1
        for number, part in zip(self.progress.blocks, reply.message.parts, strict=True):
            index = f"lc_b{number}"
            if isinstance(part, Reasoning) and (extras := reasoning_extras(part)):
                blocks.append({"type": "reasoning", "reasoning": "", "extras": extras, "index": index})
            elif isinstance(part, ToolCall):
                calls += 1
                args = "".join(chunk["args"] for chunk in spoilt if chunk["index"] == calls)
                extra = {"extras": dict(part.extras)} if part.extras else {}
                if args or extra:
                    blocks.append({"type": "tool_call_chunk", "id": part.id, "args": args, "index": index, **extra})
        return blocks


def _spoilers(reply: ChatResponse) -> Iterator[Any]:
    """Yield a last piece for each call whose arguments are not a JSON object, so that nobody runs it.

    LangChain closes broken JSON leniently: a call that was cut at the token limit would look complete, and half a
    file would be written. A bracket that closes nothing makes its parser give up, so the call is listed under
    `invalid_tool_calls`, where it belongs.
    """
    for index, call in enumerate(reply.tool_calls):
        if read_arguments(call.arguments)[1] is not None:
            yield tool_call_chunk(id=None, name=None, args=_spoiler(call.arguments), index=index)


def _spoiler(arguments: str) -> str:
    for ending in ("",) * bool(arguments.strip()) + ("]", "}", '"]', '"}', '""]', '""}'):
        try:
            value = parse_partial_json(arguments + ending)
        except (ValueError, RecursionError):
            return ending
        if not isinstance(value, dict):
            return ending
    return ""


# ---------------------------------------------------------------- whole messages


def whole_message(reply: ChatResponse, provider: str, model: str | None, *, listed: bool) -> AIMessage:
    """Return a whole reply as a message, equal to what its streamed chunks add up to."""
    for warned in reply.warnings:
        show_warning(warned)
    blocks = [tool_block for call in reply.tool_calls if (tool_block := part_block(call))]
    extra: dict[str, Any] = {}
    if (reasoning := reply.reasoning) is not None:
        extra[REASONING_KEY] = reasoning
    if not listed and (layout := layout_of(reply.message.parts)):
        extra[LAYOUT_KEY] = layout
    metadata = {"model_provider": model_provider(reply.provider or provider), **reply_metadata(reply, model)}
    content: str | list[str | dict[Any, Any]] = reply.text
    if listed:
        content = [part_block(part) for part in reply.message.parts]
        metadata["output_version"] = "v1"
    return AIMessage(
        content=content,
        additional_kwargs=extra,
        tool_calls=[_bare(block) for block in blocks if block["type"] == "tool_call"],
        invalid_tool_calls=[_bare(block) for block in blocks if block["type"] == "invalid_tool_call"],
        response_metadata=metadata,
        usage_metadata=usage_metadata(reply.usage),
    )


def _bare(block: Block) -> Block:
    return {key: value for key, value in block.items() if key != "extras"}


def reply_metadata(reply: ChatResponse, model: str | None) -> dict[str, Any]:
    """Return who answered and why the reply ended."""
    metadata: dict[str, Any] = {"model_name": reply.model or model or ""}
    if reply.finish:
        metadata["finish_reason"] = reply.finish
    if reply.native_finish and reply.native_finish != reply.finish:
        metadata["native_finish_reason"] = reply.native_finish
    if reply.id:
        metadata["id"] = reply.id
    if reply.tried:
        metadata["tried"] = [dict(one) for one in reply.tried]
    if reply.vendor:
        metadata["vendor"] = dict(reply.vendor)
    return metadata


def usage_metadata(usage: Usage | None) -> UsageMetadata | None:
    """Return the token counts, None if the vendor did not tell how many went in and out."""
    if usage is None or usage.input is None or usage.output is None:
        return None
    counts = UsageMetadata(
        input_tokens=usage.input, output_tokens=usage.output, total_tokens=usage.input + usage.output
    )
    inputs = {"cache_read": usage.cache_read, "cache_creation": usage.cache_write}
    if known := {key: count for key, count in inputs.items() if count is not None}:
        counts["input_token_details"] = InputTokenDetails(**known)  # type: ignore[typeddict-item]
    if usage.reasoning is not None:
        counts["output_token_details"] = OutputTokenDetails(reasoning=usage.reasoning)
    return counts
