"""Named models of a configuration file, checked: every mistake names file, line, column and field.

Reading is pure; `client/configuration.py` finds the file and the secrets.

A file holds `models:`, each with the settings of a chat model, or with `over:` a list of other names; a file with
`provider:` at its top describes one model, `default`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cncoding.errors import ConfigError
from cncoding.names import did_you_mean
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
_TOP = ("models", "default")
_GROUP = ("over", "order", "hedge_after")
SECRETS = ("env:", "file:", "keyring:")


@dataclass(frozen=True, slots=True)
class Entry:
    """One named model."""

    name: str
    settings: JsonObject
    over: tuple[str, ...] = ()
    """Names of the models that it stands for; `settings` are then for all of them."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """A checked file."""

    path: str
    entries: Mapping[str, Entry] = field(default_factory=dict)
    default: str = DEFAULT

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


class _Places:
    """Where each field stands."""

    def __init__(self, path: str, marks: Mapping[tuple[str, ...], tuple[int, int]]) -> None:
        self.path, self._marks = path, marks

    def error(self, where: tuple[str, ...], text: str) -> ConfigError:
        line, column = self._marks.get(where, (1, 1))
        return ConfigError(f"{self.path}, line {line}, column {column}: {'.'.join(where) or 'the file'}: {text}")


def read_configuration(text: str, path: str, known: Iterable[str], providers: Mapping[str, Any]) -> Configuration:
    """Read a configuration.

    Args:
        text: YAML.
        path: Its name, for errors.
        known: Names of the settings of a model.
        providers: By id.

    Raises:
        ConfigError: With file, line, column and field.
    """
    value, places = _parse(text, path)
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
    settings = frozenset(known)
    entries: dict[str, Entry] = {}
    for name, given in models.items():
        where = () if single else ("models", str(name))
        entries[str(name)] = _read_entry(str(name), given, where, places, settings, providers)
    for name, entry in entries.items():
        for other in entry.over:
            if other not in entries:
                raise places.error(
                    ("models", name, "over"), f"there is no model {other!r}{did_you_mean(other, entries)}"
                )
        _refuse_cycle(name, entries, places)
    default = str(value.get("default") or next(iter(entries)))
    if default not in entries:
        raise places.error(("default",), f"there is no model {default!r}{did_you_mean(default, entries)}")
    return Configuration(path, entries, default)


def _read_entry(
    name: str,
    given: Any,
    where: tuple[str, ...],
    places: _Places,
    known: frozenset[str],
    providers: Mapping[str, Any],
) -> Entry:
    if not isinstance(given, dict):
        raise places.error(where, "give the settings of a model, such as `provider: glm`")
    settings = dict(given)
    over = settings.pop("over", None)
    if over is not None:
        if not isinstance(over, list) or not over or not all(isinstance(one, str) for one in over):
            raise places.error((*where, "over"), "give a list of names of models")
        allowed = known | set(_GROUP)
    else:
        allowed = known | {"provider", "user_agent_version"}
        if not isinstance(settings.get("provider"), str):
            raise places.error((*where, "provider"), f"is missing; choose one of {', '.join(providers)}")
        settings = _read_provider(settings, where, places, providers)
    for key, value in settings.items():
        if key not in allowed:
            raise places.error((*where, str(key)), f"is no setting of a model{did_you_mean(str(key), allowed)}")
        if key == "api_key" and isinstance(value, str) and ":" in value and not value.startswith(SECRETS):
            prefix = value.partition(":")[0]
            raise places.error(
                (*where, "api_key"), f"{prefix + ':'!r} is no kind of secret; use env:, file: or keyring:"
            )
    return Entry(name, settings, tuple(over or ()))


def _read_provider(
    settings: JsonObject, where: tuple[str, ...], places: _Places, providers: Mapping[str, Any]
) -> JsonObject:
    given = str(settings["provider"])
    found, endpoint = ALIASES.get(given, (given, None))
    if found.endswith("-coding") and found.removesuffix("-coding") in providers:
        found, endpoint = found.removesuffix("-coding"), "coding"
    if found not in providers:
        raise places.error((*where, "provider"), f"{given!r} is unknown{did_you_mean(given, providers)}")
    settings = {**settings, "provider": found}
    if endpoint is not None and "base_url" not in settings:
        settings.setdefault("endpoint", endpoint)
    if (version := settings.pop("user_agent_version", None)) is not None:
        settings["user_agent"] = f"KimiCLI/{version}"
    return settings


def _refuse_cycle(name: str, entries: Mapping[str, Entry], places: _Places) -> None:
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


def _parse(text: str, path: str) -> tuple[Any, _Places]:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError as error:
        raise ConfigError('cncoding.yaml: needs PyYAML; pip install "cncoding[config]"') from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        why = getattr(error, "problem", None) or "is no YAML"
        raise ConfigError(f"{path}, line {line}, column {column}: {why}") from None
    return value, _Places(path, dict(_find_marks(node, ())))


def _find_marks(node: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    if node is None:
        return
    yield where, (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node.value, list):
        for pair in node.value:
            if isinstance(pair, tuple):
                key, value = pair
                inner = (*where, str(key.value))
                yield from _find_marks(value, inner)
                yield inner, (key.start_mark.line + 1, key.start_mark.column + 1)
