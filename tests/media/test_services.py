"""Search, transcripts, sight, quota and model lists against the emulator, with both clients."""

from __future__ import annotations

import base64
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from cncoding import Balance, Client, ConfigError, Media, NotFoundError, ProtocolError, Quota
from cncoding.vendors.glm import media as glm
from cncoding.vendors.kimi import media as kimi
from cncoding.vendors.minimax import media as minimax
from cncoding.vendors.wcode import account as wcode
from cncoding_emulator import Emulator
from tests.media.conftest import Do

# ---------------------------------------------------------------- search


@pytest.mark.parametrize(("provider", "client"), [("glm", {}), ("minimax", {}), ("kimi", {})])
def test_search(emulator: Emulator, do: Do, provider: str, client: dict[str, Any]) -> None:
    found = do(provider, "web_search", "量子计算 2026", count=2, client=client)
    assert 1 <= len(found.hits) <= 2 and found.query == "量子计算 2026"
    assert all(hit.title and hit.url.startswith("http") and hit.raw for hit in found.hits)


def test_search_on_the_platform_of_kimi(emulator: Emulator, do: Do) -> None:
    client = {"endpoint": "api", "base_url": emulator.base_url("kimi", "api")}
    assert do("kimi", "web_search", "x", client=client).hits
    assert do("kimi", "web_search", "x", options={"sites": ["example.com"]}, client=client).query == "x"
    assert [one.path for one in emulator.requests] == ["/kimi/v1/tools/search", "/kimi/v1/tools/search_pro"]


@pytest.mark.parametrize("provider", ["qwen", "wcode", "unified"])
def test_no_search(emulator: Emulator, do: Do, provider: str) -> None:
    with pytest.raises(ConfigError, match="no web search"):
        do(provider, "web_search", "x")


def test_search_of_deepseek(emulator: Emulator, do: Do) -> None:
    found = do("deepseek", "web_search", "x", count=2, options={"need_content": True})
    assert len(found.hits) == 2 and found.hits[0].url and "rerank_score" in found.hits[0].raw
    sent = emulator.requests[-1]
    assert (sent.path, sent.json) == ("/deepseek/v1/tools/search", {"query": "x", "count": 2, "need_content": True})
    for query, options in (("x" * 129, {}), ("x", {"count": 51}), ("x", {"freshness": 1})):
        with pytest.raises(ConfigError):
            do("deepseek", "web_search", query, options=options)


def test_searches_that_are_refused(emulator: Emulator, do: Do) -> None:
    for provider, query, options, why in (
        ("glm", "x" * 71, {}, "query|search_query"),
        ("glm", "x", {"search_engine": "bing"}, "search_engine='bing'"),
        ("kimi", "x", {"limit": 21}, "limit=21"),
        ("minimax", "x", {"a": 1}, "a query and nothing else"),
        ("glm", " ", {}, "query: empty"),
    ):
        with pytest.raises(ConfigError, match=why):
            do(provider, "web_search", query, options=options)
    assert emulator.requests == []


# ---------------------------------------------------------------- transcripts


@pytest.mark.parametrize("provider", ["glm", "qwen"])
def test_transcripts_of_a_file(emulator: Emulator, do: Do, tmp_path: Path, provider: str) -> None:
    spoken = do("glm", "download", do("glm", "synthesize_speech", "你好世界"), tmp_path)
    heard = do(provider, "transcribe", spoken)
    assert heard.text == "你好世界" and heard.model in ("glm-asr-2512", "qwen3-asr-flash")
    assert do(provider, "transcribe", Path(spoken.path).read_bytes()).text == heard.text


def test_transcripts_of_a_link(emulator: Emulator, do: Do) -> None:
    spoken = do("qwen", "synthesize_speech", "你好世界")
    heard = do("qwen", "transcribe", spoken[0].url, model="qwen3-asr-flash-filetrans", poll_interval=0.03)
    assert heard.text == "你好世界"
    assert do("qwen", "transcribe", spoken[0].url, language="zh").text == "你好世界"
    # GLM takes no links: its sound is fetched first, from allowed hosts only.
    assert do("glm", "transcribe", spoken[0].url, client={"allow_hosts": ("127.0.0.1",)}).text
    with pytest.raises(ConfigError, match="not a public address"):
        do("glm", "transcribe", spoken[0].url)


def test_transcripts_that_are_refused(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match="reads WAV and MP3"):
        do(
            "glm",
            "transcribe",
            Media("audio", data=base64.b64encode(b"OggS" + bytes(40)).decode(), media_type="audio/ogg"),
        )
    with pytest.raises(ConfigError, match="no transcription"):
        do("minimax", "transcribe", b"RIFF")
    assert emulator.requests == []


# ---------------------------------------------------------------- sight


@pytest.mark.parametrize("provider", ["glm", "kimi", "minimax", "qwen", "unified"])
def test_sight(emulator: Emulator, do: Do, tmp_path: Path, provider: str) -> None:
    picture = do("glm", "generate_image", "FOX-17", model="cogview-4")
    saved = do("glm", "download", picture, tmp_path)
    answer = do(provider, "understand_image", saved, "what is written here?")
    assert "FOX-17" in answer


