from __future__ import annotations

from typing import Any

import httpx
import pytest

from cncoding_emulator import Emulator

from .conftest import client


def test_glm(emulator: Emulator) -> None:
    ask = {"search_query": "幂等性", "search_engine": "search_pro", "search_intent": True, "count": 3}
    reply = client(emulator, "glm").post("/api/paas/v4/web_search", json=ask).json()
    assert [row["refer"] for row in reply["search_result"]] == ["ref_1", "ref_2", "ref_3"]
    assert set(reply["search_result"][0]) == {
        "title", "content", "link", "media", "icon", "refer", "publish_date",
    }  # fmt: skip
    assert reply["search_intent"][0]["intent"] == "SEARCH_ALL"
    again = client(emulator, "glm").post("/api/paas/v4/web_search", json=ask).json()
    assert again["search_result"] == reply["search_result"]


@pytest.mark.parametrize(
    "more",
    [{"search_query": "x" * 71}, {"search_query": ""}, {"search_engine": "google"}, {"search_engine": None},
     {"search_intent": None}, {"search_intent": "no"}, {"count": 0}, {"search_recency_filter": "today"},
     {"search_engine": "search_pro_sogou", "count": 15}],
)  # fmt: skip
def test_glm_refuses(emulator: Emulator, more: Any) -> None:
    ask = {"search_query": "x", "search_engine": "search_std", "search_intent": False, **more}
    ask = {k: v for k, v in ask.items() if v is not None}
    assert client(emulator, "glm").post("/api/paas/v4/web_search", json=ask).status_code == 400


def test_glm_reader(emulator: Emulator) -> None:
    reply = client(emulator, "glm").post("/api/paas/v4/reader", json={"url": "https://example.com/a"}).json()
    assert "https://example.com/a" in reply["reader_result"]["content"]


def test_minimax(emulator: Emulator) -> None:
    reply = client(emulator, "minimax", "sk-cp-x").post("/v1/coding_plan/search", json={"q": "幂等性"}).json()
    assert len(reply["organic"]) == 5 and "幂等性" in reply["organic"][0]["title"]
    assert len({row["link"] for row in reply["organic"]}) == 5


def test_kimi_plan(emulator: Emulator) -> None:
    caller = client(emulator, "kimi")
    rows = caller.post("/coding/v1/search", json={"text_query": "幂等性"}).json()["search_results"]
    assert len(rows) == 5 and rows[0]["content"] == ""
    crawl = {"text_query": "幂等性", "limit": 2, "enable_page_crawling": True}
    assert "幂等性" in caller.post("/coding/v1/search", json=crawl).json()["search_results"][1]["content"]
    url = {"url": rows[0]["url"]}
    page = caller.post("/coding/v1/fetch", json=url, headers={"Accept": "text/markdown"})
    assert page.headers["content-type"].startswith("text/markdown") and page.text.startswith("# ")
    assert set(caller.post("/coding/v1/fetch", json=url).json()) == {"url", "title", "markdown"}
    assert caller.post("/coding/v1/tools/fetch", json=url).status_code == 404
    assert caller.post("/v1/tools/fetch", json=url).status_code == 401


def test_kimi_platform(emulator: Emulator) -> None:
    caller = client(emulator, "kimi", "sk-platform")
    reply = caller.post("/v1/tools/search", json={"text_query": "x", "include_content": True, "limit": 1})
    assert reply.headers["x-msh-track-id"] and "text" in reply.json()["search_results"][0]
    ask = {"text_query": "x", "sites": ["kernel.org"], "time_window": {"start": "2026-01", "end": "2026"}}
    rows = caller.post("/v1/tools/search_pro", json=ask).json()["search_results"]
    assert all(row["url"].startswith("https://kernel.org/") and row["chunks"] for row in rows)
    for more in ({"sites": ["a b"]}, {"sites": ["a"] * 6}, {"time_window": {"start": "May"}}, {"limit": 21}):
        assert caller.post("/v1/tools/search_pro", json={"text_query": "x", **more}).status_code == 400
    assert caller.post("/v1/tools/fetch", json={"url": "ftp://x"}).status_code == 400
    assert caller.post("/coding/v1/search", json={"text_query": "x"}).status_code in (401, 403)


@pytest.mark.parametrize("provider", ["glm", "kimi", "minimax", "qwen", "unified"])
def test_every_media_endpoint_says_how_it_is_known(emulator: Emulator, provider: str) -> None:
    page = httpx.get(f"{emulator.url}/__persona__/{provider}", trust_env=False).json()
    assert all(e["kind"] in ("captured", "documented", "inferred") and e["date"] for e in page["endpoints"])
    paths = " ".join(e["path"] for e in page["endpoints"])
    wanted = {
        "glm": "/api/paas/v4/images/generations", "kimi": "/coding/v1/search", "minimax": "/v1/t2a_v2",
        "qwen": "/api/v1/tasks/{task_id}", "unified": "/v1/videos/generations/{task_id}",
    }  # fmt: skip
    assert wanted[provider] in paths
