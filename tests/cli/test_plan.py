"""`cncoding plan`: all keys at a glance, and how long a window lasts at this rate."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from cncoding import ConfigError, QuotaWindow, read_plans, watch_plans
from cncoding.plans.panel import PlanWindow as Window
from cncoding_emulator import Emulator
from tests.cli.conftest import Run

NOW = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)


def window(name: str = "5h", hours_left: float = 2.5, **known: float) -> Window:
    return Window(QuotaWindow(name, resets_at=NOW + timedelta(hours=hours_left), **known), NOW)


def test_burn_and_end_follow_from_what_is_used_and_how_long_it_ran() -> None:
    fast = window(used=80, limit=100)
    assert fast.used_share == 0.8 and fast.burn == pytest.approx(0.32)
    assert fast.runs_out_at == NOW + timedelta(hours=0.625)
    assert window(used=40, limit=100).runs_out_at is None
    assert window(remaining_ratio=0.25).used_share == 0.75
    assert window(used=1, remaining=3).used_share == 0.25
    assert window("month (MCP calls)", 360, used=50, limit=100).burn == pytest.approx(0.5 / 360)


def test_what_is_not_said_is_not_made_up() -> None:
    nothing = window()
    assert nothing.used_share is None and nothing.burn is None and nothing.runs_out_at is None
    assert window("turbo", used=1, limit=2).burn is None
    assert window(hours_left=9, used=1, limit=2).burn is None
    assert Window(QuotaWindow("week", used=1, limit=2), NOW).burn is None


def test_every_key_of_the_environment(run: Run) -> None:
    accounts = json.loads(run("plan", "--json").out)
    asked = [(one["provider"], one["endpoint"]) for one in accounts]
    assert len(asked) == len(set(asked)) and {"glm", "kimi", "deepseek"} <= {name for name, _ in asked}
    glm = next(one for one in accounts if one["provider"] == "glm")
    assert glm["windows"][0]["name"] and glm["problem"] is None
    deepseek = next(one for one in accounts if one["provider"] == "deepseek")
    assert deepseek["balances"][0]["currency"] == "CNY"


def test_an_account_that_does_not_answer_is_a_row(run: Run, emulator: Emulator) -> None:
    emulator.fault("glm", status=401, code="1001", message="bad key", times=9, on="any")
    done = run("plan", "glm")
    assert done.code == 0 and "bad key" in done.out and done.out.startswith("provider\tplan\twindow")


def test_without_a_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIMI_API_KEY", "")
    monkeypatch.delenv("MOONSHOT_API_KEY", raising=False)
    done = run("plan", "kimi")
    assert done.code == 2 and "no key in the environment" in done.err


def test_a_panel_for_programs_and_notebooks(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    panel = read_plans()
    assert {"glm", "deepseek"} <= {one.provider for one in panel} and panel[0] in panel and len(panel) > 3
    page = panel._repr_html_()
    assert page.startswith("<table><caption>asked at") and "<td>glm</td>" in page and "<td>balance</td>" in page
    assert "glm" in str(panel) and "5h" in str(panel)
    monkeypatch.setenv("GLM_BASE_URL", "http://127.0.0.1:9/<b>")
    page = read_plans("glm")._repr_html_()
    assert "&lt;b&gt;" in page and "<b>" not in page


def test_a_panel_is_watched(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("cncoding.display.plans.time.sleep", lambda seconds: None)
    watch_plans("glm", every=5, times=2)
    assert capsys.readouterr().out.count("asked at") == 2
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    drawn: list[Any] = []

    class Handle:
        update = staticmethod(drawn.append)

    monkeypatch.setattr("IPython.display.display", lambda panel, display_id: drawn.append(panel) or Handle())
    watch_plans("glm", every=5, times=3)
    assert [type(one).__name__ for one in drawn] == ["PlanPanel"] * 3
    monkeypatch.setattr("cncoding.display.plans.time.sleep", _interrupt)
    watch_plans("glm", every=5)
    with pytest.raises(ConfigError, match="every=1: give seconds, at least 5"):
        watch_plans(every=1)


def _interrupt(seconds: float) -> None:
    raise KeyboardInterrupt
