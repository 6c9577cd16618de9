"""Which tool result answers which call? Every call of a turn gets exactly one answer, whatever a foreign agent left.

Ids decide. Where several calls of a turn share an id, or a call came without one, the name of the tool decides, and
then the order. A call that nothing answers is said not to have been run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from cncoding.types import Message, Text, ToolCall, ToolResult

NOT_RUN = "(no result: the call was not run)"

_Place: TypeAlias = tuple[int, int]
"""Number of the message and of the part in it."""


def answer_calls(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with each tool call answered right after its turn, in the order of the calls."""
    used: set[_Place] = set()
    turns: list[Message] = []
    for place, message in enumerate(messages):
        if message.role == "assistant" and message.tool_calls:
            calls = _name_apart(message.tool_calls, place)
            turns.append(_with_calls(message, calls))
            found = _find_results(messages, place, used)
            answers = _match(message.tool_calls, found)
            used.update(at for at in answers if at is not None)
            turns.extend(
                _answer(call, None if at is None else found[at]) for call, at in zip(calls, answers, strict=True)
            )
        elif message.role == "tool":
            turns.extend(_tell_orphans(message, place, used))
        else:
            turns.append(message)
    return turns


def _name_apart(calls: tuple[ToolCall, ...], place: int) -> tuple[ToolCall, ...]:
    """Return the calls of a turn under ids of their own: vendors refuse one that is empty or comes twice."""
    taken = {call.id for call in calls}
    seen: dict[str, int] = {}
    distinct = []
    for number, call in enumerate(calls):
        ident = call.id or f"call_{place}_{number}"
        seen[ident] = count = seen.get(ident, 0) + 1
        while count > 1 and f"{ident}_{count}" in taken:
            count += 1
        distinct.append(replace(call, id=ident if count == 1 else f"{ident}_{count}"))
    return tuple(distinct)


def _with_calls(message: Message, calls: tuple[ToolCall, ...]) -> Message:
    """Return the turn with its calls exchanged, each where it stood."""
    if calls == message.tool_calls:
        return message
    left = iter(calls)
    return replace(message, parts=tuple(next(left) if isinstance(part, ToolCall) else part for part in message.parts))


def _find_results(messages: Sequence[Message], place: int, used: set[_Place]) -> dict[_Place, ToolResult]:
    """Find the results between the calls at `place` and the next assistant turn; they are told apart by place."""
    found: dict[_Place, ToolResult] = {}
    for at in range(place + 1, len(messages)):
        if messages[at].role == "assistant":
            break
        if messages[at].role == "tool":
            parts = enumerate(messages[at].parts)
            found.update({(at, n): part for n, part in parts if isinstance(part, ToolResult) and (at, n) not in used})
    return found


def _match(calls: Sequence[ToolCall], found: dict[_Place, ToolResult]) -> list[_Place | None]:
    """Return where the answer of each call stands."""
    left, ids = dict(found), {call.id for call in calls if call.id}
    answers: dict[int, _Place] = {}
    tests: list[Callable[[ToolCall, ToolResult], bool]] = [
        lambda call, one: bool(call.id) and one.call_id == call.id and one.name == call.name,
        lambda call, one: bool(call.id) and one.call_id == call.id,
        lambda call, one: not call.id and one.call_id not in ids and one.name == call.name,
        lambda call, one: not call.id and one.call_id not in ids,
    ]
    for fits in tests:
        for number, call in enumerate(calls):
            at = None if number in answers else next((at for at, one in left.items() if fits(call, one)), None)
            if at is not None:
                answers[number] = at
                del left[at]
    return [answers.get(number) for number in range(len(calls))]


def _answer(call: ToolCall, result: ToolResult | None) -> Message:
    if result is None:
        return Message("tool", (ToolResult(call.id, (Text(NOT_RUN),), is_error=True, name=call.name),))
    return Message("tool", (replace(result, call_id=call.id, name=result.name or call.name),))


def _tell_orphans(message: Message, place: int, used: set[_Place]) -> Iterator[Message]:
    """Turn results without a call into user text: a vendor refuses them as tool messages."""
    for number, part in enumerate(message.parts):
        if isinstance(part, ToolResult) and (place, number) not in used:
            label = f"[result of tool {part.name or part.call_id}]\n"
            yield Message("user", (Text(label), *part.parts))
        elif not isinstance(part, ToolResult):
            yield Message("user", (part,))
