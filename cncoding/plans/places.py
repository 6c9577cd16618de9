"""YAML as values, and where each of them stands: line and column in the file, or the environment's variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cncoding.errors import ConfigError

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Where each field stands."""

    file: str
    marks: Mapping[Path, tuple[int, int]] = field(default_factory=dict)
    """Line and column, from 1."""
    variables: Mapping[Path, str] = field(default_factory=dict)
    """Names of environment variables; they win over the file."""

    def describe(self, where: Path) -> str:
        """Return the place of a field, or of the nearest that it stands in."""
        name = ".".join(where) or "the file"
        for end in range(len(where), -1, -1):
            if (variable := self.variables.get(where[:end])) is not None:
                return f"environment, {variable}: {name}"
            if (mark := self.marks.get(where[:end])) is not None:
                return f"{self.file}, line {mark[0]}, column {mark[1]}: {name}"
        return f"{self.file}: {name}"

    def error(self, where: Path, text: str) -> ConfigError:
        """Return an error that names file, line, column and field."""
        return ConfigError(f"{self.describe(where)}: {text}")


def read_yaml(text: str, file: str) -> tuple[Any, Places]:
    """Read YAML and find where everything stands.

    Raises:
        ConfigError: It is no YAML, says something twice, or contains itself; or PyYAML is missing.
    """
    yaml = import_yaml()
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        marks = dict(_find_marks(node, (), file, ()))
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        why = getattr(error, "problem", None) or "is no YAML"
        raise ConfigError(f"{file}, line {line}, column {column}: {why}") from None
    return value, Places(file, marks)


def import_yaml() -> Any:
    """Return PyYAML.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError as error:
        raise ConfigError('cncoding.yaml: needs PyYAML; pip install "cncoding[config]"') from error
    return yaml


def _find_marks(node: Any, where: Path, file: str, outer: tuple[int, ...]) -> Iterator[tuple[Path, tuple[int, int]]]:
    if node is None:
        return
    at = (node.start_mark.line + 1, node.start_mark.column + 1)
    if id(node) in outer:
        raise Places(file, {where: at}).error(where, "contains itself")
    yield where, at
    seen: set[str] = set()
    for pair in node.value if isinstance(node.value, list) else ():
        if not isinstance(pair, tuple):
            yield from _find_marks(pair, where, file, (*outer, id(node)))
            continue
        key, value = pair
        inner = (*where, str(key.value))
        mark = (key.start_mark.line + 1, key.start_mark.column + 1)
        if inner[-1] in seen:
            raise Places(file, {inner: mark}).error(inner, "stands here twice; leave one out")
        seen.add(inner[-1])
        yield from _find_marks(value, inner, file, (*outer, id(node)))
        yield inner, mark
