"""Make a history that every vendor accepts, whatever an agent left behind.

Frameworks leave unanswered tool calls (`return_direct` beside parallel calls), orphan tool messages (truncated
memory, hand-offs), empty turns (ReAct retries) and system messages in the middle (early stopping). Vendors answer
each of them with HTTP 400, so both wires start from the history that `repair` returns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cncoding.errors import ConfigError
from cncoding.types import Media, Message, Part, Reasoning, Text, ToolCall, ToolResult

NOT_RUN = "(no result: the call was not run)"
NO_OUTPUT = "(no output)"


def repair(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with one system message first and every tool call answered exactly once.

    Each tool result stands in a message of its own, after its call, in the order of the calls.

    Raises:
        ConfigError: Nothing is left to send.
    """
    turns = _answer_calls(messages)
    system = [message for message in messages if message.role == "system"]
    leading = _leading_system(messages)
    result: list[Message] = []
    if text := "\n\n".join(text for message in system[:leading] if (text := _joined(message))):
        result.append(Message("system", (Text(text),)))
    seen = 0
    for message in turns:
        if message.role == "system":
            seen += 1
            if seen > leading and (text := _joined(message)):
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


def _joined(message: Message) -> str:
    return "\n".join(part.text for part in message.parts if isinstance(part, Text) and part.text)


def _is_empty(message: Message) -> bool:
    """Tell whether a turn says nothing; reasoning alone is refused or poisons the session at several vendors."""
    return not any(
        not isinstance(part, Reasoning) and not (isinstance(part, Text) and not part.text) for part in message.parts
    )


def _answer_calls(messages: Sequence[Message]) -> list[Message]:
    used: set[int] = set()
    turns: list[Message] = []
    for place, message in enumerate(messages):
        if message.role != "tool":
            turns.append(message)
            if message.role == "assistant" and message.tool_calls:
                turns.extend(_results(message.tool_calls, messages[place + 1 :], used))
            continue
        turns.extend(_orphans(message, used))
    return turns


def _results(calls: tuple[ToolCall, ...], later: Sequence[Message], used: set[int]) -> Iterator[Message]:
    """Find the result of each call before the next assistant turn; results are told apart by identity."""
    found = [part for message in _until_assistant(later) for part in message.parts if isinstance(part, ToolResult)]
    for call in calls:
        result = next((one for one in found if one.call_id == call.id and id(one) not in used), None)
        if result is None:
            result = ToolResult(call.id, (Text(NOT_RUN),), is_error=True, name=call.name)
        used.add(id(result))
        yield Message("tool", (result if result.name else replace(result, name=call.name),))


def _until_assistant(messages: Sequence[Message]) -> Iterator[Message]:
    for message in messages:
        if message.role == "assistant":
            return
        if message.role == "tool":
            yield message


def _orphans(message: Message, used: set[int]) -> Iterator[Message]:
    """Turn results without a call into user text: a vendor refuses them as tool messages."""
    for part in message.parts:
        if isinstance(part, ToolResult) and id(part) not in used:
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
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        return arguments
    return json.dumps({"invalid_arguments": arguments}, ensure_ascii=False)


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
