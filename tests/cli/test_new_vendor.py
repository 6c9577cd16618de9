"""The walk of CONTRIBUTING: a vendor is begun, tested, listed and verified, in a copy of the tree."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cncoding import ConfigError
from cncoding_cli.new_vendor import FILES, Vendor, write_vendor

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("cncoding", "cncoding_cli", "cncoding_emulator", "langchain_cncoding", "llamaindex_cncoding")
MORE = ("pyproject.toml", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "README.zh-CN.md")


DRIVER = """
import json, os, runpy, sys
for command in json.loads(sys.argv[1]):
    sys.argv[:] = command
    try:
        if command[:2] == ["python", "-m"]:
            sys.argv[:] = command[2:]
            runpy.run_module(command[2], run_name="__main__", alter_sys=True)
        elif command[0] == "python":
            sys.argv[:] = command[1:]
            sys.path.insert(0, os.path.dirname(command[1]))
            runpy.run_path(command[1], run_name="__main__")
        else:
            runpy.run_module("cncoding_cli", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code:
            raise
"""


def walk() -> list[list[str]]:
    """Return the commands of the section, in order."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## Your first vendor")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.strip()]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__")
    for name in (*PACKAGES, "tests", "spec", "docs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    for name in MORE:
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_walk(tree: Path) -> None:
    def run(commands: list[list[str]]) -> str:
        """Run commands in one process: starting Python costs more than they do."""
        done = subprocess.run(
            [sys.executable, "-c", DRIVER, json.dumps(commands)],
            cwd=tree, env=environ, capture_output=True, text=True, timeout=110,
        )  # fmt: skip
        assert done.returncode == 0, (commands, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout + done.stderr

    environ = {**os.environ, "PYTHONPATH": str(tree)}
    begin, pytest_line, *others = walk()
    said = [run([begin]), run([pytest_line]), run(others)]
    assert "unproven: address and kind of key" in said[0]
    assert re.search(r"\b[1-9]\d* passed", said[1]) and "failed" not in said[1]
    assert "to be proven" in said[2] and "0 findings" in said[2]
    assert "| `acme` | `ChatAcme` | `Acme` | `ACME_API_KEY` | `acme-1` |" in (tree / "README.md").read_text("utf-8")
    assert "`acme-1`" in (tree / "docs" / "models.md").read_text("utf-8")
    code = (
        "from langchain_cncoding import ChatAcme, create_chat_model\nfrom llamaindex_cncoding import Acme\n"
        "model = create_chat_model('acme', api_key='k')\nassert type(model) is ChatAcme, type(model)\n"
        "assert Acme(api_key='k').provider == 'acme' == model.provider"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tree, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def vendor(**more: str) -> Vendor:
    given = {
        "id": "acme", "title": "Acme", "host": "https://api.acme.example", "path": "/v1", "model": "acme-1",
        "key_env": "ACME_API_KEY", "class_name": "Acme",
    }  # fmt: skip
    return Vendor(**{**given, **more})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "Acme"), ("id", "class"), ("id", "glm"), ("id", "../x"), ("host", "api.acme.example"),
        ("host", "https://api.acme.example/v1"), ("path", "v1"), ("path", "/v1/"), ("key_env", "acme key"),
        ("class_name", "A-B"), ("title", 'A"B'), ("title", ""), ("model", "a\nb"),
    ],
)  # fmt: skip
def test_a_vendor_that_cannot_be_written(name: str, value: str) -> None:
    with pytest.raises(ConfigError):
        vendor(**{name: value})


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no checkout"):
        write_vendor(vendor(), tmp_path)
    (tmp_path / "cncoding" / "vendors").mkdir(parents=True)
    there = tmp_path / "spec" / "acme" / "README.md"
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        write_vendor(vendor(), tmp_path)
    assert there.read_text() == "mine"
    assert not (tmp_path / "cncoding_emulator").exists()
    there.unlink()
    written, unproven = write_vendor(vendor(), tmp_path)
    assert len(written) == len(FILES) and len(unproven) >= 5
