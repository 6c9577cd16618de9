"""What the arguments of a tool may be, compiled from the rules of the models that may serve it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from cncoding.errors import ConfigError
from cncoding.media.routes import MediaRoute
from cncoding.media.rules import Between, Chars, Flag, Items, MediaModel, OneOf, Rule, Sizes
from cncoding.media.selection import find_search_route, list_choices
from cncoding.media.tools.calls import ToolSetup
from cncoding.media.tools.catalog import ARGUMENTS, BUYS, CATALOG, ArgumentType
from cncoding.media.values import MediaRequest
from cncoding.types import JsonObject, Media

Served: TypeAlias = "tuple[tuple[MediaRoute, MediaModel | None], ...]"
"""Models with their routes; None for one that nobody knows."""


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
    names = CATALOG[tool].takes
    if tool in BUYS:
        models = _list_models(tool, setup)
        found = ((name, _find_rules(name, models if name == "images" else _narrow(models))) for name in names)
        voices = tuple(voice for route, _ in models[:1] for voice in route.voices)
        return tuple(
            _describe(name, rules, voices if name == "voice" else ())
            for name, rules in found
            if rules is None or rules or ARGUMENTS[name].required
        )
    rules_of = _search_rules(setup) if tool == "web_search" else {}
    return tuple(_describe(name, rules_of.get(name)) for name in names)


def write_schema(arguments: Iterable[ToolArgument]) -> JsonObject:
    """Return the JSON Schema of a tool's arguments."""
    known = tuple(arguments)
    return {
        "type": "object",
        "properties": {one.name: one.to_schema() for one in known},
        "required": [one.name for one in known if one.required],
    }


@dataclass(frozen=True, slots=True)
class _Keywords:
    """Puts keywords into the JSON Schema of a field; LangChain copies metadata of fields, and no other extra."""

    rules: JsonObject

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> JsonObject:
        return {**handler(core), **self.rules}


def build_arguments_model(name: str, arguments: Iterable[ToolArgument], base: Any = None) -> Any:
    """Return a pydantic model of a tool's arguments.

    The rules stand in its JSON Schema only: what a call breaks is said by the core, with the source of the rule.

    Args:
        name: Of the class.
        arguments: What `list_arguments` returned.
        base: Class to inherit from; pydantic's if None.
    """
    from pydantic import ConfigDict, Field, create_model

    def clean(schema: JsonObject) -> None:
        schema.pop("additionalProperties", None)

    types: Mapping[ArgumentType, Any] = {"string": str, "integer": int, "array": list[str]}
    fields: dict[str, Any] = {}
    for one in arguments:
        kind = types[one.type] if one.required else types[one.type] | None
        default: Any = ... if one.required else None
        fields[one.name] = (Annotated[kind, _Keywords(one.rules)], Field(default=default, description=one.description))
    model = create_model(name, **({} if base is None else {"__base__": base}), **fields)
    model.model_config = ConfigDict(extra="allow", json_schema_extra=clean)
    model.model_rebuild(force=True)
    return model


def check_arguments(tool: str, arguments: Mapping[str, Any], setup: ToolSetup) -> None:
    """Refuse an argument that no model of the tool takes, and the lack of one that it needs, before anything is asked.

    Raises:
        ConfigError: There is one, with those that the tool has; or one is missing.
    """
    known = CATALOG[tool].takes if tool in CATALOG else ()
    given = [name for name, value in arguments.items() if value is not None]
    for name in known:
        if ARGUMENTS[name].required and name not in given:
            raise ConfigError(f"{name}: missing; {tool} needs it")
    if tool in BUYS:
        models = _list_models(tool, setup)
        absent = {name for name in known if not ARGUMENTS[name].required and _find_rules(name, models) == ()}
        wrong = [name for name in given if name in absent]
    else:
        wrong = [name for name in given if name not in known]
    if wrong and tool in CATALOG:
        there = ", ".join(one.name for one in list_arguments(tool, setup))
        raise ConfigError(
            f"{wrong[0]}: {tool} of {setup.chat.target.provider.id} has no such argument; it has {there or 'none'}"
        )


