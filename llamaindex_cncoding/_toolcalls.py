"""Read the tool calls out of LlamaIndex responses, also while they are still being written."""

from __future__ import annotations

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ToolCallBlock
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms.llm import ToolSelection

from cncoding import JsonObject
from llamaindex_cncoding._messages import make_id, read_tool_calls
from llamaindex_cncoding._partial_json import PartialObject, read_arguments


class GrowingToolCall(ToolCallBlock):
    """A tool call whose arguments are still being written; `tool_kwargs` is their text so far."""

    _reader: PartialObject = PrivateAttr(default_factory=PartialObject)
    """Shared by the chunks of one call, so that no character is read twice."""

    @classmethod
    def of(cls, call_id: str, name: str, text: str, reader: PartialObject) -> GrowingToolCall:
        """Make the block of one chunk, with the reader of its call."""
        block = cls(tool_call_id=call_id, tool_name=name, tool_kwargs=text)
        block._reader = reader
        return block

    def arguments_so_far(self) -> JsonObject:
        """Return the arguments that can be told from the text so far, open strings included."""
        text = str(self.tool_kwargs)
        reader = self._reader
        if reader.length > len(text):  # a later chunk was asked first
            reader = PartialObject()
        reader.feed(text[reader.length :])
        return reader.value()


def read_selections(response: ChatResponse) -> list[ToolSelection]:
    """Return the tool calls of a finished reply that can be run, or what is known of them so far.

    A call whose arguments did not arrive whole is none: half an argument may be a dangerous one.
    """
    finished = bool(isinstance(response.raw, dict) and response.raw.get("finish_reason"))
    return [
        ToolSelection(
            tool_id=block.tool_call_id or make_id(number),
            tool_name=block.tool_name,
            tool_kwargs=_read_arguments(block),
        )
        for number, block in enumerate(_find_calls(response.message))
        if not finished or isinstance(block, GrowingToolCall) or read_arguments(block.tool_kwargs) is not None
    ]


def _find_calls(message: ChatMessage) -> list[ToolCallBlock]:
    blocks = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if blocks:
        return blocks
    functions = [(call, call["function"]) for call in read_tool_calls(message) if call.get("function")]
    return [
        ToolCallBlock(
            tool_call_id=call.get("id"),
            tool_name=function.get("name") or "",
            tool_kwargs=function.get("arguments") or "",
        )
        for call, function in functions
    ]


def _read_arguments(block: ToolCallBlock) -> JsonObject:
    if isinstance(block, GrowingToolCall):
        return block.arguments_so_far()
    arguments = read_arguments(block.tool_kwargs)
    if arguments is not None:
        return arguments
    partial = PartialObject()
    partial.feed(str(block.tool_kwargs))
    return partial.value()


def keep_first_call(response: ChatResponse) -> ChatResponse:
    """Return the response with one tool call at most, in its blocks and in its `additional_kwargs`."""
    message = response.message
    calls = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    if len(calls) < 2:
        return response
    kept = ChatMessage(
        role=message.role,
        blocks=[block for block in message.blocks if not isinstance(block, ToolCallBlock) or block is calls[0]],
        additional_kwargs={**message.additional_kwargs, "tool_calls": read_tool_calls(message)[:1]},
    )
    return response.model_copy(update={"message": kept})
