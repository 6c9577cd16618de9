"""What the environment says about the configuration: `CNCODING_CONFIG`, `CNCODING_MODEL`, `CNCODING_MODELS__FAST__...`.

pydantic-settings gathers and nests the variables. It does not read the file: its YAML source keeps no line and column.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cncoding.errors import ConfigError
from cncoding.plans.configuration import DEFAULT
from cncoding.plans.places import Path, Places, import_yaml

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

PREFIX = "CNCODING_"
_OURS = tuple(PREFIX + name for name in ("CONFIG", "MODEL", "BUDGET"))
"""Beginnings of the variables that say something about the configuration."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What the variables say."""

    config: str | None = None
    model: str | None = None
    """Name of the default model."""
    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    budget: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether it configures nothing, wherever the file is."""
        return not self.models


def read_environment() -> Environment:
    """Read the variables.

    Raises:
        ConfigError: One is no text that can be read, or pydantic-settings is missing.
    """
    if not any(name.upper().startswith(_OURS) for name in os.environ):
        return Environment()  # and nothing is loaded for it
    try:
        from pydantic_settings import SettingsError
    except ImportError as error:
        raise ConfigError(
            'cncoding.yaml: the environment needs pydantic-settings; pip install "cncoding[config]"'
        ) from error
    try:
        found = _make_settings()
    except SettingsError as error:
        raise ConfigError(f"environment, {PREFIX}MODELS, {PREFIX}BUDGET: {error.__cause__ or error}") from None
    return Environment(**found.model_dump())


def _make_settings() -> BaseSettings:
    from pydantic import Field
    from pydantic_settings import BaseSettings, SettingsConfigDict

    class Settings(BaseSettings):
        model_config = SettingsConfigDict(
            env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True, extra="ignore"
        )

        config: str | None = None
        model: str | None = None
        models: dict[str, dict[str, Any]] = Field(default_factory=dict)
        budget: dict[str, Any] = Field(default_factory=dict)

    return Settings()


def lay_over(value: Any, places: Places, environment: Environment) -> tuple[Any, Places]:
    """Return what a file says with what the environment says laid over it."""
    if not isinstance(value, dict) or environment == Environment(environment.config):
        return value, places
    laid, variables = dict(value), dict(places.variables)
    single = "provider" in laid
    if environment.model is not None and not single:
        laid["default"] = environment.model
        variables["default",] = f"{PREFIX}MODEL"
    if environment.budget:
        _lay_fields(laid, ("budget",), environment.budget, variables)
    for name, settings in environment.models.items():
        if single and name == DEFAULT:
            for key, one in settings.items():
                _lay_field(laid, (key,), one, variables, f"{PREFIX}MODELS__{DEFAULT.upper()}__{key.upper()}")
        else:
            models = laid["models"] = dict(laid.get("models") or {})
            _lay_fields(models, ("models", _find_name(name, models)), settings, variables)
    return laid, Places(places.file, places.marks, variables)


def _find_name(name: str, models: Mapping[str, Any]) -> str:
    """Return the model that a variable means: variables have neither case nor hyphens."""
    return next((str(one) for one in models if str(one).lower().replace("-", "_") == name.lower()), name)


def _lay_fields(target: dict[str, Any], where: Path, given: Mapping[str, Any], variables: dict[Path, str]) -> None:
    old = target.get(where[-1])
    inner = target[where[-1]] = dict(old) if isinstance(old, dict) else {}
    for key, one in given.items():
        variable = PREFIX + "__".join(part.upper().replace("-", "_") for part in (*where, key))
        _lay_field(inner, (*where, key), one, variables, variable)


def _lay_field(target: dict[str, Any], where: Path, given: Any, variables: dict[Path, str], variable: str) -> None:
    if isinstance(given, Mapping):
        _lay_fields(target, where, given, variables)
        return
    variables[where] = variable
    target[where[-1]] = _read_value(given, variable)


def _read_value(given: Any, variable: str) -> Any:
    """Read a value as the file would: `0.3` is a number, `[fast, spare]` a list."""
    if not isinstance(given, str):
        return given
    yaml = import_yaml()
    try:
        return yaml.safe_load(given)
    except yaml.YAMLError:
        raise ConfigError(f"environment, {variable}: is no value of YAML; put it into quotes") from None
