"""Every error leads to its entry of the troubleshooting page, in both languages, and the page knows every hint."""

from __future__ import annotations

import importlib
import pickle
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

import cncoding
from cncoding import AsyncClient, Client, CncodingError, ConfigError, Hint, NotFoundError
from cncoding.hints import table
from cncoding.hints.causes import CAUSES
from cncoding.hints.links import DOCS, name_topic
from cncoding.hints.topics import find_topic
from cncoding.registry import own_providers
from cncoding_emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
PAGES = {language: ROOT / "docs" / f"troubleshooting{suffix}.md" for language, suffix in (("en", ""), ("zh", ".zh"))}
MODULES = ("cncoding", "langchain_cncoding", "langchain_cncoding.tools._errors", "llamaindex_cncoding")


def list_anchors(language: str) -> list[str]:
    return re.findall(r"^#+ .*\{#([\w-]+)\}$", PAGES[language].read_text(encoding="utf-8"), re.M)


def list_kinds() -> set[type[CncodingError]]:
    found = (one for name in MODULES for one in vars(importlib.import_module(name)).values())
    return {one for one in found if isinstance(one, type) and issubclass(one, CncodingError)}


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as emulator:
        for name, value in emulator.env().items():
            monkeypatch.setenv(name, value)
        yield emulator


def test_both_pages_have_an_entry_for_every_class_cause_and_hint() -> None:
    anchors = list_anchors("en")
    assert anchors == list_anchors("zh") and len(anchors) == len(set(anchors))
    wanted = {name_topic(kind.__name__) for kind in list_kinds() if kind.__module__ == "cncoding.errors"}
    wanted |= {cause.topic for cause in CAUSES}
    wanted |= {one.topic for one in vars(table).values() if isinstance(one, Hint) and one.topic}
    assert len(wanted) > 50 and wanted <= set(anchors)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_is_found_by_the_words_of_both_languages(language: str) -> None:
    page = PAGES[language].read_text(encoding="utf-8").replace("&lt;", "<").replace("\\*", "*")
    hints = [one for found in (table.REMEDIES, table.MEANINGS) for one in found.values()]
    hints += [hint for one in own_providers().values() for hint in one.hints.values() if isinstance(hint, Hint)]
    for hint in hints:
        assert hint.en.lower() in page.lower() and hint.zh in page
    for one in (one for one in vars(table).values() if isinstance(one, Hint) and one.topic):
        for text in (one.en, one.zh):
            assert re.sub(r"{.*?}", "*", text).replace("`", "") in page
    for cause in CAUSES:
        assert all(f"`{words}`" in page for words in cause.says)


def test_the_words_of_the_page_are_said_in_the_code() -> None:
    folders = ("cncoding", "langchain_cncoding", "llamaindex_cncoding", "cncoding_cli", "tests/mistakes")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py") if path.name != "causes.py"]
    code = "\n".join(path.read_text(encoding="utf-8") for path in files)
    needed = re.findall(r'require_framework\("([^"]+)", "[^"]+", "([^"]+)"', code)
    code += "".join(f"{package} >= {version} is not installed\n" for package, version in needed)
    for words in (words for cause in CAUSES for words in cause.says):
        for piece in words.split("*"):
            assert piece.strip(" :") in code, words


def test_the_address_is_the_one_of_the_project() -> None:
    assert f'Documentation = "{DOCS.rstrip("/")}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f"site_url: {DOCS}\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(list_kinds(), key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_an_error_of_every_class_links_to_its_entry(kind: type[CncodingError], monkeypatch: pytest.MonkeyPatch) -> None:
    error = kind.__new__(kind)
    error.args = ("text",)
    monkeypatch.setenv("CNCODING_LANG", "en")
    assert error.help_url == f"{DOCS}troubleshooting/#{error.topic}" and error.topic in list_anchors("en")
    monkeypatch.setenv("CNCODING_LANG", "zh")
    assert error.help_url == f"{DOCS}zh/troubleshooting/#{error.topic}"


@pytest.mark.parametrize(("language", "label"), [("en", "more: "), ("zh", "详见：")])
def test_a_traceback_ends_with_the_link_once(language: str, label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CNCODING_LANG", language)
    with pytest.raises(ConfigError) as caught:
        Client("kimi", api_key="")
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.__notes__ == [f"{label}{error.help_url}"] and error.help_url.endswith("#missing-key")
    assert "troubleshooting" not in str(error)
    assert traceback.format_exception(error)[-1].strip() in (
        error.__notes__[0],
        f"cncoding.errors.ConfigError: {error}",
    )


async def test_what_the_vendor_says_leads_to_its_cause(emulator: Emulator) -> None:
    emulator.fault("glm", status=400, code="1211", message="模型不存在，请检查模型代码。")
    with pytest.raises(NotFoundError) as caught:
        Client("glm", model="glm-5.3-flsh").chat("hi")
    assert caught.value.topic == "model-not-found"
    emulator.fault("deepseek", status=404, message="Not Found")
    with pytest.raises(NotFoundError) as caught:
        await AsyncClient("deepseek").chat("hi")
    assert caught.value.topic == "wrong-address"
    assert [note for note in caught.value.__notes__ if "://" in note] == [f"more: {caught.value.help_url}"]


def test_a_twin_of_langchain_links_as_its_error_does(emulator: Emulator) -> None:
    from langchain_cncoding import ChatGLM

    emulator.fault("glm", "quota")
    with pytest.raises(cncoding.QuotaExhaustedError) as caught:
        ChatGLM().invoke("hi")
    assert type(caught.value).__module__ == "langchain_cncoding._errors"
    assert caught.value.__notes__ == [f"more: {DOCS}troubleshooting/#quota-exhausted"]


def test_a_text_that_nobody_knows_has_no_cause() -> None:
    assert find_topic("something else") == "" and ConfigError("something else").topic == "config"
