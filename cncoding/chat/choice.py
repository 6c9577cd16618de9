"""A forced tool choice, in a form that the endpoint takes; said once for both wires and both frameworks.

Many endpoints take no forced choice while the model thinks, some take "this tool" and not "some tool", or the other
way round. In this order:

1. The choice goes out as it is, where the endpoint takes it.
2. It is swapped for a form that means the same: with one tool, "some tool" and "that tool" are one; a named tool among
   several is offered alone.
3. Thinking is switched off for the one request, if the caller allows that and the endpoint then takes the choice.
4. It is left to the model (`auto`), with an instruction in the system prompt and a warning.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace

from cncoding.chat.schemas import fits
from cncoding.errors import ConfigError
from cncoding.exchange.json_values import parse_json
from cncoding.profile import ModelCard, thinks
from cncoding.target import Target
from cncoding.types import (
    ChatRequest,
    ChatResponse,
    JsonObject,
    Message,
    NamedTool,
    ServerTool,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolMode,
    Warned,
)

_INSTRUCTION = (
    "Reply only by calling one of these tools: {names}. Do not answer in words, also not after a tool result."
)


NO_TOOLS = Warned("tool_choice", "a tool is wanted, but none is given: bind or pass tools; left out")


def settle_tool_choice(request: ChatRequest, target: Target) -> tuple[ChatRequest, tuple[Warned, ...]]:
    """Return the request with a tool choice that its endpoint takes, and what was changed for it.

    A request without tools, or whose choice is taken as it is, comes back unchanged; so does the outcome, when it is
    settled again.

    Args:
        request: The request; `force_without_thinking` allows step 3 of the module.
        target: Where it goes.

    Raises:
        ConfigError: A tool is forced on a model that is known to call none.
    """
    wanted, card = request.tool_choice, target.card(request.model)
    if not request.tools or wanted is None or wanted == "auto":
        return request, (NO_TOOLS,) if wanted == "required" or isinstance(wanted, NamedTool) else ()
    if isinstance(wanted, NamedTool) and wanted.name not in (names := _list_names(request)):
        raise ConfigError(f"tool_choice={wanted.name!r} is not among the tools {names}")
    accepted = target.tool_choices(card, request.thinking)
    if wanted == "none":
        if "none" in accepted:
            return request, ()
        why = "'none' is not accepted here; the tools are left out instead"
        return replace(request, tools=(), tool_choice=None), (Warned("tool_choice", why),)
    if card.known and not card.tools:
        raise ConfigError(f"tool_choice: {card.id} calls no tools; choose a model that does")
    form = _find_form(request, accepted)
    if form is None and request.force_without_thinking and thinks(request.thinking, card):
        quiet = replace(request, thinking=Thinking(enabled=False))
        if not thinks(quiet.thinking, card) and (form := _find_form(quiet, target.tool_choices(card, quiet.thinking))):
            why = f"off for this request: {card.id} takes a forced tool choice only then"
            return _send_as(quiet, form), (Warned("thinking", why),)
    if form is not None:
        return _send_as(request, form), ()
    return _leave_to_model(request), (_explain(request, card),)


def _find_form(request: ChatRequest, accepted: Collection[str]) -> ToolMode | NamedTool | None:
    """Return the form of the forced choice that the endpoint accepts, None if it accepts none."""
    wanted, name = request.tool_choice, _only_tool(request)
    if name is not None and "named" in accepted and (isinstance(wanted, NamedTool) or "required" not in accepted):
        return NamedTool(name)
    return "required" if "required" in accepted else None


def _list_names(request: ChatRequest) -> list[str]:
    """List the tools by name; the vendor's own may have names that only the vendor knows."""
    own = [
        tool.payload.get("name") or tool.payload.get("type") for tool in request.tools if isinstance(tool, ServerTool)
    ]
    return [*(tool.name for tool in request.tools if isinstance(tool, Tool)), *map(str, own)]


def _only_tool(request: ChatRequest) -> str | None:
    """Return the tool that a forced choice means: the named one, or the only one there is."""
    if isinstance(request.tool_choice, NamedTool):
        return request.tool_choice.name
    names = [tool.name for tool in request.tools if isinstance(tool, Tool)]
    return names[0] if len(names) == len(request.tools) == 1 else None


def _send_as(request: ChatRequest, form: ToolMode | NamedTool) -> ChatRequest:
    """Return the request with its choice in another form; a name that cannot be said leaves its tool alone."""
    wanted = request.tool_choice
    if isinstance(wanted, NamedTool) and not isinstance(form, NamedTool):
        chosen = tuple(tool for tool in request.tools if isinstance(tool, Tool) and tool.name == wanted.name)
        return replace(request, tools=chosen or request.tools, tool_choice=form)
    return replace(request, tool_choice=form)


def _leave_to_model(request: ChatRequest) -> ChatRequest:
    request = _send_as(request, "auto")
    names = ", ".join(tool.name for tool in request.tools if isinstance(tool, Tool))
    instruction = Message("system", (Text(_INSTRUCTION.format(names=names)),))
    messages = request.messages
    head = next((place for place, message in enumerate(messages) if message.role != "system"), len(messages))
    return replace(request, messages=(*messages[:head], instruction, *messages[head:]))


def _explain(request: ChatRequest, card: ModelCard) -> Warned:
    thinking = " while it thinks" if thinks(request.thinking, card) else ""
    why = f"{card.id} does not accept a forced choice{thinking}; 'auto' is sent, with an instruction to call a tool"
    return Warned("tool_choice", why)


# ---------------------------------------------------------------- the answer


def read_call_in_words(reply: ChatResponse, request: ChatRequest) -> ChatResponse:
    """Return the reply with a call in place of its text, where the model wrote the arguments of a forced call as text.

    That is so when a tool was forced, one tool is meant, nothing was called, and the text is (or holds, between its
    first and last brace) a JSON object that fits the tool's schema. Every other reply comes back unchanged.

    Args:
        reply: A complete reply.
        request: What was asked, with the tool choice as the caller wanted it.
    """
    if request.tool_choice in (None, "auto", "none") or reply.tool_calls or reply.finish == "length":
        return reply
    name = _only_tool(request)
    tool = next((tool for tool in request.tools if isinstance(tool, Tool) and tool.name == name), None)
    if tool is None or (arguments := _find_object(reply.text)) is None or not fits(arguments, tool.parameters):
        return reply
    call = ToolCall(f"call_{reply.id or 'in_words'}", tool.name, json.dumps(arguments, ensure_ascii=False))
    kept = tuple(part for part in reply.message.parts if not isinstance(part, Text))
    return replace(reply, message=replace(reply.message, parts=(*kept, call)), finish="tool_calls")


def _find_object(text: str) -> JsonObject | None:
    start, end = text.find("{"), text.rfind("}")
    try:
        value = parse_json(text[start : end + 1]) if 0 <= start < end else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
