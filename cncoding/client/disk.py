"""The drivers' hand on the file system: a medium is written beside its place, looked at, and moved there at once."""

from __future__ import annotations

import json
import os
import secrets
from types import TracebackType
from typing import Any

from cncoding.errors import ConfigError, ProtocolError
from cncoding.exchange.steps import Save, Saved, WriteSidecar


class Saving:
    """A file on its way into a folder. Leaving the block without `finish` removes what was written."""

    def __init__(self, step: Save) -> None:
        self._step = step
        self._size = 0
        self._folder = os.path.abspath(os.path.expanduser(step.folder))
        self._temporary: str | None = None
        self._file: Any = None

    def __enter__(self) -> Saving:
        """Make the folder and open a file of a name that nobody can guess.

        Raises:
            ConfigError: The folder cannot be made or written.
        """
        try:
            os.makedirs(self._folder, exist_ok=True)
            temporary = os.path.join(self._folder, f".cncoding-{secrets.token_hex(8)}.part")
            handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        except OSError as error:
            raise ConfigError(f"folder={self._step.folder!r}: cannot be written: {error.strerror}") from error
        self._temporary, self._file = temporary, os.fdopen(handle, "w+b")
        return self

    def write(self, data: bytes) -> None:
        """Add a piece.

        Raises:
            ProtocolError: The medium is larger than the step allows.
            ConfigError: The disk refuses it.
        """
        self._size += len(data)
        if self._size > self._step.max_bytes:
            raise ProtocolError(f"the medium is larger than {self._step.max_bytes} bytes; max_bytes= allows more")
        try:
            self._file.write(data)
        except OSError as error:
            raise ConfigError(f"folder={self._step.folder!r}: cannot be written: {error.strerror}") from error

    def finish(self) -> Saved:
        """Look at the file and move it to its name; an existing file is never replaced.

        Raises:
            ProtocolError: It is not what it should be.
        """
        self._file.flush()
        ending, found = self._step.look(self._file)
        self._file.close()
        assert self._temporary is not None
        path = self._move(ending)
        self._temporary = None
        return Saved(path, self._size, found)

    def _move(self, ending: str) -> str:
        assert self._temporary is not None
        for number in range(1, 10_000):
            name = self._step.stem + (f"-{number}" if number > 1 else "") + ending
            path = os.path.join(self._folder, name)
            try:
                _place(self._temporary, path)
            except FileExistsError:
                continue
            except OSError as error:
                raise ConfigError(f"folder={self._step.folder!r}: cannot be written: {error.strerror}") from error
            return path
        raise ConfigError(f"folder={self._step.folder!r}: holds 10000 files called {self._step.stem!r}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what is not finished."""
        if self._file is not None:
            self._file.close()
        if self._temporary is not None and os.path.exists(self._temporary):
            os.unlink(self._temporary)


def _place(temporary: str, path: str) -> None:
    """Give the file its name in one move that fails if the name is taken.

    A hard link does that; where the file system has none, the name is taken first with an empty file.
    """
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(temporary, path)
    else:
        os.unlink(temporary)


def place(step: Save, data: bytes) -> Saved:
    """Put data into its place."""
    with Saving(step) as saving:
        saving.write(data)
        return saving.finish()


def write_sidecar(step: WriteSidecar) -> None:
    """Write what is known of a medium beside it, in one move.

    Raises:
        ConfigError: The folder cannot be written.
    """
    path = f"{step.path}.json"
    temporary = f"{path}.{secrets.token_hex(4)}.part"
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(step.facts, file, ensure_ascii=False, indent=1, default=str)
        os.replace(temporary, path)
    except OSError as error:
        raise ConfigError(f"folder: {path} cannot be written: {error.strerror}") from error
