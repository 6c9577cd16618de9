"""Named models of a configuration file, checked: every mistake names file, line, column and field.

Reading is pure; `client/configuration.py` finds the file, the environment and the secrets.

A file holds `models:`, each with the settings of a chat model, or with `over:` a list of other names; a file with
`provider:` at its top describes one model, `default`. A model and the file as a whole may carry a `budget:`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from cncoding.budget import BudgetMistake, NamedBudget, check_budget
from cncoding.errors import ConfigError
from cncoding.names import did_you_mean
from cncoding.plans.places import Path, Places
from cncoding.profile import Provider
from cncoding.types import JsonObject

NAME = "cncoding.yaml"
DEFAULT = "default"
ALIASES: Mapping[str, tuple[str, str | None]] = {
    "moonshot": ("kimi", "api"),
    "zhipu": ("glm", None),
    "zai": ("glm", None),
    "dashscope": ("qwen", "api"),
    "bailian": ("qwen", None),
}
"""Other names of providers, and the endpoint that they mean. `<id>-coding` is the coding plan of every provider."""
_TOP = ("models", "default", "budget")
SECRETS = ("env:", "file:", "keyring:")
ONE_FRAMEWORK = frozenset(
    {
        "streaming", "stream_usage", "output_version", "context_window", "system_prompt", "additional_kwargs",
        "structured_output_mode", "promote_reasoning_when_empty",
    }
)  # fmt: skip
"""Settings that only one of the frameworks has."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One named model."""

    name: str
    settings: JsonObject
    over: tuple[str, ...] = ()
    """Names of the models that it stands for; `settings` are then for all of them."""
    budget: NamedBudget | None = None
    where: Path = ()
    """The field that it is."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A checked file."""

    path: str
    entries: Mapping[str, Entry] = field(default_factory=dict)
    default: str = DEFAULT
    budget: NamedBudget | None = None
    """What all its models may spend together."""
    places: Places = field(default_factory=lambda: Places(""), repr=False)

    def entry(self, name: str | None) -> Entry:
        """Return a model by name, the default one for None.

        Raises:
            ConfigError: There is none; the text suggests the nearest.
        """
        wanted = name or self.default
        found = self.entries.get(wanted)
        if found is None:
            known = ", ".join(self.entries) or "none"
            raise ConfigError(
                f"{self.path}: there is no model {wanted!r}{did_you_mean(wanted, self.entries)}; there are {known}"
            )
        return found

    def budgets(self, entry: Entry, use: Literal["chat", "media"] = "chat") -> tuple[NamedBudget, ...]:
        """Return what the calls of a model count against: its own budget and, of a single model, the file's.

        Raises:
            ConfigError: Its own limits nothing that such a use counts.
        """
        own = entry.budget
        counted = own is not None and (own.calls, own.tokens if use == "chat" else own.amount) != (None, None)
        if own is not None and not counted:
            counts = "amount counts media that are bought" if use == "chat" else "tokens counts chat"
            names = "calls or tokens" if use == "chat" else "calls or an amount"
            raise self.places.error((*entry.where, "budget"), f"{counts}, and this is {use}; give {names}")
        every = None if entry.over else self.budget
        return tuple(one for one in (own, every) if one is not None)


def read_configuration(value: Any, places: Places, providers: Mapping[str, Provider], home: str) -> Configuration:
    """Check what a file holds.

    Args:
        value: Of the file, with what the environment says laid over it.
        places: Where everything stands.
        providers: By id.
        home: The file's whole path: budgets are counted under it.

    Raises:
        ConfigError: With file, line, column and field.
    """
    if not isinstance(value, dict):
        raise places.error((), "holds no settings; begin with `models:`, or with `provider:` for one model")
    single = "provider" in value
    if single:
        value = {"models": {DEFAULT: value}}
    for name in value:
        if name not in _TOP:
            raise places.error((str(name),), f"is no field of a configuration{did_you_mean(str(name), _TOP)}")
    models = value.get("models")
    if not isinstance(models, dict) or not models:
        raise places.error(("models",), "give at least one model by name")
    entries: dict[str, Entry] = {}
    for name, given in models.items():
        where = () if single else ("models", str(name))
        entries[str(name)] = _read_entry(str(name), given, where, places, providers, home)
    for name, entry in entries.items():
        for other in entry.over:
            if other not in entries:
                raise places.error(
                    ("models", name, "over"), f"there is no model {other!r}{did_you_mean(other, entries)}"
                )
        _refuse_cycle(name, entries, places)
    default = value.get("default", next(iter(entries)))
    if default not in entries:
        raise places.error(("default",), f"there is no model {default!r}{did_you_mean(str(default), entries)}")
    return Configuration(places.file, entries, default, _read_budget(value, (), home, places), places)


