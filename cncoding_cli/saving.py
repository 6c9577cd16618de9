"""Where files go: `-o file` is a file, `-o folder/` a folder, `-o -` standard output."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
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
    path = Path(output).expanduser()
    if path.is_dir() or output.endswith(("/", os.sep)):
        return Place(path)
    if not path.parent.is_dir():
        raise ConfigError(f"--output {output}: there is no folder {path.parent}; make it, or name another")
    place = Place(path.parent, path.name)
    wanted = [path.parent / name for name in place.names(count) if name]
    taken = [one for one in (*wanted, *(file.with_suffix(to) for file in wanted for to in beside)) if one.exists()]
    if taken and not force:
        raise ConfigError(f"--output {taken[0]}: exists already; --force overwrites it")
    return place


def put_in_place(assets: Sequence[Asset], place: Place) -> list[Asset]:
    """Move saved files to the names that the person gave, or down the pipe."""
    names = place.names(len(assets))
    return [_put_one(asset, place, name) for asset, name in zip(assets, names, strict=True)]


def _put_one(asset: Asset, place: Place, name: str | None) -> Asset:
    if asset.path is None:
        return asset
    if name is None:
        with open(asset.path, "rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return replace(asset, path=None)
    target = place.folder / name
    shutil.copyfile(asset.path, target)
    _warn_of_ending(target, asset)
    titles = asset.metadata.get("subtitles")
    moved = {form: shutil.copyfile(path, target.with_suffix(f".{form}")) for form, path in (titles or {}).items()}
    metadata = {**asset.metadata, "subtitles": {form: str(one) for form, one in moved.items()}} if moved else None
    return replace(asset, path=str(target), metadata=metadata or asset.metadata)


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
