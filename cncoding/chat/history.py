"""Make a history that every vendor accepts, whatever an agent left behind.

Frameworks leave unanswered tool calls (`return_direct` beside parallel calls), orphan tool messages (truncated
memory, hand-offs), empty turns (ReAct retries) and system messages in the middle (early stopping). Vendors answer
each of them with HTTP 400, so both wires start from the history that `repair` returns. What stands in a turn of the
wrong role is moved where it can be said, or refused, but never dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from cncoding.errors import ConfigError
from cncoding.types import JsonObject, Media, Message, Opaque, Part, Reasoning, Text, ToolCall, ToolResult

NOT_RUN = "(no result: the call was not run)"
NO_OUTPUT = "(no output)"
LEFT_OUT = "(earlier messages left out)"


def repair(messages: Sequence[Message], keeps: Callable[[Opaque], bool] = lambda part: False) -> list[Message]:
    """Return the messages with one system message first and every tool call answered exactly once.

    Each tool result stands in a message of its own, after its call, in the order of the calls.

    Args:
        messages: The history.
        keeps: Tells which opaque parts the wire sends; the others stay at home.

    Raises:
        ConfigError: Nothing is left to send, or a turn holds what its role cannot say.
    """
    messages = [turn for message in messages for turn in _sort(message, keeps)]
    turns = _answer_calls(messages)
    system = [message for message in messages if message.role == "system"]
    leading = _leading_system(messages)
    result: list[Message] = []
    if text := "\n\n".join(text for message in system[:leading] if (text := _join(message))):
        result.append(Message("system", (Text(text),)))
    seen = 0
    for message in turns:
        if message.role == "system":
            seen += 1
            if seen > leading and (text := _join(message)):
                # Qwen and MiniMax take a system message in the first place only.
                result.append(Message("user", (Text(text),)))
        elif message.role == "tool" or not _is_empty(message):
            result.append(message)
    if all(message.role == "system" for message in result):
        raise ConfigError(
            "messages: nothing to answer; give at least one message with text or media besides the system one"
        )
    return result


def _leading_system(messages: Sequence[Message]) -> int:
    """Count the system messages before the first turn of another role."""
    return next((place for place, message in enumerate(messages) if message.role != "system"), len(messages))


def _join(message: Message) -> str:
    return "\n".join(part.text for part in message.parts if isinstance(part, Text) and part.text)


def _is_empty(message: Message) -> bool:
    """Tell whether a turn says nothing; reasoning alone is refused or poisons the session at several vendors."""
    return not any(
        not isinstance(part, Reasoning) and not (isinstance(part, Text) and not part.text) for part in message.parts
    )


def _sort(message: Message, keeps: Callable[[Opaque], bool]) -> Iterator[Message]:
    """Give tool results a turn of their own, wherever they stand, and refuse what the role cannot say."""
    if message.role not in _ALLOWED:
        raise ConfigError(f"messages: role {message.role!r} is unknown; choose one of {', '.join(_ALLOWED)}")
    parts = tuple(part for part in message.parts if not isinstance(part, Opaque) or keeps(part))
    for part in parts:
        if not isinstance(part, _ALLOWED[message.role]):
            what = f"{part.kind} input" if isinstance(part, Media) else type(part).__name__
            raise ConfigError(
                f"messages: a message of role {message.role!r} cannot hold {what}; put it into one of another role"
            )
    results = tuple(part for part in parts if isinstance(part, ToolResult))
    if message.role == "tool" or not results:
        yield message if parts == message.parts else replace(message, parts=parts)
        return
    rest = tuple(part for part in parts if not isinstance(part, ToolResult))
    turns = [Message("tool", results), *([replace(message, parts=rest)] if rest else [])]
    yield from reversed(turns) if message.role == "assistant" else turns


_ALLOWED: dict[str, tuple[type[Part], ...]] = {
    "system": (Text, Opaque),
    "user": (Text, Media, ToolResult, Opaque),
    "assistant": (Text, Reasoning, ToolCall, ToolResult, Opaque),
    "tool": (Text, Media, ToolResult, Opaque),
}


_Place: TypeAlias = tuple[int, int]
"""Number of the message and of the part in it."""


def _answer_calls(messages: Sequence[Message]) -> list[Message]:
    used: set[_Place] = set()
    turns: list[Message] = []
    for place, message in enumerate(messages):
        if message.role == "assistant" and message.tool_calls:
            calls = _distinct(message.tool_calls)
            others = tuple(part for part in message.parts if not isinstance(part, ToolCall))
            same = all(one.id == other.id for one, other in zip(calls, message.tool_calls, strict=True))
            turns.append(message if same else replace(message, parts=(*others, *calls)))
            found = _results(messages, place, used)
            asked = [one.id for one in message.tool_calls]
            turns.extend(_answer(call, ident, found, used) for call, ident in zip(calls, asked, strict=True))
        elif message.role == "tool":
            turns.extend(_orphans(message, place, used))
        else:
            turns.append(message)
    return turns


def _distinct(calls: tuple[ToolCall, ...]) -> tuple[ToolCall, ...]:
    """Return the calls of a turn under ids of their own: vendors refuse one that comes twice."""
    seen: dict[str, int] = {}
    distinct = []
    for call in calls:
        seen[call.id] = count = seen.get(call.id, 0) + 1
        distinct.append(call if count == 1 else replace(call, id=f"{call.id}_{count}"))
    return tuple(distinct)


def _results(messages: Sequence[Message], place: int, used: set[_Place]) -> dict[_Place, ToolResult]:
    """Find the results between the calls at `place` and the next assistant turn; they are told apart by place."""
    found: dict[_Place, ToolResult] = {}
    for at in range(place + 1, len(messages)):
        if messages[at].role == "assistant":
            break
        if messages[at].role == "tool":
            parts = enumerate(messages[at].parts)
            found.update({(at, n): part for n, part in parts if isinstance(part, ToolResult) and (at, n) not in used})
    return found


def _answer(call: ToolCall, asked: str, found: dict[_Place, ToolResult], used: set[_Place]) -> Message:
    """Answer `call` with the first result for the id `asked`, which is then used up."""
    at = next((at for at, one in found.items() if one.call_id == asked), None)
    if at is None:
        return Message("tool", (ToolResult(call.id, (Text(NOT_RUN),), is_error=True, name=call.name),))
    used.add(at)
    result = found.pop(at)
    return Message("tool", (replace(result, call_id=call.id, name=result.name or call.name),))


def _orphans(message: Message, place: int, used: set[_Place]) -> Iterator[Message]:
    """Turn results without a call into user text: a vendor refuses them as tool messages."""
    for number, part in enumerate(message.parts):
        if isinstance(part, ToolResult) and (place, number) not in used:
            label = f"[result of tool {part.name or part.call_id}]\n"
            yield Message("user", (Text(label), *part.parts))
        elif not isinstance(part, ToolResult):
            yield Message("user", (part,))


def arguments_for_replay(arguments: str) -> str:
    """Return tool arguments that vendors accept back: invalid JSON is wrapped, so that nothing is lost."""
    if not arguments.strip():
        return "{}"
    try:
        parsed = json.loads(arguments)
        if "NaN" in arguments or "Infinity" in arguments:
            json.dumps(parsed, allow_nan=False)  # Python reads and writes them, JSON has no such numbers
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        return arguments
    return json.dumps({"invalid_arguments": arguments}, ensure_ascii=False)


def parsed_arguments(arguments: str) -> JsonObject:
    """Return tool arguments as the object that the anthropic wire takes; half an escaped character is replaced."""
    text = arguments_for_replay(arguments)
    parsed: JsonObject = json.loads(text)
    if "\\ud" in text or "\\uD" in text:
        sound = json.dumps(parsed, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        parsed = json.loads(sound)
    return parsed


def result_text(result: ToolResult) -> str:
    """Return the text of a tool result; an error says so, because no OpenAI wire has a flag for it."""
    text = "\n".join(part.text for part in result.parts if isinstance(part, Text) and part.text)
    if result.is_error and not text.lower().startswith("error"):
        text = f"Error: {text}"
    return text or NO_OUTPUT


def returned_text(result: ToolResult, media: Sequence[Media], note: str) -> str:
    """Return the text of a tool result whose media stand elsewhere: they are named in their place."""
    text = result_text(result)
    label = ", ".join(f"[{one.kind}{f' {one.url}' if one.url else ''}]" for one in media)
    return f"{label} ({note})" if text == NO_OUTPUT else f"{text}\n{label} ({note})"


def media_of(parts: Sequence[Part]) -> list[Media]:
    """Return the media among `parts`."""
    return [part for part in parts if isinstance(part, Media)]
