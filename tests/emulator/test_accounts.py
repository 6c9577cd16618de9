"""Model lists, quota and balance, in the forms that the vendor pages give."""

from __future__ import annotations

from typing import Any

import httpx

from cncoding_emulator import Emulator

from .conftest import HTTP


def _get(emulator: Emulator, path: str, key: str) -> httpx.Response:
    return HTTP.get(emulator.url + path, headers={"Authorization": f"Bearer {key}"} if key else {})


def test_model_lists(emulator: Emulator) -> None:
    rows: dict[str, Any] = {}
    for path, key, first in [
        ("/glm/api/coding/paas/v4/models", "id.secret", "glm-5.3"),
        ("/kimi/coding/v1/models", "sk-kimi-x", "kimi-for-coding"),
        ("/kimi/v1/models", "sk-x", "kimi-k3"),
        ("/minimax/v1/models", "sk-cp-x", "MiniMax-M3"),
        ("/deepseek/models", "sk-x", "deepseek-flash"),
    ]:
        reply = _get(emulator, path, key).json()
        assert reply["object"] == "list"
        rows[path] = {row["id"]: row for row in reply["data"]}
        assert first in rows[path]
        assert _get(emulator, path, "").status_code == 401
    plan = rows["/kimi/coding/v1/models"]["kimi-for-coding"]
    assert plan["context_length"] == 1048576 and plan["think_efforts"]["valid_efforts"] == ["low", "high", "max"]
    assert rows["/deepseek/models"]["deepseek-flash"]["name"] == "deepseek-flash"


def test_glm_quota(emulator: Emulator) -> None:
    path = "/glm/api/monitor/usage/quota/limit"
    raw = HTTP.get(emulator.url + path, headers={"Authorization": "id.secret"}).json()
    assert raw["success"] is True and raw["code"] == 200
    by_window = {(row["unit"], row["number"]): row for row in raw["data"]["limits"]}
    assert by_window[3, 5]["percentage"] == 25 and by_window[3, 5]["nextResetTime"] > 10**12
    assert "currentValue" not in by_window[6, 1]
    refused = _get(emulator, path, "sk-x")
    assert refused.status_code == 200 and refused.json()["code"] == 401
    assert _get(emulator, path, "noplan.key").json()["success"] is False


def test_kimi_usages_in_both_shapes(emulator: Emulator) -> None:
    new = _get(emulator, "/kimi/coding/v1/usages", "sk-kimi-x").json()
    assert new["usages"]["limit_5h"]["used_ratio"] == 0.25
    old = _get(emulator, "/kimi/coding/v1/usages?shape=old", "sk-kimi-x").json()
    assert old["limits"][0]["window"] == {"duration": 300, "timeUnit": "TIME_UNIT_MINUTE"}
    assert _get(emulator, "/kimi/coding/v1/usages", "sk-x").status_code == 401


def test_minimax_remains(emulator: Emulator) -> None:
    for path in ("/minimax/v1/token_plan/remains", "/minimax/v1/api/openplatform/coding_plan/remains"):
        reply = _get(emulator, path, "sk-cp-x").json()
        general = {row["model_name"]: row for row in reply["model_remains"]}["general"]
        assert general["current_interval_remaining_percent"] == 75
        assert reply["base_resp"]["status_code"] == 0
        assert _get(emulator, path, "sk-api-x").json()["base_resp"]["status_code"] == 2062


def test_minimax_search(emulator: Emulator) -> None:
    headers = {"Authorization": "Bearer sk-cp-x"}
    reply = HTTP.post(f"{emulator.url}/minimax/v1/coding_plan/search", json={"q": "幂等"}, headers=headers).json()
    assert set(reply["organic"][0]) == {"title", "link", "snippet", "date"}


def test_balances(emulator: Emulator) -> None:
    deepseek = _get(emulator, "/deepseek/user/balance", "sk-x").json()
    assert deepseek["is_available"] is True and deepseek["balance_infos"][0]["total_balance"] == "110.00"
    moonshot = _get(emulator, "/kimi/v1/users/me/balance", "sk-x").json()
    assert moonshot["data"]["available_balance"] > 0
    wcode = _get(emulator, "/wcode/api/account/billing/grants", "sk-1.x").json()
    assert wcode["status"] == "success" and wcode["data"]["total_available_currency"] == "CNY"
