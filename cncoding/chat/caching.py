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
    """Tell what makes this call begin otherwise than the one before it, so that no cache is hit.

    Compared are the tools, the system message and the turns with the last call of the same conversation, which is
    known by its first turn; and, where a conversation is new, the system message with that of the last call, if the
    two begin alike: a clock in a system message makes every call new.

    Args:
        body: The request as it leaves: what we change is compared too.
        seen: What the last calls began with; this one takes its place.
    """
    turns = [one for one in body.get("messages", ()) if one.get("role") != "system"]
    system = [*([body["system"]] if "system" in body else []), *(one for one in body["messages"] if one not in turns)]
    if not turns:
        return []
    model = str(body.get("model"))
    now = (_digest(body.get("tools")), _digest(system), *map(_digest, turns))
    before = seen.get(f"{model} {now[2]}", ())
    text = _plain_text(system)
    latest = seen.get(model, ("",))[0]
    seen[f"{model} {now[2]}"], seen[model] = now, (text,)
    if not before:
        return _compare_systems(latest, text)
    names = ("the tools", "the system message", *(f"turn {n + 1}" for n in range(len(turns))))
    broken = [name for name, old, new in zip(names, before, now, strict=False) if old != new]
    if not broken or (broken[0].startswith("turn") and len(now) <= len(before)):
        return []  # another question after the same beginning is no break
    what = f"{broken[0]} differ{'' if broken[0].endswith('tools') else 's'}"
    return [Warned("prompt_cache", f"{what} from the last call of this conversation, so no cache is hit from there on")]


_ALIKE = 40
"""Characters, and half of the text, that two system messages share at least if they are meant to be one."""


def _compare_systems(before: str, now: str) -> list[Warned]:
    shared = next((n for n, (old, new) in enumerate(zip(before, now, strict=False)) if old != new), None)
    if shared is None or shared < max(_ALIKE, min(len(before), len(now)) // 2):
        return []
    why = (
        f"the system message differs from the last call's at {now[shared : shared + 20]!r}, so no cache is hit after it"
    )
    return [Warned("prompt_cache", f"{why}; put what changes into the user's turn")]


def _plain_text(system: object) -> str:
    """Return the text of system messages in either wire's form."""
    if isinstance(system, dict):
        return _plain_text(system.get("text", system.get("content")))
    return "".join(map(_plain_text, system)) if isinstance(system, list) else str(system or "")


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
