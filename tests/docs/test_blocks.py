"""Every python block of README and docs runs as it stands, against the emulator."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata, util
from pathlib import Path

import pytest

from cncoding_emulator import Emulator
from tests.docs.blocks import READMES, ROOT, Program, drop_translations, list_pages, make_files, read_programs

PROGRAMS = drop_translations(program for path in list_pages() for program in read_programs(path))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.page)
def test_it_runs(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_files(tmp_path, program)
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


@pytest.mark.parametrize("found", [None, "0.1.2"])
@pytest.mark.parametrize(
    ("name", "package", "least", "extra"),
    [
        ("langchain_cncoding", "langchain-core", "1.6", "langchain"),
        ("llamaindex_cncoding", "llama-index-core", "0.14.24", "llamaindex"),
    ],
)
def test_a_framework_that_is_missing_or_old_is_one_line(
    name: str, package: str, least: str, extra: str, found: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(asked: str) -> str:
        if found is None:
            raise metadata.PackageNotFoundError(asked)
        return found

    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(util, "find_spec", lambda module: None)
    said = f"{package} {found} is installed, but cncoding needs >= {least}" if found else f"{package} >= {least} is not"
    with pytest.raises(ImportError) as caught:
        exec((ROOT / name / "_framework.py").read_text(encoding="utf-8"), {})
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)
    assert str(caught.value).endswith(f': pip install --upgrade "cncoding[{extra}]"')
    assert f'"{package}>={least},' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_that_line_comes_before_the_frameworks_are_imported() -> None:
    pretend = (
        "import sys\n"
        "from importlib import metadata\n"
        "import cncoding\n"
        "metadata.version = lambda package: '0.1'\n"
        "try:\n    import langchain_cncoding\n"
        "except ImportError as error:\n    print(error, 'langchain_core' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", pretend], capture_output=True, text=True)
    assert done.stdout.startswith("langchain-core 0.1 is installed") and done.stdout.endswith(" False\n")
