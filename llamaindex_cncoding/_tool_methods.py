"""The tools of a spec as methods, each twice, for threads and for event loops; the core's catalog signs them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from llama_index.core.base.llms.types import ContentBlock

from cncoding import TOOL_ARGUMENTS, TOOLS

Method: TypeAlias = Callable[..., list[ContentBlock]]
AsyncMethod: TypeAlias = Callable[..., Coroutine[Any, Any, list[ContentBlock]]]
_TYPES = {"string": str, "integer": int, "array": list[str]}


def _make_methods(tool: str) -> tuple[Method, AsyncMethod]:
    """Return the method of a tool, and the one for event loops."""

    def call(self: ToolMethods, /, *values: Any, **given: Any) -> list[ContentBlock]:
        return self._use(tool, {**_name_values(tool, values), **given})

    async def acall(self: ToolMethods, /, *values: Any, **given: Any) -> list[ContentBlock]:
        return await self._ause(tool, {**_name_values(tool, values), **given})

    for name, method in ((tool, call), (f"a{tool}", acall)):
        method.__name__, method.__qualname__, method.__doc__ = name, f"ToolMethods.{name}", _write_doc(tool)
        vars(method)["__signature__"] = _write_signature(tool)
    return call, acall


def _name_values(tool: str, values: tuple[Any, ...]) -> dict[str, Any]:
    """Name what was given by place.

    Raises:
        TypeError: There is more than the tool takes.
    """
    takes = TOOLS[tool].takes
    if len(values) > len(takes):
        raise TypeError(f"{tool}() takes {', '.join(takes) or 'nothing'}; {len(values)} values were given")
    return dict(zip(takes, values, strict=False))


def _write_signature(tool: str) -> inspect.Signature:
    place = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("self", place)]
    for name in sorted(TOOLS[tool].takes, key=lambda one: not TOOLS[tool].requires(one)):
        card = TOOL_ARGUMENTS[name]
        kind: Any = _TYPES[card.type]
        annotation, default = (kind, inspect.Parameter.empty) if TOOLS[tool].requires(name) else (kind | None, None)
        parameters.append(inspect.Parameter(name, place, annotation=annotation, default=default))
    return inspect.Signature(parameters, return_annotation=list[ContentBlock])


def _write_doc(tool: str) -> str:
    card = TOOLS[tool]
    rows = [f"    {name}: {TOOL_ARGUMENTS[name].description}" for name in card.takes]
    return "\n".join([card.description, *(["", "Args:", *rows] if rows else [])])


class ToolMethods:
    """A method for each tool of the core, with the arguments that a model fills in, and one more for event loops."""

    def _use(self, tool: str, arguments: dict[str, Any]) -> list[ContentBlock]:
        raise NotImplementedError

    async def _ause(self, tool: str, arguments: dict[str, Any]) -> list[ContentBlock]:
        raise NotImplementedError

    generate_image, agenerate_image = _make_methods("generate_image")
    submit_image, asubmit_image = _make_methods("submit_image")
    edit_image, aedit_image = _make_methods("edit_image")
    generate_video, agenerate_video = _make_methods("generate_video")
    submit_video, asubmit_video = _make_methods("submit_video")
    check_media_job, acheck_media_job = _make_methods("check_media_job")
    cancel_media_job, acancel_media_job = _make_methods("cancel_media_job")
    synthesize_speech, asynthesize_speech = _make_methods("synthesize_speech")
    list_voices, alist_voices = _make_methods("list_voices")
    clone_voice, aclone_voice = _make_methods("clone_voice")
    design_voice, adesign_voice = _make_methods("design_voice")
    delete_voice, adelete_voice = _make_methods("delete_voice")
    transcribe, atranscribe = _make_methods("transcribe")
    understand_image, aunderstand_image = _make_methods("understand_image")
    understand_video, aunderstand_video = _make_methods("understand_video")
    web_search, aweb_search = _make_methods("web_search")
