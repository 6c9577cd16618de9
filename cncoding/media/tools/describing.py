"""What the arguments of a tool are told to be, by the rules of the models that may serve it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf, isfinite
from typing import TypeAlias

from cncoding.media.counting import MOST, find_most
from cncoding.media.inputs import INPUTS, find_rules, takes
from cncoding.media.long_text import LONGEST
from cncoding.media.routes import MediaRoute
from cncoding.media.rules import Between, Chars, Flag, Items, MediaModel, Named, OneOf, Rule, Sizes
from cncoding.media.selection import list_candidates
from cncoding.media.tools.calls import ToolSetup
from cncoding.media.tools.catalog import ARGUMENTS, BUYS, CATALOG, ArgumentType
from cncoding.media.values import MediaRequest
from cncoding.types import JsonObject, Media

Served: TypeAlias = "tuple[tuple[MediaRoute, MediaModel | None], ...]"
"""Models with their routes; None for one that nobody knows."""
SEVERAL = frozenset({"generate_image", "edit_image"})
"""Tools that make more pictures than a model makes at once."""
_BY_INPUTS = frozenset({"duration", "resolution", "size"})
"""Arguments that the model of words and those of pictures and films take differently."""


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


def list_models(tool: str, setup: ToolSetup) -> Served:
    """Return the model that serves words, and those that serve pictures and films, with their routes."""
    task = True if tool == "submit_image" else None
    sample = (Media("audio", file_id="sample"),) if tool == "clone_voice" else ()
    request = MediaRequest(BUYS[tool], "words", setup.settings.model(tool), sample, as_task=task)
    options, candidates = setup.settings.options_of(tool), list_candidates(request, setup.media.target.provider)
    found = ((route, route.model(model, options)) for route, model in candidates)
    first, *others = found
    listed = (first, *(one for one in others if _serves_inputs(one)))
    if tool != "edit_image":
        return listed
    return tuple(one for one in listed if find_rules("images", *one) != ()) or listed


def _serves_inputs(one: tuple[MediaRoute, MediaModel | None]) -> bool:
    return any(find_rules(name, *one) != () for name in INPUTS)


def find_all_rules(name: str, models: Served) -> tuple[Rule, ...] | None:
    """Return the rules of an argument, none if no model takes it; None if one is not known to have a rule."""
    found = [find_rules(name, route, model) for route, model in models]
    return None if None in found else tuple(rule for rules in found for rule in rules or ())


def describe_taken(name: str, tool: str, models: Served, voices: tuple[str, ...]) -> ToolArgument | None:
    """Return an argument of a tool that buys, None if no model takes it."""
    if name in INPUTS:
        return _describe_inputs(name, tool, models)
    rules = find_all_rules(name, models[:1])
    if name == "count" and tool in SEVERAL:
        return _spread(describe(name, tool, rules), models[0])
    if rules == () and not CATALOG[tool].requires(name):
        return None
    described = describe(name, tool, rules, voices if name == "voice" else ())
    if name in _BY_INPUTS and rules is not None:
        text = described.description + _say_ways(name, rules, list_ways(tool, models))
        return replace(described, description=text)
    return _lengthen(described) if name == "text" else described


def list_ways(tool: str, models: Served) -> dict[str, Served]:
    """Return who serves a call with each of the inputs that the first model does not take."""
    needed = frozenset(name for name in INPUTS if name in CATALOG[tool].needs)
    ways: dict[str, Served] = {}
    for name in INPUTS:
        if name in CATALOG[tool].takes and name not in needed:
            fitting = tuple(one for one in models if takes(*one, needed | {name}))
            if fitting and models[0] not in fitting:
                ways[name] = fitting
    return ways


def _say_ways(name: str, usual: tuple[Rule, ...], ways: Mapping[str, Served]) -> str:
    """Say what an argument may be, which not every client passes on, and what is left of that with other inputs."""
    keywords = {} if name == "size" else write_keywords(usual)
    said = [f"Takes {_say_keywords(keywords)}"] if {"enum", "maximum"} & keywords.keys() else []
    for way, served in ways.items():
        rules = find_all_rules(name, served)
        if rules is None or _take_all(rules, usual):
            continue
        left = _list_shared(rules, usual)
        said.append(f"with {way} {' or '.join(map(str, left)) if left else 'leave it out'}")
    text = "; ".join(said)
    return f" {text[:1].upper()}{text[1:]}." if text else ""


def _say_keywords(keywords: JsonObject) -> str:
    if "enum" in keywords:
        return " or ".join(str(value) for value in keywords["enum"])
    return f"{keywords['minimum']:g} to {keywords['maximum']:g}"


def _take_all(rules: tuple[Rule, ...], usual: tuple[Rule, ...]) -> bool:
    """Tell whether everything that is usual is taken."""
    values = _list_values(usual)
    if values:
        return _list_shared(rules, usual) == values
    wide, narrow = write_keywords(rules), write_keywords(usual)
    return bool(rules) and (
        wide.get("minimum", 0) <= narrow.get("minimum", 0) and wide.get("maximum", inf) >= narrow.get("maximum", inf)
    )


def _list_shared(rules: tuple[Rule, ...], usual: tuple[Rule, ...]) -> list[object]:
    return [value for value in _list_values(usual) if any(rule.fault(value) is None for rule in rules)]


def _list_values(rules: tuple[Rule, ...]) -> list[object]:
    return [value for rule in rules if isinstance(rule, (OneOf, Sizes)) for value in rule.values]


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
    rules = find_all_rules(name, models)
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


def describe(name: str, tool: str, rules: tuple[Rule, ...] | None, examples: tuple[str, ...] = ()) -> ToolArgument:
    """Return an argument by its rules; None is said of one whose rules nobody knows."""
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
            if rule.is_narrow:
                told[rule.describe().replace("*", "x")] = None
        elif isinstance(rule, OneOf):
            told[", ".join(str(value) for value in rule.values)] = None
        elif isinstance(rule, Between):
            told[f"WIDTHxHEIGHT with sides of {rule.least:g} to {rule.most:g}{rule.steps}"] = None
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
        return {name: one for name, one in (("minimum", rule.least), ("maximum", rule.most)) if isfinite(one)}
    if isinstance(rule, OneOf) and all(isinstance(value, int) for value in rule.values):
        return {"minimum": min(rule.values), "maximum": max(rule.values)}
    if isinstance(rule, Chars):
        return {"minLength": rule.least, "maxLength": rule.most}
    if isinstance(rule, Named):
        return {"minLength": 1, "maxLength": rule.most}
    if isinstance(rule, Items):
        return {"minItems": rule.least, "maxItems": rule.most}
    return {}
