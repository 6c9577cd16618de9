"""Which files an agent may use: a model does not choose freely what leaves this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from urllib.parse import unquote

from cncoding.errors import ConfigError
from cncoding.exchange.fetching import names_host


def make_folder(path: str | None = None) -> str:
    """Make a folder for media, unless there is one.

    Args:
        path: None makes one among the temporary files, for a medium that was paid for and exists nowhere else.

    Raises:
        ConfigError: Nothing can be put there.
    """
    if path is None:
        return tempfile.mkdtemp(prefix="cncoding-media-")
    path = os.path.expanduser(path)
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"folder={path!r}: cannot be written: {error.strerror}; nothing was bought") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ConfigError(f"folder={path!r}: cannot be written: no permission; nothing was bought")
    return path


def locate_source(text: str, folders: Iterable[str | PathLike[str] | None]) -> str:
    """Return a link, or the path of a file inside one of the folders.

    Args:
        text: What a model named: an http(s) link, a data URL, or a path (from the working folder, or in a folder).
        folders: Where files may be read; None entries are left out.

    Raises:
        ConfigError: It is a file elsewhere.
    """
    scheme = text.partition(":")[0].lower()
    if scheme in ("http", "https") and text[len(scheme) :].startswith("://"):
        if not names_host(text):
            raise ConfigError(f"{text[:200]!r}: the link names no host; give the whole link")
        return scheme + text[len(scheme) :]
    if scheme == "data":
        return text
    known = [Path(folder).expanduser() for folder in folders if folder is not None]
    try:
        path = Path(unquote(text.removeprefix("file://")) if text.startswith("file://") else text).expanduser()
        for candidate in (path, *(folder / path for folder in known)):
            real = candidate.resolve()
            if real.is_file() and any(real.is_relative_to(folder.resolve()) for folder in known):
                return str(real)
    except (OSError, RuntimeError, ValueError):  # a null byte, no such user, too long: no name of a file
        pass
    names = ", ".join(str(folder) for folder in known) or "none"
    raise ConfigError(f"{text[:200]!r}: give a link, or a file in one of these folders: {names}")
