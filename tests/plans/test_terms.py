"""What plans say about unattended use: on the endpoint, with its source; `over` reminds once who has no terminal."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from cncoding import CncodingWarning, list_facts, providers
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatKimi
from llamaindex_cncoding import CNCodingLLM, DeepSeek, Kimi


@pytest.fixture(autouse=True)
def reminded(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[tuple[str, str]]]:
    told: set[tuple[str, str]] = set()
    monkeypatch.setattr("cncoding.client.plan_terms._reminded", told)
    monkeypatch.setattr("cncoding.client.plan_terms._has_user", lambda: False)
    yield told


def catch(make: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CncodingWarning)
        make()
    return [str(one.message) for one in caught if str(one.message).startswith("terms")]


@pytest.mark.parametrize(
    ("owner", "kimi", "deepseek"), [(ChatCNCoding, ChatKimi, ChatDeepSeek), (CNCodingLLM, Kimi, DeepSeek)]
)
def test_it_reminds_once(emulator: Emulator, owner: Any, kimi: Any, deepseek: Any) -> None:
    def use() -> None:
        model = owner.over([deepseek(), kimi()])
        model.invoke("hi") if owner is ChatCNCoding else model.complete("hi")

    (said,) = catch(use)
    assert "kimi coding" in said and "unattended" in said and "endpoint='api'" in said and "2026" in said
    assert catch(use) == []


def test_it_says_nothing_to_a_user_nor_of_what_is_allowed(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert catch(lambda: ChatCNCoding.over([ChatDeepSeek(), ChatKimi(endpoint="api")]).invoke("hi")) == []
    monkeypatch.setattr("cncoding.client.plan_terms._has_user", lambda: True)
    assert catch(lambda: ChatCNCoding.over([ChatKimi()]).invoke("hi")) == []


def test_terms_are_facts_and_name_an_endpoint_that_exists() -> None:
    found = [(one, end) for one in providers().values() for end in one.endpoints if end.terms is not None]
    named = {(one.id, end.name) for one, end in found}
    assert named == {(one, name) for one in ("glm", "kimi", "qwen") for name in ("coding", "coding-global")}
    for one, end in found:
        assert end.terms is not None
        allowed = one.endpoint(end.terms.allowed)
        assert allowed.terms is None and (allowed.host, allowed.wires["openai"]) != (end.host, end.wires["openai"])
    stated = [fact for fact in list_facts() if fact.subject.endswith(": terms")]
    assert len(stated) == 6 and all(fact.source is not None for fact in stated)


def test_the_table_of_abilities(capsys: pytest.CaptureFixture[str]) -> None:
    from cncoding_cli.app import build

    build(["models"])(["models", "--compare", "--json"], standalone_mode=False)
    rows = {(one["provider"], one["endpoint"]): one for one in json.loads(capsys.readouterr().out)}
    assert set(rows) == {(one.id, end.name) for one in providers().values() for end in one.endpoints}
    assert rows["kimi", "coding"]["unattended"] == "ruled out" and rows["kimi", "coding"]["tools"]
    assert rows["glm", "api"]["unattended"] != "ruled out" and rows["glm", "api"]["wires"]
    build(["models"])(["models", "--compare", "kimi"], standalone_mode=False)
    assert "glm" not in capsys.readouterr().out
