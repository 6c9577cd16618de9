"""Which tool call does a streamed fragment belong to?

Six shapes exist in the wild: an index after the first fragment; one index with different ids; an id on every
fragment; an empty id after the first (Qwen); no index; an id that comes late. One rule serves them all: a known id
means that call, an unseen id with a name means a new call, else the index decides, else the latest call.
A call is never closed before the stream ends: a parsable text can still be the prefix of a longer one.
"""

from __future__ import annotations

import json
from typing import Any

from cncoding.exchange.json_values import as_name, as_object
from cncoding.types import Event, JsonObject, ToolCallDelta

_NO_ID = {"null", "None"}
_KNOWN = {"id", "type", "index", "function"}


class _Call:
    __slots__ = (
        *("_depth", "_escaped", "_quoted", "_read"),
        *("block", "extras", "given", "id", "index", "key", "name", "pieces", "sent"),
    )

    def __init__(self, key: Any, index: int, block: int) -> None:
        self.key = key
        self.index = index
        self.block = block
        self.given: str | None = None
        """The vendor's id."""
        self.id: str | None = None
        self.name = ""
        self.pieces: list[str] = []
        self.extras: JsonObject | None = None
        self.sent = False
        self._read = 0
        self._depth = 0
        self._quoted = False
        self._escaped = False

    def complete(self) -> bool:
        """Tell whether the arguments so far close what they open, looking at each character once."""
        for piece in self.pieces[self._read :]:
            for char in piece:
                self._look(char)
        self._read = len(self.pieces)
        return bool(self.pieces) and self._depth == 0 and not self._quoted

    def _look(self, char: str) -> None:
        if self._quoted:
            if self._escaped:
                self._escaped = False
            elif char == "\\":
                self._escaped = True
            elif char == '"':
                self._quoted = False
        elif char == '"':
            self._quoted = True
        elif char in "{[":
            self._depth += 1
        elif char in "}]":
            self._depth -= 1


class ToolCalls:
    """Number the tool calls of one reply and turn fragments into events."""

    __slots__ = ("_by_id", "_by_key", "_calls", "_make_id", "_opened")

    def __init__(self, make_id: Any) -> None:
        self._calls: list[_Call] = []
        self._opened = 0
        """How many of them are told; the rest waits."""
        self._by_key: dict[Any, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._make_id = make_id

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, fragment: JsonObject, next_block: int, events: list[Event]) -> int:
        """Take in one element of `tool_calls`, append its events, and return the next free block number."""
        function = as_object(fragment.get("function"), "the function of a tool call")
        ident = as_name(fragment.get("id"))
        if ident in _NO_ID:
            ident = None
        name = as_name(function.get("name")) or ""
        key = fragment.get("index")
        key = key if isinstance(key, (int, float, str)) else None
        call = self._find(key, ident, name, function.get("arguments"))
        if call is None:
            if not name and ident is None and not function.get("arguments"):
                return next_block  # Qwen closes a call with an empty fragment, sometimes at an index of its own
            call = _Call(key, len(self._calls), next_block)
            next_block += 1
            self._calls.append(call)
            if key is not None:
                self._by_key[key] = call
        if ident is not None:
            if call.id is None and ident not in self._by_id:
                call.id = ident
            call.given = call.given or ident
            self._by_id[ident] = call
        call.name = call.name or name
        self._emit(call, argument_text(function.get("arguments")), _extras(fragment), events)
        return next_block

    def _find(self, key: Any, ident: str | None, name: str, arguments: Any) -> _Call | None:
        if ident is not None:
            if known := self._by_id.get(ident):
                return self._same_id(known, key, name)
            if name:
                late = self._at(key)
                return late if late is not None and late.id is None and late.name == name and not late.pieces else None
        call = self._at(key)
        if call is None and key is None and self._calls and not self._is_new(self._calls[-1], name):
            call = self._calls[-1]
        if call is not None and name and ident is None and self._is_new(call, name):
            return None if name != call.name or arguments not in (None, "") else call
        return call

    def _same_id(self, known: _Call, key: Any, name: str) -> _Call | None:
        """Return the call that a fragment with the id of `known` means; one id at two indexes is two calls."""
        if key is None or known.key is None or key == known.key:
            return known
        other = self._at(key)
        if other is not None and other.given == known.given:
            return other
        return None if self._is_new(known, name) else known

    def _at(self, key: Any) -> _Call | None:
        """Return the latest call at the vendor's index `key`."""
        if key is None:
            return None
        return self._by_key.get(key)

    @staticmethod
    def _is_new(call: _Call, name: str) -> bool:
        """Tell whether a fragment with `name` and without id opens another call after `call`."""
        return bool(name) and bool(call.name) and (name != call.name or call.complete())

    def _emit(self, call: _Call, text: str, extras: JsonObject | None, events: list[Event]) -> None:
        if text:
            call.pieces.append(text)
        if call.sent:
            if text or extras:
                events.append(ToolCallDelta(call.block, call.index, None, None, text, extras))
            return
        if extras:
            call.extras = {**(call.extras or {}), **extras}
        self._open_next(events)

    def _open_next(self, events: list[Event]) -> None:
        """Open the calls that are ready, in their order: a streamed reply lists them as a whole one does."""
        while self._opened < len(self._calls):
            call = self._calls[self._opened]
            # An id may come one fragment late: a first fragment without id and arguments waits for the next.
            if not call.name or (call.id is None and not call.pieces):
                return
            self._open(call, events)

    def _open(self, call: _Call, events: list[Event]) -> None:
        if call.id is None:
            call.id = self._make_id()
        call.sent = True
        self._opened += 1
        events.append(ToolCallDelta(call.block, call.index, call.id, call.name, "".join(call.pieces), call.extras))

    def finish(self, *, cut: bool = False) -> list[Event]:
        """Emit what waited, and `{}` for the calls that came without arguments.

        Args:
            cut: Whether the reply ended at its token limit: then missing arguments never came, and stay empty.
        """
        events: list[Event] = []
        for call in self._calls:
            if not call.sent:
                self._open(call, events)
            if not cut and not "".join(call.pieces).strip():
                events.append(ToolCallDelta(call.block, call.index, None, None, "{}"))
        return events


def argument_text(arguments: Any) -> str:
    """Return tool arguments as JSON text; some gateways send an object or null instead."""
    if arguments is None:
        return ""
    if isinstance(arguments, str):
        return arguments
    return json.dumps(arguments, ensure_ascii=False)


def _extras(fragment: JsonObject) -> JsonObject | None:
    if len(fragment) <= 3 and fragment.keys() <= _KNOWN:
        return None
    return {key: value for key, value in fragment.items() if key not in _KNOWN} or None
