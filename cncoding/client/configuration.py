"""Find the configuration file, and the secrets that it names."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from cncoding.budget import NamedBudget
from cncoding.client.environment import Environment, lay_over, read_environment
from cncoding.client.ledger import Ledger
from cncoding.errors import ConfigError
from cncoding.plans.configuration import NAME, ONE_FRAMEWORK, SECRETS, Configuration, Entry, read_configuration
from cncoding.plans.places import Places, read_yaml
from cncoding.registry import providers

M = TypeVar("M")


def find_file(given: str | os.PathLike[str] | None, environment: Environment) -> Path | None:
    """Return the configuration file: the one that is named, `CNCODING_CONFIG`, or the nearest from here up.

    Raises:
        ConfigError: The one that is named is not there.
    """
    named = given or environment.config
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(f"{'file' if given else 'CNCODING_CONFIG'}={str(named)!r}: there is no such file")
        return path
    here = Path.cwd()
    return next((folder / NAME for folder in (here, *here.parents) if (folder / NAME).is_file()), None)


def load_configuration(file: str | os.PathLike[str] | None = None) -> Configuration:
    """Read the configuration file, and what the environment lays over it.

    Raises:
        ConfigError: It is missing or wrong; the text names file, line, column and field, or the variable.
    """
    found = find_configuration(file)
    if found is None:
        raise ConfigError(f"{NAME}: not found from {Path.cwd()} up; write one, or name it by file= or CNCODING_CONFIG")
    return found


def find_configuration(file: str | os.PathLike[str] | None = None) -> Configuration | None:
    """Return the configuration, None where there is neither file nor environment.

    Raises:
        ConfigError: It is wrong; see `load_configuration`.
    """
    environment = read_environment()
    path = find_file(file, environment)
    if path is None:
        if environment.is_empty:
            return None
        value, places = lay_over({}, Places("environment"), environment)
        return read_configuration(value, places, providers(), "environment")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    value, places = lay_over(*read_yaml(text, str(path)), environment)
    return read_configuration(value, places, providers(), str(path.resolve()))


def reveal(
    entry: Entry,
    configuration: Configuration,
    use: Literal["chat", "media"] = "chat",
    takes: Collection[str] = (),
) -> dict[str, Any]:
    """Return the settings of an entry with its secrets read, and the budgets that it counts against.

    Args:
        entry: The entry.
        configuration: Where it stands.
        use: What it is for, which decides what its budget counts.
        takes: Which settings of a framework's own are wanted; those that only another one has are left out.

    Raises:
        ConfigError: A secret cannot be had, or its budget limits nothing that such a use counts.
    """
    settings = {name: one for name, one in entry.settings.items() if name not in ONE_FRAMEWORK or name in takes}
    if isinstance(key := settings.get("api_key"), str):
        settings["api_key"] = _reveal_secret(key, configuration, (*entry.where, "api_key"))
    if isinstance(headers := settings.get("default_headers"), Mapping):
        where = (*entry.where, "default_headers")
        settings["default_headers"] = {
            name: _reveal_secret(value, configuration, (*where, name)) for name, value in headers.items()
        }
    if budgets := configuration.budgets(entry, use):
        settings["budgets"] = budgets
    return settings


def build_model(
    entry: Entry,
    configuration: Configuration,
    make_one: Callable[[dict[str, Any]], M],
    make_group: Callable[[list[M], dict[str, Any]], M],
    takes: Collection[str] = (),
    outer: tuple[NamedBudget, ...] = (),
) -> M:
    """Return what an entry stands for, of whatever kind: a group is made of its members, which are made first.

    Args:
        entry: The entry.
        configuration: Where it stands.
        make_one: Makes a model of its settings, with all `budgets` that it counts against.
        make_group: Makes a group of its members and its own settings; what it may spend is counted where its members
            are asked.
        takes: As of `reveal`.
        outer: Budgets of the groups around it.

    Raises:
        ConfigError: As `reveal` raises.
    """
    settings = reveal(entry, configuration, takes=takes)
    budgets = (*settings.pop("budgets", ()), *outer)
    if not entry.over:
        return make_one({**settings, "budgets": budgets})
    inner = (configuration.entry(name) for name in entry.over)
    return make_group(
        [build_model(one, configuration, make_one, make_group, takes, budgets) for one in inner], settings
    )


_OF_TOOLS = (
    "provider", "model", "api_key", "endpoint", "base_url", "user_agent", "default_headers", "max_retries", "timeout",
)  # fmt: skip


def reveal_for_tools(configuration: Configuration, name: str | None = None) -> dict[str, Any]:
    """Return the settings of a named model as media tools take them: `provider`, `model`, `budgets` and so on.

    Raises:
        ConfigError: There is no such model, it is several, or it has a setting that media tools do not take.
    """
    entry = configuration.entry(name)
    if entry.over:
        raise configuration.places.error((*entry.where, "over"), "media tools take one model; name one of these")
    for setting in entry.settings:
        if setting not in _OF_TOOLS:
            raise configuration.places.error((*entry.where, setting), "media tools take no such setting")
    return reveal(entry, configuration, "media")


def _reveal_secret(given: str, configuration: Configuration, where: tuple[str, ...]) -> str:
    kind, _, rest = given.partition(":")
    error = configuration.places.error
    if kind == "env":
        found = os.environ.get(rest)
        if not found:
            raise error(where, f"the environment has no {rest}")
        return found
    if kind == "file":
        try:
            found = (Path(configuration.path).parent / Path(rest).expanduser()).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as failure:
            raise error(where, f"{rest} cannot be read: {failure}") from failure
        if not found:
            raise error(where, f"{rest} is empty")
        return found
    if kind == "keyring":
        found = _ask_keyring(rest, lambda text: error(where, text))
        if not found:
            raise error(where, f"the system's keyring has no {rest}")
        return found
    return given


def _ask_keyring(rest: str, fail: Callable[[str], ConfigError]) -> str | None:
    try:
        import keyring  # type: ignore[import-not-found]  # optional
        from keyring.errors import KeyringError  # type: ignore[import-not-found]  # optional
    except ImportError as error:
        raise fail("keyring: needs the package keyring; pip install keyring") from error
    service, _, user = rest.partition("/")
    try:
        found: str | None = keyring.get_password(service, user or "cncoding")
    except KeyringError as error:
        raise fail(f"the system's keyring cannot be used: {error}") from error
    return found


def show(configuration: Configuration) -> dict[str, Any]:
    """Return a configuration for people: no secret in it, and how much of each budget is used."""
    shown = {
        "file": configuration.path,
        "default": configuration.default,
        "models": {
            name: {
                **{key: _hide(key, value) for key, value in entry.settings.items()},
                **({"over": list(entry.over)} if entry.over else {}),
                **_show_budget(entry.budget),
            }
            for name, entry in configuration.entries.items()
        },
    }
    return {**shown, **_show_budget(configuration.budget)}


def _show_budget(budget: NamedBudget | None) -> dict[str, Any]:
    if budget is None:
        return {}
    spent = Ledger().spending(budget)
    limits = {"calls": budget.calls, "tokens": budget.tokens, "amount": budget.amount}
    used = {"calls": spent.calls, "tokens": spent.tokens, "amount": spent.amount}
    told: dict[str, Any] = {
        name: {"limit": limit, "used": used[name]} for name, limit in limits.items() if limit is not None
    }
    money = {} if budget.amount is None else {"currency": budget.currency}
    return {"budget": {**told, **money, "per": budget.per}}


def _hide(key: str, value: Any) -> Any:
    if key == "api_key" and isinstance(value, str):
        return value if value.startswith(SECRETS) else "********"
    if key == "default_headers" and isinstance(value, Mapping):
        return dict.fromkeys(value, "********")
    return value
