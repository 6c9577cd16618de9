"""A chat request of what a user types: text, messages or a request, and settings by keyword."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from cncoding.arguments import RequestArguments
from cncoding.chat.messages import MessageLike, read_messages
from cncoding.errors import ConfigError
from cncoding.names import read_switch, refuse_unknown, rename_settings
from cncoding.types import ChatRequest, NamedTool, ResponseFormat, ServerTool, Tool, Vision, user

Prompt: TypeAlias = "ChatRequest | str | MessageLike | Sequence[MessageLike]"
"""A question, a message, several, or a whole request."""


class ChatSettings(RequestArguments, total=False):
    """What `chat` and `stream` take beside the messages; None means "not sent"."""

    model: str | None
    vision: Vision | None
    tools: Sequence[Tool | ServerTool | Mapping[str, Any]]
    """Functions as `Tool` or in the OpenAI form; the vendor's own tools as its JSON."""
    tool_choice: str | NamedTool | Mapping[str, Any] | None
    """auto, none, required, or a tool by name."""
    parallel_tool_calls: bool | None
    response_format: str | ResponseFormat | Mapping[str, Any] | None
    """`"json_object"`, or the OpenAI form."""


_OWN = ("tools", "tool_choice", "parallel_tool_calls", "response_format")
_MODES = {"auto": "auto", "none": "none", "required": "required", "any": "required"}


def build_request(prompt: Prompt, settings: Mapping[str, Any]) -> ChatRequest:
    """Return a request; settings win over those of a request that is given.

    Raises:
        ConfigError: A message or a setting is wrong, or unknown; the text names it, and the nearest.
    """
    request = _read_prompt(prompt)
    if not settings:
        return request
    given = rename_settings(settings, ChatSettings.__annotations__)
    refuse_unknown(given, ChatSettings.__annotations__, "chat", "fields of the vendor go into extra_body={...}")
    plain = {name: value for name, value in given.items() if name not in _OWN}
    fields = _read_plain(plain) if plain else {}
    set_by_user = {_FIELDS.get(name, name) for name in plain}
    fields = {name: value for name, value in fields.items() if name in set_by_user}
    if "tools" in given:
        fields["tools"] = _read_tools(given["tools"])
    if given.get("tool_choice") is not None:
        fields["tool_choice"] = _read_choice(given["tool_choice"])
    if given.get("response_format") is not None:
        fields["response_format"] = _read_format(given["response_format"])
    if "parallel_tool_calls" in given:
        fields["parallel_tool_calls"] = read_switch(given["parallel_tool_calls"], "parallel_tool_calls")
    return replace(request, **fields)


def _read_plain(settings: Mapping[str, Any]) -> dict[str, Any]:
    from cncoding.settings import read_settings  # it needs pydantic, which a plain question does not

    return read_settings(settings, "chat")


_FIELDS = {"extra_body": "extra", "reasoning_effort": "thinking", "thinking_budget": "thinking"}


def _read_prompt(prompt: Any) -> ChatRequest:
    if isinstance(prompt, ChatRequest):
        return prompt
    if isinstance(prompt, str):
        return ChatRequest((user(prompt),))
    if isinstance(prompt, Sequence) and not isinstance(prompt, bytes):
        return ChatRequest(read_messages(prompt))
    return ChatRequest(read_messages([prompt]))


def _read_tools(tools: Any) -> tuple[Tool | ServerTool, ...]:
    if isinstance(tools, (str, Tool, ServerTool, Mapping)) or not isinstance(tools, Sequence | None):
        raise ConfigError(f"tools: is {_name(tools)}; give a list of cncoding.Tool, or of their OpenAI form")
    return tuple(_read_tool(tool) for tool in tools or ())


def _read_tool(tool: Any) -> Tool | ServerTool:
    if isinstance(tool, Tool) and not isinstance(tool.parameters, Mapping):
        shown = type(tool.parameters).__name__
        raise ConfigError(f"tools: the parameters of {tool.name!r} are {shown}; give a JSON Schema object as a dict")
    if isinstance(tool, Tool) and not tool.name:
        raise ConfigError("tools: a function has no name; give cncoding.Tool(name, description, parameters)")
    if isinstance(tool, (Tool, ServerTool)):
        return tool
    if not isinstance(tool, Mapping):
        raise ConfigError(f"tools: {_name(tool)} is no tool; give cncoding.Tool, or its OpenAI form as a dict")
    function = tool.get("function") if tool.get("type") == "function" else None
    if isinstance(function, Mapping) and isinstance(function.get("name"), str):
        schema = function.get("parameters")
        made = Tool(
            function["name"],
            function.get("description") or "",
            strict=function.get("strict"),
            cache=bool(tool.get("cache_control")),
        )
        return replace(made, parameters=dict(schema)) if isinstance(schema, Mapping) else made
    if tool.get("type") == "function":
        raise ConfigError('tools: a function has no name; give {"type": "function", "function": {"name": ...}}')
    if isinstance(tool.get("name"), str) and isinstance(tool.get("input_schema"), Mapping):
        return Tool(tool["name"], tool.get("description") or "", dict(tool["input_schema"]))
    if "name" in tool and "type" not in tool:
        raise ConfigError(
            f"tools: {tool['name']!r} is of no known form; give cncoding.Tool, "
            '{"type": "function", "function": {"name": ..., "parameters": ...}} or the vendor\'s own tool with its type'
        )
    return ServerTool(dict(tool))


def _name(value: object) -> str:
    return f"{value.__name__}()" if callable(value) and hasattr(value, "__name__") else type(value).__name__


def _read_choice(choice: Any) -> Any:
    if isinstance(choice, NamedTool):
        return choice
    if isinstance(choice, str):
        return _MODES.get(choice) or NamedTool(choice)
    function = choice.get("function") if isinstance(choice, Mapping) else None
    if isinstance(function, Mapping) and isinstance(function.get("name"), str):
        return NamedTool(function["name"])
    raise ConfigError("tool_choice: give 'auto', 'none', 'required' or the name of a tool")


def _read_format(form: Any) -> ResponseFormat:
    if isinstance(form, ResponseFormat):
        return form
    kind = form.get("type") if isinstance(form, Mapping) else form
    if kind == "json_object":
        return ResponseFormat("json_object")
    inner = form.get("json_schema") if isinstance(form, Mapping) else None
    if kind == "json_schema" and isinstance(inner, Mapping) and isinstance(inner.get("schema"), Mapping):
        return ResponseFormat(
            "json_schema", str(inner.get("name") or "response"), dict(inner["schema"]), inner.get("strict")
        )
    raise ConfigError(
        "response_format: give 'json_object', cncoding.ResponseFormat, or "
        '{"type": "json_schema", "json_schema": {"name": ..., "schema": {...}}}'
    )
