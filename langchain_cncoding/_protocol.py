"""Replies as v3 protocol events: content blocks that begin, grow and end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from langchain_core.outputs import ChatGenerationChunk

from cncoding import Event, Finish, Warned
from langchain_cncoding._blocks import REASONING_KEY, Block, part_block
from langchain_cncoding._events import Chunks, EventReader, delta_block, reply_metadata, usage_metadata


class ProtocolEvents(EventReader):
    """Turn the events of one reply into content-block protocol events, native and in the order of the vendor.

    A text or reasoning block is finished when the next block begins; tool calls may be streamed side by side and
    are finished at the end.

    Args:
        provider: As for `Chunks`, like the next two.
        model: The model that was asked.
        usage: Whether the end tells the token counts.
    """

    def __init__(self, provider: str, model: str | None, *, usage: bool = True) -> None:
        super().__init__(provider, model)
        self.usage = usage
        self._open: dict[int, Block] = {}
        self._started = False
        self._chunks = Chunks(provider, model, listed=False, usage=False)

    def token(self, event: Event) -> ChatGenerationChunk | None:
        """Return what `on_llm_new_token` is told of one event, as it is where a model streams chunks."""
        block = delta_block(event)
        return None if block is None else self._chunks.chunk(event, block)

    def feed(self, event: Event) -> Iterator[Any]:
        """Yield the protocol events of one event."""
        block = self.take(event)
        if not self._started and not isinstance(event, Warned):
            self._started = True
            metadata = {"provider": self.provider, **({"model": self.model} if self.model else {})}
            yield {"event": "message-start", "role": "ai", "id": "", "metadata": metadata}
        if block is not None:
            yield from self._content(event, block)
        elif isinstance(event, Finish):
            yield from self._finish()

    def _content(self, event: Any, block: Block) -> Iterator[Any]:
        index = event.block
        if index not in self._open:
            yield from self._close(("text", "reasoning", "non_standard"))
            self._open[index] = block
            yield {"event": "content-block-start", "index": index, "content": _skeleton(event, block)}
        if delta := _delta(block):
            yield {"event": "content-block-delta", "index": index, "delta": delta}

    def _close(self, kinds: Iterable[str]) -> Iterator[Any]:
        for index in [index for index, block in self._open.items() if block["type"] in kinds]:
            del self._open[index]
            yield {"event": "content-block-finish", "index": index, "content": part_block(self.progress.part(index))}

    def _finish(self) -> Iterator[Any]:
        yield from self._close(("text", "reasoning", "non_standard", "tool_call_chunk"))
        reply = self.progress.so_far
        done: dict[str, Any] = {"event": "message-finish", "metadata": reply_metadata(reply, self.model)}
        if self.usage and (usage := usage_metadata(reply.usage)):
            done["usage"] = usage
        if (reasoning := reply.reasoning) is not None:
            done["additional_kwargs"] = {REASONING_KEY: reasoning}
        yield done


def _skeleton(event: Any, block: Block) -> Block:
    """Return the block with nothing in it yet; a tool call names itself here and nowhere else."""
    if block["type"] == "tool_call_chunk":
        return {"type": "tool_call_chunk", "id": event.id, "name": event.name, "args": "", "index": event.index}
    if block["type"] == "non_standard":
        return {"type": "non_standard", "value": {}}
    return {key: "" if key in ("text", "reasoning") else value for key, value in block.items()}


def _delta(block: Mapping[str, Any]) -> Block | None:
    if text := block.get("text"):
        return {"type": "text-delta", "text": text}
    if reasoning := block.get("reasoning"):
        return {"type": "reasoning-delta", "reasoning": reasoning}
    if args := block.get("args"):
        return {"type": "tool-call-delta", "args": args}
    return None
