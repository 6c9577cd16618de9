"""Structured output: which way to ask for it, and how to read what comes.

A schema can be asked for in three ways. With `method=None` the first one that works is taken, in this order:

1. `function_calling`: one tool, forced. Where the model would think and its endpoint then takes no forced choice
   (most of these vendors), the next way is tried:
2. `json_schema`: a native response format, on the endpoints that really take one.
3. `function_calling` with the choice left to the model. If it answers in words, JSON in the words is read; if
   there is none, `OutputParserException` says what to change.

Thinking is never switched off behind the user's back, and the model object is never changed: what is needed is
bound to the one runnable. A `method` that the endpoint does not take becomes `function_calling` with a warning.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.base import OutputParserLike
from langchain_core.output_parsers.openai_tools import JsonOutputKeyToolsParser, PydanticToolsParser
from langchain_core.outputs import Generation
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema
from langchain_core.utils.pydantic import is_basemodel_subclass

from cncoding import ChatResponse, CncodingWarning, Event, Finish, Message, ModelCard, Text, TextDelta
from langchain_cncoding._binding import openai_tool
from langchain_cncoding._errors import CNCodingConfigError

if TYPE_CHECKING:
    from langchain_cncoding.chat_models import ChatCNCoding

Method: TypeAlias = Literal["function_calling", "json_mode", "json_schema"]
_FORMATS = {"json_mode": "json_object", "json_schema": "json_schema"}
_NAMES = {"title": "name", "description": "description"}


def structured(
    model: ChatCNCoding, schema: Any, method: Method | None, *, include_raw: bool, strict: bool | None, **kwargs: Any
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
    parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=asked) | parsed.with_fallbacks([failed], exception_key="parsing_error")


def _plain_schema(schema: Any, strict: bool | None) -> tuple[Any, bool | None]:
    """Return the JSON Schema in OpenAI's `{"name", "schema", "strict"}`, with or without its wrapper; else `schema`."""
    if not isinstance(schema, dict):
        return schema, strict
    wrapped = schema.get("json_schema") if schema.get("type") == "json_schema" else schema
    if not isinstance(wrapped, dict) or not isinstance(inner := wrapped.get("schema"), dict):
        return schema, strict
    named = {key: wrapped[source] for key, source in _NAMES.items() if source in wrapped}
    return {**inner, **named}, wrapped.get("strict") if strict is None else strict


def choose_method(model: ChatCNCoding, method: Method | None) -> Method:
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
    warnings.warn(
        f"with_structured_output: {model.model} takes no response_format of type {_FORMATS[method]!r} here; "
        "a tool is used instead (method='function_calling')",
        CncodingWarning,
        stacklevel=4,
    )
    return "function_calling"


def structured_kinds(model: ChatCNCoding) -> frozenset[str]:
    """Return the response formats that the model's endpoint takes."""
    card: ModelCard = model.model_card()
    return card.structured


# ---------------------------------------------------------------- asking


def _by_tool(
    model: ChatCNCoding, schema: Any, strict: bool | None, kwargs: dict[str, Any]
) -> tuple[Runnable[Any, AIMessage], OutputParserLike[Any]]:
    tool = openai_tool(schema, strict, "with_structured_output")
    name = tool["function"]["name"]
    asked = model.bind_tools([tool], tool_choice=name, **_trace("function_calling", schema, strict), **kwargs)
    if isinstance(schema, type) and is_basemodel_subclass(schema):
        return asked, _PydanticCallParser(tools=[schema], first_tool_only=True)
    return asked, _KeyCallParser(key_name=name, first_tool_only=True)


def _by_format(
    model: ChatCNCoding, schema: Any, way: Method, strict: bool | None, kwargs: dict[str, Any]
) -> tuple[Runnable[Any, AIMessage], OutputParserLike[Any]]:
    form: dict[str, Any] = {"type": "json_object"}
    if way == "json_schema":
        function = openai_tool(schema, strict, "with_structured_output")["function"]
        inner: dict[str, Any] = {"name": function["name"], "schema": convert_to_json_schema(schema, strict=strict)}
        if strict is not None:
            inner["strict"] = strict
        form = {"type": "json_schema", "json_schema": inner}
    asked = model.bind(response_format=form, **_trace(way, schema, strict), **kwargs)
    if isinstance(schema, type) and is_basemodel_subclass(schema):
        return asked, PydanticOutputParser(pydantic_object=schema)
    return asked, JsonOutputParser()


