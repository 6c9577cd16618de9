"""The data files of the vendors: every row is dated and sourced, and the wheel carries them."""

from __future__ import annotations

import re

import pytest

from cncoding_emulator import facts
from cncoding_emulator.facts import _Reader
from cncoding_emulator.personas import PERSONAS


@pytest.mark.parametrize("name", PERSONAS)
def test_every_row_names_a_public_page_and_a_day(name: str) -> None:
    rows = list(facts.load(name).rows())
    assert {table for table, _, _ in rows} >= {"endpoints", "fields", "models", "errors"}
    for table, what, evidence in rows:
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", evidence.date), (table, what)
        assert evidence.source and not re.search(r"\bseed 0", evidence.source), (table, what)


def test_a_row_without_its_source_is_refused() -> None:
    reader = _Reader("x", {"page": "example.com"})
    for row in ({"date": "2026-01-01"}, {"source": "page"}, {"source": "other", "date": "2026-01-01"}):
        with pytest.raises(ValueError, match=r"x\.toml: error quota needs a source"):
            reader.read_evidence("error quota", row)


@pytest.mark.parametrize(
    ("name", "model", "context", "thinks", "sees"),
    [
        ("glm", "glm-5.3-flash", 1048576, "always", True),
        ("glm", "GLM-4.6V", 131072, "on", True),
        ("glm", "glm-4.6", 204800, "on", False),
        ("kimi", "kimi-k2.7-code", 262144, "always", True),
        ("minimax", "MiniMax-M2.7", 204800, "always", False),
        ("qwen", "qwen3.8-max", 983616, "on", True),
        ("qwen", "qwen3-coder-plus", 1000000, "never", False),
        ("deepseek", "deepseek-v4-pro", 1048576, "on", False),
        ("wcode", "any/model-9", None, "off", False),
    ],
)
def test_models(name: str, model: str, context: int | None, thinks: str, sees: bool) -> None:
    found = facts.load(name).find_model(model)
    assert (found.context, found.thinks, found.sees) == (context, thinks, sees)
