"""`/v1/messages` replies, streamed or whole, become events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cncoding.chat.decoder import Reader
from cncoding.chat.toolcalls import argument_text
from cncoding.chat.usage import read_anthropic_usage
from cncoding.errors import ContentBlockedError, EmptyReplyError, ProtocolError, TruncatedStreamError
from cncoding.exchange.failures import failure_of, reports_bare_failure, reports_failure
from cncoding.exchange.json_values import as_name, as_object, as_text, load_json
from cncoding.exchange.sse import Frame
from cncoding.profile import AnthropicDialect, ModelCard
from cncoding.target import Target
from cncoding.types import (
    Event,
    Finish,
    FinishReason,
    JsonObject,
    OpaqueDelta,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    VendorData,
)

FINISH_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
    "pause_turn": "other",
}
_USUAL = {"id", "type", "role", "model", "content", "stop_reason", "usage", "delta"}
"""Members that are read; all others are kept for the caller."""


class _Block:
    """One content block of the vendor; `number` is ours, given when the block first says something."""

    __slots__ = ("closed", "held", "json", "kind", "number", "payload", "signed", "told", "tool_index")

    def __init__(self, kind: str, payload: JsonObject) -> None:
        self.kind = kind
        self.number = -1
        self.payload = payload
        self.held = ""
        self.json: list[str] = []
        self.tool_index = -1
        self.told = False
        self.signed = False
        self.closed = False


class AnthropicDecoder(Reader):
    """Decode one reply: `feed` bytes of a stream, or `whole` of a body; then `finish`."""

    def __init__(
        self, target: Target, card: ModelCard, make_id: Callable[[], str], *, may_be_empty: bool = False
    ) -> None:
        dialect = target.wire.dialect
        assert isinstance(dialect, AnthropicDialect)
        self._dialect = dialect
        super().__init__(target.rules)
        self._make_id = make_id
        self._may_be_empty = may_be_empty
        self._blocks: dict[Any, _Block] = {}
        self._count = 0
        self._tools = 0
        self._ids: set[str] = set()
        self._usage: JsonObject = {}
        self._vendor: JsonObject = {}
        self._native: str | None = None
        self._started = False
        self._stopped = False
        self._said = False

    @property
    def finished(self) -> bool:
        """Whether the message has told its stop reason."""
        return self._stopped or self._native is not None

    @property
    def closed(self) -> bool:
        """Whether `message_stop` has come."""
        return self._stopped

    def _frame(self, frame: Frame, events: list[Event]) -> None:
        text = frame.data.strip()
        if not text or self._stopped or text == "[DONE]":
            return
        event = load_json(text, "an event", self._provider.id)
        if "\\u" in text:
            self._halves.look(text)
        if not isinstance(event, dict):
            return
        if self._dialect.read is not None:
            event = self._dialect.read(event)
        kind = event.get("type") or frame.event
        if kind == "error" or reports_failure(event) or ("type" not in event and reports_bare_failure(event)):
            raise failure_of(event, self._provider, status=200)
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is not None:
            reader(self, event, events)

    def whole(self, body: bytes) -> list[Event]:
        """Decode a reply that was not streamed, block by block as if it were."""
        reply = load_json(body, "the reply", self._provider.id)
        self._halves.look_at(body)
        if isinstance(reply, dict) and self._dialect.read is not None:
            reply = self._dialect.read(reply)
        if not isinstance(reply, dict) or not isinstance(reply.get("content"), list):
            if isinstance(reply, dict) and (reports_failure(reply) or reports_bare_failure(reply)):
                raise failure_of(reply, self._provider, status=200)
            raise ProtocolError(
                "the reply has no content",
                provider=self._provider.id,
                payload=body[:2000].decode(errors="replace"),
            )
        events: list[Event] = []
        self._message_start({"message": reply}, events)
        for index, block in enumerate(reply["content"]):
            self._block_start({"index": index, "content_block": block}, events)
            self._block_stop({"index": index}, events)
        self._native = as_name(reply.get("stop_reason"))
        self._stopped = True
        return self._end(events)

    # ------------------------------------------------------------ events of the wire

    def _message_start(self, event: JsonObject, events: list[Event]) -> None:
        message = as_object(event.get("message"), "the message")
        self._started = True
        self._usage.update(_show(message.get("usage")))
        self._keep(message)
        events.append(Started(as_name(message.get("id")), as_name(message.get("model"))))

    def _block_start(self, event: JsonObject, events: list[Event]) -> None:
        content = as_object(event.get("content_block"), "a content block")
        if old := self._blocks.get(_key(event)):  # an index used again: what stood there is complete
            self._block_stop(event, events)
            events.extend(_missing_arguments([old]))
        kind = as_name(content.get("type")) or "text"
        block = self._blocks[_key(event)] = _Block(kind, content)
        if kind == "tool_use":
            self._said = True
            block.tool_index = self._tools
            self._tools += 1
            ident = as_name(content.get("id"))
            if not ident or ident in self._ids:
                ident = self._make_id()  # two calls of a turn under one id would get one result
            self._ids.add(ident)
            name = as_name(content.get("name")) or ""
            events.append(ToolCallDelta(self._number(block), block.tool_index, ident, name, ""))
        elif kind == "text":
            block.held = as_text(content.get("text"))
        elif kind == "thinking":
            block.held = as_text(content.get("thinking"))
        elif kind == "redacted_thinking":
            self._said = True
            events.append(ReasoningDelta(self._number(block), "", None, as_text(content.get("data"))))

    def _number(self, block: _Block) -> int:
        if block.number < 0:
            block.number = self._count
            self._count += 1
        return block.number

    def _block_delta(self, event: JsonObject, events: list[Event]) -> None:
        block = self._blocks.get(_key(event))
        delta = as_object(event.get("delta"), "a delta")
        if block is None:
            raise ProtocolError("a delta came before its block", provider=self._provider.id, payload=json.dumps(event))
        kind = delta.get("type")
        if kind == "text_delta":
            self._text(block, as_text(delta.get("text")), events)
        elif kind == "thinking_delta":
            self._text(block, as_text(delta.get("thinking")), events)
        elif kind == "signature_delta":
            self._flush(block, events)
            self._sign(block, as_text(delta.get("signature")), events)
        elif kind == "input_json_delta":
            piece = argument_text(delta.get("partial_json"))
            block.json.append(piece)
            if block.kind == "tool_use" and piece:
                events.append(ToolCallDelta(block.number, block.tool_index, None, None, piece))

    def _text(self, block: _Block, text: str, events: list[Event]) -> None:
        if block.held and text.startswith(block.held):
            block.held = ""  # the first delta may repeat the start text
        self._flush(block, events)
        if text:
            self._tell(block, text, events)

    def _flush(self, block: _Block, events: list[Event]) -> None:
        if block.held:
            held, block.held = block.held, ""
            self._tell(block, held, events)

    def _tell(self, block: _Block, text: str, events: list[Event]) -> None:
        self._said = block.told = True
        if block.kind == "thinking":
            events.append(ReasoningDelta(self._number(block), text))
        else:
            events.append(TextDelta(self._number(block), text))

    def _sign(self, block: _Block, signature: str | None, events: list[Event]) -> None:
        """Tell the signature; an empty one (Qwen) is a value, and a block of nothing else is still a block."""
        self._said = block.told = block.signed = True
        events.append(ReasoningDelta(self._number(block), "", signature))

    def _block_stop(self, event: JsonObject, events: list[Event]) -> None:
        block = self._blocks.get(_key(event))
        if block is None or block.closed:
            return
        block.closed = True
        self._flush(block, events)
        if block.kind == "tool_use":
            if not "".join(block.json).strip() and (given := block.payload.get("input")):
                block.json.append(argument_text(given))
                events.append(ToolCallDelta(block.number, block.tool_index, None, None, block.json[-1]))
        elif block.kind == "thinking":
            given = block.payload.get("signature")
            signature = None if given is None else as_text(given)
            if not block.signed and (signature is not None or not block.told):
                self._sign(block, signature, events)
        elif block.kind not in ("text", "redacted_thinking"):
            self._opaque(block, events)

    def _opaque(self, block: _Block, events: list[Event]) -> None:
        payload = dict(block.payload)
        if block.json:
            payload["input"] = load_json("".join(block.json) or "{}", "the input of a block", self._provider.id)
        self._said = True
        events.append(OpaqueDelta(self._number(block), payload))

    def _message_delta(self, event: JsonObject, events: list[Event]) -> None:
        self._usage.update(_show(event.get("usage")))
        delta = as_object(event.get("delta"), "a delta")
        self._native = as_name(delta.get("stop_reason")) or self._native
        self._keep(event)
        self._keep(delta)

    def _keep(self, found: JsonObject) -> None:
        self._vendor.update({key: value for key, value in found.items() if key not in _USUAL and value is not None})

    def _message_stop(self, event: JsonObject, events: list[Event]) -> None:
        self._stopped = True

    # ------------------------------------------------------------ the end

    def _end(self, events: list[Event]) -> list[Event]:
        if not self._started or (self._native is None and not self._stopped):
            raise TruncatedStreamError("the stream ended without a finish", provider=self._provider.id)
        for index in tuple(self._blocks):
            self._block_stop({"index": index}, events)  # a stop that the vendor left out
        native = self._native
        reason: FinishReason = "stop"
        if native is not None:
            reason = FINISH_REASONS.get(native, "other")
        if reason not in ("length", "content_filter"):
            events.extend(_missing_arguments(self._blocks.values()))
        if not self._said and not self._may_be_empty:
            if reason == "content_filter":
                raise ContentBlockedError(
                    "the vendor blocked the whole answer", provider=self._provider.id, status=200, code=native
                )
            if reason != "length":
                raise EmptyReplyError("the vendor finished without saying anything", provider=self._provider.id)
        if self._vendor:
            events.append(VendorData(self._vendor))
        if self._usage:
            events.append(read_anthropic_usage(self._usage))
        events.append(Finish("tool_calls" if reason == "stop" and self._tools else reason, native))
        return self._halves.mend(events)


_READERS: dict[str, Callable[[AnthropicDecoder, JsonObject, list[Event]], None]] = {
    "message_start": AnthropicDecoder._message_start,
    "content_block_start": AnthropicDecoder._block_start,
    "content_block_delta": AnthropicDecoder._block_delta,
    "content_block_stop": AnthropicDecoder._block_stop,
    "message_delta": AnthropicDecoder._message_delta,
    "message_stop": AnthropicDecoder._message_stop,
}


def _missing_arguments(blocks: Iterable[_Block]) -> Iterator[Event]:
    """Yield `{}` for the calls that came without arguments; where the reply was cut they never came, and stay empty."""
    for block in blocks:
        if block.kind == "tool_use" and not "".join(block.json).strip():
            yield ToolCallDelta(block.number, block.tool_index, None, None, "{}")


def _key(event: JsonObject) -> int | str | None:
    """Return the vendor's number of a block."""
    index = event.get("index")
    return index if isinstance(index, (int, str)) else None


def _show(usage: Any) -> JsonObject:
    """Return the members of a usage object that say something; a later event may leave them null."""
    return {key: value for key, value in usage.items() if value is not None} if isinstance(usage, dict) else {}
