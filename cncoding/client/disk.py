"""The drivers' hand on the file system: a medium is written beside its place, looked at, and moved there at once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Any, BinaryIO

from cncoding.client.sweeping import hold, sweep
from cncoding.errors import ConfigError, ConnectionLostError, ProtocolError, TransportError
from cncoding.exchange.steps import Compare, CopyFile, JoinFiles, Look, PartialFile, Reply, Save, Saved, WriteSidecar
from cncoding.media.sound.joining import Joiner, choose_joiner


class Saving:
    """A file on its way into a folder. Leaving the block without `finish` removes what was written."""

    def __init__(self, step: Save, reply: Reply | None = None) -> None:
        self._step = step
        self._size = 0
        self._tag = _read_tag(reply)
        self._begun = step.part if step.part is not None and reply is not None and reply.status == 206 else None
        self._whole = None if self._begun is None or reply is None else _read_whole(reply)
        self._folder = os.path.abspath(os.path.expanduser(step.folder))
        self._temporary: str | None = None
        self._file: Any = None
        self._sums = hashlib.sha256()
        self._summed = self._begun is None
        """Whether `_sums` has seen every byte of the file."""

    def __enter__(self) -> Saving:
        """Make the folder and open a file of a name that nobody can guess.

        Raises:
            ConfigError: The folder cannot be made or written.
        """
        try:
            os.makedirs(self._folder, exist_ok=True)
            sweep(self._folder)
            if self._begun is not None:
                temporary, self._size = self._begun.path, self._begun.size
                file = open(temporary, "r+b")
                file.seek(self._size)
                file.truncate()
            else:
                temporary = os.path.join(self._folder, f".cncoding-{secrets.token_hex(8)}.part")
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
                file = os.fdopen(os.open(temporary, flags, 0o666), "w+b")
        except OSError as error:
            raise ConfigError(f"folder={self._step.folder!r}: cannot be written: {error.strerror}") from error
        hold(file)
        self._temporary, self._file = temporary, file
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
        self._sums.update(data)
        with self._writing():
            self._file.write(data)

    @contextlib.contextmanager
    def _writing(self) -> Generator[None, None, None]:
        """Say of a disk that refuses bytes which folder it is; the last of them are refused when they leave memory."""
        try:
            yield
        except OSError as error:
            raise ConfigError(f"folder={self._step.folder!r}: cannot be written: {error.strerror}") from error

    def end(self) -> Saved | PartialFile:
        """Finish what a host sent; it may send less of the rest than was asked for (RFC 9110, 15.3.7)."""
        if self._whole is not None and self._size < self._whole:
            return self.leave(ConnectionLostError("the host sent a part of the medium", sent=True, begun=True))
        return self.finish()

    def finish(self) -> Saved:
        """Look at the file and move it to its name; an existing file is never replaced.

        Raises:
            ProtocolError: It is not what it should be.
        """
        with self._writing():
            self._file.flush()
        ending, found = self._step.look(self._file)
        sha256 = self._sums.hexdigest() if self._summed else _sum_up(self._file)
        self._file.close()
        assert self._temporary is not None
        path = self._move(ending)
        self._temporary = None
        return Saved(path, self._size, found, sha256, _read_time(path))

    def patch(self, head: bytes) -> None:
        """Write over the beginning."""
        self._summed = False
        with self._writing():
            self._file.seek(0)
            self._file.write(head)
            self._file.seek(0, os.SEEK_END)

    def leave(self, error: TransportError) -> PartialFile:
        """Leave what came before a cut for another try.

        Raises:
            TransportError: The rest cannot be asked for; nothing is left.
        """
        if not (self._step.keep and self._tag and self._size):
            raise error
        with self._writing():
            self._file.close()
        assert self._temporary is not None
        part = PartialFile(self._temporary, self._size, self._tag, error)
        self._temporary = None
        return part

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
            with contextlib.suppress(OSError):  # a full disk has been said already
                self._file.close()
        if self._temporary is not None and os.path.exists(self._temporary):
            os.unlink(self._temporary)


def is_whole(step: Compare) -> bool:
    """Tell whether a file is as it was saved: as large and not written since, else of the same bytes."""
    try:
        found = os.stat(step.path)
        if step.size is not None and found.st_size != step.size:
            return False
        if step.sha256 is None or found.st_mtime_ns == step.modified:
            return True
        with open(step.path, "rb") as file:
            return _sum_up(file) == step.sha256
    except OSError:
        return False


def _sum_up(file: BinaryIO) -> str:
    file.seek(0)
    sums = hashlib.sha256()
    while piece := file.read(1 << 20):
        sums.update(piece)
    return sums.hexdigest()


def _read_time(path: str) -> int | None:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:  # moved away in this instant
        return None


def _read_tag(reply: Reply | None) -> str:
    """Return the strong name of a version; a weak one says nothing of its bytes."""
    tag = "" if reply is None else reply.headers.get("etag", "")
    return tag if tag.startswith('"') and tag.isascii() else ""


def _read_whole(reply: Reply) -> int | None:
    """Return how many bytes the whole has of which a reply is a part, None if it does not say."""
    stated = reply.headers.get("content-range", "").rpartition("/")[2]
    return int(stated) if stated.isascii() and stated.isdigit() else None


@contextlib.contextmanager
def forget_part(step: Save) -> Generator[None, None, None]:
    """Remove what an earlier try left, unless this one goes on from it or may be tried again."""
    part = step.part
    try:
        yield
    except BaseException as error:
        if part is not None and not (step.keep and isinstance(error, TransportError)):
            _remove(part.path)
        raise


def goes_on(step: Save, reply: Reply) -> bool:
    """Tell whether a reply is the rest of what an earlier try left, or the whole; else what was left is removed."""
    part = step.part
    if part is None:
        return True
    same = reply.headers.get("etag", part.tag) == part.tag  # some hosts ignore If-Range
    if reply.status == 206 and same and reply.headers.get("content-range", "").startswith(f"bytes {part.size}-"):
        return True
    if reply.raw is None and reply.status >= 500 and step.keep:
        return True
    _remove(part.path)
    return reply.status != 206


def drop(path: str) -> None:
    """Remove a file, or a folder with all that is in it, as far as that can be done."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


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


