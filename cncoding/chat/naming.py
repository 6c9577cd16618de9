"""Names of tools and schemas in any script, on wires that take ASCII only.

Vendors take 1 to 64 of A-Z a-z 0-9 _ - (OpenAI's rule, which all of them repeat or enforce). Any other name goes out
under a name of our own that is always the same for it, and comes back as it was; the model reads the real name in the
tool's description.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from cncoding.types import ChatRequest, Event, Message, NamedTool, Part, Tool, ToolCall, ToolCallDelta

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def encode_name(name: str) -> str:
    """Return the name under which a tool or schema goes out: itself if vendors take it, else one made of it."""
    if not name or _PLAIN.fullmatch(name):
        return name
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=5).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:40]
    return f"{readable or 'tool'}_{digest}"


def encode_names(request: ChatRequest) -> tuple[ChatRequest, Mapping[str, str]]:
    """Return the request with names that vendors take, and what each stands for.

    Returns:
        The request, the same object where nothing changes, and the real names by those that go out.
    """
    wanted = [tool.name for tool in request.tools if isinstance(tool, Tool)]
    wanted += [call.name for message in request.messages for call in message.tool_calls]
    if request.response_format is not None:
        wanted.append(request.response_format.name)
    real = {sent: name for name in wanted if (sent := encode_name(name)) != name}
    if not real:
        return request, {}
    choice, form = request.tool_choice, request.response_format
    return replace(
        request,
        tools=tuple(_encode_tool(tool) if isinstance(tool, Tool) else tool for tool in request.tools),
        messages=tuple(_encode_message(message) for message in request.messages),
        tool_choice=NamedTool(encode_name(choice.name)) if isinstance(choice, NamedTool) else choice,
        response_format=None if form is None else replace(form, name=encode_name(form.name)),
    ), real


def _encode_tool(tool: Tool) -> Tool:
    if (name := encode_name(tool.name)) == tool.name:
        return tool
    return replace(tool, name=name, description=f"{tool.name}: {tool.description}" if tool.description else tool.name)


def _encode_message(message: Message) -> Message:
    if not message.tool_calls:
        return message
    return replace(message, parts=tuple(map(_encode_part, message.parts)))


def _encode_part(part: Part) -> Part:
    return replace(part, name=encode_name(part.name)) if isinstance(part, ToolCall) else part


def decode_names(events: Iterable[Event], real: Mapping[str, str]) -> Iterator[Event]:
    """Yield the events with the real names of tools."""
    for event in events:
        if isinstance(event, ToolCallDelta) and (name := real.get(event.name or "")):
            yield replace(event, name=name)
        else:
            yield event
