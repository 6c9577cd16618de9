"""What the shared connections must not do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from cncoding import ConnectionLostError
from tests.adversarial.raw import BODY, reply, request_of, serving
from tests.core.conftest import Both


def test_cookies_of_one_caller_are_not_shown_for_another(both: Both) -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        while (request := request_of(connection)) is not None:
            seen.append(request)
            connection.sendall(reply(BODY, "200 OK", "Set-Cookie: session=1; Path=/"))

    with serving(serve) as server:
        for _ in range(2):
            assert both.chat("deepseek", "hi", api_key="k", base_url=server.url).text == "hi"
    assert len(seen) == 2 and not any(b"cookie" in one.lower() for one in seen)


@pytest.fixture
def half_a_reply() -> Iterator[tuple[str, list[int]]]:
    """Serve the head of a reply and half of its body, then hang up; count the requests."""
    server = socket.create_server(("127.0.0.1", 0))
    seen: list[int] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                while b"\r\n\r\n" not in connection.recv(65536):
                    pass
                seen.append(1)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}", seen
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(2)


def test_a_reply_that_breaks_off_is_not_bought_again(both: Both, half_a_reply: tuple[str, list[int]]) -> None:
    url, seen = half_a_reply
    with pytest.raises(ConnectionLostError) as caught:
        both.chat("glm", "hi", api_key="k", base_url=url, max_retries=2)
    assert caught.value.begun and caught.value.sent
    assert len(seen) == 1
