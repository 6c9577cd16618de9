"""What the arguments of a tool may be, compiled from the rules of the models that may serve it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeAlias

from cncoding.errors import ConfigError
from cncoding.media.counting import MOST, find_most
from cncoding.media.inputs import INPUTS, find_rules
from cncoding.media.long_text import LONGEST
from cncoding.media.routes import MediaRoute
from cncoding.media.rules import Between, Chars, Flag, Items, MediaModel, OneOf, Rule, Sizes
from cncoding.media.selection import find_search_route, list_candidates
from cncoding.media.tools.calls import ToolCall, ToolSetup
from cncoding.media.tools.catalog import ARGUMENTS, BUYS, CATALOG, UNLISTED, ArgumentType
from cncoding.media.tools.reading import read_given
from cncoding.media.tools.texts import name_tools
from cncoding.media.values import MediaRequest
from cncoding.types import JsonObject, Media

Served: TypeAlias = "tuple[tuple[MediaRoute, MediaModel | None], ...]"
"""Models with their routes; None for one that nobody knows."""
_SEVERAL = frozenset({"generate_image", "edit_image"})
"""Tools that make more pictures than a model makes at once."""


@dataclass(frozen=True, slots=True)
class ToolArgument:
    """One argument of a tool, as a model is told of it."""

    name: str
    type: ArgumentType
    """An array is one of texts."""
    description: str
    required: bool = False
    rules: JsonObject = field(default_factory=dict)
    """Keywords of JSON Schema: enum, minimum, maximum, minLength, maxLength, minItems, maxItems."""

    def to_schema(self) -> JsonObject:
        """Return the argument as JSON Schema."""
        items = {"items": {"type": "string"}} if self.type == "array" else {}
        return {"type": self.type, **items, "description": self.description, **self.rules}


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
        found = (_describe_taken(name, tool, models, voices) for name in names)
        return tuple(one for one in found if one is not None)
    rules_of = _search_rules(setup) if tool == "web_search" else {}
    return tuple(_describe(name, tool, rules_of.get(name)) for name in names)


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
        return [name for name in arguments if name not in known]
    models = list_models(tool, setup)
    absent = {name for name in known if not CATALOG[tool].requires(name) and _find_rules(name, models) == ()}
    absent -= {"count"} if tool in _SEVERAL else set()
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
            near = difflib.get_close_matches(str(name), names, n=1)
            example = f"options={{'generate_image': {{{name!r}: {fields!r}}}}}"[:200]
            hint = f"did you mean {near[0]!r}?" if near else f"fields of the vendor go by tool name, as in {example}"
            raise ConfigError(f"options: there is no tool {name!r}; {hint}")
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
            near = difflib.get_close_matches(str(name), names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
            raise ConfigError(f"models: there is no tool {name!r}; {hint}")
        if not isinstance(model, str) or not model.strip():
            raise ConfigError(f"models: of {name!r} is {model!r}; give the name of a model")
    return dict(found)


def list_models(tool: str, setup: ToolSetup) -> Served:
    """Return the model that serves words, and those that serve pictures and films, with their routes."""
    task = True if tool == "submit_image" else None
    sample = (Media("audio", file_id="sample"),) if tool == "clone_voice" else ()
    request = MediaRequest(BUYS[tool], "words", setup.settings.model(tool), sample, as_task=task)
    found = ((route, route.model(model)) for route, model in list_candidates(request, setup.media.target.provider))
    first, *others = found
    listed = (first, *(one for one in others if _serves_inputs(one)))
    if tool != "edit_image":
        return listed
    return tuple(one for one in listed if find_rules("images", *one) != ()) or listed


def _serves_inputs(one: tuple[MediaRoute, MediaModel | None]) -> bool:
    return any(find_rules(name, *one) != () for name in INPUTS)


def _narrow(models: Served) -> Served:
    """Return the first model alone if it serves words and pictures: the others are asked only for what it refuses."""
    return models[:1] if _find_rules("images", models[:1]) != () else models


def _find_rules(name: str, models: Served) -> tuple[Rule, ...] | None:
    """Return the rules of an argument, none if no model takes it; None if one is not known to have a rule."""
    found = [find_rules(name, route, model) for route, model in models]
    return None if None in found else tuple(rule for rules in found for rule in rules or ())


def _search_rules(setup: ToolSetup) -> Mapping[str, tuple[Rule, ...]]:
    route = find_search_route(setup.chat)
    return {} if route is None else {name: (rule,) for name, rule in route.rules.items()}


def _describe_taken(name: str, tool: str, models: Served, voices: tuple[str, ...]) -> ToolArgument | None:
    """Return an argument of a tool that buys, None if no model takes it."""
    if name in INPUTS:
        return _describe_inputs(name, tool, models)
    rules = _find_rules(name, _narrow(models))
    if name == "count" and tool in _SEVERAL:
        return _spread(_describe(name, tool, rules), models[0])
    if rules == () and not CATALOG[tool].requires(name):
        return None
    described = _describe(name, tool, rules, voices if name == "voice" else ())
    return _lengthen(described) if name == "text" else described


def _lengthen(text: ToolArgument) -> ToolArgument:
    """Say how long a text may be that is spoken in pieces where it is longer than the model takes at once."""
    most = text.rules.get("maxLength")
    if most is None or most >= LONGEST:
        return text
    said = f"{text.description} Up to {LONGEST} characters; above {most} it takes several calls, each paid for."
    return replace(text, description=said, rules={**text.rules, "maxLength": LONGEST})


def _spread(count: ToolArgument, served: tuple[MediaRoute, MediaModel | None]) -> ToolArgument:
    """Say how many pictures there may be where more than a model makes at once take several calls."""
    most = find_most(*served)
    if most is None or most >= MOST:
        return count
    said = f"{count.description} Up to {MOST}; above {most} it takes several calls, each paid for."
    return replace(count, description=said, rules={"minimum": 1, "maximum": MOST})


def _describe_inputs(name: str, tool: str, models: Served) -> ToolArgument | None:
    """Return an argument of pictures or films; words alone are served by another model, so there is no least number."""
    rules = _find_rules(name, models)
    card = ARGUMENTS[name]
    required = CATALOG[tool].requires(name)
    if rules == () and not required:
        return None
    counts = [_count_items(find_rules(name, route, model) or ()) for route, model in models]
    most = {"maxItems": max(counts)} if rules and card.type == "array" and any(counts) else {}
    least = {"minItems": 1} if required and card.type == "array" else {}
    return ToolArgument(name, card.type, card.description, required, {**least, **most})


def _count_items(rules: tuple[Rule, ...]) -> int:
    """Return how many things the fields of one model take together: a first and a last frame are two."""
    return sum(rule.most for rule in rules if isinstance(rule, Items))


def _describe(name: str, tool: str, rules: tuple[Rule, ...] | None, examples: tuple[str, ...] = ()) -> ToolArgument:
    card = ARGUMENTS[name]
    text = card.description
    keywords = write_keywords(rules or ())
    if name == "size":
        text = _describe_size(rules or ()) or text
        keywords = {key: value for key, value in keywords.items() if key == "enum"}
    if examples:
        text += f" For example {', '.join(examples[:12])}."
    if name == "count" and "minimum" not in keywords and "enum" not in keywords:
        keywords = {"minimum": 1, **keywords}
    return ToolArgument(name, card.type, text, CATALOG[tool].requires(name), keywords)


def _describe_size(rules: tuple[Rule, ...]) -> str | None:
    """Say which sizes there are; a tool writes them as WIDTHxHEIGHT whatever the vendor writes."""
    told: dict[str, None] = {}
    for rule in rules:
        if isinstance(rule, Sizes):
            told[rule.describe().replace("*", "x")] = None
        elif isinstance(rule, OneOf):
            told[", ".join(str(value) for value in rule.values)] = None
        elif isinstance(rule, Between):
            told[f"WIDTHxHEIGHT with sides of {rule.least:g} to {rule.most:g}"] = None
    if not told:
        return None
    ratio = " An aspect ratio such as 16:9 is turned into such a size." if _turns_ratios(rules) else ""
    return f"One of: {'; '.join(told)}.{ratio} Leave out if unsure."


def _turns_ratios(rules: tuple[Rule, ...]) -> bool:
    return any(isinstance(rule, Sizes) for rule in rules)


def write_keywords(rules: tuple[Rule, ...]) -> JsonObject:
    """Return what several rules have in common as keywords of JSON Schema; the widest counts."""
    if not rules:
        return {}
    if all(isinstance(rule, OneOf) for rule in rules):
        values = (value for rule in rules if isinstance(rule, OneOf) for value in rule.values)
        return {"enum": list(dict.fromkeys(values))}
    if all(isinstance(rule, Flag) for rule in rules):
        return {"enum": [True, False]}
    found = [_write_range(rule) for rule in rules]
    shared = set(found[0]).intersection(*found[1:])
    least = {key: min(one[key] for one in found) for key in shared if key.startswith("min")}
    most = {key: max(one[key] for one in found) for key in shared if key.startswith("max")}
    return {key: value for key, value in {**least, **most}.items() if not (key == "minLength" and value == 0)}


def _write_range(rule: Rule) -> dict[str, float]:
    if isinstance(rule, Between):
        number: dict[str, float] = {"minimum": rule.least, "maximum": rule.most}
        return number
    if isinstance(rule, OneOf) and all(isinstance(value, int) for value in rule.values):
        return {"minimum": min(rule.values), "maximum": max(rule.values)}
    if isinstance(rule, Chars):
        return {"minLength": rule.least, "maxLength": rule.most}
    if isinstance(rule, Items):
        return {"minItems": rule.least, "maxItems": rule.most}
    return {}
