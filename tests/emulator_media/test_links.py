from __future__ import annotations

import httpx
import pytest

from cncoding_emulator import Emulator

from .conftest import client, fetch


def image(emulator: Emulator) -> str:
    body = {"model": "cogview-4", "prompt": "a red cat"}
    url: str = client(emulator, "glm").post("/api/paas/v4/images/generations", json=body).json()["data"][0]["url"]
    return url


def get(url: str, **more: object) -> httpx.Response:
    with httpx.Client(trust_env=False, verify=False, timeout=20) as plain:
        return plain.get(url, **more)  # type: ignore[arg-type]


def test_download(emulator: Emulator) -> None:
    reply = get(image(emulator))
    assert (reply.status_code, reply.headers["content-type"]) == (200, "image/png")
    assert reply.content.startswith(b"\x89PNG") and emulator.leaks == []
    assert [d.status for d in emulator.downloads] == [200]


@pytest.mark.parametrize("header", ["Authorization", "x-api-key", "Cookie"])
def test_a_key_at_the_media_host_is_a_leak(emulator: Emulator, header: str) -> None:
    reply = get(image(emulator), headers={header: "Bearer secret"})
    assert [leak.header for leak in emulator.leaks] == [header.lower()]
    assert (reply.status_code == 400) == (header == "Authorization")


def test_ranges(emulator: Emulator) -> None:
    url = image(emulator)
    whole = fetch(url)
    part = get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole)}"
    assert get(url, headers={"Range": f"bytes={len(whole) - 5}-"}).content == whole[-5:]
    assert get(url, headers={"Range": "bytes=-7"}).content == whole[-7:]
    assert get(url, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416
    head = httpx.head(url, trust_env=False)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole)))


def test_links_expire_and_are_signed(emulator: Emulator) -> None:
    url = image(emulator)
    assert get(url.partition("&Signature")[0]).status_code == 403
    assert get(url.replace("media-host/", "media-host/00")).status_code == 404
    emulator.advance(29 * 86400)
    assert get(url).status_code == 200
    emulator.advance(2 * 86400)
    late = get(url)
    assert late.status_code == 403 and "expired" in late.text


def test_link_faults(emulator: Emulator) -> None:
    url = image(emulator)
    whole = fetch(url)
    emulator.link_fault("expired")
    emulator.link_fault("gone")
    assert [get(url).status_code for _ in range(3)] == [403, 404, 200]
    emulator.link_fault("cut")
    with pytest.raises(httpx.RemoteProtocolError):
        get(url)
    emulator.link_fault("truncated")
    assert get(url).content == whole[: len(whole) // 2]
    emulator.link_fault("html")
    assert get(url).headers["content-type"].startswith("text/html")
    emulator.link_fault("empty")
    assert get(url).content == b""
    emulator.link_fault("wrong_type", type="text/plain")
    assert get(url).headers["content-type"].startswith("text/plain")
    emulator.link_fault("huge", bytes=1000)
    assert len(get(url).content) == len(whole) + 1000
    emulator.link_fault("redirect")
    assert get(url).headers["location"].startswith("http://169.254.169.254/")


@pytest.mark.parametrize("name", ["../../evil.png", "/etc/passwd", "..\\..\\evil.png"])
def test_hostile_names(emulator: Emulator, name: str) -> None:
    emulator.link_fault("named", name=name)
    assert name in get(image(emulator)).headers["content-disposition"]


def test_unknown_link_fault(emulator: Emulator) -> None:
    with pytest.raises(LookupError):
        emulator.link_fault("typo")
