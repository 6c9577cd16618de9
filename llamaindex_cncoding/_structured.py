"""Answers that fit a pydantic class: which of the vendor's means to use, and how to read what comes.

| mode | what is sent | what is read |
|---|---|---|
| json_schema | `response_format` with the schema | the content |
| json_object | `response_format` json_object, the schema in the prompt | the content |
| function | a tool with the schema, forced as far as the endpoint takes that | the call, else the content |
| prompt | the schema in the prompt | the content |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole, TextBlock, ToolCallBlock
from llama_index.core.program.utils import FlexibleModel, create_flexible_model
from pydantic import BaseModel, ValidationError

from cncoding import ConfigError, JsonObject, ModelCard, Warned, show_warning
from llamaindex_cncoding._base import ConnectedLLM
from llamaindex_cncoding._errors import StructuredOutputError
from llamaindex_cncoding._messages import read_tool_calls
from llamaindex_cncoding._partial_json import PartialObject, read_object
from llamaindex_cncoding._request import BEST_EFFORT, read_request_settings
from llamaindex_cncoding._settings import StructuredMode
from llamaindex_cncoding._toolcalls import GrowingToolCall

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Plan:
    """How one structured call is made: arguments of the chat call, and what the prompt is told in addition."""

    arguments: JsonObject = field(default_factory=dict)
    instruction: str = ""

    def messages(self, history: Sequence[ChatMessage]) -> list[ChatMessage]:
        """Return the messages with the instruction at their end; the given ones are not changed."""
        if not self.instruction:
            return list(history)
        last = history[-1] if history else None
        note = TextBlock(text=self.instruction)
        if last is None or last.role != MessageRole.USER:
            return [*history, ChatMessage(role=MessageRole.USER, blocks=[note])]
        asked = ChatMessage(role=last.role, blocks=[*last.blocks, note], additional_kwargs=dict(last.additional_kwargs))
        return [*history[:-1], asked]


def make_plan(llm: ConnectedLLM, output_cls: type[BaseModel], call: JsonObject) -> Plan:
    """Choose how to ask for an `output_cls`.

    Args:
        llm: Whose settings and model count.
        output_cls: The class that the answer has to fit.
        call: Arguments of this call, which may override model and thinking.

    Raises:
        ConfigError: The call brings tools of its own.
    """
    if call.get("tools"):
        raise ConfigError("tools: a structured call cannot have tools of its own")
    settings = read_request_settings(llm, call)
    choices = llm.tool_choices(settings["model"], settings["thinking"])
    card = llm.card(settings["model"])
    mode = _choose_mode(card, choices) if llm.structured_output_mode == "auto" else llm.structured_output_mode
    name = output_cls.__name__
    schema = output_cls.model_json_schema()
    if mode == "function":
        return _plan_function(output_cls, name, schema)
    asked = _write_instruction(schema)
    mode = _step_down(mode, card)
    if mode == "json_schema":
        wanted = {"type": "json_schema", "json_schema": {"name": name, "schema": schema}}
        return Plan({"response_format": wanted}, asked)
    if mode == "json_object":
        return Plan({"response_format": {"type": "json_object"}}, asked)
    return Plan(instruction=asked)


def _choose_mode(card: ModelCard, choices: frozenset[str]) -> StructuredMode:
    """Prefer what binds the model: a forced call, then a schema; a free call binds less, but works while thinking."""
    if card.tools and choices & {"required", "named"}:
        return "function"
    if "json_schema" in card.structured and card.known:
        return "json_schema"
    if card.tools:
        return "function"
    return "json_object" if "json_object" in card.structured else "prompt"


def _step_down(mode: StructuredMode, card: ModelCard) -> StructuredMode:
    """Step down to what the model takes, with a warning; the schema is in the prompt all the same."""
    if mode == "prompt" or mode in card.structured:
        return mode
    lower: StructuredMode = "json_object" if "json_object" in card.structured else "prompt"
    why = f"{card.id} does not take {mode!r}; {lower!r} is used"
    show_warning(Warned("structured_output_mode", why))
    return lower


def _plan_function(output_cls: type[BaseModel], name: str, schema: JsonObject) -> Plan:
    function = {
        "name": name,
        "description": (output_cls.__doc__ or f"Give the answer as {name}.").strip(),
        "parameters": schema,
    }
    choice = {"type": "function", "function": {"name": name}, BEST_EFFORT: True}
    return Plan(
        {
            "tools": [{"type": "function", "function": function}],
            "parallel_tool_calls": False,
            "tool_choice": choice,
        }
    )


def _write_instruction(schema: JsonObject) -> str:
    text = json.dumps(schema, ensure_ascii=False)
    return f"Answer with one JSON object that fits this JSON Schema, and write nothing else:\n{text}"


def read_output(output_cls: type[_Model], response: ChatResponse) -> _Model:
    """Read the object out of a finished reply: from the tool call, else from the text.

    Raises:
        StructuredOutputError: There is none, or it does not fit.
    """
    text = _find_text(response)
    calls = [block for block in response.message.blocks if isinstance(block, ToolCallBlock)]
    found: Any = calls[0].tool_kwargs if calls else text
    if isinstance(found, str):
        found = read_object(found)
    if found is None or (not calls and read_tool_calls(response.message, "invalid_")):
        ended = (response.raw or {}).get("finish_reason")
        raise StructuredOutputError(
            f"no complete JSON object for {output_cls.__name__} in the reply (finish_reason {ended!r})", payload=text
        )
    try:
        return output_cls.model_validate(found)
    except ValidationError as error:
        raise StructuredOutputError(f"the reply does not fit {output_cls.__name__}: {error}", payload=text) from error


def _find_text(response: ChatResponse) -> str:
    """Return the text that holds the object: arguments of the first call, else the content."""
    for block in response.message.blocks:
        if isinstance(block, ToolCallBlock):
            kwargs = block.tool_kwargs
            return kwargs if isinstance(kwargs, str) else json.dumps(kwargs, ensure_ascii=False)
    for call in read_tool_calls(response.message, "invalid_"):
        return str(call["function"]["arguments"])
    return response.message.content or ""


class GrowingOutput(Generic[_Model]):
    """Show an object while it is being written; every chunk is read once."""

    def __init__(self, output_cls: type[_Model]) -> None:
        self._output_cls = output_cls
        self._flexible = create_flexible_model(output_cls)
        self._reader = PartialObject()
        self._last: ChatResponse | None = None

    def add(self, response: ChatResponse) -> FlexibleModel | None:
        """Take in one chunk; return the object so far, None if it did not grow.

        Members that have not begun are None, open strings end where the stream stands.
        """
        self._last = response
        growing = next((block for block in response.message.blocks if isinstance(block, GrowingToolCall)), None)
        if growing is not None:
            return self._flexible(**growing.arguments_so_far())
        if not response.delta or self._reader.closed:
            return None
        self._reader.feed(response.delta)
        return self._flexible(**self._reader.value())

    def result(self) -> _Model:
        """Return the finished object.

        Raises:
            StructuredOutputError: There is none, or it does not fit.
        """
        if self._last is None:
            raise StructuredOutputError(f"no reply for {self._output_cls.__name__}")
        return read_output(self._output_cls, self._last)
