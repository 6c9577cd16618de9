"""What a user wrote, as a vendor's list spells it: `720p` is `720P` where that is listed, and `cherry` is `Cherry`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from cncoding.media.routes import MediaRoute
from cncoding.media.rules import MediaModel, Members, Named, OneOf, Rule, Sizes
from cncoding.media.values import MediaRequest
from cncoding.types import JsonObject

_WORDS = ("resolution", "size", "voice", "format")
"""Fields of a request that may hold a word of a vendor's list."""


def spell_request(request: MediaRequest, route: MediaRoute, model: MediaModel | None) -> MediaRequest:
    """Return a request with the words of the model's lists as the vendor spells them."""
    if model is None or model.fields is None:
        return request
    rules = model.fields
    theirs = {name: [rules[one] for one in route.names.get(name, ()) if one in rules] for name in _WORDS}
    spelled = {name: _spell_any(getattr(request, name), theirs[name]) for name in _WORDS}
    options = spell_fields(request.options, model) if isinstance(request.options, Mapping) else request.options
    return replace(request, options=options, **spelled)


def spell_fields(fields: Mapping[str, Any], model: MediaModel) -> JsonObject:
    """Return the vendor's own fields with the words of the model's lists as they are spelled there."""
    rules = model.fields or {}

    def spell_one(name: str, value: Any) -> Any:
        if name in rules:
            return spell(value, rules[name])
        return spell_fields(value, model) if isinstance(value, Mapping) else value  # a group, such as voice_setting

    return {name: spell_one(name, value) for name, value in fields.items()}


def spell(value: Any, rule: Rule) -> Any:
    """Return a word as the rule lists it, whatever its case and the space around it; anything else as it is."""
    if isinstance(rule, Members) and isinstance(value, Mapping):
        return {name: spell(one, rule.rules[name]) if name in rule.rules else one for name, one in value.items()}
    if not isinstance(value, str) or not isinstance(rule, (OneOf, Named, Sizes)):
        return value
    listed = (*rule.words, *rule.values) if isinstance(rule, Sizes) else rule.values
    wanted = value.strip().lower()
    alike = [one for one in listed if isinstance(one, str) and one.lower() == wanted]
    return value if value in listed or len(alike) != 1 else alike[0]


def _spell_any(value: Any, rules: Iterable[Rule]) -> Any:
    return next((word for word in (spell(value, rule) for rule in rules) if word != value), value)
