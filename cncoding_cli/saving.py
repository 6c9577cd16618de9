"""Where files go: `-o file` is a file, `-o folder/` a folder, `-o -` standard output."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cncoding import Asset, ConfigError
from cncoding_cli import show, terminal


@dataclass(frozen=True)
class Place:
    """Where the assets of one command go."""

    folder: Path
    file: str | None = None
    """Name of the only file; several get a number before the ending."""
    is_stdout: bool = False

    @property
    def is_named(self) -> bool:
        """Whether the person said more than a folder."""
        return self.file is not None or self.is_stdout

    @property
    def parent(self) -> str | None:
        """The folder for what is on its way, None for the system's."""
        return None if self.is_stdout else str(self.folder)

    def names(self, count: int) -> list[str | None]:
        """Return the names of so many files, None where the client makes one."""
        if self.file is None or count == 1:
            return [self.file] * count
        stem, ending = os.path.splitext(self.file)
        return [f"{stem}-{number}{ending}" for number in range(1, count + 1)]


def find_place(output: str | None, *, force: bool, count: int = 1, beside: Sequence[str] = ()) -> Place:
    """Read `--output`, before anything is paid for.

    Args:
        output: What the person wrote.
        force: Whether files that exist are overwritten.
        count: How many files there will be.
        beside: Endings of files that are written beside each.

    Raises:
        ConfigError: The file exists, its folder does not, or a terminal would get the bytes.
    """
    if output is None:
        return Place(Path("."))
    if output == "-":
        if terminal.is_watched():
            raise ConfigError("--output -: a terminal shows no media; name a file, or pipe it")
        if count != 1:
            raise ConfigError("--output -: standard output takes one file; name a folder")
        return Place(Path("."), is_stdout=True)
    try:
        return _find_file(output, count, beside, force=force)
    except OSError as error:
        raise ConfigError(f"--output {output[:200]}: cannot be written: {error.strerror}") from error


def _find_file(output: str, count: int, beside: Sequence[str], *, force: bool) -> Place:
    path = Path(output).expanduser()
    if path.is_dir() or output.endswith(("/", os.sep)):
        return Place(path)
    if not path.parent.is_dir():
        raise ConfigError(f"--output {output}: there is no folder {path.parent}; make it, or name another")
    if not os.access(path.parent, os.W_OK):
        raise ConfigError(f"--output {output}: the folder {path.parent} cannot be written; name another")
    place = Place(path.parent, path.name)
    wanted = [path.parent / name for name in place.names(count) if name]
    taken = [one for one in (*wanted, *(file.with_suffix(to) for file in wanted for to in beside)) if one.exists()]
    if taken and not force:
        raise ConfigError(f"--output {taken[0]}: exists already; --force overwrites it")
    return place


@contextmanager
def open_folder(place: Place) -> Iterator[str]:
    """Make the folder of the files, or one for those on their way to a name, which is removed afterwards.

    Raises:
        ConfigError: It cannot be made; nothing was paid for.
    """
    with ExitStack() as stack:
        try:
            folder = str(place.folder)
            if place.is_named:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix=".cncoding-", dir=place.parent))
            else:
                place.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"--output {place.folder}: cannot be written: {error.strerror}") from error
        yield folder


def put_in_place(assets: Sequence[Asset], place: Place, folder: str) -> list[Asset]:
    """Move saved files out of `folder` to the names that the person gave, or down the pipe.

    One that cannot be put there says why, and the others are not lost.
    """
    found = []
    for asset, name in zip(assets, place.names(len(assets)), strict=True):
        try:
            found.append(asset if asset.path is None else _put_one(asset, asset.path, place, name, folder))
        except OSError as error:
            if name is None:
                terminal.leave_stdout()
            why = f"{name or 'standard output'}: cannot be written: {error.strerror}"
            found.append(replace(asset, path=None, metadata={**asset.metadata, "not_saved": why}))
    return found


def _put_one(asset: Asset, path: str, place: Place, name: str | None, folder: str) -> Asset:
    told = {key: value for key, value in asset.metadata.items() if key != "not_saved"}
    if name is None:
        with open(path, "rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return replace(asset, path=None, metadata=told)
    target = place.folder / name
    titles = asset.metadata.get("subtitles") or {}
    moved = {form: str(_put_file(file, target.with_suffix(f".{form}"), folder)) for form, file in titles.items()}
    _put_file(path, target, folder)
    _warn_of_ending(target, asset)
    return replace(asset, path=str(target), metadata={**told, "subtitles": moved} if moved else told)


def _put_file(path: str, target: Path, folder: str) -> Path:
    """Move a file out of the folder; copy one that is kept elsewhere, or to what is no file (a link, a device)."""
    ours = os.path.dirname(os.path.abspath(path)) == os.path.abspath(folder)
    if ours and not target.is_symlink() and (target.is_file() or not target.exists()):
        os.replace(path, target)
    else:
        shutil.copyfile(path, target)
    return target


def _warn_of_ending(target: Path, saved: Asset) -> None:
    assert saved.path is not None
    wanted, real = target.suffix.lower(), Path(saved.path).suffix.lower()
    if wanted and wanted.replace(".jpeg", ".jpg") != real.replace(".jpeg", ".jpg"):
        show.warning(str(target), f"the vendor sent {saved.media_type}, which the ending does not say")


def describe(asset: Asset) -> str:
    """Return type, dimensions, duration and size of an asset."""
    figures = [asset.media_type or asset.kind]
    if asset.width and asset.height:
        figures.append(f"{asset.width}x{asset.height}")
    if asset.duration:
        figures.append(f"{asset.duration:.1f} s")
    if asset.size:
        figures.append(f"{asset.size:,} bytes")
    return ", ".join(figures)
