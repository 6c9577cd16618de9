"""The wheel of this checkout in clean environments, one for each set of extras.

An environment is kept for the next run; the wheel is put into it afresh, and it is made again when pyproject.toml asks
for something else.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import tomli

ROOT = Path(__file__).resolve().parent.parent
_HIDDEN = ("PYTHONPATH", "VIRTUAL_ENV")
_AT_ONCE = 2


class CleanEnvironments:
    """A wheel, and an environment for each set of extras and other packages that is asked for."""

    def __init__(self, folder: Path | None = None) -> None:
        bench = Path(sys.prefix)
        self.folder = folder or bench.with_name(f"{bench.name}-wheel")
        self.folder.mkdir(exist_ok=True)
        self._uv = str(Path(sys.executable).parent / "uv")
        with tempfile.TemporaryDirectory() as place:
            self._call("build", "--wheel", "--out-dir", place, str(ROOT))
            (built,) = Path(place).glob("*.whl")
            self.wheel = built.replace(self.folder / built.name)
        project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        asked = repr([sys.version, project["dependencies"], project["optional-dependencies"]])
        self._asked = hashlib.sha256(asked.encode()).hexdigest()
        self._made: dict[tuple[str, ...], Path] = {}

    def make_all(self, sets: list[tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
        """Make several environments at once: each is extras of ours, and other packages."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda one: self.python(*one), dict.fromkeys(sets)))

    def python(self, extras: tuple[str, ...], others: tuple[str, ...] = ()) -> Path:
        """Return the interpreter of an environment that has the wheel with `extras`, and `others`."""
        key = (*extras, "+", *others)
        if key not in self._made:
            self._made[key] = self._make(self.folder / "-".join([*(extras or ("bare",)), *others]), extras, others)
        return self._made[key]

    def _make(self, place: Path, extras: tuple[str, ...], others: tuple[str, ...]) -> Path:
        python, mark = place / "bin" / "python", place / ".asked"
        into = ("--python", str(python))
        if mark.is_file() and mark.read_text() == self._asked:
            self._call("pip", "install", *into, "--no-deps", "--reinstall", str(self.wheel))
            return python
        named = f"[{','.join(extras)}]" if extras else ""
        self._call("venv", "--clear", "--python", sys.executable, str(place))
        self._call("pip", "install", *into, f"{self.wheel}{named}", *others)
        mark.write_text(self._asked)
        return python

    def _call(self, *words: str) -> None:
        subprocess.run([self._uv, "--quiet", *words], check=True, env={**os.environ, "UV_LINK_MODE": "copy"})


def hide_checkout(environ: dict[str, str]) -> dict[str, str]:
    """Return an environment in which nothing leads to this checkout."""
    return {name: value for name, value in environ.items() if name not in _HIDDEN}
