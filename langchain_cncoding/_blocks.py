"""Parts of a reply as LangChain content, and back: v1 blocks, and the layout record of string content.

A reply of ours has ordered parts. With `output_version="v1"` each part is one content block. With string content
the order of the parts, their signatures and vendor members have no place of their own; `layout_of` writes down what
the string loses, in JSON-safe form, and `read_layout` puts the parts together again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from typing_extensions import assert_never

from cncoding import Media, Opaque, Part, Reasoning, Text, ToolCall, ToolResult, parse_arguments

Block: TypeAlias = dict[str, Any]

REASONING_KEY = "reasoning_content"
"""Where `additional_kwargs` holds the reasoning as one string."""
LAYOUT_KEY = "cncoding_layout"
"""Where `additional_kwargs` holds the layout, on replies whose parts the string content cannot tell."""
PROVIDER_PREFIX = "cncoding-"


def model_provider(provider_id: str) -> str:
    """Return what `response_metadata["model_provider"]` and `ls_provider` say for one of our providers."""
    return PROVIDER_PREFIX + provider_id


def provider_of(metadata: Mapping[str, Any]) -> str | None:
    """Return who wrote a message: one of our provider ids, another package's name, or None if nobody says."""
    name = metadata.get("model_provider")
    return name.removeprefix(PROVIDER_PREFIX) if isinstance(name, str) else None


# ---------------------------------------------------------------- parts to blocks


def part_block(part: Part) -> Block:
    """Return the finished v1 block of one part of a reply."""
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Reasoning):
        block: Block = {"type": "reasoning", "reasoning": part.text}
        if extras := reasoning_extras(part):
            block["extras"] = extras
        return block
    if isinstance(part, ToolCall):
        return tool_call_block(part)
    if isinstance(part, Opaque):
        return {"type": "non_standard", "value": part.payload}
    if isinstance(part, Media):
        return media_block(part)
    if isinstance(part, ToolResult):
        raise TypeError("a reply holds no tool result")
    assert_never(part)


def reasoning_extras(part: Reasoning) -> Block:
    """Return what a reasoning part holds beside its text, JSON-safe."""
    extras: Block = {}
    if part.signature is not None:
        extras["signature"] = part.signature
    if part.redacted is not None:
        extras["redacted"] = part.redacted
    if part.details:
        extras["details"] = [dict(detail) for detail in part.details]
    return extras


def reasoning_part(text: str, extras: Mapping[str, Any], provider: str | None) -> Reasoning:
    """Put a reasoning part together from its text and its extras."""
    return Reasoning(
        text,
        signature=extras.get("signature"),
        redacted=extras.get("redacted"),
        details=tuple(extras.get("details") or ()),
        provider=provider,
    )


def tool_call_block(call: ToolCall) -> Block:
    """Return a `tool_call` block, or an `invalid_tool_call` block where the arguments are not a JSON object."""
    arguments, error = read_arguments(call.arguments)
    block: Block
    if error is None:
        block = {"type": "tool_call", "id": call.id, "name": call.name, "args": arguments}
    else:
        block = {"type": "invalid_tool_call", "id": call.id, "name": call.name, "args": call.arguments, "error": error}
    if call.extras:
        block["extras"] = dict(call.extras)
    return block


def read_arguments(text: str) -> tuple[dict[str, Any], str | None]:
    """Parse tool arguments strictly; no text at all means that the reply was cut before they came.

    Returns:
        The arguments, and what is wrong with them or None.
    """
    if not text.strip():
        return {}, "the reply was cut before the arguments"
    try:
        value = parse_arguments(text)
    except ValueError as error:
        return {}, f"the arguments are not valid JSON: {error}"
    if not isinstance(value, dict):
        return {}, f"the arguments are a JSON {type(value).__name__}, not an object"
    return value, None


