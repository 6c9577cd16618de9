"""Addresses, redirects and settings that try to lead somewhere else; failures in every spelling."""

from __future__ import annotations

import copy
import ipaddress
import json
import pickle
import socket
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from cncoding import AsyncClient, Client, ConfigError, Media, errors, user
from cncoding.exchange.failures import read_failure
from cncoding.exchange.fetching import FetchPolicy, fetch, is_public
from cncoding.exchange.quota_texts import find_reset_time
from cncoding.exchange.steps import Reply, Resolve, Send
from cncoding.registry import Settings, own_providers, providers, resolve
from cncoding.types import ChatRequest
from tests.adversarial.raw import head, request_of, serving


def fetched(url: str, *replies: Reply) -> Any:
    answers = [*replies, Reply(200, {}, b"image")]
    flow = fetch(url, FetchPolicy())
    outcome: Any = None
    try:
        while True:
            step = flow.send(outcome)
            assert isinstance(step, (Resolve, Send))
            outcome = ("93.184.216.34",) if isinstance(step, Resolve) else answers.pop(0)
    except StopIteration as stop:
        return stop.value


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://host:99999/",
        "http://host:abc/",
        "http://@host/",
        "http://:@host/",
        "http:///x",
        "http://[fe80::1%25eth0]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b:1::a00:1]/",
        "http://[::127.0.0.1]/",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^image"):
        fetched(url)


@pytest.mark.parametrize("location", ["http://[half", "http://host:abc/", "http://[::1]/", "http://u:p@host/"])
def test_redirects_that_are_refused(location: str) -> None:
    with pytest.raises(ConfigError, match=r"^image"):
        fetched("http://host/", Reply(302, {"location": location}))


def test_a_local_translation_prefix_is_not_public() -> None:
    assert not is_public(ipaddress.ip_address("64:ff9b:1::808:808"))
    assert is_public(ipaddress.ip_address("64:ff9b::808:808"))


@pytest.mark.parametrize("packed", ["gzip, gzip", "deflate,gzip"])
def test_a_body_that_is_packed_twice_is_not_unpacked(packed: str) -> None:
    def serve(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(head("200 OK", f"Content-Encoding: {packed}", "Content-Length: 4") + b"bomb")

    with serving(serve) as server:
        url = server.url + "/bomb.png"
        client = Client("kimi", api_key="sk-kimi-x", base_url="http://127.0.0.1:9", allow_hosts=("127.0.0.1",))
        with pytest.raises(ConfigError, match="packs it"):
            client.chat(ChatRequest((user(Media("image", url=url)),)))


# ---------------------------------------------------------------- registry


class _Entry:
    name = "broken"
    value = "broken_package.vendor"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def load(self) -> Any:
        raise self._error


@pytest.mark.parametrize(
    "error", [ImportError("no module"), AttributeError("no PROVIDER"), NameError("x"), ValueError()]
)
def test_a_broken_entry_point_is_named(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cncoding.registry.entry_points", lambda group: [_Entry(error)])
    providers.cache_clear()
    try:
        with pytest.raises(ConfigError, match=r"'broken'.*broken_package"):
            providers()
        assert Client("glm", api_key="k").provider_id == "glm"
    finally:
        providers.cache_clear()


def test_a_blank_variable_is_none() -> None:
    environ = {
        "KIMI_BASE_URL": " ",
        "KIMI_API_KEY": "sk-kimi-x",
        "MINIMAX_API_HOST": "  ",
        "MINIMAX_API_KEY": "sk-cp-x",
    }
    assert resolve(Settings("kimi"), environ).base_url == "https://api.kimi.com/coding/v1"
    assert resolve(Settings("minimax"), environ).base_url == "https://api.minimax.cn/v1"


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_no_key_in_an_error_about_a_setting(kind: Any) -> None:
    for url in ("http://user:s3cret@host/v1", "http://host/v1?key=s3cret", "http://s3cret:port/"):
        with pytest.raises(ConfigError) as caught:
            kind("glm", api_key="s3cret", base_url=url)
        assert "s3cret" not in str(caught.value)


# ---------------------------------------------------------------- failures


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("resets at 2026-11-20 12:00:00", 8),
        ("resets at 2026/11/20 12:00:00 重置", 8),
        ("2026-11-20T12:00:00Z", 0),
        ("2026-11-20T12:00:00.123456789+0000", 0),
        ("2026-11-20 12:00:00 UTC", 0),
        ("2026-11-20 12:00:00 UTC+8", 8),
        ("2026-11-20 12:00:00 (UTC+08:00)", 8),
        ("2026-11-20 12:00 GMT-5", -5),
        ("2026-11-20 12:00:00 - please wait", 8),
    ],
)
def test_reset_times(text: str, hours: int) -> None:
    found = find_reset_time(text)
    assert found is not None and found.replace(microsecond=0) == datetime(
        2026, 11, 20, 12, tzinfo=timezone(timedelta(hours=hours))
    )


@pytest.mark.parametrize("text", ["2026-13-20 12:00", "2026-11-20 25:00", "2026-11-20 12:00:00 +25:00", "in an hour"])
def test_what_is_no_time(text: str) -> None:
    assert find_reset_time(text) is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *[("7.5", 7.5), ("-3", None), ("0", None), ("nan", None), ("inf", None), ("1e999", None), ("soon", None)],
        *[("Wed, 21 Oct 2026 07:28:00 GMT", 60.0), ("Wed, 21 Oct 2026 07:26:00 GMT", None)],
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    headers = {"retry-after": value, "date": "Wed, 21 Oct 2026 07:27:00 GMT"}
    found = read_failure(Reply(429, headers, b""), own_providers()["glm"])
    assert found is not None and found.retry_after == seconds


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"\xff\xfe", b"[]", b'"text"', b'{"error": [1]}', b'{"error": {"code": {}}}']
)
@pytest.mark.parametrize("provider", list(own_providers()))
def test_bodies_of_any_shape(body: bytes, provider: str) -> None:
    found = read_failure(Reply(503, {}, body), own_providers()[provider])
    assert isinstance(found, errors.ServerError)


def test_every_error_survives_pickle_and_copy() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.CncodingError)
    ]
    for kind in kinds:
        more: dict[str, Any] = {}
        if issubclass(kind, errors.TransportError):
            more = {"sent": True}
        elif issubclass(kind, errors.JobError):
            more = {"job": {"id": 1}}
        elif issubclass(kind, errors.ApiError):
            more = {"provider": "glm", "status": 429, "body": {"a": 1}, "retry_after": 2.0}
        elif issubclass(kind, errors.BudgetSpentError):
            more = {"budget": "mine", "used": 2, "limit": 2, "unit": "calls"}
        error = kind("why", **more)
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
            assert (type(twin), str(twin), vars(twin)) == (kind, str(error), vars(error))
    assert len(kinds) > 20 and json.dumps(str(kinds[0]))