def _trace(method: Method, schema: Any, strict: bool | None) -> dict[str, Any]:
    """Return what LangSmith shows of the request; LangChain takes it out before it reaches us."""
    kwargs = {"method": method, **({"strict": strict} if strict is not None else {})}
    return {"ls_structured_output_format": {"kwargs": kwargs, "schema": schema}}


# ---------------------------------------------------------------- reading


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


def _silent(result: list[Any]) -> bool:
    message = result[0].message
    return isinstance(message, AIMessage) and not message.tool_calls and not message.invalid_tool_calls


class _KeyCallParser(JsonOutputKeyToolsParser):
    """Read the arguments of the call, or the JSON that was said in its place."""

    def parse_result(self, result: list[Any], *, partial: bool = False) -> Any:
        if _silent(result):
            return _spoken_json(result, partial)
        return super().parse_result(result, partial=partial)


class _PydanticCallParser(PydanticToolsParser):
    """Read the call as a Pydantic object, or the JSON that was said in its place."""

    def parse_result(self, result: list[Any], *, partial: bool = False) -> Any:
        if not _silent(result):
            return super().parse_result(result, partial=partial)
        value = _spoken_json(result, partial)
        if value is None:
            return None
        try:
            return self.tools[0](**value)
        except ValueError as error:
            if partial:
                return None
            raise OutputParserException(f"The reply does not fit the schema: {error}", llm_output=str(value)) from error


# ---------------------------------------------------------------- fences


class FenceFilter:
    """Take a Markdown fence and leading think tags off a text that comes in pieces.

    Only a fence that opens the text is taken off, and only at its ends: three backticks inside a JSON string stay.
    """

    def __init__(self) -> None:
        self._held = ""
        self._state: Literal["head", "think", "body", "fenced"] = "head"

    def feed(self, piece: str) -> str:
        """Take in a piece; return what can be told already."""
        self._held += piece
        if self._state == "think":
            self._leave_think()
        if self._state == "head":
            self._read_head()
        if self._state == "body":
            out, self._held = self._held, ""
            return out
        return self._inside() if self._state == "fenced" else ""

    def finish(self) -> str:
        """Return the rest, at the end of the text."""
        rest, self._held = self._held, ""
        if self._state == "fenced":
            return rest.rstrip().removesuffix("```").rstrip()
        return "" if self._state == "think" else rest

    def _leave_think(self) -> None:
        _, mark, rest = self._held.partition("</think>")
        if mark:
            self._state, self._held = "head", rest

    def _read_head(self) -> None:
        text = self._held.lstrip()
        if text.startswith("<think>"):
            self._state, self._held = "think", text.removeprefix("<think>")
            _, mark, rest = self._held.partition("</think>")
            if mark:
                self._state, self._held = "head", rest
                self._read_head()
        elif text.startswith("```"):
            self._read_fence(text)
        elif text and not any(mark.startswith(text) for mark in ("<think>", "```")):
            self._state, self._held = "body", text

    def _read_fence(self, text: str) -> None:
        """Leave the opening fence out, once its line is complete or JSON begins on it."""
        language, newline, rest = text[3:].partition("\n")
        if newline:
            self._state, self._held = "fenced", rest
        elif language[:1] in ("{", "["):
            self._state, self._held = "fenced", language

    def _inside(self) -> str:
        """Hold back what may be the closing fence and the blank around it."""
        end = len(self._held.rstrip().rstrip("`").rstrip())
        out, self._held = self._held[:end], self._held[end:]
        return out


class FenceEvents:
    """Apply a `FenceFilter` to the text of a streamed reply."""

    def __init__(self) -> None:
        self._filter = FenceFilter()
        self._block: int | None = None

    def feed(self, event: Event) -> Iterator[Event]:
        """Yield the events that take the place of `event`."""
        if isinstance(event, TextDelta):
            self._block = event.block
            if text := self._filter.feed(event.text):
                yield TextDelta(event.block, text)
            return
        if isinstance(event, Finish) and self._block is not None and (rest := self._filter.finish()):
            yield TextDelta(self._block, rest)
        yield event


def bare_reply(reply: ChatResponse) -> ChatResponse:
    """Return a whole reply with its fence and its think tags taken off."""
    parts = tuple(Text(_bare_text(part.text)) if isinstance(part, Text) else part for part in reply.message.parts)
    return replace(reply, message=Message(reply.message.role, parts, reply.message.name))


def _bare_text(text: str) -> str:
    fences = FenceFilter()
    return fences.feed(text) + fences.finish()
