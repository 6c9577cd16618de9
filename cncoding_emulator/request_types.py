"""The JSON types of a request: what is of the wrong type is refused before anyone looks at its meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import refuse
from .wires import Json

Test = Callable[[Any], bool]


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _text_or_objects(value: Any) -> bool:
    return _text(value) or _objects(value)


FIELDS: dict[str, Test] = {
    "stream": _boolean,
    "stream_options": _object,
    "temperature": _number,
    "top_p": _number,
    "max_tokens": _integer,
    "max_completion_tokens": _integer,
    "thinking": _object,
    "reasoning": _object,
    "enable_thinking": _boolean,
    "thinking_budget": _integer,
    "reasoning_effort": _text,
    "n": _integer,
    "stop": lambda value: _text(value) or _texts(value),
    "stop_sequences": _texts,
    "response_format": _object,
    "output_config": _object,
    "safety_check": _object,
    "parallel_tool_calls": _boolean,
    "tools": _objects,
    "tool_choice": lambda value: _text(value) or _object(value),
    "system": _text_or_objects,
    "metadata": _object,
}


def check_types(body: Json) -> None:
    """Refuse wrong types at the top, in messages and in tools; null counts as absent."""
    for name, test in FIELDS.items():
        if body.get(name) is not None and not test(body[name]):
            raise refuse("bad_parameter", name)
    messages = body.get("messages")
    for position, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, dict):
            _check_message(message, f"messages[{position}]")
    for tool in body.get("tools") or ():
        _check_tool(tool)
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and not _object(choice.get("function", {})):
        raise refuse("bad_parameter", "tool_choice.function")


def _check_message(message: Json, where: str) -> None:
    content, calls = message.get("content"), message.get("tool_calls")
    if content is not None and not _text_or_objects(content):
        raise refuse("bad_messages", f"{where}.content")
    for part in content if isinstance(content, list) else ():
        inner = part.get("content")
        if part.get("type") == "tool_result" and inner is not None and not _text_or_objects(inner):
            raise refuse("bad_messages", f"{where}.content.content")
        if part.get("type") == "image" and not _object(part.get("source")):
            raise refuse("bad_messages", f"{where}.content.source")
    if calls is not None and not _objects(calls):
        raise refuse("bad_messages", f"{where}.tool_calls")
    if any(not _object(call.get("function", {})) for call in calls or ()):
        raise refuse("bad_messages", f"{where}.tool_calls.function")


def _check_tool(tool: Json) -> None:
    function = tool.get("function")
    if function is not None and not _object(function):
        raise refuse("bad_tools", "function")
    for owner, name in ((function or {}, "parameters"), (tool, "input_schema")):
        schema = owner.get(name)
        if schema is not None and not _object(schema):
            raise refuse("bad_tools", name)
        if schema is not None and not _object(schema.get("properties") or {}):
            raise refuse("bad_tools", f"{name}.properties")
    if not _text(tool.get("name", "")) or not _text((function or {}).get("name", "")):
        raise refuse("bad_tools", "name")