def media_block(part: Media) -> Block:
    """Return the v1 data block of a medium that a model answered with."""
    block: Block = {"type": part.kind}
    if part.data is not None:
        block["base64"] = part.data
    elif part.url is not None:
        block["url"] = part.url
    elif part.file_id is not None:
        block["file_id"] = part.file_id
    if part.media_type:
        block["mime_type"] = part.media_type
    return block


# ---------------------------------------------------------------- the layout of string content


def layout_of(parts: Sequence[Part]) -> list[Block] | None:
    """Return what string content cannot say about `parts`, None where it says everything.

    Lengths stand for the texts, which are in the message already: `{"type": "text", "length": 12}`.
    """
    if _is_plain(parts):
        return None
    layout: list[Block] = []
    for part in parts:
        if isinstance(part, Text):
            layout.append({"type": "text", "length": len(part.text)})
        elif isinstance(part, Reasoning):
            layout.append({"type": "reasoning", "length": len(part.text), **reasoning_extras(part)})
        elif isinstance(part, ToolCall):
            layout.append({"type": "tool_call", "id": part.id, **({"extras": part.extras} if part.extras else {})})
        elif isinstance(part, Opaque):
            layout.append({"type": "opaque", "payload": part.payload})
    return layout


_ORDER = (Reasoning, Text, ToolCall)


def _is_plain(parts: Sequence[Part]) -> bool:
    """Tell whether `parts` is at most one bare reasoning, then at most one text, then bare tool calls."""
    last = -1
    for part in parts:
        rank = next((number for number, kind in enumerate(_ORDER) if isinstance(part, kind)), None)
        if rank is None or rank < last or (rank == last and not isinstance(part, ToolCall)):
            return False
        if isinstance(part, Reasoning) and reasoning_extras(part):
            return False
        if isinstance(part, ToolCall) and part.extras:
            return False
        last = rank
    return True


class CallList:
    """The calls of one message, each of which is placed once; several may share an id, or have none."""

    def __init__(self, calls: Iterable[ToolCall]) -> None:
        self.rest = list(calls)
        self.was_empty = not self.rest

    def take(self, call_id: str | None) -> ToolCall | None:
        """Return the first call of that id that was not taken yet."""
        call = next((one for one in self.rest if one.id == (call_id or "")), None)
        if call is not None:
            self.rest.remove(call)
        return call


def read_layout(
    layout: Iterable[Mapping[str, Any]],
    text: str,
    reasoning: str,
    calls: CallList,
    provider: str | None,
) -> list[Part]:
    """Cut `text` and `reasoning` into the parts that `layout` describes.

    Someone may have edited the message since: a text whose length no longer fits is one part after the
    reasoning, a reasoning whose length no longer fits loses its signatures, calls that are gone are left out.
    """
    items = list(layout)
    whole_reasoning = _length(items, "reasoning") == len(reasoning)
    whole_text = _length(items, "text") == len(text)
    parts: list[Part] = [] if whole_reasoning or not reasoning else [Reasoning(reasoning, provider=provider)]
    seen_text = seen_reasoning = 0
    for item in items:
        length = int(item.get("length") or 0)
        if item.get("type") == "text" and whole_text:
            parts.append(Text(text[seen_text : seen_text + length]))
            seen_text += length
        elif item.get("type") == "reasoning" and whole_reasoning:
            piece = reasoning[seen_reasoning : seen_reasoning + length]
            parts.append(reasoning_part(piece, item, provider))
            seen_reasoning += length
        elif item.get("type") == "opaque":
            parts.append(Opaque(dict(item["payload"]), provider or ""))
        elif item.get("type") == "tool_call" and (call := calls.take(item.get("id"))):
            parts.append(replace(call, extras=item.get("extras")))
    if not whole_text and text:
        place = next((number for number, part in enumerate(parts) if isinstance(part, ToolCall)), len(parts))
        parts.insert(place, Text(text))
    return parts


def _length(items: Iterable[Mapping[str, Any]], kind: str) -> int:
    return sum(int(item.get("length") or 0) for item in items if item.get("type") == kind)
