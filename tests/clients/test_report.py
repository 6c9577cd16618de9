"""The matrix of foreign programs: a failure that nobody explained is told from one that the vendor gives, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clients import report
from tests.clients.driving import Outcome

KNOWN = ("openai-agents", "kimi", "tools")


def test_a_failure_that_nobody_explained_is_a_surprise() -> None:
    (surprise,) = report.find_surprises(
        [Outcome("openai", "glm", "chat", "404"), Outcome("openai", "glm", "stream", "")]
    )
    assert surprise == "openai, glm, chat: 404"


def test_an_explained_failure_is_none_unless_it_fails_otherwise_or_no_more() -> None:
    assert report.find_surprises([Outcome(*KNOWN, "400 reasoning_content is missing at index 1")]) == []
    assert len(report.find_surprises([Outcome(*KNOWN, "500")])) == 1
    assert len(report.find_surprises([Outcome(*KNOWN, "")])) == 1


def test_the_page_names_whose_fault_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PAGE", tmp_path / "clients.md")
    outcomes = [Outcome("openai-agents", "kimi", "chat", ""), Outcome(*KNOWN, "reasoning_content is missing")]
    report.write_page(outcomes, {"opencode": "no network"}, {"openai-agents": "0.24.0"})
    page = (tmp_path / "clients.md").read_text("utf-8")
    assert "| openai-agents 0.24.0 | kimi | yes | - | no [1] | - |" in page
    assert "| opencode | - | not tried: no network |" in page
    assert "1. openai-agents: it does not send" in page and "openai-agents-python 2669" in page
