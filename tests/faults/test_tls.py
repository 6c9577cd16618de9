"""Over TLS, directly and through the tunnel of a proxy, with the certificates that the environment names."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cncoding import AsyncClient, ChatResponse, Client, ConnectFailedError, RequestTimeoutError
from cncoding.client import pools
from tests.adversarial.raw import BODY, PIECE, STREAM, Raw, head, reply, request_of
from tests.faults.ask import EVERY, STREAMED, settings

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here to make a certificate with")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", made],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


def answer(connection: socket.socket) -> None:
    while (request := request_of(connection)) is not None:
        connection.sendall(reply(STREAM if b'"stream":true' in request else BODY))


Serve = Callable[[Callable[[socket.socket], None]], Raw]


@pytest.fixture
def over_tls(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve over TLS, with an authority that the environment names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    servers: list[Raw] = []

    def start(serve: Callable[[socket.socket], None]) -> Raw:
        def encrypt(connection: socket.socket) -> None:
            with context.wrap_socket(connection, server_side=True) as encrypted:
                serve(encrypted)

        servers.append(Raw(encrypt))
        servers[-1].url = servers[-1].url.replace("http://127.0.0.1", "https://localhost")
        return servers[-1]

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    monkeypatch.setattr(ssl, "create_default_context", lambda *a, **k: trusting(certificate[0]))
    fresh = pools._Pools()
    monkeypatch.setattr(pools, "_shared", fresh)
    pools._tls.cache_clear()
    yield start
    pools._tls.cache_clear()
    fresh.close()
    for server in servers:
        server.close()


def trusting(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificate)
    return context


@pytest.mark.parametrize("ask", EVERY)
def test_an_encrypted_reply(ask: Callable[..., ChatResponse], over_tls: Serve) -> None:
    server = over_tls(answer)
    assert [ask(server.url).text for _ in range(2)] == ["hi", "hi"]


def test_encrypted_connections_are_kept(over_tls: Serve) -> None:
    server = over_tls(answer)
    client = Client("deepseek", **settings(server.url, {}))
    assert [client.chat("hi").text for _ in range(3)] == ["hi"] * 3 and server.connections == 1

    async def run() -> None:
        again = AsyncClient("deepseek", **settings(server.url, {}))
        assert [(await again.chat("hi")).text for _ in range(3)] == ["hi"] * 3 and server.connections == 2

    asyncio.run(run())


@pytest.mark.parametrize("ask", STREAMED)
def test_an_encrypted_silence_ends(ask: Callable[..., ChatResponse], over_tls: Serve) -> None:
    def stay(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(head("200 OK") + PIECE)
        connection.recv(1)

    with pytest.raises(RequestTimeoutError) as caught:
        ask(over_tls(stay).url, deadline=0.5)
    assert caught.value.partial is not None and caught.value.partial.text == "hi"


@pytest.mark.parametrize("ask", EVERY)
def test_a_name_that_the_certificate_lacks(ask: Callable[..., ChatResponse], over_tls: Serve) -> None:
    url = over_tls(answer).url.replace("localhost", "127.0.0.1")
    with pytest.raises(ConnectFailedError):
        ask(url)


@pytest.mark.parametrize("ask", EVERY)
def test_through_the_tunnel_of_a_proxy(
    ask: Callable[..., ChatResponse], over_tls: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, asked = over_tls(answer), []

    def tunnel(connection: socket.socket) -> None:
        line = (request_of(connection) or b"").split(b"\r\n")[0]
        asked.append(line)
        connection.sendall(head("200 Connection established"))
        port = int(server.url.rsplit(":", 1)[1].removesuffix("/v1"))
        with socket.create_connection(("127.0.0.1", port)) as onward:
            threading.Thread(target=pump, args=(onward, connection), daemon=True).start()
            pump(connection, onward)

    proxy = Raw(tunnel)
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.removesuffix("/v1"))
    fresh = pools._Pools()
    monkeypatch.setattr(pools, "_shared", fresh)
    try:
        assert ask(server.url).text == "hi"
    finally:
        fresh.close()
        proxy.close()
    assert len(asked) == 1 and asked[0].startswith(b"CONNECT localhost:")


def pump(source: Any, sink: Any) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        return  # either side hung up
