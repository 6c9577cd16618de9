"""The OpenAI chat wire: read a request, and the skeleton that vendor templates fill with literal dicts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .errors import refuse
from .reply import Call, Pause, Say, Think, Turn
from .request import ChatRequest, Choice, Message, Picture, SeenCall, ToolSpec
from .wires import Json

SURROGATE = re.compile("[\ud800-\udfff]")
ROLES = {"system", "developer", "user", "assistant", "tool", "function"}


def dump(value: Any) -> str:
    """Write JSON the way these servers do: compact, Chinese as it is."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if text.isascii() or not SURROGATE.search(text):
        return text
    return json.dumps(value, separators=(",", ":"))


def text_of(content: Any) -> str:
    """Join the text of a string or of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(p["text"] for p in content if isinstance(p, dict) and isinstance(p.get("text"), str))


def pictures_of(content: Any) -> tuple[Picture, ...]:
    """Collect the image parts of a content list."""
    found = []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") == "image_url":
            image = part.get("image_url")
            url = image.get("url") if isinstance(image, dict) else image
            if not isinstance(url, str) or not url:
                raise refuse("bad_image", "image_url.url")
            found.append(Picture(url))
    return tuple(found)


def _message(raw: Any, position: int) -> Message:
    if not isinstance(raw, dict) or raw.get("role") not in ROLES:
        role = raw.get("role") if isinstance(raw, dict) else raw
        raise refuse("bad_role", f"messages[{position}].role: {role!r}")
    calls = []
    for call in raw.get("tool_calls") or ():
        function = call.get("function") or {}
        if not isinstance(function.get("arguments"), str):
            raise refuse("bad_messages", f"messages[{position}].tool_calls.function.arguments")
        calls.append(SeenCall(str(call.get("id", "")), str(function.get("name", "")), function["arguments"]))
    return Message(
        role="system" if raw["role"] == "developer" else raw["role"],
        text=text_of(raw.get("content")),
        pictures=pictures_of(raw.get("content")),
        calls=tuple(calls),
        answers=str(raw.get("tool_call_id") or ""),
        raw=raw,
    )


def _tools(body: Json) -> tuple[ToolSpec, ...]:
    tools = []
    for raw in body.get("tools") or ():
        function = raw.get("function") if isinstance(raw, dict) else None
        if not isinstance(raw, dict) or "type" not in raw:
            raise refuse("bad_tools", "tools.type")
        if raw["type"] != "function":
            continue
        if not isinstance(function, dict) or not function.get("name"):
            raise refuse("bad_tools", "tools.function.name")
        schema = function.get("parameters") or {"type": "object", "properties": {}}
        tools.append(ToolSpec(function["name"], function.get("description") or "", schema))
    return tuple(tools)


def _choice(raw: Any) -> tuple[Choice, str]:
    if isinstance(raw, dict):
        return "named", str((raw.get("function") or {}).get("name", ""))
    if raw == "none" or raw == "required":
        return raw, ""
    if raw in (None, "auto"):
        return "auto", ""
    raise refuse("bad_tool_choice", str(raw))


def read(body: Json) -> ChatRequest:
    """Read a chat completions body; broken ones raise ``Refused``."""
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise refuse("missing_model", "model")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise refuse("missing_messages", "messages")
    choice, chosen = _choice(body.get("tool_choice"))
    tools = _tools(body)
    if choice == "named" and chosen not in {t.name for t in tools}:
        raise refuse("bad_tool_choice", chosen)
    if body.get("stream_options") and not body.get("stream"):
        raise refuse("stream_options", "stream_options")
    stop = body.get("stop")
    limits = [body.get("max_completion_tokens"), body.get("max_tokens")]
    return ChatRequest(
        wire="openai",
        model=body["model"],
        messages=tuple(_message(m, i) for i, m in enumerate(messages)),
        tools=tools,
        choice=choice,
        chosen=chosen,
        parallel=body.get("parallel_tool_calls"),
        stream=body.get("stream") is True,
        include_usage=bool((body.get("stream_options") or {}).get("include_usage")),
        max_tokens=next((n for n in limits if isinstance(n, int)), None),
        stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
        body=body,
    )


@dataclass(frozen=True)
class Opened:
    """First fragment of a tool call."""

    index: int
    call: Call
    args: str
    last: bool = False


@dataclass(frozen=True)
class More:
    """A later fragment of a tool call."""

    index: int
    call: Call
    args: str
    last: bool = False


Piece = Think | Say | Opened | More | Pause


def cut_text(text: str, size: int) -> list[str]:
    """Cut a text into pieces of ``size`` characters, an empty text into one empty piece."""
    return [text[i : i + size] for i in range(0, len(text), size)] or [""]


class OpenAITemplate:
    """The literal forms of one vendor; subclasses override what differs.

    Attributes:
        text_size: Characters per text delta.
        args_size: Characters per argument delta; 0 sends a call whole in one delta.
        data: What stands before each JSON event.
        first_args: Arguments in the first delta of a call.
        comment: The vendor's keep-alive comment line.
        blank_lines: Blank lines before a whole JSON body.
        opens_with_comment: A keep-alive comment comes before the first event.
    """

    text_size = 8
    args_size = 6
    data = "data: "
    first_args = ""
    comment = ": keep-alive"
    blank_lines = 0
    opens_with_comment = False

    def headers(self, turn: Turn) -> dict[str, str]:
        """Return the vendor's own response headers."""
        return {}

    def read_reasoning(self, raw: Json) -> list[str]:
        """Return the reasoning that an assistant message of the history carries, in any accepted form."""
        value = raw.get("reasoning_content")
        return [value] if isinstance(value, str) else []

    def envelope(self, turn: Turn, choices: list[Json], usage: Json | None) -> Json:
        """Return a chunk."""
        raise NotImplementedError

    def choice(self, delta: Json, finish: str | None) -> Json:
        """Return the only choice of a chunk."""
        return {"index": 0, "delta": delta, "finish_reason": finish}

    def opening(self, turn: Turn, chat: ChatRequest) -> list[Json]:
        """Return the chunks before the first piece."""
        return [self.envelope(turn, [self.choice({"role": "assistant", "content": ""}, None)], None)]

    def think(self, text: str, turn: Turn) -> Json:
        """Return a reasoning delta."""
        return {"reasoning_content": text}

    def say(self, text: str, turn: Turn) -> Json:
        """Return a text delta."""
        return {"content": text}

    def open_call(self, piece: Opened) -> Json:
        """Return the first delta of a tool call."""
        function = {"name": piece.call.name, "arguments": piece.args}
        call = {"index": piece.index, "id": piece.call.id, "type": "function", "function": function}
        return {"tool_calls": [call]}

    def continue_call(self, piece: More) -> Json:
        """Return a later delta of a tool call."""
        return {"tool_calls": [{"index": piece.index, "function": {"arguments": piece.args}}]}

    def after_call(self, turn: Turn, index: int) -> list[Json]:
        """Return the chunks after the last fragment of a tool call."""
        return []

    def closing(self, turn: Turn, chat: ChatRequest, last: Json | None) -> list[Json]:
        """Return the chunks after the last piece; ``last`` is a delta held back for the finish chunk."""
        raise NotImplementedError

    def whole(self, turn: Turn, chat: ChatRequest) -> Json:
        """Return the whole reply."""
        raise NotImplementedError

    def usage(self, turn: Turn) -> Json:
        """Return the usage object."""
        raise NotImplementedError

    def finish(self, finish: str) -> str:
        """Return the vendor's word for a stop reason."""
        return finish

    def holds_last(self) -> bool:
        """Tell whether the finish reason rides on the last delta."""
        return False

    def whole_calls(self, turn: Turn) -> list[Json]:
        """Return ``tool_calls`` of a whole reply."""
        return [
            {
                "index": i,
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": wire_args(turn, call)},
            }
            for i, call in enumerate(turn.calls)
        ]

    def args_size_for(self, chat: ChatRequest) -> int:
        """Return the size of argument fragments for this request."""
        return self.args_size

    def segments(self, turn: Turn, chat: ChatRequest) -> tuple[Think | Say | Call | Pause, ...]:
        """Return what is streamed; a template may fold reasoning into text here."""
        return turn.segments

    def pieces(self, turn: Turn, chat: ChatRequest) -> Iterator[Piece]:
        """Cut the segments of a turn into stream pieces, mixing parallel calls when asked."""
        waiting: list[list[Piece]] = []
        index = 0
        for segment in self.segments(turn, chat):
            if isinstance(segment, Call):
                waiting.append(list(self._call_pieces(turn, segment, index, self.args_size_for(chat))))
                index += 1
                continue
            yield from _mix(waiting, turn.shape.interleave)
            waiting = []
            if isinstance(segment, Pause):
                yield segment
            else:
                size = self.text_size
                kind = Think if isinstance(segment, Think) else Say
                texts = cut_text(segment.text, size)
                if turn.shape.snapshot:
                    texts = [segment.text[: (i + 1) * size] for i in range(len(texts))]
                yield from (kind(text) for text in texts)
        yield from _mix(waiting, turn.shape.interleave)

    def _call_pieces(self, turn: Turn, call: Call, index: int, size: int) -> Iterator[Piece]:
        if size == 0 or turn.shape.whole_args or turn.shape.args_dict or turn.shape.args_null:
            yield Opened(index, call, call.arguments, last=True)
            return
        parts = [part for part in cut_text(call.arguments, size) if part]
        yield Opened(index, call, self.first_args, last=not parts)
        yield from (More(index, call, part, last=i == len(parts)) for i, part in enumerate(parts, 1))

    def delta(self, turn: Turn, piece: Think | Say | Opened | More) -> Json:
        """Return the delta of a piece, bent as the shape says."""
        if isinstance(piece, Think):
            return self.think(piece.text, turn)
        if isinstance(piece, Say):
            return self.say(piece.text, turn)
        delta = self.open_call(piece) if isinstance(piece, Opened) else self.continue_call(piece)
        return _bend(turn, delta, piece)

    def events(self, turn: Turn, chat: ChatRequest) -> Iterator[Json | Pause]:
        """Return the chunks of a streamed reply."""
        yield from self.opening(turn, chat)
        held: Json | None = None
        for piece in self.pieces(turn, chat):
            if isinstance(piece, Pause):
                yield piece
                continue
            delta = self.delta(turn, piece)
            if self.holds_last():
                held, delta = delta, held or {}
                if not delta:
                    continue
            yield self.envelope(turn, [self.choice(delta, None)], None)
            if isinstance(piece, Opened | More) and piece.last:
                yield from self.after_call(turn, piece.index)
        closing = self.closing(turn, chat, held)
        yield from closing
        if turn.shape.dup_finish:
            yield closing[0]


