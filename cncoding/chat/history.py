"""Make a history that every vendor accepts, whatever an agent left behind.

Frameworks leave unanswered tool calls (`return_direct` beside parallel calls), orphan tool messages (truncated
memory, hand-offs), empty turns (ReAct retries) and system messages in the middle (early stopping). Vendors answer
each of them with HTTP 400, so both wires start from the history that `repair` returns. What stands in a turn of the
wrong role is moved where it can be said, or refused, but never dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from cncoding.cards import Warn
from cncoding.chat.answers import answer_calls
from cncoding.chat.caching import is_marked
from cncoding.errors import ConfigError
from cncoding.exchange.json_values import parse_arguments
from cncoding.types import JsonObject, Media, Message, Opaque, Part, Reasoning, Text, ToolCall, ToolResult

NO_OUTPUT = "(no output)"
LEFT_OUT = "(earlier messages left out)"
NOBODY_ASKS = (
    "the last one is the assistant's, so nobody asks anything: a vendor may refuse it, or repeat itself; end with a "
    "message of the user, or mark the last one prefix=True (additional_kwargs in the frameworks) to have it continued"
)
"""DeepSeek's reasoner refuses it: "The last message of deepseek-reasoner must be a user message, or an assistant
message with prefix mode on" (codecompanion.nvim issue 760, 2025-01). The other vendors' pages do not say, and agents
that hand over to one another do it."""


@dataclass(frozen=True, slots=True)
class Manners:
    """What a wire of a vendor takes of a history."""

    keeps: Callable[[Opaque], bool] = lambda part: False
    """Tells which opaque parts are sent; the others stay at home."""
    sees: Callable[[Media], bool] = lambda part: True
    """Tells which media of an assistant's turn may be shown as a user's."""
    system_alone: bool = True
    """Whether a system message may be all there is."""
    warn: Warn = lambda setting, why: None


def repair(messages: Sequence[Message], manners: Manners = Manners()) -> list[Message]:
    """Return the messages with one system message first and every tool call answered exactly once.

    Each tool result stands in a message of its own, after its call, in the order of the calls.

    Args:
        messages: The history.
        manners: What the vendor's wire takes of it.

    Raises:
        ConfigError: Nothing is left to send, or a turn holds what its role cannot say.
    """
    messages = [turn for message in messages for turn in _sort(message, manners)]
    turns = answer_calls(messages)
    system = [message for message in messages if message.role == "system"]
    leading = _leading_system(messages)
    result: list[Message] = []
    if any(is_marked(part) for message in system[:leading] for part in message.parts):
        parts = (part for message in system[:leading] for part in message.parts)
        result.append(Message("system", tuple(part for part in parts if isinstance(part, Text) and part.text)))
    elif text := "\n\n".join(text for message in system[:leading] if (text := _join(message))):
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
    if not result:
        raise ConfigError("messages: nothing to answer; give at least one message with text or media")
    if result[-1].role == "assistant" and not result[-1].prefix:
        manners.warn("messages", NOBODY_ASKS)
    return result if manners.system_alone else _with_a_user(result)


def _with_a_user(turns: list[Message]) -> list[Message]:
    """Return the turns with one that a vendor answers: a system message that is all there is becomes a user's."""
    if any(turn.role in ("user", "tool") for turn in turns):
        return turns
    if all(turn.role == "system" for turn in turns):
        return [replace(turn, role="user") for turn in turns]
    head = _leading_system(turns)
    return [*turns[:head], Message("user", (Text(LEFT_OUT),)), *turns[head:]]


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


def _sort(message: Message, manners: Manners) -> Iterator[Message]:
    """Give tool results and an assistant's media a turn of their own, and refuse what the role cannot say."""
    if message.role not in _ALLOWED:
        raise ConfigError(f"messages: role {message.role!r} is unknown; choose one of {', '.join(_ALLOWED)}")
    parts = tuple(part for part in message.parts if not isinstance(part, Opaque) or _keeps(part, manners))
    if message.role == "assistant" and any(isinstance(part, Media) for part in parts):
        shown = tuple(part for part in parts if isinstance(part, Media) and manners.sees(part))
        parts = tuple(_name_medium(part, shown) if isinstance(part, Media) else part for part in parts)
        yield from _sort(replace(message, parts=parts), manners)
        if shown:
            yield Message("user", (Text("[shown by the assistant above]"), *shown))
        return
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


def _keeps(part: Opaque, manners: Manners) -> bool:
    """Tell whether an opaque part is sent; the user is told of one that is not."""
    if manners.keeps(part):
        return True
    kind = part.payload.get("type") or "unknown"
    manners.warn("messages", f"a block of type {kind!r} of {part.provider or 'another vendor'} is left out here")
    return False


def _name_medium(medium: Media, shown: Sequence[Media]) -> Text:
    """Return the text that stands where an assistant showed a medium, which no wire lets it say."""
    where = f" {medium.url}" if medium.url and not medium.url.startswith("data:") else ""
    return Text(f"[{medium.kind}{where}{', shown in the next message' if medium in shown else ''}]")


_ALLOWED: dict[str, tuple[type[Part], ...]] = {
    "system": (Text, Opaque),
    "user": (Text, Media, ToolResult, Opaque),
    "assistant": (Text, Reasoning, ToolCall, ToolResult, Opaque),
    "tool": (Text, Media, ToolResult, Opaque),
}


def arguments_for_replay(arguments: str) -> str:
    """Return tool arguments that vendors accept back: invalid JSON is wrapped, so that nothing is lost."""
    if not arguments.strip():
        return "{}"
    try:
        parsed = parse_arguments(arguments, strict=True)
        if "NaN" in arguments or "Infinity" in arguments:
            json.dumps(parsed, allow_nan=False)  # Python reads and writes them, JSON has no such numbers
    except ValueError:
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
