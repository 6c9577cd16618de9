"""Two readers of the vendors: every difference between client and emulator is found and written down."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cncoding.registry import own_providers

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def readers() -> Any:
    spec = importlib.util.spec_from_file_location("readers", ROOT / "docs" / "readers.py")
    assert spec is not None and spec.loader is not None
    import sys

    module = importlib.util.module_from_spec(spec)
    sys.modules["readers"] = module
    spec.loader.exec_module(module)
    return module


def test_every_difference_is_in_the_table(readers: Any) -> None:
    table = (ROOT / "docs" / "contradictions.md").read_text("utf-8").split("<!-- readers -->")[1]
    found = readers.compare()
    assert found
    for one in found:
        assert f"| {one.provider} | {one.subject} | {one.ours} |" in table
        assert one.their_source or one.our_source or "at `" in one.subject


def test_a_fact_that_changes_on_one_side_is_found(readers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kimi = own_providers()["kimi"]
    before = {one.subject for one in readers.compare() if one.provider == "kimi"}
    first = kimi.endpoints[0]
    cards = tuple(replace(card, context=9, input=frozenset({"text"})) for card in first.models)
    changed = replace(kimi, endpoints=(replace(first, models=cards),), error_codes={}, error_texts=())
    monkeypatch.setattr(readers, "own_providers", lambda: {"kimi": changed})
    new = {one.subject for one in readers.compare()} - before
    assert "`kimi-for-coding`, input (coding)" in new and "`kimi-for-coding`, sight (coding)" in new
    assert any(subject.startswith("error `client_refused`") for subject in new)
    assert "openai at `/v1`" in new
