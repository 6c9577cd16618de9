"""The server itself: start and stop, environment, request log, hang-ups, evidence pages, benchmarks, files."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import httpx
import pytest

from cncoding_emulator import Emulator, PortTakenError
from cncoding_emulator.personas import PERSONAS
from cncoding_emulator.request_log import RequestLog, RequestRecord

from .conftest import HTTP, Caller

ASK: dict[str, Any] = {"model": "deepseek-flash", "messages": [{"role": "user", "content": "hi"}]}
KEY = {"Authorization": "Bearer sk-x"}


def test_starts_and_stops_quickly() -> None:
    before = time.monotonic()
    with Emulator() as emulator:
        assert time.monotonic() - before < 10
        assert HTTP.get(emulator.url).status_code == 200
    assert time.monotonic() - before < 20
    with pytest.raises(httpx.ConnectError):
        HTTP.get(emulator.url)


def test_env_points_every_provider_here(emulator: Emulator) -> None:
    env = emulator.env()
    assert env["GLM_BASE_URL"] == f"{emulator.url}/glm/api/coding/paas/v4"
    assert env["KIMI_BASE_URL"] == f"{emulator.url}/kimi/coding/v1"
    assert env["MINIMAX_BASE_URL"] == f"{emulator.url}/minimax/v1"
    assert env["MINIMAX_API_HOST"] == f"{emulator.url}/minimax"
    assert env["QWEN_BASE_URL"] == f"{emulator.url}/qwen/v1"
    assert env["DEEPSEEK_BASE_URL"] == f"{emulator.url}/deepseek"
    assert env["WCODE_BASE_URL"] == f"{emulator.url}/wcode/api/gpt/v1"
    assert env["UNIFIED_BASE_URL"] == f"{emulator.url}/unified/v1"
    assert env["KIMI_API_KEY"].startswith("sk-kimi-") and env["MINIMAX_API_KEY"].startswith("sk-cp-")
    assert env["ALIBABA_CODING_PLAN_API_KEY"].startswith("sk-sp-")
    assert {"ZAI_API_KEY", "MOONSHOT_API_KEY", "DASHSCOPE_API_KEY", "DEEPSEEK_API_KEY"} <= env.keys()
    assert emulator.env("anthropic")["KIMI_BASE_URL"] == f"{emulator.url}/kimi/coding"


def test_base_url(emulator: Emulator) -> None:
    assert emulator.base_url("kimi", endpoint="api", wire="anthropic") == f"{emulator.url}/kimi/anthropic"
    assert emulator.base_url("glm", "coding-global") == emulator.base_url("glm", "coding")
    with pytest.raises(LookupError):
        emulator.base_url("wcode", wire="anthropic")


def test_requests_are_recorded_whole(call: Caller, emulator: Emulator) -> None:
    call.post("deepseek", ASK, **{"User-Agent": "me/1"})
    (record,) = emulator.requests
    assert (record.provider, record.endpoint, record.wire, record.method) == ("deepseek", "api", "openai", "POST")
    assert record.path == "/deepseek/chat/completions" and record.status == 200
    assert record.json == ASK and record.body.startswith(b"{")
    assert record.headers["user-agent"] == "me/1" and not record.disconnected
    assert abs(record.at - time.monotonic()) < 5
    with pytest.raises(AttributeError):
        record.path = "x"  # type: ignore[misc]
    emulator.reset()
    assert emulator.requests == []


def test_an_early_break_is_seen_within_100_ms(emulator: Emulator) -> None:
    emulator.script("say 一\nstall 5s\nsay 二", "deepseek")
    url = emulator.base_url("deepseek") + "/chat/completions"
    with httpx.Client() as client, client.stream("POST", url, json={**ASK, "stream": True}, headers=KEY) as reply:
        next(reply.iter_lines())
    left = time.monotonic()
    record = emulator.wait_for(lambda r: r.disconnected)
    assert record is not None and record.disconnected_at is not None
    assert record.disconnected_at - left < 0.1


async def test_a_cancelled_request_is_seen_within_100_ms(emulator: Emulator) -> None:
    emulator.script("delay 5s\nsay 一", "deepseek")
    url = emulator.base_url("deepseek") + "/chat/completions"
    async with httpx.AsyncClient() as client:
        task = asyncio.ensure_future(client.post(url, json=ASK, headers=KEY))
        await asyncio.sleep(0.1)
        task.cancel()
        left = time.monotonic()
        await asyncio.gather(task, return_exceptions=True)
    record = await asyncio.to_thread(emulator.wait_for, lambda r: r.disconnected)
    assert record is not None and record.disconnected_at is not None
    assert record.disconnected_at - left < 0.1 and record.status is None


def test_a_complete_reply_is_no_hang_up(call: Caller, emulator: Emulator) -> None:
    for body in (ASK, {**ASK, "stream": True}):
        call.post("deepseek", body)
    time.sleep(0.05)
    assert not any(r.disconnected for r in emulator.requests)


def test_index_and_evidence(emulator: Emulator) -> None:
    index = HTTP.get(emulator.url).json()
    assert set(index) == set(PERSONAS)
    for name in index:
        page = HTTP.get(f"{emulator.url}/__persona__/{name}").json()
        for row in page["endpoints"]:
            assert row["kind"] in ("captured", "documented", "inferred"), row
            assert row["source"] and len(row["date"]) == 10, row
        assert page["faults"]
    assert HTTP.get(f"{emulator.url}/__persona__/nobody").status_code == 404


def test_it_is_no_proxy_and_says_so(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    with httpx.Client(proxy=emulator.url) as client, pytest.raises(httpx.ProxyError, match=r"^404"):
        client.get("https://open.bigmodel.cn/")
    assert not caplog.records and not emulator.requests


def test_paths_the_vendor_does_not_have_are_404(emulator: Emulator) -> None:
    for path in ("/qwen/v1/models", "/qwen/apps/anthropic/v1/models", "/qwen/v1/v1/chat/completions"):
        assert HTTP.get(emulator.url + path, headers=KEY).status_code == 404
    assert emulator.requests[0].status == 404


def test_what_the_emulator_lacks_is_said_to_be_its_own_lack(emulator: Emulator) -> None:
    for path in ("/wcode/api/gpt/v1/responses", "/glm/v1/chat/completions", "/kimi/coding/v1/responses"):
        reply = HTTP.post(emulator.url + path, headers=KEY, json={})
        assert reply.status_code == 501
        error = reply.json()["error"]
        assert error["type"] == "emulator_lacks_route" and f"lacks POST {path}" in error["message"]
    assert HTTP.get(f"{emulator.url}/nobody/v1/models").status_code == 404


def test_stops_at_once_with_streams_open() -> None:
    emulator = Emulator().start()
    emulator.script("say 一\nstall 30s\nsay 二", "deepseek")
    url = emulator.base_url("deepseek") + "/chat/completions"
    with httpx.Client() as client, client.stream("POST", url, json={**ASK, "stream": True}, headers=KEY) as reply:
        lines = reply.iter_lines()
        next(lines)
        threads = threading.active_count()
        before = time.monotonic()
        emulator.stop()
        assert time.monotonic() - before < 15  # the stream would stand still for 30
        assert threading.active_count() == threads - 1
        with pytest.raises(httpx.HTTPError):
            list(lines)


def test_a_taken_port_is_one_clear_line(emulator: Emulator) -> None:
    port = int(emulator.url.rpartition(":")[2])
    with pytest.raises(PortTakenError, match=f"port {port} of 127.0.0.1 is taken; choose another port"):
        Emulator(port).start()


def test_the_log_keeps_what_fits() -> None:
    log = RequestLog(records=5, size=1000)
    for _ in range(8):
        last = log.add(RequestRecord(0, "glm", "POST", "/x", "", {}, b"x" * 100, 0.0))
    assert [r.number for r in log.all()] == [3, 4, 5, 6, 7] and log.dropped == 3 and last.number == 7
    log.add(RequestRecord(0, "glm", "POST", "/x", "", {}, b"x" * 900, 0.0))
    log.add(RequestRecord(0, "glm", "POST", "/x", "", {}, b"x" * 5000, 0.0))
    log.update(9, status=200)
    log.update(0, status=500)
    assert [(r.number, r.status) for r in log.all()] == [(9, 200)]
    assert [r.number for r in log.all(start=9)] == [9] and log.all(start=10) == []


def test_what_the_emulator_let_go_is_counted() -> None:
    with Emulator(keep_bytes=500) as emulator:
        for _ in range(9):
            Caller(emulator).post("deepseek", ASK)
        size = len(emulator.requests[-1].body)
        assert len(emulator.requests) == 500 // size and emulator.dropped == 9 - 500 // size


def test_a_prompt_of_megabytes_is_answered(call: Caller, emulator: Emulator) -> None:
    question = "say 'x " * 500_000
    body = {"model": "glm-9", "messages": [{"role": "user", "content": question}]}
    before = time.monotonic()
    assert call.post("glm", body).status_code == 200
    assert time.monotonic() - before < 60  # minutes when every pattern saw the whole prompt


def test_many_at_once(call: Caller, emulator: Emulator) -> None:
    threads = [threading.Thread(target=call.post, args=("deepseek", ASK)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [r.status for r in emulator.requests] == [200] * 20


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_bench_streams_so_many_chunks(call: Caller, wire: str) -> None:
    ask = {**ASK, "model": "bench-2000", "max_tokens": 9, "stream": True}
    text = call.post("deepseek", ask, wire=wire).text
    assert text.count("字 token ") == 2000
    assert "字 token " * 3 in call.post("deepseek", {**ask, "model": "bench-3", "stream": False}, wire=wire).text


def test_the_clock_can_be_advanced(emulator: Emulator) -> None:
    before = emulator.state.clock.now()
    emulator.advance(180)
    assert 180 <= emulator.state.clock.now() - before < 181


def test_files(emulator: Emulator) -> None:
    png = HTTP.get(f"{emulator.url}/files/a.png?w=8&h=6&color=blue")
    assert png.headers["content-type"] == "image/png" and png.content.startswith(b"\x89PNG")
    assert HTTP.get(f"{emulator.url}/files/redirect?to=/files/a.jpg").status_code == 307
    assert HTTP.get(f"{emulator.url}/files/notimage").headers["content-type"].startswith("text/html")
    with HTTP.stream("GET", f"{emulator.url}/files/huge") as huge:
        assert len(next(huge.iter_raw())) > 0
    with pytest.raises(httpx.ReadTimeout):
        HTTP.get(f"{emulator.url}/files/slow", timeout=0.1)
