"""The file system of a deep agent (`deepagents`): its backend knows files by paths of its own.

A made file that the backend shows already (`FilesystemBackend`, also as a route of a `CompositeBackend`) is named by
the agent's path; into any other backend a copy is put. One that keeps files in the state of the graph gets small ones
only, because every checkpoint holds them.
"""

from __future__ import annotations

import base64
import contextlib
from pathlib import Path
from typing import Any

from cncoding import Asset, ConfigError

FOLDER = "/media/"
"""Where copies are put."""
MOST = 4 * 1024 * 1024
"""Bytes of a file that is copied into the state or the store of a graph."""


def check_backend(backend: Any) -> None:
    """Refuse what is no backend.

    Raises:
        ConfigError: It is something else.
    """
    if backend is not None and not (hasattr(backend, "upload_files") and hasattr(backend, "download_files")):
        raise ConfigError(f"files: is {type(backend).__name__}; give the backend of the deep agent, as StateBackend()")


class BackendFiles:
    """Files of a deep agent, for threads."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def find(self, name: str) -> str | None:
        """Return the path or the data URL of the file that the agent calls so, None if it has none."""
        if (known := find_path(self._backend, name)) is None:
            with contextlib.suppress(RuntimeError):  # outside of a graph there is no state with files
                return _as_data_url(self._backend.download_files([name]))
        return known

    def show(self, asset: Asset) -> str | None:
        """Return the agent's name of a made file, a copy of which is put into a backend that does not show it."""
        if (known := find_name(self._backend, Path(str(asset.path)))) is None and _fits(self._backend, asset):
            with contextlib.suppress(RuntimeError):
                return _as_name(self._backend.upload_files([(_name_copy(asset), asset.read())]))
        return known


class AsyncBackendFiles(BackendFiles):
    """Files of a deep agent, for event loops."""

    async def find(self, name: str) -> str | None:  # type: ignore[override]  # awaited by an event loop's client
        """See `BackendFiles.find`."""
        if (known := find_path(self._backend, name)) is None:
            with contextlib.suppress(RuntimeError):
                return _as_data_url(await self._backend.adownload_files([name]))
        return known

    async def show(self, asset: Asset) -> str | None:  # type: ignore[override]
        """See `BackendFiles.show`."""
        if (known := find_name(self._backend, Path(str(asset.path)))) is None and _fits(self._backend, asset):
            with contextlib.suppress(RuntimeError):
                return _as_name(await self._backend.aupload_files([(_name_copy(asset), asset.read())]))
        return known


def find_path(backend: Any, name: str) -> str | None:
    """Return the file on disk that a backend shows as `name`, None if there is none."""
    from deepagents.backends import FilesystemBackend  # type: ignore[import-not-found, unused-ignore]

    holder, rest = _route(backend, name)
    if not isinstance(holder, FilesystemBackend):
        return None
    with contextlib.suppress(OSError, RuntimeError, ValueError):  # a null byte, a circle of links: no name of a file
        path = (holder.cwd / (rest.lstrip("/") if holder.virtual_mode else rest)).resolve()
        if path.is_file() and (not holder.virtual_mode or path.is_relative_to(holder.cwd)):
            return str(path)
    return None


def find_name(backend: Any, path: Path) -> str | None:
    """Return what a backend calls a file on disk, None if it does not show it."""
    from deepagents.backends import CompositeBackend, FilesystemBackend

    if isinstance(backend, CompositeBackend):
        for prefix, inner in backend.sorted_routes:
            if (name := find_name(inner, path)) is not None:
                return str(prefix).rstrip("/") + name
        name = find_name(backend.default, path)
        return name if name is not None and _route(backend, name)[0] is backend.default else None
    if not isinstance(backend, FilesystemBackend):
        return None
    if not backend.virtual_mode:
        return str(path)
    real = path.resolve()
    return f"/{real.relative_to(backend.cwd).as_posix()}" if real.is_relative_to(backend.cwd) else None


def _route(backend: Any, name: str) -> tuple[Any, str]:
    """Return the backend that holds a path, and the path in it."""
    from deepagents.backends import CompositeBackend

    if not isinstance(backend, CompositeBackend):
        return backend, name
    for prefix, inner in backend.sorted_routes:
        start = str(prefix).rstrip("/")
        if name == start or name.startswith(f"{start}/"):
            return _route(inner, name[len(start) :] or "/")
    return _route(backend.default, name)


def _fits(backend: Any, asset: Asset) -> bool:
    from deepagents.backends import StateBackend, StoreBackend

    holder, _ = _route(backend, _name_copy(asset))
    return not isinstance(holder, StateBackend | StoreBackend) or (asset.size or 0) <= MOST


def _name_copy(asset: Asset) -> str:
    return FOLDER + Path(str(asset.path)).name


def _as_data_url(found: Any) -> str | None:
    content = found[0].content
    return None if content is None else f"data:application/octet-stream;base64,{base64.b64encode(content).decode()}"


def _as_name(found: Any) -> str | None:
    return None if found[0].error else str(found[0].path)
