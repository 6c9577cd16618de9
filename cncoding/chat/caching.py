"""Prompt caching: where the marks go that let a vendor reuse the beginning of a prompt.

A mark says that everything up to its place is worth keeping. Vendors order a prompt as tools, system, messages; they
take at most four marks (documented: Qwen and MiniMax). Where a vendor caches by itself a mark says nothing new.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from cncoding.target import Target
from cncoding.types import ChatRequest, JsonObject, Media, Part, Text, Tool, ToolResult, Warned

MOST_MARKS = 4
MARK: JsonObject = {"type": "ephemeral"}
"""The one kind of mark that is documented, for five minutes that each hit renews."""

_Spot: TypeAlias = tuple[int, int]
"""Number of the message and of the part in it; a tool is (-1, its number)."""


@dataclass(frozen=True, slots=True)
class SettledCache:
    """A request whose marks its endpoint takes."""

    request: ChatRequest
    whole: bool = False
    """Whether the body gets one mark for all of it."""
    warnings: tuple[Warned, ...] = ()


def settle_cache_marks(request: ChatRequest, target: Target) -> SettledCache:
    """Return the request with the marks that its endpoint takes: the user's, and with `prompt_cache="auto"` ours.

    Ours are the last tool, the end of the system message, and the ends of the last two turns of the user: the prefix
    that the next call has too.
    """
    marks, way = list(_find_marks(request)), target.wire.dialect.cache
    if not marks and request.prompt_cache is None:
        return SettledCache(request)
    where = f"{target.provider.id} on the {target.wire_name} wire"
    if way in ("none", "automatic"):
        why = f"{where} takes no cache marks; left out"
        warned = () if way == "automatic" else (Warned("prompt_cache", why),)
        return SettledCache(_mark(request, ()), warnings=warned)
    if way == "top":
        return SettledCache(_mark(request, ()), whole=True)
    warnings = []
    if way == "messages" and (on_tools := [spot for spot in marks if spot[0] < 0]):
        marks = [spot for spot in marks if spot not in on_tools]
        warnings.append(Warned("prompt_cache", f"{where} takes no cache marks on tools; left out"))
    if len(marks) > MOST_MARKS:
        warnings.append(Warned("prompt_cache", f"{where} takes {MOST_MARKS} cache marks; the first ones are left out"))
        marks = marks[-MOST_MARKS:]
    if request.prompt_cache == "auto":
        ours = [spot for spot in _find_stable(request, tools=way == "marks") if spot not in marks]
        marks += ours[len(marks) - MOST_MARKS :] if len(marks) < MOST_MARKS else []
    return SettledCache(_mark(request, marks), warnings=tuple(warnings))


def _find_marks(request: ChatRequest) -> Iterator[_Spot]:
    for number, tool in enumerate(request.tools):
        if isinstance(tool, Tool) and tool.cache:
            yield -1, number
    for at, message in enumerate(request.messages):
        for number, part in enumerate(message.parts):
            if is_marked(part):
                yield at, number


def is_marked(part: Part) -> bool:
    """Tell whether a part carries a mark; a result is marked where something in it is."""
    if isinstance(part, ToolResult):
        return part.cache or any(one.cache for one in part.parts)
    return isinstance(part, (Text, Media)) and part.cache


def _find_stable(request: ChatRequest, *, tools: bool) -> list[_Spot]:
    """Return where the prefix ends that the next call shares, from the shortest to the longest."""
    spots = [(-1, number) for number, tool in enumerate(request.tools) if isinstance(tool, Tool)][-1:] if tools else []
    messages = request.messages
    head = next((place for place, message in enumerate(messages) if message.role != "system"), len(messages))
    asked = [place for place, message in enumerate(messages) if message.role == "user"]
    for at in (*([head - 1] if head else []), *asked[-2:]):
        last = next((n for n, part in reversed(list(enumerate(messages[at].parts))) if _can_hold(part)), None)
        if last is not None:
            spots.append((at, last))
    return spots


def _can_hold(part: Part) -> bool:
    return isinstance(part, (Media, ToolResult)) or (isinstance(part, Text) and bool(part.text))


def _mark(request: ChatRequest, marks: Sequence[_Spot]) -> ChatRequest:
    """Return the request with marks at these places and nowhere else."""
    tools = tuple(
        replace(tool, cache=(-1, number) in marks) if isinstance(tool, Tool) else tool
        for number, tool in enumerate(request.tools)
    )
    messages = tuple(
        replace(message, parts=tuple(_mark_part(part, (at, n) in marks) for n, part in enumerate(message.parts)))
        for at, message in enumerate(request.messages)
    )
    return replace(request, tools=tools, messages=messages)


def _mark_part(part: Part, cache: bool) -> Part:
    if isinstance(part, ToolResult) and (cache or is_marked(part)):
        return replace(part, cache=cache, parts=tuple(replace(one, cache=False) for one in part.parts))
    return replace(part, cache=cache) if isinstance(part, (Text, Media)) and part.cache != cache else part


# ---------------------------------------------------------------- what breaks a prefix


def compare_prefix(body: JsonObject, seen: MutableMapping[str, tuple[str, ...]]) -> list[Warned]:
    """Tell what makes this call begin otherwise than the last one of its conversation, so that no cache is hit.

    A conversation is known by its first turn that is not a system message.

    Args:
        body: The request as it leaves: what we change is compared too.
        seen: What the last call of each conversation began with; this one takes its place.
    """
    turns = [one for one in body.get("messages", ()) if one.get("role") != "system"]
    system = [*([body["system"]] if "system" in body else []), *(one for one in body["messages"] if one not in turns)]
    if not turns:
        return []
    now = (_digest(body.get("tools")), _digest(system), *map(_digest, turns))
    key = f"{body.get('model')} {now[2]}"
    before = seen.get(key, ())
    seen[key] = now
    names = ("the tools", "the system message", *(f"turn {n + 1}" for n in range(len(turns))))
    if not (broken := [name for name, old, new in zip(names, before, now, strict=False) if old != new]):
        return []
    what = f"{broken[0]} differ{'' if broken[0].endswith('tools') else 's'}"
    why = f"{what} from the last call of this conversation, so no cache is hit from there on"
    return [Warned("prompt_cache", why)]


def _digest(value: object) -> str:
    """Return a short name for JSON without its marks, which move from call to call."""
    return hashlib.blake2b(json.dumps(_unmarked(value), sort_keys=True).encode(), digest_size=12).hexdigest()


def _unmarked(value: object) -> object:
    if isinstance(value, dict):
        if value.keys() <= {"type", "text", "cache_control"} and isinstance(value.get("text"), str):
            return value["text"]
        return {name: _unmarked(one) for name, one in value.items() if name != "cache_control"}
    if isinstance(value, list):
        return _unmarked(value[0]) if len(value) == 1 else [_unmarked(one) for one in value]
    return value
