"""Make the core's chat request out of an LLM's settings and the arguments of one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import BaseTool
from pydantic import SecretStr

from cncoding import (
    ChatRequest,
    ConfigError,
    JsonObject,
    NamedTool,
    ResponseFormat,
    ServerTool,
    Tool,
    ToolMode,
    read_settings,
    rename_settings,
    spread_thinking,
)
from llamaindex_cncoding._base import ConnectedLLM
from llamaindex_cncoding._messages import to_messages
from llamaindex_cncoding._settings import CALL_ONLY, REQUEST, merge, refuse_unknown_arguments

BEST_EFFORT = "best_effort"
"""Member of a tool choice that may be weakened without a warning, because whoever made it copes with any answer."""
_MODES: dict[str, ToolMode] = {"auto": "auto", "none": "none", "required": "required", "any": "required"}


def make_request(llm: ConnectedLLM, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> ChatRequest:
    """Make a request. A call's argument wins over the LLM's field, and that over `additional_kwargs`.

    Raises:
        ConfigError: An argument is unknown or wrong, or a message cannot be sent. Nothing was sent.
    """
    given = {name: value for name, value in call.items() if value is not None}
    refuse_unknown_arguments(given, type(llm))
    standing = _read_standing(llm)
    more = {name: value for name, value in (standing | given).items() if name in CALL_ONLY}
    fields = read_request_settings(llm, call)
    return ChatRequest(
        messages=to_messages(messages),
        tools=tuple(to_tool(tool) for tool in more.get("tools") or ()),
        tool_choice=to_tool_choice(more.get("tool_choice")),
        parallel_tool_calls=more.get("parallel_tool_calls"),
        response_format=to_response_format(more.get("response_format")),
        headers=_read_headers(more.get("extra_headers")),
        **fields,
    )


def read_request_settings(llm: ConnectedLLM, call: Mapping[str, Any]) -> JsonObject:
    """Check the settings of one call as the constructor does, whoever gave them, and return fields of a request.

    Args:
        llm: Whose fields and `additional_kwargs` count where the call says nothing.
        call: The call's arguments under our names; others than settings are passed over.

    Raises:
        ConfigError: One is of the wrong kind. Nothing was sent.
    """
    given = {name: value for name, value in call.items() if name in REQUEST and value is not None}
    standing = {name: value for name, value in _read_standing(llm).items() if name in REQUEST}
    fields = {name: getattr(llm, name) for name in REQUEST}
    own = {name: value for name, value in fields.items() if value != type(llm).model_fields[name].default}
    merged = spread_thinking(standing | own | spread_thinking(dict(given), REQUEST), REQUEST)
    extra: JsonObject = {name: value for name, value in llm.additional_kwargs.items() if _is_of_body(name)}
    for body in (standing.get("extra_body"), llm.extra_body, given.get("extra_body"), merged.get("extra_body")):
        if body is not None and not isinstance(body, Mapping):
            raise ConfigError(f"extra_body: is {type(body).__name__}; give a dict")
        extra = merge(extra, body or {})
    return read_settings({**merged, "extra_body": extra}, f"{type(llm).__name__}.chat")


def _read_standing(llm: ConnectedLLM) -> JsonObject:
    """Return the arguments of calls in `additional_kwargs`, under our names."""
    of_calls = {name: value for name, value in llm.additional_kwargs.items() if not _is_of_body(name)}
    return rename_settings(of_calls, (*REQUEST, *CALL_ONLY))


def _is_of_body(name: str) -> bool:
    return not rename_settings({name: None}, (*REQUEST, *CALL_ONLY)).keys() & {*REQUEST, *CALL_ONLY}


def _read_headers(headers: Any) -> dict[str, str]:
    if headers is not None and not isinstance(headers, Mapping):
        raise ConfigError(f"extra_headers: is {type(headers).__name__}; give a dict")
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in (headers or {}).items()
    }


def to_tool(tool: Any) -> Tool | ServerTool:
    """Convert a tool: LlamaIndex's, OpenAI's dict, the core's, or a vendor's dict that passes untouched.

    Raises:
        ConfigError: It is none, or has no name.
    """
    if isinstance(tool, Tool | ServerTool):
        return tool
    if isinstance(tool, BaseTool):
        tool = describe_tool(tool)
    if not isinstance(tool, dict):
        raise ConfigError(f"tools: {type(tool).__name__} is no tool; give a BaseTool or an OpenAI-shaped dict")
    function = tool.get("function")
    if not isinstance(function, dict):
        return ServerTool(tool)
    return Tool(
        name=_check_name(function.get("name")),
        description=function.get("description") or "",
        parameters=function.get("parameters") or {"type": "object", "properties": {}},
        strict=function.get("strict"),
        cache=bool(tool.get("cache_control")),
    )


def describe_tool(tool: BaseTool) -> JsonObject:
    """Describe a LlamaIndex tool as OpenAI does, under its own name: LlamaIndex's form has ASCII only.

    Raises:
        ConfigError: It has no name.
    """
    described: JsonObject = tool.metadata.to_openai_tool(skip_length_check=True)
    return {**described, "function": {**described["function"], "name": _check_name(tool.metadata.name)}}


def _check_name(name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise ConfigError("tools: a tool has no name; give it one")
    return name


def to_tool_choice(choice: Any) -> ToolMode | NamedTool | None:
    """Convert a tool choice: a mode, the name of a tool, or OpenAI's dict."""
    if choice is None or isinstance(choice, NamedTool):
        return choice
    if isinstance(choice, str):
        return _MODES[choice] if choice in _MODES else NamedTool(choice)
    if isinstance(choice, dict):
        function = choice.get("function")
        name = function.get("name") if isinstance(function, dict) else choice.get("name")
        if name:
            return NamedTool(str(name))
        if choice.get("type") in _MODES:
            return _MODES[choice["type"]]
    raise ConfigError(f"tool_choice: {choice!r} is none; give 'auto', 'none', 'required' or the name of a tool")


