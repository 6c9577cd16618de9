"""Structured output: which way to ask for it, and how to read what comes.

A schema can be asked for in three ways. With `method=None` the first one that works is taken, in this order:

1. `function_calling`: one tool, forced. Where the model would think and its endpoint then takes no forced choice
   (most of these vendors), the next way is tried:
2. `json_schema`: a native response format, on the endpoints that really take one.
3. `function_calling` with the choice left to the model. If it answers in words, JSON in the words is read; if
   there is none, `OutputParserException` says what to change.

A reply that was cut, or whose arguments do not parse, raises `OutputParserException` with the reason; with
`include_raw=True` it is the `parsing_error`. Where tools of the user are bound beside the schema (`tools=[...]`), a
reply that calls one of them has no object, and that is no error.

Thinking is never switched off behind the user's back, and the model object is never changed: what is needed is
bound to the one runnable. A `method` that the endpoint does not take becomes `function_calling` with a warning.
"""

from __future__ import annotations

import json
from typing import Any, Literal, TypeAlias

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import BaseOutputParser, JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.openai_tools import JsonOutputKeyToolsParser, PydanticToolsParser
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import is_basemodel_subclass

from cncoding import ModelCard, Warned, show_warning
from langchain_cncoding._binding import openai_tool
from langchain_cncoding._blocks import read_arguments
from langchain_cncoding._errors import CNCodingConfigError
from langchain_cncoding._model import ModelBase
from langchain_cncoding._raw import read_with_raw

Method: TypeAlias = Literal["function_calling", "json_mode", "json_schema"]
_FORMATS = {"json_mode": "json_object", "json_schema": "json_schema"}
_NAMES = {"title": "name", "description": "description"}


def structured(
    model: ModelBase, schema: Any, method: Method | None, *, include_raw: bool, strict: bool | None, **kwargs: Any
) -> Runnable[Any, Any]:
    """Return a runnable that answers with an object of `schema`; see the module for the order of ways."""
    way = choose_method(model, method)
    schema, strict = _plain_schema(schema, strict)
    if schema is None and way != "json_mode":
        raise CNCodingConfigError(f"with_structured_output: method={way!r} needs a schema")
    if way == "function_calling":
        asked, parser = _by_tool(model, schema, strict, kwargs)
    else:
        asked, parser = _by_format(model, schema, way, strict, kwargs)
    if not include_raw:
        return asked | parser
    return asked | read_with_raw(parser)


def _plain_schema(schema: Any, strict: bool | None) -> tuple[Any, bool | None]:
    """Return the JSON Schema in OpenAI's `{"name", "schema", "strict"}`, with or without its wrapper; else `schema`."""
    if not isinstance(schema, dict):
        return schema, strict
    wrapped = schema.get("json_schema") if schema.get("type") == "json_schema" else schema
    if not isinstance(wrapped, dict) or not isinstance(inner := wrapped.get("schema"), dict):
        return schema, strict
    named = {key: wrapped[source] for key, source in _NAMES.items() if source in wrapped}
    return {**inner, **named}, wrapped.get("strict") if strict is None else strict


def choose_method(model: ModelBase, method: Method | None) -> Method:
    """Return the way that is taken for a wanted `method`, or for none."""
    if method not in (None, "function_calling", "json_mode", "json_schema"):
        raise CNCodingConfigError(
            f"with_structured_output: method={method!r} is unknown; use function_calling, json_mode or json_schema"
        )
    takes = structured_kinds(model)
    if method is None:
        forced = not {"named", "required"}.isdisjoint(model.tool_choices())  # for one tool they mean the same
        return "json_schema" if not forced and "json_schema" in takes else "function_calling"
    if method == "function_calling" or _FORMATS[method] in takes:
        return method
    why = (
        f"{model.model} takes no response_format of type {_FORMATS[method]!r} here; "
        "a tool is used instead (method='function_calling')"
    )
    show_warning(Warned("with_structured_output", why))
    return "function_calling"


def structured_kinds(model: ModelBase) -> frozenset[str]:
    """Return the response formats that the model's endpoint takes."""
    card: ModelCard = model.model_card()
    return card.structured


# ---------------------------------------------------------------- asking


def _by_tool(
    model: ModelBase, schema: Any, strict: bool | None, kwargs: dict[str, Any]
) -> tuple[Runnable[Any, AIMessage], BaseOutputParser[Any]]:
    tool = openai_tool(schema, strict, "with_structured_output")
    name = tool["function"]["name"]
    more = list(kwargs.pop("tools", None) or ())
    bound = {"tool_choice": "any" if more else name, **_trace("function_calling", schema, strict), **kwargs}
    asked = model.bind_tools([tool, *more], **bound)
    if isinstance(schema, type) and is_basemodel_subclass(schema):
        return asked, _PydanticCallParser(tools=[schema], first_tool_only=True, name=name, others=bool(more))
    return asked, _KeyCallParser(key_name=name, first_tool_only=True, others=bool(more))


def _by_format(
    model: ModelBase, schema: Any, way: Method, strict: bool | None, kwargs: dict[str, Any]
) -> tuple[Runnable[Any, AIMessage], BaseOutputParser[Any]]:
    form: dict[str, Any] = {"type": "json_object"}
    if way == "json_schema":
        function = openai_tool(schema, strict, "with_structured_output")["function"]
        inner: dict[str, Any] = {"name": function["name"], "schema": convert_to_json_schema(schema, strict=strict)}
        if strict is not None:
            inner["strict"] = strict
        form = {"type": "json_schema", "json_schema": inner}
    bound = {"response_format": form, **_trace(way, schema, strict), **kwargs}
    tools = bound.pop("tools", None)
    asked = model.bind_tools(tools, strict=strict, **bound) if tools else model.bind(**bound)
    if isinstance(schema, type) and is_basemodel_subclass(schema):
        return asked, _PydanticFormatParser(pydantic_object=schema)
    return asked, _FormatParser()


