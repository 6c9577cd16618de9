"""What the arguments of a tool may be, compiled from the rules of the models that may serve it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from cncoding.errors import ConfigError
from cncoding.media.hearing import choose_speech_route
from cncoding.media.rules import Rule
from cncoding.media.selection import find_search_route
from cncoding.media.tools.calls import ToolCall, ToolSetup
from cncoding.media.tools.catalog import BUYS, CATALOG, UNLISTED
from cncoding.media.tools.describing import SEVERAL, ToolArgument, describe, describe_taken, find_all_rules, list_models
from cncoding.media.tools.reading import read_given
from cncoding.media.tools.texts import name_tools
from cncoding.types import JsonObject


def list_arguments(tool: str, setup: ToolSetup) -> tuple[ToolArgument, ...]:
    """Return the arguments of a tool that the models that may serve it take.

    Those are the model that serves words and, where it takes no pictures, the ones that do. Of several the widest rule
    counts; the core checks a call against the one that serves it. An argument that none of them takes is left out.

    Raises:
        ConfigError: There is no such tool.
    """
    if tool not in CATALOG:
        raise ConfigError(f"tool {tool!r}: there is none; there are {', '.join(CATALOG)}")
    prefix = setup.settings.prefix
    described = _list_arguments(tool, setup)
    return tuple(replace(one, description=name_tools(one.description, prefix)) for one in described)


def _list_arguments(tool: str, setup: ToolSetup) -> tuple[ToolArgument, ...]:
    names = CATALOG[tool].takes
    if tool in BUYS:
        models = list_models(tool, setup)
        voices = tuple(voice for route, _ in models[:1] for voice in route.voices)
        found = (describe_taken(name, tool, models, voices) for name in names)
        return tuple(one for one in found if one is not None)
    rules_of = _search_rules(setup) if tool == "web_search" else {}
    return tuple(describe(name, tool, rules_of.get(name)) for name in names if not _is_absent(name, tool, setup))


def _is_absent(name: str, tool: str, setup: ToolSetup) -> bool:
    """Tell whether the vendor takes no such argument of a tool that buys nothing."""
    if (tool, name) != ("transcribe", "language"):
        return False
    return not choose_speech_route(setup.settings.model(tool), setup.media).languages


def write_schema(arguments: Iterable[ToolArgument]) -> JsonObject:
    """Return the JSON Schema of a tool's arguments."""
    known = tuple(arguments)
    return {
        "type": "object",
        "properties": {one.name: one.to_schema() for one in known},
        "required": [one.name for one in known if one.required],
    }


@dataclass(frozen=True, slots=True)
class _Schema:
    """Is the JSON Schema of a field; LangChain copies metadata of fields, and no other extra."""

    schema: JsonObject

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> JsonObject:
        return {**handler(core), **self.schema}


def build_arguments_model(name: str, arguments: Iterable[ToolArgument], base: Any = None) -> Any:
    """Return a pydantic model of a tool's arguments.

    Types and rules stand in its JSON Schema only: the core reads what a model wrote, and says what breaks a rule with
    its source.

    Args:
        name: Of the class.
        arguments: What `list_arguments` returned.
        base: Class to inherit from; pydantic's if None.
    """
    from pydantic import ConfigDict, Field, create_model

    def clean(schema: JsonObject) -> None:
        schema.pop("additionalProperties", None)

    fields: dict[str, Any] = {}
    for one in arguments:
        default: Any = ... if one.required else None
        fields[one.name] = (
            Annotated[Any, _Schema(one.to_schema())],
            Field(default=default, description=one.description),
        )
    model = create_model(name, **({} if base is None else {"__base__": base}), **fields)
    model.model_config = ConfigDict(extra="allow", json_schema_extra=clean)
    model.model_rebuild(force=True)
    return model


