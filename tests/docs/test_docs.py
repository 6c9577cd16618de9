"""The documentation is true: its tables come from the code, its links lead somewhere, both READMEs say the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
SITE = "https://cncoding.readthedocs.io/"
REPOSITORY = "https://github.com/cncoding/cncoding/blob/main/"


def test_tables_are_fresh() -> None:
    done = subprocess.run([sys.executable, ROOT / "docs" / "tables.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_readmes_have_the_same_shape() -> None:
    def shape(path: Path) -> list[object]:
        text = path.read_text(encoding="utf-8")
        blocks = [re.sub(r"#.*", "", block) for block in re.findall(r"```(?:sh|python)\n.*?```", text, re.S)]
        names = re.findall(r"`[A-Za-z_]+(?:Error|_KEY|_URL)`", text)
        pages = re.findall(rf"{re.escape(SITE)}(?:zh/)?([^)]*)\)", text)
        counts = [len(re.findall(mark, text, re.M)) for mark in (r"^## ", r"^- ", r"^\| ")]
        return [counts, blocks, sorted(set(names)), sorted(set(pages))]

    assert shape(READMES[0]) == shape(READMES[1])


def test_links_lead_somewhere() -> None:
    for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"]:
        for link in re.findall(r"\]\((?!https?://)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


@pytest.mark.parametrize("path", [*READMES, ROOT / "docs" / "llms.txt"], ids=lambda path: path.name)
def test_links_hold_wherever_the_text_is_shown(path: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8"))
    assert links and all(link.startswith("https://") for link in links)
    for link in links:
        if link.startswith(SITE):
            page = link.removeprefix(SITE).partition("#")[0].removeprefix("zh/").strip("/") or "index"
            assert any((ROOT / "docs" / name).exists() for name in (f"{page}.md", f"{page}/index.md")), link
        elif link.startswith(REPOSITORY):
            assert (ROOT / link.removeprefix(REPOSITORY)).exists(), link


def test_llms_txt_names_every_page_class_and_key() -> None:
    from cncoding.registry import own_providers

    text = (ROOT / "docs" / "llms.txt").read_text(encoding="utf-8")
    nav = re.findall(r": ([\w/-]+)\.md$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.M)
    assert len(nav) > 25
    assert [page for page in nav if page != "index" and f"{SITE}{page}/)" not in text] == []
    for provider in own_providers().values():
        assert f"`Chat{provider.stem}`, `{provider.stem}`" in text
        for endpoint in provider.endpoints:
            assert f"`{re.split('[:!]', endpoint.key_env[0])[0]}`" in text


def test_every_make_word_exists() -> None:
    words = re.search(r"`make ([a-z -]+)`", READMES[0].read_text(encoding="utf-8").split("## Words")[1])
    assert words is not None
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{word}:", makefile, re.M) for word in words[1].split())


def test_every_command_is_named_in_readme_and_docs() -> None:
    from cncoding_cli.app import COMMANDS

    told = re.search(r"Also `(see \|[^`]+)`", READMES[0].read_text(encoding="utf-8"))
    assert told is not None
    named = {*told[1].replace("|", " ").split(), "chat", "doctor", "plan"}
    assert named == dict(COMMANDS).keys()
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert [name for name in dict(COMMANDS) if f"cncoding {name}" not in page] == []


def test_the_reference_holds_what_the_adapters_export() -> None:
    import importlib

    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    for path in re.findall(r"^::: ([\w.]+)", text, re.M):
        module, _, name = path.rpartition(".")
        assert hasattr(importlib.import_module(module), name) or importlib.import_module(path), path
    for module in ("langchain_cncoding", "llamaindex_cncoding"):
        names = {name for name in importlib.import_module(module).__all__ if not re.match("CNCoding.*Error", name)}
        missing = {name for name in names if f"{module}.{name}\n" not in text and f"`{name}`" not in text}
        assert not missing, missing


def test_the_thin_distributions_have_the_version_of_the_package() -> None:
    from cncoding import __version__

    files = sorted((ROOT / "packaging").glob("*/pyproject.toml"))
    assert len(files) == 3
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert f'version = "{__version__}"' in text and re.search(rf'"cncoding\[\w+\]>={__version__}"', text), file