def _trace(method: Method, schema: Any, strict: bool | None) -> dict[str, Any]:
    """Return what LangSmith shows of the request; LangChain takes it out before it reaches us."""
    kwargs = {"method": method, **({"strict": strict} if strict is not None else {})}
    return {"ls_structured_output_format": {"kwargs": kwargs, "schema": schema}}


# ---------------------------------------------------------------- reading

_CUT = {
    "length": "was cut at the token limit (finish_reason='length'); raise max_tokens, or ask for less",
    "content_filter": "was cut by the vendor's moderation (finish_reason='content_filter')",
}


def _is_running(result: list[Any]) -> bool:
    """Tell whether a stream goes on: only its last chunk says why it ended."""
    return "finish_reason" not in result[0].message.response_metadata


def _refuse_cut(message: AIMessage) -> None:
    """Raise for a reply without a usable call.

    Raises:
        OutputParserException: It was cut, or the arguments of its call do not parse.
    """
    broken = message.invalid_tool_calls
    text = str((broken[0].get("args") if broken else None) or message.text)
    if why := _CUT.get(str(message.response_metadata.get("finish_reason"))):
        raise OutputParserException(f"The reply {why}.", llm_output=text)
    if broken:
        why = broken[0].get("error") or read_arguments(text)[1] or "they are not a JSON object"
        raise OutputParserException(f"The arguments of the tool call cannot be read: {why}.", llm_output=text)


def _spoken_json(result: list[Any], partial: bool) -> Any:
    """Return the JSON object in the words of a reply that called no tool.

    Raises:
        OutputParserException: There is none, and the reply is complete.
    """
    text = result[0].text
    try:
        value = JsonOutputParser().parse_result([Generation(text=text)], partial=partial)
    except OutputParserException:
        value = None
    if isinstance(value, dict) or partial:
        return value
    raise OutputParserException(
        "The model answered in words instead of calling the tool. While it thinks, this endpoint lets nobody force "
        "a tool: try method='json_mode' or 'json_schema', or thinking=False where the model can stop thinking.",
        llm_output=text,
    )


def _own_calls(result: list[Any], name: str) -> list[Any] | None:
    """Return the reply with the calls of the schema's tool alone, None if it was not called."""
    message = result[0].message
    own = [call for call in message.tool_calls if call["name"] == name]
    if len(own) == len(message.tool_calls):
        return result if own else None
    return [ChatGeneration(message=message.model_copy(update={"tool_calls": own}))] if own else None


def _words_of(result: list[Any], name: str, partial: bool, others: bool) -> Any:
    """Return what a reply says that did not call the schema's tool, None if it called a tool of the user's.

    Raises:
        OutputParserException: The reply is complete and holds no object.
    """
    message = result[0].message
    if partial:
        return None if message.tool_calls or message.invalid_tool_calls else _spoken_json(result, partial)
    if message.tool_calls and others:
        return None
    _refuse_cut(message)
    if called := [call["name"] for call in message.tool_calls]:
        raise OutputParserException(f"The model called {called} and not {name!r}.", llm_output=message.text)
    return _spoken_json(result, partial)


class _KeyCallParser(JsonOutputKeyToolsParser):
    """Read the arguments of the call, or the JSON that was said in its place."""

    others: bool = False
    """Whether the model may call tools of the user instead; then there is no object."""

    def parse_result(self, result: list[Any], *, partial: bool = False) -> Any:
        partial = partial and _is_running(result)
        if (own := _own_calls(result, self.key_name)) is not None:
            return super().parse_result(own, partial=partial) or {}
        return _words_of(result, self.key_name, partial, self.others)


class _PydanticCallParser(PydanticToolsParser):
    """Read the call as a Pydantic object, or the JSON that was said in its place."""

    name: str
    others: bool = False
    """As above."""

    def parse_result(self, result: list[Any], *, partial: bool = False) -> Any:
        partial = partial and _is_running(result)
        if (own := _own_calls(result, self.name)) is not None:
            return super().parse_result(own, partial=partial)
        value = _words_of(result, self.name, partial, self.others)
        if value is None:
            return None
        try:
            return self.tools[0](**value)
        except ValueError as error:
            if partial:
                return None
            raise OutputParserException(f"The reply does not fit the schema: {error}", llm_output=str(value)) from error


def _format_is_unread(result: list[Any], partial: bool) -> bool:
    """Tell whether a reply in a response format has nothing to read, because it called a tool of the user's.

    Raises:
        OutputParserException: The reply is complete and was cut before its object was.
    """
    message = result[0].message
    if not partial and message.response_metadata.get("finish_reason") in _CUT:
        try:
            json.loads(message.text)
        except ValueError:
            _refuse_cut(message)
    return bool(message.tool_calls) and not message.text


class _FormatParser(JsonOutputParser):
    """Read the object in a reply whose format was asked for."""

    def parse_result(self, result: list[Any], *, partial: bool = False) -> Any:
        partial = partial and _is_running(result)
        return None if _format_is_unread(result, partial) else super().parse_result(result, partial=partial)


class _PydanticFormatParser(PydanticOutputParser[Any]):
    """Read it as a Pydantic object."""

    def parse_result(self, result: list[Any], *, partial: bool = False) -> Any:
        partial = partial and _is_running(result)
        return None if _format_is_unread(result, partial) else super().parse_result(result, partial=partial)