def test_sight_of_the_plan_carries_the_header(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    saved = do("glm", "download", do("glm", "generate_image", "a fox", model="cogview-4"), tmp_path)
    do("minimax", "understand_image", Path(saved.path))
    row = emulator.requests[-1]
    assert row.path == "/minimax/v1/coding_plan/vlm" and row.headers["mm-api-source"] == "Minimax-MCP"
    assert row.json["image_url"].startswith("data:image/png;base64,")


def test_who_can_see() -> None:
    assert Client("minimax", api_key="sk-cp-1").can_see() and Client("glm", api_key="a.b").can_see()


# ---------------------------------------------------------------- quota


def test_quota_of_plans(emulator: Emulator, do: Do) -> None:
    for provider in ("glm", "kimi", "minimax"):
        found = do(provider, "quota")
        names = {window.name.partition(" ")[0] for window in found.windows}
        assert {"5h", "week"} <= names, found
        for window in found.windows:
            assert window.remaining_ratio is None or 0 <= window.remaining_ratio <= 1
            assert window.resets_at is None or window.resets_at.tzinfo is not None
    assert do("glm", "quota").plan == "pro"


def test_balances(emulator: Emulator, do: Do) -> None:
    assert do("deepseek", "quota").balances == (Balance("CNY", 110.0, 10.0, 100.0),)
    assert do("wcode", "quota").balances[0].currency == "CNY"
    client = {"endpoint": "api", "base_url": emulator.base_url("kimi", "api")}
    assert do("kimi", "quota", client=client).balances[0].total > 0


@pytest.mark.parametrize("provider", ["qwen", "unified"])
def test_no_quota(emulator: Emulator, do: Do, provider: str) -> None:
    with pytest.raises(ConfigError, match="not available by API"):
        do(provider, "quota")


EMPTY = Quota("x", "coding")


def test_both_shapes_of_kimi() -> None:
    new = kimi._read_usages(
        {"usages": {"limit_5h": {"used_ratio": "0.25", "reset_time": "2026-11-20T12:00:00.123456789Z"}}}, EMPTY
    )
    assert new.windows[0].remaining_ratio == 0.75
    assert new.windows[0].resets_at == datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
    old = kimi._read_usages({
        "usage": {"limit": "2048", "remaining": "1024", "resetTime": "2026-11-23T00:00:00+08:00"},
        "limits": [
            {"window": {"duration": 300, "timeUnit": "TIME_UNIT_MINUTE"}, "detail": {"limit": "200", "used": "50"}}
        ],
        "user": {"membership": {"level": "LEVEL_PRO"}},
        "boosterWallet": {"balance": {"type": "BOOSTER", "amount": "9000000000", "amountLeft": "1250000000"}},
    }, EMPTY)  # fmt: skip
    assert [(one.name, one.used, one.remaining, one.remaining_ratio) for one in old.windows] == [
        ("5h", 50, 150, 0.75), ("week", 1024, 1024, 0.5),
    ]  # fmt: skip
    assert old.plan == "LEVEL_PRO" and old.balances == (Balance("CNY", 12.5),)
    with pytest.raises(ProtocolError):
        kimi._read_usages({}, EMPTY)


def test_shapes_of_minimax() -> None:
    row = {"model_name": "general", "current_interval_total_count": 0, "current_interval_usage_count": 0,
           "current_interval_remaining_percent": 40, "current_interval_status": 1, "end_time": 1795200000000,
           "current_weekly_status": 3}  # fmt: skip
    found = minimax._read_quota({"model_remains": [row]}, EMPTY)
    assert [(one.name, one.remaining_ratio, one.unlimited) for one in found.windows] == [
        ("5h general", 0.4, False), ("week general", None, True),
    ]  # fmt: skip
    # Before 2026-06 the count that was called usage was what remained.
    old = {"model_name": "MiniMax-M2", "current_interval_total_count": 1500, "current_interval_usage_count": 1200}
    window = minimax._read_quota({"model_remains": [old]}, EMPTY).windows[0]
    assert (window.limit, window.remaining, window.used, window.remaining_ratio) == (1500, 1200, 300, 0.8)
    assert minimax._read_quota({"model_remains": None}, EMPTY).windows == ()


def test_the_older_address_of_minimax_is_asked_if_the_newer_is_missing(emulator: Emulator, do: Do) -> None:
    emulator.fault("minimax", "not_found", on="token_plan", status=404)
    assert do("minimax", "quota").windows
    assert emulator.requests[-1].path == "/minimax/v1/api/openplatform/coding_plan/remains"


def test_percent_only_windows_of_glm() -> None:
    body = {
        "data": {"planName": "lite", "limits": [{"type": "TOKENS_LIMIT", "unit": 3, "number": 5, "percentage": 30}]}
    }
    window = glm._read_quota(body, EMPTY).windows[0]
    assert (window.name, window.used, window.limit, window.unit) == ("5h", None, None, "tokens")
    assert window.remaining_ratio == pytest.approx(0.7)


def test_a_balance_that_cannot_be_read() -> None:
    with pytest.raises(ProtocolError, match="no such key"):
        wcode._read_balance({"status": "error", "error_message": "no such key", "data": None}, EMPTY)


# ---------------------------------------------------------------- models


@pytest.mark.parametrize("provider", ["glm", "kimi", "minimax", "deepseek"])
def test_models(emulator: Emulator, do: Do, provider: str) -> None:
    found = do(provider, "models")
    assert found and all(one.listed and one.id for one in found)


@pytest.mark.parametrize("provider", ["qwen", "wcode"])
def test_models_of_a_table_where_nothing_is_listed(emulator: Emulator, do: Do, provider: str) -> None:
    found = do(provider, "models")
    assert found and not any(one.listed for one in found)


def test_models_on_the_anthropic_wire(emulator: Emulator, do: Do) -> None:
    client = {"wire": "anthropic", "base_url": emulator.base_url("glm", None, "anthropic"), "endpoint": "coding"}
    assert do("glm", "models", client=client)[0].listed


def test_an_error_of_a_service_names_the_provider(emulator: Emulator, do: Do) -> None:
    emulator.fault("glm", "not_found", on="web_search", status=404)
    with pytest.raises(NotFoundError, match="glm 404"):
        do("glm", "web_search", "x")