def _read_entry(
    name: str, given: Any, where: Path, places: Places, providers: Mapping[str, Provider], home: str
) -> Entry:
    from cncoding.plans.schema import GroupSettings, ModelSettings, check_values, list_names

    if not isinstance(given, dict):
        raise places.error(where, "give the settings of a model, such as `provider: glm`")
    settings = {str(key): value for key, value in given.items() if key not in ("over", "budget")}
    over = given.get("over")
    if "over" in given and not _is_names(over):
        raise places.error((*where, "over"), "give a list of names of models")
    schema = GroupSettings if over else ModelSettings
    allowed = list_names(schema) | (set() if over else {"user_agent_version"})
    if not over:
        settings = _read_provider(settings, where, places, providers)
    for key, value in settings.items():
        if key not in allowed:
            known = {*allowed, "budget", "over"}
            raise places.error((*where, key), f"is no setting of a model{did_you_mean(key, known)}")
        if key == "api_key" and isinstance(value, str) and ":" in value and not value.startswith(SECRETS):
            prefix = value.partition(":")[0] + ":"
            raise places.error((*where, key), f"{prefix!r} is no kind of secret; use {', '.join(SECRETS)}")
    settings, wrong = check_values(schema, settings)
    for field_, text in wrong.items():
        raise places.error((*where, *field_), text)
    budget = _read_budget(given, where, home, places)
    return Entry(name, settings, tuple(over or ()), budget, where)


def _is_names(given: Any) -> bool:
    return isinstance(given, list) and bool(given) and all(isinstance(one, str) for one in given)


def _read_budget(given: Mapping[str, Any], where: Path, home: str, places: Places) -> NamedBudget | None:
    if (budget := given.get("budget")) is None:
        if "budget" in given:
            raise places.error((*where, "budget"), "is empty; give for example {calls: 100, per: day}")
        return None
    if not isinstance(budget, dict):
        raise places.error((*where, "budget"), f"is {budget!r}; give for example {{calls: 100, per: day}}")
    try:
        check_budget(budget)
    except BudgetMistake as mistake:
        inner = (*where, "budget", mistake.field) if mistake.field else (*where, "budget")
        raise places.error(inner, str(mistake).partition(": ")[2]) from None
    return NamedBudget(f"{'.'.join(where)} of {home}" if where else home, **budget)


def _read_provider(settings: JsonObject, where: Path, places: Places, providers: Mapping[str, Provider]) -> JsonObject:
    given = settings.get("provider")
    if not isinstance(given, str):
        raise places.error((*where, "provider"), f"is missing; choose one of {', '.join(providers)}")
    found, endpoint = ALIASES.get(given, (given, None))
    if found.endswith("-coding") and found.removesuffix("-coding") in providers:
        found, endpoint = found.removesuffix("-coding"), "coding"
    if found not in providers:
        raise places.error((*where, "provider"), f"{given!r} is unknown{did_you_mean(given, providers)}")
    settings = {**settings, "provider": found}
    if endpoint is not None and "base_url" not in settings:
        settings.setdefault("endpoint", endpoint)
    doors = [one.name for one in providers[found].endpoints]
    if isinstance(named := settings.get("endpoint"), str) and named not in doors:
        text = f"{found} has none called {named!r}{did_you_mean(named, doors)}; there are {', '.join(doors)}"
        raise places.error((*where, "endpoint"), text)
    if (version := settings.pop("user_agent_version", None)) is not None:
        settings["user_agent"] = f"KimiCLI/{version}"
    return settings


def _refuse_cycle(name: str, entries: Mapping[str, Entry], places: Places) -> None:
    path = [name]

    def visit(current: str) -> None:
        for other in entries[current].over:
            if other == name:
                raise places.error(("models", name, "over"), f"goes in a circle: {' > '.join([*path, other])}")
            if other in entries and other not in path:
                path.append(other)
                visit(other)
                path.pop()

    visit(name)
