"""Make the core's chat request out of an LLM's settings and the arguments of one call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.tools import BaseTool
from pydantic import TypeAdapter, ValidationError

from cncoding import (
    ChatRequest,
    ConfigError,
    JsonObject,
    NamedTool,
    ResponseFormat,
    ServerTool,
    Thinking,
    Tool,
    ToolMode,
)
from llamaindex_cncoding._base import ConnectedLLM
from llamaindex_cncoding._blocks import Inputs
from llamaindex_cncoding._errors import invalid_settings, unknown_argument
from llamaindex_cncoding._messages import to_messages
from llamaindex_cncoding._settings import REQUEST

CALL_ONLY = ("tools", "tool_choice", "parallel_tool_calls", "response_format", "extra_body", "extra_headers")
BEST_EFFORT = "best_effort"
"""Member of a tool choice that may be weakened without a warning, because whoever made it copes with any answer."""
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MODES: dict[str, ToolMode] = {"auto": "auto", "none": "none", "required": "required", "any": "required"}


def make_request(llm: ConnectedLLM, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> ChatRequest:
    """Make a request. A call's argument wins over the LLM's field, and that over `additional_kwargs`.

    Raises:
        ConfigError: An argument is unknown or a message cannot be sent. Nothing was sent.
    """
    given = {name: value for name, value in call.items() if value is not None}
    names = (*REQUEST, *llm.own_settings, *CALL_ONLY)
    for name in given:
        if name not in names:
            raise _refuse_call_argument(type(llm), name, names)
    standing = {name: value for name, value in llm.additional_kwargs.items() if name in names}
    fields = {name: getattr(llm, name) for name in (*REQUEST, *llm.own_settings)}
    merged = standing | {name: value for name, value in fields.items() if value is not None} | given
    merged |= _read(type(llm), merged, (*REQUEST, *llm.own_settings))
    inputs = Inputs.of(llm.card(merged.get("model")), merged.get("vision"))
    stop = merged.get("stop") or ()
    return ChatRequest(
        messages=to_messages(messages, inputs),
        model=merged.get("model"),
        tools=tuple(to_tool(tool) for tool in merged.get("tools") or ()),
        tool_choice=to_tool_choice(merged.get("tool_choice")),
        force_without_thinking=bool(merged.get("force_without_thinking")),
        parallel_tool_calls=merged.get("parallel_tool_calls"),
        thinking=read_thinking(merged),
        max_tokens=merged.get("max_tokens"),
        temperature=merged.get("temperature"),
        top_p=merged.get("top_p"),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        seed=merged.get("seed"),
        response_format=to_response_format(merged.get("response_format")),
        search=bool(merged.get("search")),
        vision=merged.get("vision"),
        extra=_merge_extra(llm, names, given),
        headers=merged.get("extra_headers") or {},
    )


def _merge_extra(llm: ConnectedLLM, names: Iterable[str], given: Mapping[str, Any]) -> JsonObject:
    """Merge what goes into the body unchecked, from the most general to the most particular."""
    extra = {name: value for name, value in llm.additional_kwargs.items() if name not in names}
    for more in (llm.additional_kwargs.get("extra_body"), llm.extra_body, given.get("extra_body")):
        extra = merge(extra, more or {})
    return extra


def _refuse_call_argument(owner: type[ConnectedLLM], name: str, names: Iterable[str]) -> ConfigError:
    """Make the error for an argument that a call does not have."""
    if name in owner.model_fields:
        return ConfigError(f"{owner.__name__}.chat: {name} is a setting of the LLM; {owner.__name__}({name}=...)")
    return unknown_argument(f"{owner.__name__}.chat", name, names)


def _read(owner: type[ConnectedLLM], merged: Mapping[str, Any], names: Iterable[str]) -> JsonObject:
    """Check settings as the constructor does, whoever gave them: a call, an assignment or `additional_kwargs`.

    Raises:
        ConfigError: One is of the wrong kind. Nothing was sent.
    """
    for name in ("extra_body", "extra_headers"):
        if not isinstance(merged.get(name) or {}, Mapping):
            raise ConfigError(f"{name}: is {type(merged[name]).__name__}; give a dict")
    found: JsonObject = {}
    for name in names:
        if merged.get(name) is None:
            continue
        try:
            found[name] = _make_reader(owner, name).validate_python(merged[name])
        except ValidationError as error:
            raise invalid_settings(f"{owner.__name__}.chat: {name}", error) from None
    return found


@cache
def _make_reader(owner: type[ConnectedLLM], name: str) -> TypeAdapter[Any]:
    about = owner.model_fields[name]
    kind: Any = about.annotation
    for rule in about.metadata:
        kind = Annotated[kind, rule]
    return TypeAdapter(kind)


def merge(base: Mapping[str, Any], more: Mapping[str, Any]) -> JsonObject:
    """Merge two JSON objects, the second wins; objects inside them are merged too."""
    merged = dict(base)
    for name, value in more.items():
        old = merged.get(name)
        merged[name] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def read_thinking(settings: Mapping[str, Any]) -> Thinking:
    """Read the three thinking settings."""
    return Thinking(settings.get("thinking"), settings.get("reasoning_effort"), settings.get("thinking_budget"))


def to_tool(tool: Any) -> Tool | ServerTool:
    """Convert a tool: LlamaIndex's, OpenAI's dict, the core's, or a vendor's dict that passes untouched.

    Raises:
        ConfigError: The framework would not find the tool again under the name that the vendor needs.
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
        name=_check_name(str(function.get("name") or "")),
        description=function.get("description") or "",
        parameters=function.get("parameters") or {"type": "object", "properties": {}},
        strict=function.get("strict"),
    )


def describe_tool(tool: BaseTool) -> JsonObject:
    """Describe a LlamaIndex tool as OpenAI does.

    Raises:
        ConfigError: Its name has characters that LlamaIndex replaces, so that a call could not be matched to it.
    """
    _check_name(tool.metadata.get_name())
    described: JsonObject = tool.metadata.to_openai_tool(skip_length_check=True)
    return described


def _check_name(name: str) -> str:
    if not _TOOL_NAME.fullmatch(name):
        raise ConfigError(
            f"tools: the name {name!r} is not usable: vendors take 1 to 64 of A-Z a-z 0-9 _ -, LlamaIndex replaces "
            "other characters and then does not find the tool again; rename the tool"
        )
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