def read_call(call: ToolCall, setup: ToolSetup) -> ToolCall:
    """Return a call with its arguments read and checked, before anything is asked.

    Raises:
        ConfigError: An argument cannot be read, no model of the tool takes it, or one is missing; the text says which
            the tool has.
    """
    given = {**call.defaults, **read_given(call.arguments)}
    _check_names(call.tool, given, setup)
    return replace(call, arguments=given)


def _check_names(tool: str, arguments: Mapping[str, Any], setup: ToolSetup) -> None:
    if tool not in CATALOG:
        return
    known = CATALOG[tool].takes
    wrong = _find_wrong(tool, arguments, setup)
    missing = [name for name in known if CATALOG[tool].requires(name) and name not in arguments]
    if wrong:
        there = ", ".join(one.name for one in list_arguments(tool, setup))
        needed = f"; {missing[0]} is missing" if missing else ""
        of = f"{tool} of {setup.chat.target.provider.id}"
        raise ConfigError(f"{wrong[0]}: {of} has no such argument; it has {there or 'none'}{needed}")
    if missing:
        raise ConfigError(f"{missing[0]}: missing; {tool} needs it")


def _find_wrong(tool: str, arguments: Mapping[str, Any], setup: ToolSetup) -> list[str]:
    known = CATALOG[tool].takes
    if tool not in BUYS:
        return [name for name in arguments if name not in known or _is_absent(name, tool, setup)]
    models = list_models(tool, setup)
    absent = {name for name in known if not CATALOG[tool].requires(name) and find_all_rules(name, models) == ()}
    absent -= {"count"} if tool in SEVERAL else set()
    return [name for name in arguments if name in absent or (name not in known and name not in UNLISTED)]


def read_options(given: Any, tools: Iterable[str], alone: str | None = None) -> dict[str, JsonObject]:
    """Return the vendor's fields by tool name.

    Args:
        given: The fields by tool name; `*` means every tool.
        tools: Names of tools.
        alone: The only tool that they can be for; then the fields may also be given without its name.

    Raises:
        ConfigError: They are not given by tool name; the text shows how.
    """
    names = (*tools, "*")
    found = {} if given is None else given
    if not isinstance(found, Mapping):
        raise ConfigError(f"options: is {type(found).__name__}; give a dict by tool name")
    if alone is not None and not any(name in names for name in found):
        return {alone: dict(found)}
    for name, fields in found.items():
        if name not in names:
            example = f"options={{'generate_image': {{{name!r}: {fields!r}}}}}"[:200]
            raise _refuse_tool("options", name, names, f"fields of the vendor go by tool name, as in {example}")
        if not isinstance(fields, Mapping):
            raise ConfigError(f"options: of {name!r} is {type(fields).__name__}; give a dict of the vendor's fields")
    return {name: dict(fields) for name, fields in found.items()}


def read_models(given: Any, tools: Iterable[str]) -> dict[str, str]:
    """Return models by tool name.

    Raises:
        ConfigError: They are not given by tool name; the text shows how.
    """
    found = {} if given is None else given
    if not isinstance(found, Mapping):
        raise ConfigError(f"models: is {type(found).__name__}; give a dict by tool, {{'generate_image': ...}}")
    names = tuple(tools)
    for name, model in found.items():
        if name not in names:
            raise _refuse_tool("models", name, names, f"there are {', '.join(names)}")
        if not isinstance(model, str) or not model.strip():
            raise ConfigError(f"models: of {name!r} is {model!r}; give the name of a model")
    return dict(found)


def _refuse_tool(setting: str, name: object, names: tuple[str, ...], otherwise: str) -> ConfigError:
    """Return the error of a tool that is none, with the nearest that is one, or else what to do."""
    near = difflib.get_close_matches(str(name), names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else otherwise
    return ConfigError(f"{setting}: there is no tool {name!r}; {hint}")


def _search_rules(setup: ToolSetup) -> Mapping[str, tuple[Rule, ...]]:
    route = find_search_route(setup.chat)
    return {} if route is None else {name: (rule,) for name, rule in route.rules.items()}
