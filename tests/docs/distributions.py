"""Build what a release publishes, and look at it as PyPI and a stranger will: `python -m tests.docs.distributions`.

Source distributions and wheels of cncoding and of the thin distributions of packaging/ go to `dist` (or the folder that
is named), a folder for each. `twine check --strict` reads them, and the example of each thin distribution runs in a
clean environment that has its wheel and what that brings.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cncoding_emulator import Emulator
from tests.wheels import ROOT, hide_checkout

UV = str(Path(sys.executable).parent / "uv")


def call(*words: str | Path) -> None:
    """Run uv."""
    subprocess.run([UV, "--quiet", *words], check=True, env={**os.environ, "UV_LINK_MODE": "copy"})


def build_all(dist: Path) -> list[Path]:
    """Build every distribution; return the folder of each."""
    shutil.rmtree(dist, ignore_errors=True)
    sources = [ROOT, *sorted(path.parent for path in (ROOT / "packaging").glob("*/pyproject.toml"))]
    folders = [dist / ("cncoding" if source == ROOT else source.name) for source in sources]
    for source, folder in zip(sources, folders, strict=True):
        call("build", "--out-dir", folder, source)
        (folder / ".gitignore").unlink(missing_ok=True)
    return folders


def check_metadata(folders: list[Path], place: Path) -> None:
    """Ask twine whether PyPI will take them and show their READMEs."""
    files = [path for folder in folders for path in sorted(folder.iterdir())]
    assert len(files) == 2 * len(folders), files
    python = place / "twine" / "bin" / "python"
    call("venv", "--python", sys.executable, place / "twine")
    call("pip", "install", "--python", python, "twine")
    subprocess.run([python, "-m", "twine", "--no-color", "check", "--strict", *files], check=True)


def run_example(folder: Path, found: Path, place: Path, environ: dict[str, str]) -> bool:
    """Install a thin distribution from its wheel, and run the example of its README."""
    (wheel,) = folder.glob("*.whl")
    python = place / folder.name / "bin" / "python"
    call("venv", "--python", sys.executable, place / folder.name)
    call("pip", "install", "--python", python, "--find-links", found, wheel)
    (code,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "packaging" / folder.name / "README.md").read_text("utf-8"), re.S
    )
    done = subprocess.run([python, "-c", code], cwd=place, env=environ, capture_output=True, text=True)
    print(f"{folder.name}: {done.stdout.strip() or done.stderr.strip()}", flush=True)
    return done.returncode == 0 and bool(done.stdout.strip())


def main(dist: Path) -> int:
    folders = build_all(dist)
    with tempfile.TemporaryDirectory() as name, Emulator() as emulator:
        place, environ = Path(name), hide_checkout(dict(os.environ)) | emulator.env()
        check_metadata(folders, place)
        ends = [run_example(folder, folders[0], place, environ) for folder in folders[1:]]
    print(f"{ends.count(True)} passed, {ends.count(False)} failed")
    return min(ends.count(False), 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
