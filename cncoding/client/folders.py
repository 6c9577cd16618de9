"""Settings that name folders, read alike everywhere: a text or a path, a list where several may be given."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from cncoding.client.journal import Journal
from cncoding.errors import ConfigError


def as_folder(name: str, given: Any) -> str:
    """Return the path of a folder.

    Args:
        name: Of the setting, for the error.
        given: What was given for it.

    Raises:
        ConfigError: It is no path.
    """
    path = os.fspath(given) if isinstance(given, str | os.PathLike) else given
    if not isinstance(path, str):
        raise ConfigError(f"{name}: is {type(given).__name__}; give the path of a folder")
    if not path.strip():
        raise ConfigError(f"{name}: empty; give the path of a folder, '.' is the working folder")
    return path


def as_folders(name: str, given: Any) -> tuple[str, ...]:
    """Return the paths of folders, of which one may stand alone.

    Raises:
        ConfigError: One is no path.
    """
    several = isinstance(given, Iterable) and not isinstance(given, str | bytes | os.PathLike | Mapping)
    return tuple(as_folder(name, one) for one in (given if several else (given,)))


def as_journal(given: Any, folder: str | None) -> Journal | None:
    """Return the journal of a kit of tools.

    Args:
        given: None for none, `output_dir` for one in the kit's folder, else a journal, a folder or a file.
        folder: The kit's; the user's state folder if None.

    Raises:
        ConfigError: It is no path.
    """
    if given is None or isinstance(given, Journal):
        return given
    return Journal(folder if given == "output_dir" else as_folder("journal", given))


def read_folders(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with `output_dir`, `read_dirs` and `journal`, where they are among them, as texts.

    Raises:
        ConfigError: One is no path.
    """
    found = dict(settings)
    if found.get("output_dir") is not None:
        found["output_dir"] = as_folder("output_dir", found["output_dir"])
    if "read_dirs" in found:
        found["read_dirs"] = () if found["read_dirs"] is None else as_folders("read_dirs", found["read_dirs"])
    if found.get("journal") is not None and not isinstance(found["journal"], Journal):
        found["journal"] = as_folder("journal", found["journal"])
    return found