def _mix(calls: list[list[Piece]], interleave: bool) -> Iterator[Piece]:
    if not interleave:
        for call in calls:
            yield from call
        return
    for step in range(max((len(c) for c in calls), default=0)):
        yield from (call[step] for call in calls if step < len(call))


def wire_args(turn: Turn, call: Call) -> Any:
    """Return the arguments of a call, bent as the shape says."""
    if turn.shape.args_null:
        return None
    return json.loads(call.arguments or "{}") if turn.shape.args_dict else call.arguments


def _bend(turn: Turn, delta: Json, piece: Opened | More) -> Json:
    shape, call = turn.shape, delta["tool_calls"][0]
    if isinstance(piece, Opened) and (shape.args_dict or shape.args_null):
        call["function"]["arguments"] = wire_args(turn, piece.call)
    if shape.no_index:
        call.pop("index", None)
    if shape.same_index:
        call["index"] = 0
    if shape.repeat_name and isinstance(piece, More):
        call["function"] = {"name": piece.call.name, **call["function"]}
        call["id"] = piece.call.id
    if shape.late_id:
        if isinstance(piece, Opened):
            call.pop("id", None)
        else:
            call["id"] = piece.call.id
    return delta


def sse(template: OpenAITemplate, turn: Turn, chat: ChatRequest) -> Iterator[bytes | Pause]:
    """Frame the chunks as server-sent events with the end mark."""
    for event in template.events(turn, chat):
        yield event if isinstance(event, Pause) else f"{template.data}{dump(event)}\n\n".encode()
    if not turn.shape.no_done:
        yield f"{template.data}[DONE]\n\n".encode()
    if turn.shape.dup_done:
        yield f"{template.data}[DONE]\n\n".encode()
