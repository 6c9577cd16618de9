"""The Anthropic messages wire: read a request, and the skeleton that vendor templates adjust."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .errors import refuse
from .openai_api import cut_text, dump, text_of
from .reply import Call, Pause, Say, Think, Turn
from .request import ChatRequest, Choice, Message, Picture, SeenCall, ToolSpec
from .wires import Json

STOPS = {"stop": "end_turn", "tool_calls": "tool_use", "length": "max_tokens", "content_filter": "refusal"}


def _blocks(content: Any) -> list[Json]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return [b for b in content if isinstance(b, dict)] if isinstance(content, list) else []


def _pictures(blocks: list[Json]) -> tuple[Picture, ...]:
    found = []
    for block in blocks:
        if block.get("type") != "image":
            continue
        source = block.get("source") or {}
        if source.get("type") == "base64" and isinstance(source.get("data"), str):
            found.append(Picture(f"data:{source.get('media_type')};base64,{source['data']}"))
        elif source.get("type") == "url" and isinstance(source.get("url"), str):
            found.append(Picture(source["url"]))
        elif source.get("type") == "file":
            found.append(Picture(f"ms://{source.get('file_id')}"))
        else:
            raise refuse("bad_image", "image.source")
    return tuple(found)


def _user(raw: Json) -> list[Message]:
    """Split a user message: each tool result becomes a message of its own."""
    blocks = _blocks(raw.get("content"))
    results = [b for b in blocks if b.get("type") == "tool_result"]
    rest = [b for b in blocks if b.get("type") != "tool_result"]
    found = []
    for block in results:
        inner = _blocks(block.get("content") or "")
        answers = str(block.get("tool_use_id", ""))
        found.append(Message("tool", text_of(inner), _pictures(inner), (), answers, block))
    if rest or not results:
        found.append(Message("user", text_of(rest), _pictures(rest), raw=raw))
    return found


def _assistant(raw: Json) -> Message:
    blocks = _blocks(raw.get("content"))
    calls = []
    for block in blocks:
        if block.get("type") == "tool_use":
            if not isinstance(block.get("input"), dict):
                raise refuse("bad_messages", "tool_use.input")
            calls.append(SeenCall(str(block.get("id", "")), str(block.get("name", "")), dump(block["input"])))
    texts = [b for b in blocks if b.get("type") == "text"]
    return Message("assistant", text_of(texts), (), tuple(calls), raw=raw)


def _messages(body: Json) -> tuple[Message, ...]:
    found: list[Message] = []
    if body.get("system"):
        found.append(Message("system", text_of(body["system"])))
    for position, raw in enumerate(body["messages"]):
        role = raw.get("role") if isinstance(raw, dict) else None
        if role == "assistant":
            found.append(_assistant(raw))
        elif role == "user":
            found += _user(raw)
        elif role == "system":
            found.append(Message("system", text_of(raw.get("content")), raw=raw))
        else:
            raise refuse("bad_role", f"messages.{position}.role: {role!r}")
    return tuple(found)


def _tools(body: Json) -> tuple[ToolSpec, ...]:
    tools = []
    for raw in body.get("tools") or ():
        if raw.get("type", "custom") != "custom":
            continue
        if not raw.get("name") or not isinstance(raw.get("input_schema"), dict):
            raise refuse("bad_tools", "tools.input_schema")
        tools.append(ToolSpec(raw["name"], raw.get("description") or "", raw["input_schema"]))
    return tuple(tools)


def read(body: Json) -> ChatRequest:
    """Read a messages body; broken ones raise ``Refused``."""
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise refuse("missing_model", "model")
    if not isinstance(body.get("messages"), list) or not body["messages"]:
        raise refuse("missing_messages", "messages")
    if not isinstance(body.get("max_tokens"), int):
        raise refuse("missing_max_tokens", "max_tokens")
    raw_choice = body.get("tool_choice") or {"type": "auto"}
    kinds: dict[str, Choice] = {"auto": "auto", "none": "none", "any": "required", "tool": "named"}
    if not isinstance(raw_choice, dict) or raw_choice.get("type") not in kinds:
        raise refuse("bad_tool_choice", str(raw_choice))
    tools = _tools(body)
    chosen = str(raw_choice.get("name", ""))
    if raw_choice["type"] == "tool" and chosen not in {t.name for t in tools}:
        raise refuse("bad_tool_choice", chosen)
    return ChatRequest(
        wire="anthropic",
        model=body["model"],
        messages=_messages(body),
        tools=tools,
        choice=kinds[raw_choice["type"]],
        chosen=chosen,
        parallel=False if raw_choice.get("disable_parallel_tool_use") else None,
        stream=body.get("stream") is True,
        include_usage=True,
        max_tokens=body["max_tokens"],
        stop=tuple(body.get("stop_sequences") or ()),
        body=body,
    )


class AnthropicTemplate:
    """The literal forms of one vendor on this wire; subclasses override what differs."""

    text_size = 8
    args_size = 6
    ping = True
    message_id = "msg_{id}"
    data = "data: "

    def sign(self, text: str, signature: str | None, turn: Turn | None = None) -> str | None:
        """Return the signature of a thinking block; None leaves the field out."""
        return signature

    def usage(self, turn: Turn) -> Json:
        """Return the full usage object; input excludes what was read from the cache."""
        usage = turn.usage
        return {
            "input_tokens": usage.prompt - usage.cached,
            "output_tokens": usage.completion,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": usage.cached,
        }

    def first_usage(self, turn: Turn) -> Json:
        """Return the usage of ``message_start``."""
        return {**self.usage(turn), "output_tokens": 0}

    def stops(self, turn: Turn) -> tuple[str, str | None]:
        """Return stop reason and stop sequence."""
        if turn.stop_sequence is not None and turn.finish == "stop":
            return "stop_sequence", turn.stop_sequence
        return STOPS.get(turn.finish, turn.finish), None

    def thinking(self, segment: Think, turn: Turn) -> Json:
        """Return a whole thinking block."""
        signature = self.sign(segment.text, segment.signature, turn)
        block = {"type": "thinking", "thinking": segment.text}
        return block if signature is None else {**block, "signature": signature}

    def block(self, segment: Think | Say | Call, turn: Turn) -> Json:
        """Return a whole content block."""
        if isinstance(segment, Think):
            return self.thinking(segment, turn)
        if isinstance(segment, Say):
            return {"type": "text", "text": segment.text}
        return {"type": "tool_use", "id": segment.id, "name": segment.name, "input": arguments(segment)}

    def message(self, turn: Turn, content: list[Json], stop: str | None, usage: Json) -> Json:
        """Return the message object."""
        return {
            "id": self.message_id.format(id=turn.id),
            "type": "message",
            "role": "assistant",
            "model": turn.model,
            "content": content,
            "stop_reason": stop,
            "stop_sequence": self.stops(turn)[1] if stop else None,
            "usage": usage,
        }

    def whole(self, turn: Turn, chat: ChatRequest) -> Json:
        """Return the whole reply."""
        blocks = [self.block(s, turn) for s in turn.segments if not isinstance(s, Pause)]
        return self.message(turn, blocks, self.stops(turn)[0], self.usage(turn))

    def open_block(self, segment: Think | Say | Call, turn: Turn) -> Json:
        """Return the block of ``content_block_start``."""
        if isinstance(segment, Think):
            signed = self.sign(segment.text, segment.signature, turn) is not None
            return {"type": "thinking", "thinking": "", **({"signature": ""} if signed else {})}
        if isinstance(segment, Say):
            return {"type": "text", "text": ""}
        return {"type": "tool_use", "id": segment.id, "name": segment.name, "input": {}}

    def deltas(self, segment: Think | Say | Call, turn: Turn) -> Iterator[Json]:
        """Return the deltas of a block."""
        if isinstance(segment, Think):
            for text in cut_text(segment.text, self.text_size):
                yield {"type": "thinking_delta", "thinking": text}
            signature = self.sign(segment.text, segment.signature, turn)
            if signature is not None:
                yield {"type": "signature_delta", "signature": signature}
        elif isinstance(segment, Say):
            for text in cut_text(segment.text, self.text_size):
                yield {"type": "text_delta", "text": text}
        else:
            for part in cut_text(segment.arguments, self.args_size):
                yield {"type": "input_json_delta", "partial_json": part}


def arguments(call: Call) -> Any:
    """Return the parsed arguments of a call, {} when they are no JSON object."""
    import json

    try:
        parsed = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _events(template: AnthropicTemplate, turn: Turn, chat: ChatRequest) -> Iterator[Json | Pause]:
    start = template.message(turn, [], None, template.first_usage(turn))
    yield {"type": "message_start", "message": start}
    if template.ping:
        yield {"type": "ping"}
    index = 0
    for segment in turn.segments:
        if isinstance(segment, Pause):
            yield segment
            continue
        block = template.open_block(segment, turn)
        if turn.shape.start_repeats and isinstance(segment, Say):
            block["text"] = cut_text(segment.text, template.text_size)[0]
        yield {"type": "content_block_start", "index": index, "content_block": block}
        for delta in template.deltas(segment, turn):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
        index += 1
    stop, sequence = template.stops(turn)
    delta = {"stop_reason": stop, "stop_sequence": sequence}
    ending = {"type": "message_delta", "delta": delta, "usage": template.usage(turn)}
    yield from [ending] * (2 if turn.shape.dup_finish else 1)
    if not turn.shape.no_done:
        yield from [{"type": "message_stop"}] * (2 if turn.shape.dup_done else 1)


def sse(template: AnthropicTemplate, turn: Turn, chat: ChatRequest) -> Iterator[bytes | Pause]:
    """Frame the events."""
    for event in _events(template, turn, chat):
        if isinstance(event, Pause):
            yield event
        else:
            yield f"event: {event['type']}\n{template.data}{dump(event)}\n\n".encode()
