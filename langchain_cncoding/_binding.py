"""Tools, tool choice and response format, in every form that LangChain users give them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_json_schema, convert_to_openai_tool
from pydantic import BaseModel

from cncoding import NamedTool, ResponseFormat, ServerTool, Tool, ToolMode
from langchain_cncoding._errors import CNCodingConfigError

ToolLike = dict[str, Any] | type | Callable[..., Any] | BaseTool
_MODES: dict[str, ToolMode] = {"auto": "auto", "none": "none", "any": "required", "required": "required"}


# ---------------------------------------------------------------- tools


def tool_dict(tool: ToolLike, strict: bool | None = None) -> dict[str, Any]:
    """Return a tool as JSON: OpenAI's function form, or a vendor's own tool unchanged.

    A dict whose `type` is not `function` and that has no `input_schema` is a tool that the vendor runs.

    Raises:
        CNCodingConfigError: It is nothing that LangChain knows as a tool.
    """
    if isinstance(tool, dict) and _is_server_tool(tool):
        return tool
    form = openai_tool(tool, strict, "tools")
    said = tool if isinstance(tool, dict) else getattr(tool, "extras", None)
    if isinstance(said, dict) and said.get("cache_control"):
        form["cache_control"] = said["cache_control"]
    return form


def openai_tool(tool: ToolLike, strict: bool | None, where: str) -> dict[str, Any]:
    """Return a tool or a schema in OpenAI's function form.

    Raises:
        CNCodingConfigError: LangChain cannot convert it.
    """
    try:
        return convert_to_openai_tool(tool, strict=strict)
    except (TypeError, ValueError) as error:
        what = f"a dict with the keys {sorted(map(str, tool))}" if isinstance(tool, dict) else repr(tool)
        raise CNCodingConfigError(
            f"{where}: cannot make a function of {what}; give a function, a LangChain tool, a class, a tool of OpenAI "
            "or Anthropic, or a JSON Schema with a 'title'"
        ) from error


def _is_server_tool(tool: Mapping[str, Any]) -> bool:
    kind = tool.get("type")
    return isinstance(kind, str) and kind not in ("function", "object", "custom") and "input_schema" not in tool


def core_tools(tools: Any, strict: bool | None) -> tuple[Tool | ServerTool, ...]:
    """Return the tools of a call for the core.

    Raises:
        CNCodingConfigError: They are no list, or one is nothing that LangChain knows as a tool.
    """
    if tools is None:
        return ()
    if isinstance(tools, (str, bytes, dict)) or not isinstance(tools, Iterable):
        raise CNCodingConfigError(f"tools: is {type(tools).__name__}; give a list of tools")
    return tuple(core_tool(tool, strict) for tool in tools)


def core_tool(tool: ToolLike, strict: bool | None = None) -> Tool | ServerTool:
    """Return a tool of the core."""
    form = tool_dict(tool, strict)
    if form.get("type") != "function":
        return ServerTool(form)
    function = form["function"]
    return Tool(
        name=function["name"],
        description=function.get("description") or "",
        parameters=function.get("parameters") or {"type": "object", "properties": {}},
        strict=function.get("strict"),
        cache=bool(form.get("cache_control")),
    )


# ---------------------------------------------------------------- tool choice


def choice_form(choice: dict[str, Any] | str | bool | None, tools: Sequence[Mapping[str, Any]]) -> Any:
    """Return a tool choice as JSON: auto, none, required, or OpenAI's form of one named function.

    Args:
        choice: `True`, "any" and "required" mean some tool; a tool's name means that tool; dicts are understood in
            OpenAI's and in Anthropic's form; `False` and None leave it to the vendor.
        tools: The tools that are bound, as `tool_dict` makes them.

    Raises:
        CNCodingConfigError: The choice names no bound tool, or cannot be understood.
    """
    if choice is None or choice is False:
        return None
    if choice is True:
        return "required"
    if isinstance(choice, dict):
        return _dict_choice(choice, tools)
    if choice in _MODES:
        return _MODES[choice]
    return _named(choice, tools)


def _dict_choice(choice: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> Any:
    kind = choice.get("type")
    if kind in _MODES:
        return _MODES[kind]
    inner = choice.get("function")
    name = inner.get("name") if isinstance(inner, dict) else choice.get("name")
    if isinstance(name, str):
        return _named(name, tools)
    raise CNCodingConfigError(f"tool_choice={dict(choice)!r} is unknown; use 'auto', 'none', 'any' or a tool's name")


def _named(name: str, tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = [tool["function"]["name"] for tool in tools if tool.get("type") == "function"]
    if name not in names:
        raise CNCodingConfigError(f"tool_choice={name!r} is not among the bound tools {names}")
    return {"type": "function", "function": {"name": name}}


def core_choice(form: Any, tools: Sequence[Tool | ServerTool]) -> ToolMode | NamedTool | None:
    """Return a tool choice of the core from its JSON or any other form."""
    forms = [{"type": "function", "function": {"name": tool.name}} for tool in tools if isinstance(tool, Tool)]
    choice = choice_form(form, forms)
    if isinstance(choice, dict):
        return NamedTool(choice["function"]["name"])
    return cast("ToolMode | None", choice)


# ---------------------------------------------------------------- response format


def core_format(form: Any) -> ResponseFormat | None:
    """Return a response format of the core.

    Args:
        form: OpenAI's `{"type": "json_object"}`, `{"type": "json_schema", "json_schema": {...}}` or
            `{"type": "text"}`; a Pydantic class, a `TypedDict` or a JSON Schema.

    Raises:
        CNCodingConfigError: The form is unknown.
    """
    if form is None or isinstance(form, ResponseFormat):
        return form
    if isinstance(form, dict) and form.get("type") in ("text", "json_object", "json_schema"):
        return _openai_format(form)
    if isinstance(form, type) or (isinstance(form, dict) and "title" in form):
        schema = convert_to_json_schema(cast("dict[str, Any] | type[BaseModel]", form))
        return ResponseFormat("json_schema", name=str(schema.get("title") or "response"), schema=schema)
    raise CNCodingConfigError(f"response_format={form!r} is unknown; use the form of OpenAI's chat completions")


def _openai_format(form: Mapping[str, Any]) -> ResponseFormat | None:
    if form["type"] == "text":
        return None
    if form["type"] == "json_object":
        return ResponseFormat("json_object")
    inner = form.get("json_schema")
    if not isinstance(inner, dict) or not isinstance(inner.get("schema"), dict):
        raise CNCodingConfigError("response_format: json_schema needs {'name': ..., 'schema': {...}}")
    return ResponseFormat(
        "json_schema", name=str(inner.get("name") or "response"), schema=inner["schema"], strict=inner.get("strict")
    )
