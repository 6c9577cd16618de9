"""What plans say about unattended use: on the endpoint, with its source; `over` reminds once who has no terminal."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from cncoding import CncodingWarning, ListedModel, list_facts, providers
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


@pytest.fixture
def compare(capsys: pytest.CaptureFixture[str]) -> Any:
    from cncoding_cli.app import build

    def run(*words: str) -> Any:
        build(["models"])(["models", "--compare", *words], standalone_mode=False)
        out, err = capsys.readouterr()
        return (out, err) if "--json" not in words else {one["provider"]: one for one in json.loads(out)}

    return run


def test_the_table_of_abilities_without_a_key(compare: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_BASE_URL")):
            monkeypatch.delenv(name)
    rows = compare("--json")
    assert set(rows) == set(providers())
    glm, kimi, minimax = (rows[name]["abilities"] for name in ("glm", "kimi", "minimax"))
    assert kimi["unattended use"] == "ruled out" and glm["unattended use"] == "not ruled out"
    assert kimi["image by link"] == "fetched here, sent as data" and glm["image by link"] == "yes"
    assert minimax["vision endpoint"] == "yes" and kimi["vision endpoint"] == "no"
    assert "glm" in rows["qwen"]["abilities"]["other vendors' models"] and "image" in glm["makes"]
    assert not any(one["asked"] for one in rows.values()) and rows["kimi"]["cards_of"][0] >= "2026"
    assert all(card["listed"] is None for one in rows.values() for card in one["models"])
    out, err = compare()
    assert "reads images itself\t" in out and "kimi coding: cards of 2026" in err and "no key in the environment" in err
    out, err = compare("kimi", "--endpoint", "api")
    assert "kimi api" in out + err and "glm" not in out


def test_the_cards_beside_what_the_vendors_list_now(compare: Any, emulator: Emulator, monkeypatch: Any) -> None:
    rows = compare("--json")
    asked = {one.provider for one in emulator.requests if one.path.endswith("/models")}
    assert asked == {name for name, one in rows.items() if one["asked"]} and len(asked) > 4
    cards = {card["id"]: card for card in rows["kimi"]["models"]}
    assert cards["kimi-for-coding"]["listed"] is True and cards["kimi-for-coding"]["known"] is True
    monkeypatch.setenv("KIMI_BASE_URL", "http://127.0.0.1:9/v1")
    out, err = compare("kimi")
    assert "kimi coding: cards of 2026" in err and "asked now, and failed" in err and "\t\tkimi-for-coding\t" in out


def test_strangers_and_absent_models_are_marked(compare: Any, emulator: Emulator, monkeypatch: Any) -> None:
    listed = (ListedModel("glm-5.3"), ListedModel("glm-9", context=5000))
    monkeypatch.setattr("cncoding_cli.comparison.Client.models", lambda client: listed)
    models = {one["id"]: one for one in compare("glm", "--json")["glm"]["models"]}
    assert models["glm-5.3"]["listed"] is True and models["glm-4.7"]["listed"] is False
    assert models["glm-9"] == {"id": "glm-9", "context": 5000, "known": False, "listed": True}
    out, err = compare("glm")
    assert "\tyes, no card\tglm-9\t5,000" in out and "asked now: 2 listed, 1 of them without a card" in err
    monkeypatch.setattr("cncoding_cli.comparison.Client.models", lambda client: (ListedModel("x", listed=False),))
    assert "the endpoint has no list of models" in compare("glm")[1]
