"""Names of tools and schemas in any script, on wires that take ASCII only.

Vendors take 1 to 64 of A-Z a-z 0-9 _ - (OpenAI's rule, which all of them repeat or enforce). Any other name goes out
under a name of our own that is always the same for it, and comes back as it was; the model reads the real name in the
tool's description.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from cncoding.types import ChatRequest, Event, Message, NamedTool, Part, Tool, ToolCall, ToolCallDelta

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def encode_name(name: str, reserved: Collection[str] = ()) -> str:
    """Return the name under which a tool or schema goes out: itself if the vendor takes it, else one made of it.

    Args:
        name: The real name.
        reserved: Names that the vendor keeps for itself.
    """
    if not name or (_PLAIN.fullmatch(name) and name not in reserved):
        return name
    digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=5).hexdigest()
    readable = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:40]
    return f"{readable or 'tool'}_{digest}"


def encode_names(request: ChatRequest, reserved: Collection[str] = ()) -> tuple[ChatRequest, Mapping[str, str]]:
    """Return the request with names that the vendor takes, and what each stands for.

    Args:
        request: With any names.
        reserved: Names that the vendor keeps for itself.

    Returns:
        The request, the same object where nothing changes, and the real names by those that go out.
    """
    wanted = [tool.name for tool in request.tools if isinstance(tool, Tool)]
    wanted += [call.name for message in request.messages for call in message.tool_calls]
    if request.response_format is not None:
        wanted.append(request.response_format.name)
    real = {sent: name for name in wanted if (sent := encode_name(name, reserved)) != name}
    if not real:
        return request, {}
    choice, form = request.tool_choice, request.response_format
    sent_names = {name: sent for sent, name in real.items()}
    return replace(
        request,
        tools=tuple(_encode_tool(tool, sent_names) if isinstance(tool, Tool) else tool for tool in request.tools),
        messages=tuple(_encode_message(message, sent_names) for message in request.messages),
        tool_choice=NamedTool(sent_names.get(choice.name, choice.name)) if isinstance(choice, NamedTool) else choice,
        response_format=None if form is None else replace(form, name=sent_names.get(form.name, form.name)),
    ), real


def _encode_tool(tool: Tool, names: Mapping[str, str]) -> Tool:
    if (name := names.get(tool.name)) is None:
        return tool
    return replace(tool, name=name, description=f"{tool.name}: {tool.description}" if tool.description else tool.name)


def _encode_message(message: Message, names: Mapping[str, str]) -> Message:
    if not any(call.name in names for call in message.tool_calls):
        return message
    return replace(message, parts=tuple(_encode_part(part, names) for part in message.parts))


def _encode_part(part: Part, names: Mapping[str, str]) -> Part:
    return replace(part, name=names.get(part.name, part.name)) if isinstance(part, ToolCall) else part


def decode_names(events: Iterable[Event], real: Mapping[str, str]) -> Iterator[Event]:
    """Yield the events with the real names of tools."""
    for event in events:
        if isinstance(event, ToolCallDelta) and (name := real.get(event.name or "")):
            yield replace(event, name=name)
        else:
            yield event
