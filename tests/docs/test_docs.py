"""The documentation is true: its tables come from the code, its examples run, both READMEs say the same."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cncoding_emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]


def test_tables_are_fresh() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs" / "tables.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_readmes_have_the_same_shape() -> None:
    def shape(path: Path) -> list[object]:
        text = path.read_text(encoding="utf-8")
        blocks = [re.sub(r"#.*", "", block) for block in re.findall(r"```(?:sh|python)\n.*?```", text, re.S)]
        names = re.findall(r"`[A-Za-z_]+(?:Error|_KEY|_URL)`", text)
        return [len(re.findall(r"^## ", text, re.M)), len(re.findall(r"^- ", text, re.M)), blocks, sorted(set(names))]

    assert shape(READMES[0]) == shape(READMES[1])


def _blocks(path: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.S)


def test_the_examples_of_the_readme_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (12, 9), "red").save(tmp_path / "chart.png")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    with Emulator() as emulator:
        for name, value in emulator.env().items():
            monkeypatch.setenv(name, value)
        for block in _blocks(READMES[0]):
            code = compile(block, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            _execute(code, namespace)
        assert {one.provider for one in emulator.requests} == {"kimi", "glm", "deepseek"}
    assert "12x9 PNG" in str(namespace["answer"])


def _execute(code: object, namespace: dict[str, object]) -> None:
    import asyncio
    import inspect
    import types

    assert isinstance(code, types.CodeType)
    function = types.FunctionType(code, namespace)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(function())
    else:
        function()


def test_links_lead_somewhere() -> None:
    for path in [*READMES, *(ROOT / "docs").glob("*.md"), ROOT / "CONTRIBUTING.md"]:
        for link in re.findall(r"\]\((?!https?://)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


def test_every_make_word_exists() -> None:
    words = re.search(r"`make ([a-z -]+)`", READMES[0].read_text(encoding="utf-8").split("## Words")[1])
    assert words is not None
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{word}:", makefile, re.M) for word in words[1].split())
