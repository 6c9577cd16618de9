"""What the inputs of a request are for, and which models take them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias, get_args

from cncoding.errors import ConfigError
from cncoding.media.routes import MediaRoute, role
from cncoding.media.rules import MediaModel, Rule
from cncoding.media.values import JobKind, MediaRequest
from cncoding.profile import Provider
from cncoding.registry import providers
from cncoding.types import Media

InputName: TypeAlias = Literal["images", "references", "videos", "audio", "mask"]
"""`images`: to change, or to begin and end a film with; `references`: what shall appear; `mask`: what may change."""
INPUTS: tuple[InputName, ...] = get_args(InputName)
_KINDS: Mapping[str, InputName] = {"image": "images", "video": "videos", "audio": "audio"}


def name_input(media: Media) -> InputName | None:
    """Return the argument that an input belongs to, None for a kind that no medium is made of."""
    said = role(media) or ""
    if media.kind == "image" and said == "mask":
        return "mask"
    if media.kind == "image" and said.startswith(("reference", "subject")):
        return "references"
    return _KINDS.get(media.kind)


def list_inputs(request: MediaRequest) -> frozenset[InputName]:
    """Return the arguments that the inputs of a request belong to."""
    return frozenset(name for name in map(name_input, request.inputs) if name is not None)


def find_rules(name: str, route: MediaRoute, model: MediaModel | None) -> tuple[Rule, ...] | None:
    """Return the rules of an argument, none if the model does not take it; None if nobody knows."""
    theirs = route.names.get(name, ())
    rules = (route.rules[name],) if name in route.rules else ()
    if model is None or model.fields is None:
        return None if theirs or not route.names else rules
    fields = model.fields
    return (*rules, *(fields[one] for one in theirs if one in fields))


def takes(route: MediaRoute, model: MediaModel | None, given: Iterable[str]) -> bool:
    """Tell whether a model takes all of these inputs, and needs no other; True where nobody knows."""
    names = frozenset(given)
    if any(find_rules(name, route, model) == () for name in names):
        return False
    needed = frozenset(model.required) if model is not None else frozenset()
    return not any(needed.intersection(route.names.get(name, ())) for name in INPUTS if name not in names)


def check_inputs(request: MediaRequest, route: MediaRoute, model: MediaModel | None, provider: Provider) -> None:
    """Refuse an input that has no place at a model.

    Raises:
        ConfigError: With the models that take it, at this provider and elsewhere.
    """
    for name in sorted(list_inputs(request)):
        # Where a model takes pictures as references alone, every picture is one.
        meant = ("images", "references") if name == "images" else (name,)
        if all(find_rules(one, route, model) == () for one in meant):
            said = model.id if model is not None else request.model
            source = f" ({model.source})" if model is not None and model.source else ""
            raise ConfigError(f"{name}: {said} takes none{source}; {name_takers(name, request.kind, provider)}")


def name_takers(name: str, kind: JobKind, provider: Provider) -> str:
    """Say who takes an input: models of this provider, else other providers with a model each."""
    here = _list_takers(name, kind, provider)
    if here:
        return f"{provider.id} has {', '.join(here[:5])} for that"
    found = ((one.id, _list_takers(name, kind, one)) for one in providers().values())
    there = [f"{models[0]} of {other}" for other, models in found if models]
    return f"these do: {', '.join(there)}" if there else "no known model does"


def _list_takers(name: str, kind: JobKind, provider: Provider) -> list[str]:
    routes = (one for one in provider.routes(MediaRoute) if one.kind == kind)
    found = ((model.id, find_rules(name, route, model)) for route in routes for model in route.models)
    return list(dict.fromkeys(model for model, rules in found if rules))
