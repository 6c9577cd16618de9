"""Every fact of a vendor has its evidence, and can be listed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from cncoding import ConfigError, Source, list_facts, providers
from cncoding import facts as facts_module
from cncoding.profile import OpenAIDialect, Provider, Wire
from cncoding.registry import own_providers

TODAY = date(2026, 11, 26)


@pytest.mark.parametrize("provider", own_providers())
def test_every_quirk_has_a_source(provider: str) -> None:
    found = list_facts(provider)
    assert [fact.subject for fact in found if fact.source is None] == []
    for fact in found:
        assert fact.source is not None and fact.source.where.strip()
        assert date(2025, 1, 1) <= fact.source.day <= date.today(), fact
        assert "seed" not in f"{fact.source.where} {fact.source.note}".lower()


@pytest.mark.parametrize("quirk", [{"think_tags": True}, {"omits": frozenset({"seed"})}, {"echo_field": "thoughts"}])
def test_a_quirk_without_a_source_is_found(monkeypatch: pytest.MonkeyPatch, quirk: dict[str, object]) -> None:
    ours = own_providers()["wcode"]
    endpoint = ours.endpoints[0]
    dialect = replace(OpenAIDialect(), **quirk)  # type: ignore[arg-type]
    theirs = replace(ours, id="theirs", endpoints=(replace(endpoint, wires={"openai": Wire("/v1", dialect)}),))
    monkeypatch.setattr(facts_module, "find_provider", lambda name: theirs)
    unproven = [fact.subject for fact in list_facts("theirs") if fact.source is None]
    assert unproven == [f"openai wire (api): {next(iter(quirk))}"]


def test_a_list_of_facts_is_chosen_from() -> None:
    everything = list_facts()
    assert {fact.provider for fact in everything} == set(providers())
    inferred = list_facts(inferred=True)
    assert inferred and all(fact.source and fact.source.kind == "inferred" for fact in inferred)
    assert len(inferred) < len(everything) / 5
    old = list_facts("kimi", older_than="90d", today=TODAY)
    assert old and all(fact.source and fact.source.day < date(2026, 8, 28) for fact in old)
    assert list_facts("kimi", older_than=90, today=TODAY) == old
    assert list_facts("kimi", older_than=0, today=TODAY) == list_facts("kimi")
    with pytest.raises(ConfigError, match="older_than='soon'"):
        list_facts(older_than="soon")
    with pytest.raises(ConfigError, match="unknown"):
        list_facts("kimmi")


@pytest.mark.parametrize(
    ("text", "day"), [("2026", date(2026, 1, 1)), ("2026-09", date(2026, 9, 1)), ("2026-09-13", date(2026, 9, 13))]
)
def test_dates_of_sources(text: str, day: date) -> None:
    assert Source("documented", "a page", text).day == day
    with pytest.raises(ValueError, match="no date"):
        _ = Source("documented", "a page", f"{text}-99x").day


def test_routes_are_found_by_kind() -> None:
    from cncoding.media.routes import McpRoute, MediaRoute, SearchRoute, SightRoute

    minimax: Provider = own_providers()["minimax"]
    assert [route.name for route in minimax.routes(SearchRoute)] == ["minimax-search"]
    assert [route.name for route in minimax.routes(SightRoute)] == ["minimax-sight"]
    assert {route.kind for route in minimax.routes(MediaRoute)} == {"image", "video", "speech", "voice"}
    assert own_providers()["wcode"].routes(McpRoute) == ()
