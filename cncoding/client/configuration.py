"""Find the configuration file, and the secrets that it names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cncoding.errors import ConfigError
from cncoding.plans.configuration import NAME, Configuration, Entry, read_configuration
from cncoding.registry import providers


def find_file(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the configuration file: the one that is named, `CNCODING_CONFIG`, or the nearest from here up.

    Raises:
        ConfigError: There is none.
    """
    named = given or os.environ.get("CNCODING_CONFIG")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(f"file={str(named)!r}: there is no such file")
        return path
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / NAME).is_file():
            return folder / NAME
    raise ConfigError(f"{NAME}: not found from {here} up; write one, or name it by file= or CNCODING_CONFIG")


def load_configuration(known: Iterable[str], file: str | os.PathLike[str] | None = None) -> Configuration:
    """Read the configuration file.

    Raises:
        ConfigError: It is missing or wrong; the text names file, line, column and field.
    """
    path = find_file(file)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return read_configuration(text, str(path), known, providers())


def reveal(entry: Entry, configuration: Configuration) -> dict[str, Any]:
    """Return the settings of an entry with its secrets read.

    Raises:
        ConfigError: A secret cannot be had.
    """
    settings = dict(entry.settings)
    key = settings.get("api_key")
    if isinstance(key, str):
        settings["api_key"] = _reveal_key(key, f"{configuration.path}: models.{entry.name}.api_key")
    headers = settings.get("default_headers")
    if isinstance(headers, Mapping):
        where = f"{configuration.path}: models.{entry.name}.default_headers"
        settings["default_headers"] = {name: _reveal_key(str(value), where) for name, value in headers.items()}
    return settings


def _reveal_key(given: str, where: str) -> str:
    kind, _, rest = given.partition(":")
    if kind == "env":
        found = os.environ.get(rest)
        if not found:
            raise ConfigError(f"{where}: the environment has no {rest}")
        return found
    if kind == "file":
        try:
            return Path(rest).expanduser().read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{where}: {rest} cannot be read: {error}") from error
    if kind == "keyring":
        return _ask_keyring(rest, where)
    return given


def _ask_keyring(rest: str, where: str) -> str:
    try:
        import keyring  # type: ignore[import-not-found]  # optional
    except ImportError as error:
        raise ConfigError(f"{where}: keyring: needs the package keyring; pip install keyring") from error
    service, _, user = rest.partition("/")
    found = keyring.get_password(service, user or "cncoding")
    if not found:
        raise ConfigError(f"{where}: the system's keyring has no {rest}")
    return str(found)


def show(configuration: Configuration) -> dict[str, Any]:
    """Return a configuration for people: no secret in it."""
    return {
        "file": configuration.path,
        "default": configuration.default,
        "models": {
            name: {
                **{key: _hide(key, value) for key, value in entry.settings.items()},
                **({"over": list(entry.over)} if entry.over else {}),
            }
            for name, entry in configuration.entries.items()
        },
    }


def _hide(key: str, value: Any) -> Any:
    if key == "api_key" and isinstance(value, str):
        return value if value.startswith(("env:", "file:", "keyring:")) else "********"
    if key == "default_headers" and isinstance(value, Mapping):
        return dict.fromkeys(value, "********")
    return value
