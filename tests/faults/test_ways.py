"""Through proxies, through the user's own client, to every address of a name; and with certificates that are there."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from cncoding import Asset, AsyncClient, ChatRequest, Client, ConfigError, ConnectFailedError, Media, user
from cncoding.client import pools
from tests.adversarial.raw import BODY, reply, request_of, serving
from tests.faults.ask import achat, chat, settings

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
PICTURE = ChatRequest((user("what?", Media("image", url="http://pictures.elsewhere.example/a.png")),))


class Proxy:
    """Answers every request that a proxy is asked to forward."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def __call__(self, connection: socket.socket) -> None:
        while (request := request_of(connection)) is not None:
            self.asked.append(request)
            connection.sendall(reply(PNG if request.startswith(b"GET ") else BODY))


@contextmanager
def only_a_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Make a network in which nothing but a proxy is known by name."""

    plain = socket.getaddrinfo

    def look_up(host: Any, *args: Any, **more: Any) -> Any:
        if host in ("127.0.0.1", b"127.0.0.1"):
            return plain(host, *args, **more)
        raise socket.gaierror(-2, "Name or service not known")

    proxy = Proxy()
    with serving(proxy) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
        for name in ("NO_PROXY", "no_proxy", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(pools, "_shared", pools._Pools())
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        yield proxy


def test_pictures_and_downloads_go_through_the_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    told = {"api_key": "sk-kimi-x", "base_url": "http://vendor.example/v1"}
    with only_a_proxy(monkeypatch) as proxy:
        assert Client("kimi", **told).chat(PICTURE).text == "hi"
        asset = Client("kimi", **told).download(Asset("image", url="http://files.elsewhere.example/b.png"), tmp_path)
        assert asset.path is not None and asset.path.endswith(".png")
    lines = [request.split(b" HTTP/")[0] for request in proxy.asked]
    assert lines == [
        b"GET http://pictures.elsewhere.example/a.png",
        b"POST http://vendor.example/v1/chat/completions",
        b"GET http://files.elsewhere.example/b.png",
    ]
    assert b"sk-kimi-x" not in proxy.asked[0] + proxy.asked[2]


def test_the_same_in_an_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> str:
        told = {"api_key": "sk-kimi-x", "base_url": "http://vendor.example/v1"}
        return (await AsyncClient("kimi", **told).chat(PICTURE)).text

    with only_a_proxy(monkeypatch) as proxy:
        assert asyncio.run(run()) == "hi"
    assert [request[:4] for request in proxy.asked] == [b"GET ", b"POST"]


def test_a_private_address_is_refused_with_a_proxy_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with only_a_proxy(monkeypatch) as proxy:
        client = Client("kimi", api_key="sk-kimi-x", base_url="http://vendor.example/v1")
        with pytest.raises(ConfigError, match="not a public address"):
            client.chat(ChatRequest((user(Media("image", url="http://169.254.169.254/latest/meta-data")),)))
    assert proxy.asked == []


def test_pictures_go_through_the_users_own_client_without_its_secrets() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=PNG if request.method == "GET" else BODY)

    own = httpx.Client(
        transport=httpx.MockTransport(answer), headers={"X-Own": "for-the-vendor"}, auth=("user", "own-password")
    )
    url = "http://198.18.0.1/a.png"
    client = Client("kimi", http_client=own, allow_hosts=("198.18.0.1",), **settings("http://vendor.example/v1", {}))
    assert client.chat(ChatRequest((user(Media("image", url=url)),))).text == "hi"
    picture, question = seen
    assert str(picture.url) == url and "x-own" not in picture.headers and "authorization" not in picture.headers
    assert question.headers["x-own"] == "for-the-vendor"


@pytest.mark.parametrize("asynchronous", [False, True])
def test_every_address_of_a_name_is_tried(asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Proxy()
    with serving(asked) as server:
        port = int(server.url.rsplit(":", 1)[1].removesuffix("/v1"))
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("::1", "127.0.0.1")]

        async def look_up(*args: Any, **more: Any) -> Any:
            return found

        told = settings(server.url, {"allow_hosts": ("127.0.0.1", "::1")})
        question = ChatRequest((user(Media("image", url=f"http://pictures.example:{port}/a.png")),))

        async def run() -> str:
            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
            return (await AsyncClient("kimi", **told).chat(question)).text

        if asynchronous:
            assert asyncio.run(run()) == "hi"
        else:
            plain = socket.getaddrinfo
            monkeypatch.setattr(
                socket, "getaddrinfo", lambda host, *a, **k: found if "pictures" in str(host) else plain(host, *a, **k)
            )
            assert Client("kimi", **told).chat(question).text == "hi"
    assert f"Host: pictures.example:{port}".encode() in asked.asked[0]


def test_a_name_that_nobody_knows_is_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "_shared", pools._Pools())
    with serving(Proxy()) as server, pytest.raises(ConnectFailedError, match="has no address"):
        Client("kimi", **settings(server.url, {})).chat(
            ChatRequest((user(Media("image", url="http://nowhere.invalid/a.png")),))
        )


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_certificates_that_are_not_there(text: str | None, monkeypatch: Any, tmp_path: Any) -> None:
    path = tmp_path / "certificates.pem"
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setattr(pools, "_shared", pools._Pools())
    pools._tls.cache_clear()
    try:
        for ask in (chat, achat):
            with pytest.raises(ConfigError, match=r"SSL_CERT_FILE.*certificates\.pem"):
                ask("https://127.0.0.1:9/v1")
    finally:
        pools._tls.cache_clear()
