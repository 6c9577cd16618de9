"""`/chat/completions` replies, streamed or whole, become events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cncoding.chat.decoder import Reader
from cncoding.chat.markers import Markers
from cncoding.chat.snapshots import EVIDENCE, Snapshots
from cncoding.chat.thinktags import ThinkTags
from cncoding.chat.toolcalls import ToolCalls
from cncoding.chat.usage import read_openai_usage
from cncoding.errors import (
    ContentBlockedError,
    ContextOverflowError,
    EmptyReplyError,
    ProtocolError,
    ServerError,
    TruncatedStreamError,
)
from cncoding.exchange.failures import failure_of, reports_bare_failure, reports_failure
from cncoding.exchange.json_values import as_list, as_name, as_object, as_text, load_json
from cncoding.exchange.sse import Frame
from cncoding.profile import ModelCard, OpenAIDialect
from cncoding.target import Target
from cncoding.types import (
    Event,
    Finish,
    FinishReason,
    JsonObject,
    ReasoningDelta,
    Started,
    TextDelta,
    ThinkTagSetting,
    VendorData,
)

FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}

_FAILURE_MEMBERS = frozenset({"error", "error_message", "base_resp", "success"})
"""Members without which a chunk is no failure, so that most chunks are not looked at twice."""


_REPLY_MEMBERS = frozenset({"id", "object", "created", "model", "choices", "usage"})
_CHOICE_MEMBERS = frozenset({"index", "text", "delta", "message", "finish_reason", "usage"})
_MESSAGE_MEMBERS = frozenset({"role", "name", "content", "tool_calls", "function_call"})
"""Members that are read, or say nothing; all others are kept for the caller."""


class OpenAIDecoder(Reader):
    """Decode one reply: `feed` bytes of a stream, or `whole` of a body; then `finish`."""

    def __init__(
        self,
        target: Target,
        card: ModelCard,
        make_id: Callable[[], str],
        *,
        may_be_empty: bool = False,
        think_tags: ThinkTagSetting | None = None,
    ) -> None:
        dialect = target.wire.dialect
        assert isinstance(dialect, OpenAIDialect)
        self._dialect = dialect
        super().__init__(target.rules)
        self._may_be_empty = may_be_empty
        self._message_members = _MESSAGE_MEMBERS.union(dialect.reasoning_fields, filter(None, (dialect.echo_details,)))
        tags = dialect.think_tags if think_tags is None else think_tags
        self._tags = ThinkTags(opened=tags == "open") if tags else None
        self._marks = Markers(dialect.marks) if dialect.marks else None
        self._thought_marks = Markers(dialect.reasoning_marks) if dialect.reasoning_marks else None
        self._calls = ToolCalls(make_id)
        self._snapshots = dialect.snapshots or card.cumulative
        evidence = 1 if card.cumulative else EVIDENCE
        self._shown = Snapshots(evidence)
        self._thought = Snapshots(evidence)
        self._started = False
        self._done = False
        self._choice: Any = None
        self._native: str | None = None
        self._usage: JsonObject | None = None
        self._vendor: JsonObject = {}
        self._next = 0
        self._kind = ""
        self._reasoned = False
        self._field_reasoned = False
        self._empty_reasoning = False
        self._said = False

    @property
    def finished(self) -> bool:
        """Whether a choice has told its finish reason."""
        return self._done or self._native is not None

    @property
    def closed(self) -> bool:
        """Whether `[DONE]` has come."""
        return self._done

    # ------------------------------------------------------------ frames

    def _frame(self, frame: Frame, events: list[Event]) -> None:
        text = frame.data.strip()
        if not text or self._done:
            return
        if text == "[DONE]":
            self._done = True
            return
        chunk = load_json(text, "a chunk", self._provider.id)
        if "\\u" in text:
            self._halves.look(text)
        if isinstance(chunk, dict):
            if frame.event == "error":
                # An event of that name is a failure even where the object has no `error` member.
                raise failure_of(chunk, self._provider, status=200)
            self._chunk(chunk, events)

    def whole(self, body: bytes) -> list[Event]:
        """Decode a reply that was not streamed."""
        reply = load_json(body, "the reply", self._provider.id)
        self._halves.look_at(body)
        events: list[Event] = []
        if not isinstance(reply, dict):
            raise ProtocolError("the reply is not a JSON object", provider=self._provider.id, payload=str(reply))
        self._chunk(reply, events)
        if not reply.get("choices"):
            raise ProtocolError("the reply has no choices", provider=self._provider.id, payload=json.dumps(reply))
        self._done = True
        return self._end(events)

    # ------------------------------------------------------------ chunks

    def _chunk(self, chunk: JsonObject, events: list[Event]) -> None:
        if self._dialect.read is not None:
            chunk = self._dialect.read(chunk)
        if not self._started:
            self._start(chunk, events)
        if not _FAILURE_MEMBERS.isdisjoint(chunk) and reports_failure(chunk):
            raise failure_of(chunk, self._provider, status=200)
        if usage := chunk.get("usage"):
            self._count(usage)
        self._keep(chunk, _REPLY_MEMBERS)
        choices = chunk.get("choices")
        if not choices:
            if reports_bare_failure(chunk):
                raise failure_of(chunk, self._provider, status=200)
            return
        choice = self._first_choice(as_list(choices, "choices"))
        if choice is None:
            return
        if usage := choice.get("usage"):
            self._count(usage)
        if (native := choice.get("finish_reason")) and native != "null" and self._native is None:
            self._native = str(native)
        delta = choice.get("delta")
        if delta is None:
            # Some close a stream with the full message once more; it must not be appended.
            delta = None if self._said else choice.get("message")
        if delta is None and isinstance(text := choice.get("text"), str):
            delta = {"content": text}  # completion between two texts
        if delta:
            delta = as_object(delta, "the delta")
            self._delta(delta, events)
            self._keep(delta, self._message_members)
        self._keep(choice, _CHOICE_MEMBERS)

    def _keep(self, found: JsonObject, known: frozenset[str]) -> None:
        """Keep members that are read nowhere else: `logprobs`, `system_fingerprint`, and what the vendor adds next."""
        if found.keys() <= known:
            return
        for name, value in found.items():
            if name not in known and value is not None:
                self._vendor[name] = _add(self._vendor.get(name), value)

    def _start(self, chunk: JsonObject, events: list[Event]) -> None:
        if chunk.get("id") or chunk.get("choices"):
            self._started = True
            events.append(Started(as_name(chunk.get("id")), as_name(chunk.get("model"))))

    def _count(self, usage: Any) -> None:
        """Keep the counts; the last that say something hold."""
        if isinstance(usage, dict):
            self._usage = usage

    def _first_choice(self, choices: list[Any]) -> JsonObject | None:
        """Return the choice that is read, the first to appear: `n` in extra_body asks for more than one."""
        for one in choices:
            choice = as_object(one, "a choice")
            index = choice.get("index")
            if self._choice is None:
                self._choice = index
            if index is None or index == self._choice:
                return choice
        return None

    def _delta(self, delta: JsonObject, events: list[Event]) -> None:
        reasoning = None
        for name in self._dialect.reasoning_fields:
            if isinstance(found := delta.get(name), str):
                reasoning = found
                if found:
                    break
        if reasoning is not None:
            self._reason(reasoning, delta, events)
        elif self._dialect.echo_details and delta.get(self._dialect.echo_details):
            self._reason("", delta, events)
        if content := delta.get("content"):
            self._content(content if isinstance(content, str) else as_text(content), events)
        if calls := delta.get("tool_calls"):
            self._flush_thought(events)
            for fragment in as_list(calls, "tool_calls"):
                if fragment:
                    self._next = self._calls.add(as_object(fragment, "a tool call"), self._next, events)
                    self._kind = "tool"
                    self._said = True

    def _reason(self, text: str, delta: JsonObject, events: list[Event]) -> None:
        details: tuple[JsonObject, ...] = ()
        if self._dialect.echo_details and (given := delta.get(self._dialect.echo_details)):
            details = tuple(one for one in as_list(given, self._dialect.echo_details) if isinstance(one, dict))
            text = text or as_text(list(details))
        if self._snapshots and (new := self._thought.new_part(text, last=self._native is not None)) != text:
            text = new
            details = tuple({**one, "text": new} for one in details[:1])
        if self._thought_marks is not None:
            text = self._thought_marks.feed(text)
        if not text and not details:
            self._empty_reasoning = True
            return
        self._reasoned = self._field_reasoned = self._said = True
        events.append(ReasoningDelta(self._block("reasoning"), text, None, None, details))

    def _flush_thought(self, events: list[Event]) -> None:
        """Say what was held back of the reasoning in case it became a mark."""
        if self._thought_marks is not None and (held := self._thought_marks.finish()):
            self._reasoned = self._said = True
            events.append(ReasoningDelta(self._block("reasoning"), held))

    def _content(self, text: str, events: list[Event]) -> None:
        self._flush_thought(events)
        if self._snapshots:
            text = self._shown.new_part(text, last=self._native is not None)
        if self._tags is not None:
            reasoning, text = self._tags.feed(text)
            self._split_tags(reasoning, events)
        if self._marks is not None:
            text = self._marks.feed(text)
        self._answer(text, events)

    def _answer(self, text: str, events: list[Event]) -> None:
        if text:
            # Invalid JSON may have been replaced by spaces: an answer of spaces is no answer.
            self._said = self._said or not text.isspace()
            events.append(TextDelta(self._block("text"), text))

    def _split_tags(self, reasoning: str, events: list[Event]) -> None:
        # Tagged reasoning may be mirrored into the field of its own: it is told once.
        if reasoning and not self._field_reasoned:
            self._said = self._reasoned = True
            events.append(ReasoningDelta(self._block("reasoning"), reasoning))

    def _block(self, kind: str) -> int:
        """Return the number of the current block, a new one when the kind of content changes."""
        if kind != self._kind:
            self._kind = kind
            self._next += 1
        return self._next - 1

    # ------------------------------------------------------------ the end

    def _end(self, events: list[Event]) -> list[Event]:
        if self._native is None and not self._done:
            raise TruncatedStreamError("the stream ended without a finish", provider=self._provider.id)
        self._flush_thought(events)
        if self._tags is not None:
            reasoning, text = self._tags.finish()
            self._split_tags(reasoning, events)
            self._answer(text if self._marks is None else self._marks.feed(text), events)
        if self._marks is not None:
            self._answer(self._marks.finish(), events)
        if not self._started:
            raise TruncatedStreamError("the stream held no reply", provider=self._provider.id)
        reason = self._reason_to_finish()
        events.extend(self._calls.finish(cut=reason in ("length", "content_filter")))
        if len(self._calls) and self._empty_reasoning and not self._reasoned:
            # "Reasoned, empty" is a value that must go back on a tool turn.
            self._kind = ""
            events.append(ReasoningDelta(self._block("reasoning"), ""))
        self._refuse_empty(reason)
        if self._vendor:
            events.append(VendorData(self._vendor))
        if self._usage:
            events.append(read_openai_usage(self._usage))
        events.append(Finish(reason, self._native))
        return self._halves.mend(events)

    def _reason_to_finish(self) -> FinishReason:
        native = self._native
        if native is None:
            reason: FinishReason = "stop"
        else:
            reason = self._dialect.finish_reasons.get(native) or FINISH_REASONS.get(native, "other")
        if reason == "error":
            raise ServerError(f"the vendor broke off: {native}", provider=self._provider.id, status=200, code=native)
        return "tool_calls" if reason == "stop" and len(self._calls) else reason

    def _refuse_empty(self, reason: FinishReason) -> None:
        if self._said or self._may_be_empty:
            return
        where: dict[str, Any] = {"provider": self._provider.id, "status": 200, "code": self._native}
        if reason == "content_filter":
            raise ContentBlockedError("the vendor blocked the whole answer", **where)
        if self._native == "model_context_window_exceeded":
            raise ContextOverflowError("the conversation fills the model's context", **where)
        if reason != "length":
            raise EmptyReplyError("the vendor finished without saying anything", provider=self._provider.id)


def _add(old: Any, new: Any) -> Any:
    """Add lists up, which come in pieces (`logprobs`); of everything else the last counts."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{key: _add(old.get(key), value) for key, value in new.items()}}
    return [*old, *new] if isinstance(old, list) and isinstance(new, list) else new
