"""Every python block of README and docs runs as it stands, against the emulator."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cncoding_emulator import Emulator
from tests.docs.blocks import READMES, ROOT, Program, list_pages, make_files, read_programs

PROGRAMS = [
    pytest.param(program, id=f"{program.page}-{number}")
    for path in list_pages()
    for number, program in enumerate(read_programs(path), 1)
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_runs(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    with Emulator() as emulator:
        for name, value in emulator.env().items():
            monkeypatch.setenv(name, value)
        exec(compile(program.code, program.page, "exec", dont_inherit=True), {"__name__": "__main__"})


def test_the_readme_begins_with_one_line_and_goes_on_with_both_frameworks() -> None:
    first, *others = read_programs(READMES[0])
    assert 'ChatKimi().invoke("你好")' in first.code and len(first.code.splitlines()) <= 3
    assert first.extras == ("langchain",)
    assert {("langchain",), ("llamaindex",), ()} <= {one.extras for one in others}


def test_every_folder_of_docs_is_looked_at() -> None:
    assert {path.parent for path in list_pages()} >= {ROOT, ROOT / "docs"}


@pytest.mark.parametrize("name", ["langchain_cncoding", "llamaindex_cncoding"])
@pytest.mark.parametrize("found", [None, "0.1.2"])
def test_a_framework_that_is_missing_or_old_is_one_line(name: str, found: str | None) -> None:
    package, least, extra = {
        "langchain_cncoding": ("langchain-core", "1.6", "langchain"),
        "llamaindex_cncoding": ("llama-index-core", "0.14.24", "llamaindex"),
    }[name]
    pretend = (
        "from importlib import metadata, util\n"
        "def version(package):\n"
        f"    if {found!r}: return {found!r}\n"
        "    raise metadata.PackageNotFoundError(package)\n"
        "metadata.version = version\n"
        "util.find_spec = lambda module: None\n"
        f"import {name}\n"
    )
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True)
    said = f"{found} is installed, but cncoding needs >= {least}" if found else f">= {least} is not installed"
    assert done.stderr.splitlines()[-1] == f'ImportError: {package} {said}: pip install --upgrade "cncoding[{extra}]"'
    assert f'"{package}>={least},' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