def copy_file(step: CopyFile) -> Saved:
    """Copy a file into a folder, a piece in memory at a time.

    Raises:
        ConfigError: It cannot be read, or the folder not be written.
        ProtocolError: It is no medium any more.
    """
    with open_file(step.path) as file:
        size = os.fstat(file.fileno()).st_size
        with Saving(Save(b"", step.folder, step.stem, step.look, size)) as saving:
            while piece := file.read(1 << 20):
                saving.write(piece)
            return saving.finish()


def join_files(step: JoinFiles) -> Saved:
    """Put files of sound behind one another, one in memory at a time.

    Raises:
        ProtocolError: They cannot be joined, or are too large together.
        ConfigError: One cannot be read, or the folder not be written.
    """
    joiner: Joiner | None = None
    with Saving(Save(b"", step.folder, step.stem, step.look, step.max_bytes)) as saving:
        try:
            for path in step.paths:
                with open(path, "rb") as file:
                    sound = file.read()
                joiner = joiner or choose_joiner(sound, step.media_type)
                saving.write(joiner.add(sound))
        except ValueError as error:
            raise ProtocolError(f"the pieces cannot be joined: {error}") from error
        except OSError as error:
            raise ConfigError(f"path={error.filename!r}: cannot be read: {error.strerror}") from error
        assert joiner is not None
        tail, head = joiner.finish()
        saving.write(tail)
        saving.patch(head)
        return saving.finish()


def write_sidecar(step: WriteSidecar, hide: Callable[[str], str]) -> None:
    """Write what is known of a medium beside it, in one move.

    Args:
        step: What to write.
        hide: Takes keys out of it: a vendor may repeat them in what it tells.

    Raises:
        ConfigError: The folder cannot be written.
    """
    path = f"{step.path}.json"
    temporary = f"{path}.{secrets.token_hex(4)}.part"
    try:
        text = hide(json.dumps(step.facts, ensure_ascii=False, indent=1, default=str))
        with open(temporary, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError as error:
        raise ConfigError(f"folder: {path} cannot be written: {error.strerror}") from error


def look_at(step: Look) -> Any:
    """Look at a file that the user named.

    Raises:
        ConfigError: There is none, or it cannot be read.
    """
    with open_file(step.path) as file:
        return step.look(file)


def open_file(path: str) -> BinaryIO:
    """Open a file that the user named; a pipe or a device has no size and no end.

    Raises:
        ConfigError: There is none, or it cannot be read.
    """
    try:
        real = os.path.expanduser(path)
        if stat.S_ISREG(os.stat(real).st_mode):
            return open(real, "rb")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(
            f"path={path!r}: cannot be read: {why}; paths are read from {os.getcwd()}, give the whole path"
        ) from error
    raise ConfigError(f"path={path!r}: is no file; give the path of one")
