"""Fetching an image that the vendor does not fetch: what is allowed, without any network."""

from __future__ import annotations

import base64
import ipaddress
from typing import Any

import pytest

from cncoding.errors import ConfigError
from cncoding.exchange.fetching import MAX_BYTES, FetchPolicy, fetch, from_data_url, inline, is_public
from cncoding.exchange.steps import ReadFile, Reply, Resolve, Send
from cncoding.types import Media

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40
URL = "https://pictures.example/a.png"
PUBLIC = "93.184.216.34"


def run(flow: Any, hosts: dict[str, tuple[str, ...]], replies: dict[str, Reply]) -> tuple[Any, list[Any]]:
    """Drive a fetch with made-up names and replies; return the result and the requests."""
    requests: list[Any] = []
    outcome: Any = None
    try:
        while True:
            step = flow.send(outcome)
            if isinstance(step, Resolve):
                outcome = hosts[step.host]
            elif isinstance(step, ReadFile):
                outcome = PNG
            else:
                assert isinstance(step, Send)
                requests.append(step.request)
                outcome = replies[step.request.url]
    except StopIteration as stop:
        return stop.value, requests


def get(url: str = URL, hosts: Any = None, replies: Any = None, allow: tuple[str, ...] = ()) -> tuple[bytes, list[Any]]:
    hosts = hosts if hosts is not None else {"pictures.example": (PUBLIC,)}
    return run(fetch(url, FetchPolicy(allow)), hosts, replies or {URL: Reply(200, {}, PNG)})


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    data, [request] = get()
    assert data == PNG
    assert request.addresses == (PUBLIC,) and request.plain
    assert request.max_bytes == MAX_BYTES == 20 * 1024 * 1024
    assert request.timeout
    assert "authorization" not in {name.lower() for name in request.headers}


PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "240.0.0.1", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(ConfigError, match="not a public address"):
        get(hosts={"pictures.example": (address,)})


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1"):
        get(hosts={"pictures.example": (PUBLIC, "127.0.0.1")})


@pytest.mark.parametrize("allow", ["pictures.example", "127.0.0.1", "127.0.0.0/8"])
def test_the_user_may_allow_others(allow: str) -> None:
    assert get(hosts={"pictures.example": ("127.0.0.1",)}, allow=(allow,))[0] == PNG


def test_every_redirect_is_checked() -> None:
    hosts = {"pictures.example": (PUBLIC,), "inside.example": ("10.0.0.1",)}
    replies = {URL: Reply(302, {"location": "http://inside.example/x"})}
    with pytest.raises(ConfigError, match=r"10\.0\.0\.1"):
        get(hosts=hosts, replies=replies)


def test_redirects_are_followed_and_bounded() -> None:
    replies = {URL: Reply(301, {"location": "/b.png"}), "https://pictures.example/b.png": Reply(200, {}, PNG)}
    assert get(replies=replies)[0] == PNG
    with pytest.raises(ConfigError, match="redirects more than"):
        get(replies={URL: Reply(302, {"location": URL})})


@pytest.mark.parametrize("url", ["ftp://pictures.example/a", "file:///etc/passwd", "gopher://x/", "https:///a"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="not an http"):
        get(url)


def test_a_redirect_to_a_file_is_refused() -> None:
    with pytest.raises(ConfigError, match="not an http"):
        get(replies={URL: Reply(302, {"location": "file:///etc/passwd"})})


def test_a_password_in_the_url_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        get("https://user:secret@pictures.example/a.png")
    assert "secret" not in str(caught.value)


def test_a_signature_in_the_query_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        get(URL + "?Signature=secret", replies={URL + "?Signature=secret": Reply(404, {})})
    assert "404" in str(caught.value) and "secret" not in str(caught.value)


def test_the_type_comes_from_the_bytes() -> None:
    media, _ = run(
        inline(Media("image", url=URL, media_type="image/jpeg", detail="low"), FetchPolicy()),
        {"pictures.example": (PUBLIC,)},
        {URL: Reply(200, {"content-type": "image/gif"}, PNG)},
    )
    assert media == Media("image", data=base64.b64encode(PNG).decode(), media_type="image/png", detail="low")


@pytest.mark.parametrize("body", [b"<html>", b"%PDF-1.7", b"", b"<svg xmlns="])
def test_what_is_no_image_is_refused(body: bytes) -> None:
    with pytest.raises(ConfigError, match="image:"):
        run(
            inline(Media("image", url=URL), FetchPolicy()),
            {"pictures.example": (PUBLIC,)},
            {URL: Reply(200, {"content-type": "image/png"}, body)},
        )


def test_a_path_is_read() -> None:
    media, requests = run(inline(Media("image", path="cat.png"), FetchPolicy()), {}, {})
    assert (media.media_type, media.path, requests) == ("image/png", None, [])


def test_data_urls() -> None:
    assert from_data_url(Media("image", url="data:image/png;base64,QUJD")) == Media(
        "image", data="QUJD", media_type="image/png"
    )
    with pytest.raises(ConfigError, match="not Base64"):
        from_data_url(Media("image", url="data:image/svg+xml,<svg/>"))