def to_response_format(wanted: Any) -> ResponseFormat | None:
    """Convert OpenAI's `response_format`; plain text is no constraint."""
    if wanted is None or isinstance(wanted, ResponseFormat):
        return wanted
    kind = wanted.get("type") if isinstance(wanted, dict) else None
    if kind == "text":
        return None
    if kind == "json_object":
        return ResponseFormat("json_object")
    if kind == "json_schema":
        schema = wanted.get("json_schema") or {}
        return ResponseFormat(
            "json_schema", schema.get("name") or "response", schema.get("schema"), schema.get("strict")
        )
    raise ConfigError(f"response_format: {wanted!r} is none; give {{'type': 'json_object'}} or json_schema")


def make_tool_arguments(tools: Sequence[Any], tool_choice: Any, tool_required: bool, parallel: bool) -> JsonObject:
    """Make the arguments of a chat call with tools; none at all when there are no tools.

    Raises:
        ConfigError: A tool's name is not usable, or the chosen tool is not among the tools.
    """
    if not isinstance(tools, Iterable):
        raise ConfigError(f"tools: is {type(tools).__name__}; give a list of them, also of one")
    if not tools:
        return {}
    described = [describe_tool(tool) if isinstance(tool, BaseTool) else tool for tool in tools]
    chosen = to_tool_choice(tool_choice)
    if isinstance(chosen, NamedTool):
        names = [tool.name for tool in map(to_tool, described) if isinstance(tool, Tool)]
        if chosen.name not in names:
            raise ConfigError(f"tool_choice: there is no tool {chosen.name!r}; the tools are {', '.join(names)}")
    arguments: JsonObject = {"tools": described, "parallel_tool_calls": parallel}
    if tool_choice is not None:
        arguments["tool_choice"] = tool_choice
    elif tool_required:
        arguments["tool_choice"] = "required"
    return arguments