def read_options(given: Any, tools: Iterable[str]) -> dict[str, JsonObject]:
    """Return the vendor's fields by tool name.

    Raises:
        ConfigError: They are not given by tool name; the text shows how.
    """
    names = (*tools, "*")
    found = {} if given is None else given
    if not isinstance(found, Mapping):
        raise ConfigError(f"options: is {type(found).__name__}; give a dict by tool name")
    for name, fields in found.items():
        if name not in names:
            near = difflib.get_close_matches(str(name), names, n=1)
            example = f"options={{'generate_image': {{{name!r}: {fields!r}}}}}"[:200]
            hint = f"did you mean {near[0]!r}?" if near else f"fields of the vendor go by tool name, as in {example}"
            raise ConfigError(f"options: there is no tool {name!r}; {hint}")
        if not isinstance(fields, Mapping):
            raise ConfigError(f"options: of {name!r} is {type(fields).__name__}; give a dict of the vendor's fields")
    return {name: dict(fields) for name, fields in found.items()}


def _list_models(tool: str, setup: ToolSetup) -> Served:
    """Return the model that serves words, and those that serve pictures, with their routes."""
    start = Media("image", url="https://example.com/start.png")
    task = True if tool == "submit_image" else None
    request = MediaRequest(BUYS[tool], "words", setup.settings.model(tool), (start,), as_task=task)
    (route, model), *others = list_choices(request, setup.media.target.provider)
    rest = ((route, route.model(model)) for route, model in others)
    return ((route, route.model(model)), *(one for one in rest if _find_rules("images", (one,))))


def _narrow(models: Served) -> Served:
    """Return the first model alone if it serves words and pictures: the others are asked only for what it refuses."""
    return models[:1] if _find_rules("images", models[:1]) != () else models


def _find_rules(name: str, models: Iterable[tuple[MediaRoute, MediaModel | None]]) -> tuple[Rule, ...] | None:
    """Return the rules of an argument, none if no model takes it; None if one is not known to have a rule."""
    rules: list[Rule] = []
    for route, model in models:
        theirs = route.names.get(name, ())
        if name in route.rules:
            rules.append(route.rules[name])
        if (model is None or model.fields is None) and (theirs or not route.names):
            return None
        fields = (model.fields if model is not None else None) or {}
        rules += [fields[one] for one in theirs if one in fields]
    return tuple(rules)


def _search_rules(setup: ToolSetup) -> Mapping[str, tuple[Rule, ...]]:
    route = find_search_route(setup.chat)
    return {} if route is None else {name: (rule,) for name, rule in route.rules.items()}


def _describe(name: str, rules: tuple[Rule, ...] | None, examples: tuple[str, ...] = ()) -> ToolArgument:
    card = ARGUMENTS[name]
    text = card.description
    keywords = write_keywords(rules or ())
    if name == "size":
        text = _describe_size(rules or ()) or text
        keywords = {key: value for key, value in keywords.items() if key == "enum"}
    if name == "images":
        text, keywords = _describe_images(text, keywords, rules or ())
    if examples:
        text += f" For example {', '.join(examples[:12])}."
    if name == "count" and "minimum" not in keywords and "enum" not in keywords:
        keywords = {"minimum": 1, **keywords}
    return ToolArgument(name, card.type, text, card.required, keywords)


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


def _describe_images(text: str, keywords: JsonObject, rules: tuple[Rule, ...]) -> tuple[str, JsonObject]:
    """Leave the least number out: words alone are served by another model."""
    most = sum(rule.most for rule in rules if isinstance(rule, Items)) if _are_frames(rules) else None
    known = {key: value for key, value in keywords.items() if key == "maxItems"}
    if most is not None:
        known = {"maxItems": max(most, int(known.get("maxItems", 0)))}
    return text.replace(" Not every model takes them.", ""), known


def _are_frames(rules: tuple[Rule, ...]) -> bool:
    """Tell whether every rule is of one picture: a first frame and a last frame are fields of their own."""
    return len(rules) > 1 and all(isinstance(rule, Items) and rule.most == 1 for rule in rules)


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
