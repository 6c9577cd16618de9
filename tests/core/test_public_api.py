"""What a user can import, and what that costs."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import cncoding
from cncoding import AsyncClient, Client

ROOT = Path(cncoding.__file__).parent


def test_all_is_sorted_and_complete() -> None:
    assert cncoding.__all__ == sorted(set(cncoding.__all__))
    for name in cncoding.__all__:
        assert getattr(cncoding, name) is not None
    defined = {
        name
        for module in ("types", "errors")
        for name, value in vars(sys.modules[f"cncoding.{module}"]).items()
        if inspect.isclass(value) and value.__module__ == f"cncoding.{module}"
    }
    assert defined <= set(cncoding.__all__)


def test_both_clients_have_the_same_methods() -> None:
    def public(kind: type) -> dict[str, list[str]]:
        found = {}
        for name, value in inspect.getmembers(kind, callable):
            if not name.startswith("_"):
                found[name.removeprefix("a") if name == "aclose" else name] = list(inspect.signature(value).parameters)
        return found

    assert public(Client) == public(AsyncClient)
    assert inspect.signature(Client.__init__) == inspect.signature(AsyncClient.__init__)


_FRAMEWORKS = (
    "langchain_core",
    "llama_index",
    "openai",
    "anthropic",
    "dashscope",
    "cncoding_emulator",
    "PIL",
    "starlette",
)


@pytest.mark.parametrize(
    ("package", "strangers"),
    [
        ("cncoding", _FRAMEWORKS),
        ("langchain_cncoding", ("llama_index", "llamaindex_cncoding", "openai", "anthropic", "cncoding_emulator")),
        ("llamaindex_cncoding", ("langchain_core", "langchain_cncoding", "openai", "anthropic", "cncoding_emulator")),
    ],
)
def test_importing_brings_in_no_stranger(package: str, strangers: tuple[str, ...]) -> None:
    code = f"import sys, {package}; print([name for name in {strangers!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT.parent)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_no_client_of_the_http_library_is_made_by_a_constructor() -> None:
    code = (
        "import httpx, cncoding\n"
        "def refuse(*a, **k): raise SystemExit('made one')\n"
        "httpx.Client.__init__ = httpx.AsyncClient.__init__ = refuse\n"
        "cncoding.Client('glm', api_key='k'); cncoding.AsyncClient('glm', api_key='k')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT.parent)
    assert done.returncode == 0, done.stderr


def test_no_branch_on_a_vendor_outside_its_file() -> None:
    names = {"glm", "kimi", "minimax", "qwen", "deepseek", "wcode", "unified"}
    for path in ROOT.rglob("*.py"):
        if path.parent.name in ("vendors", "routes", "cli"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Compare):
                constants = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
                assert not constants & names, f"{path.name}:{node.lineno}"
