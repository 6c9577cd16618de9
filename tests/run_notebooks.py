"""Execute the notebooks from top to bottom: `python -m tests.run_notebooks [name ...] [--clean] [--write]`.

As they stand, in this environment. `--clean` takes the wheel, in an environment that has what the first cell tells its
reader to install and no more, twice: as the notebook stands, and as somebody with keys runs it, without the cell that
starts the emulator, with keys (and the addresses of an emulator beside it) in the environment (`--once` leaves that
out). `--write` puts the outputs into the files.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from cncoding_emulator import Emulator
from tests.wheels import CleanEnvironments, hide_checkout

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
_INSTALL = re.compile(r'`pip install "cncoding\[([\w,]+)\]"((?: [\w-]+)*)`')
_STARTS = re.compile(r"\bEmulator\([^)]*\)\.start\(\)")
_AT_ONCE = 2
_LARGEST = 200_000
"""Characters of one form of an output that are worth keeping in the repository."""


def read_needs(book: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the extras and the other packages that a notebook tells its reader to install."""
    extras, others = _INSTALL.findall(book.cells[0].source)[0]
    return tuple(sorted(extras.split(","))), tuple(sorted(others.split()))


def drop_emulator(book: Any) -> None:
    """Take out the cell that starts the emulator, as somebody with a key does."""
    (place,) = (at for at, cell in enumerate(book.cells) if cell.cell_type == "code" and _STARTS.search(cell.source))
    del book.cells[place]


def execute(book: Any, kernel: str, environ: dict[str, str]) -> None:
    """Execute a notebook in a folder of its own, which its outputs do not name."""
    with tempfile.TemporaryDirectory() as place:
        client = NotebookClient(book, timeout=120, kernel_name=kernel, resources={"metadata": {"path": place}})
        client.execute(env=environ)
        for output in (one for cell in book.cells for one in cell.get("outputs", []) if "text" in one):
            output["text"] = output["text"].replace(place + os.sep, "")


@contextmanager
def offer_kernels(pythons: dict[str, Path]) -> Iterator[None]:
    """Let Jupyter find a kernel for each interpreter, by its name."""
    with tempfile.TemporaryDirectory() as place:
        for name, python in pythons.items():
            folder = Path(place) / "kernels" / name
            folder.mkdir(parents=True)
            command = [str(python), "-m", "ipykernel_launcher", "--log-level=40", "-f", "{connection_file}"]
            spec = {"argv": command, "display_name": name, "language": "python"}
            (folder / "kernel.json").write_text(json.dumps(spec))
        before = os.environ.get("JUPYTER_PATH")
        os.environ["JUPYTER_PATH"] = place
        try:
            yield
        finally:
            os.environ.pop("JUPYTER_PATH")
            if before is not None:
                os.environ["JUPYTER_PATH"] = before


def save(path: Path, book: Any) -> None:
    """Write a notebook with its outputs, without films and without what an environment mutters."""
    for cell in book.cells:
        cell.metadata.pop("execution", None)
        if "outputs" in cell:
            cell.outputs = [one for one in cell.outputs if one.get("name") != "stderr"]
        for output in cell.get("outputs", []):
            for kind, shown in [*output.get("data", {}).items()]:
                if len(shown) > _LARGEST and len(output["data"]) > 1:
                    del output["data"][kind]
    book.metadata.pop("language_info", None)
    nbformat.write(book, path)


def run_here(books: list[Path], write: bool) -> list[bool]:
    """Execute notebooks as they stand, in this environment."""

    def run(path: Path) -> bool:
        book = nbformat.read(path, as_version=4)
        right = _report(path.name, book, "python3", dict(os.environ))
        if right and write:
            save(path, book)
        return right

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(run, books))


def run_clean(books: list[Path], folder: Path | None, write: bool, once: bool) -> list[bool]:
    """Execute notebooks from the wheel, with what they name and no more, with and without the emulator's cell."""
    clean = CleanEnvironments(folder)
    needs = {}
    for path in books:
        extras, others = read_needs(nbformat.read(path, as_version=4))
        needs[path] = (extras, (*others, "ipykernel"))
    clean.make_all(list(needs.values()))
    environ = hide_checkout(dict(os.environ))

    def run(path: Path, key: bool) -> bool:
        book = nbformat.read(path, as_version=4)
        if not key:
            right = _report(f"{path.name} [{','.join(needs[path][0])}]", book, path.stem, environ)
            if right and write:
                save(path, book)
            return right
        drop_emulator(book)
        with Emulator() as emulator:
            return _report(f"{path.name} with keys", book, path.stem, environ | emulator.env())

    with (
        offer_kernels({path.stem: clean.python(*needs[path]) for path in books}),
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        ends = [pool.submit(run, path, key) for path in books for key in ((False,) if once else (False, True))]
        return [end.result() for end in ends]


def _report(name: str, book: Any, kernel: str, environ: dict[str, str]) -> bool:
    began = time.monotonic()
    try:
        execute(book, kernel, environ)
    except CellExecutionError as error:
        print(f"FAIL {name}\n{error}", flush=True)
        return False
    print(f"{name}: executed in {time.monotonic() - began:.1f} s", flush=True)
    return True


def main(asked: argparse.Namespace) -> int:
    books = [path for path in sorted(FOLDER.glob("*.ipynb")) if not asked.names or path.stem in asked.names]
    if not books:
        print(f"no notebook named {' '.join(asked.names)}")
        return 1
    ends = (
        run_clean(books, asked.environments, asked.write, asked.once) if asked.clean else run_here(books, asked.write)
    )
    print(f"{ends.count(True)} passed, {ends.count(False)} failed")
    return min(ends.count(False), 1)


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("names", nargs="*", help="file names without .ipynb; all if none is given")
    reader.add_argument("--clean", action="store_true", help="the wheel in environments with what each names")
    reader.add_argument("--once", action="store_true", help="with --clean: only as it stands, not with keys")
    reader.add_argument("--environments", type=Path, help="where they are made and kept; beside this one if left out")
    reader.add_argument("--write", action="store_true", help="put the outputs into the files")
    sys.exit(main(reader.parse_args()))
