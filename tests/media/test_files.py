"""Files that a vendor keeps: what leaves, what comes back, what is refused before it leaves."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import httpx
import pytest

from cncoding import ApiError, AsyncClient, Client, ConfigError, VendorFile
from cncoding.client.forms import AsyncFormBytes, FormBytes
from cncoding.exchange.forms import Form
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from tests.media.conftest import Do

SAMPLE = sounds.wav("x" * 250)  # 15 s
PURPOSE = {"minimax": "voice_clone", "glm": "voice-clone-input"}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / 'Ana "1".wav'
    path.write_bytes(SAMPLE)
    return path


@pytest.mark.parametrize("provider", ["minimax", "glm"])
def test_a_file_is_kept_listed_read_and_forgotten(emulator: Emulator, do: Do, sample: Path, provider: str) -> None:
    kept: VendorFile = do(provider, "upload_file", sample, purpose=PURPOSE[provider])
    assert (kept.provider, kept.purpose, kept.size) == (provider, PURPOSE[provider], len(SAMPLE)) and kept.id
    assert kept.name == "Ana %221%22.wav"
    assert [one.id for one in do(provider, "list_files")] == [kept.id]
    assert do(provider, "read_file", kept) == SAMPLE
    do(provider, "delete_file", kept)
    assert do(provider, "list_files") == () and emulator.submissions == []


def test_the_form_is_the_one_of_the_page(emulator: Emulator, do: Do) -> None:
    do("minimax", "upload_file", io.BytesIO(SAMPLE), purpose="voice_clone")
    (request,) = emulator.requests
    assert (request.method, request.path) == ("POST", "/minimax/v1/files/upload")
    head = request.headers
    boundary = head["content-type"].partition("boundary=")[2]
    assert head["content-length"] == str(len(request.body)) and "transfer-encoding" not in head
    assert (
        request.body
        == (
            f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nvoice_clone\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="file.wav"\r\n'
            "Content-Type: audio/wav\r\n\r\n"
        ).encode()
        + SAMPLE
        + f"\r\n--{boundary}--\r\n".encode()
    )


def test_dashscope_gets_a_ticket_and_its_store_gets_no_key(emulator: Emulator, do: Do, sample: Path) -> None:
    kept = do("qwen", "upload_file", sample, model="wan2.7-i2v")
    asked = emulator.requests[-1]
    assert (asked.method, asked.path, asked.query) == (
        "GET", "/qwen/api/v1/uploads", "action=getPolicy&model=wan2.7-i2v"
    )  # fmt: skip
    assert kept.url is not None and kept.url.startswith("oss://dashscope-instant/") and kept.url.endswith("/Ana-1-.wav")
    assert kept.expires_at is not None and not emulator.leaks
    with pytest.raises(ConfigError, match="qwen lists none"):
        do("qwen", "list_files")
    with pytest.raises(ConfigError, match="qwen deletes none, it forgets them by itself"):
        do("qwen", "delete_file", "some-id")
    with pytest.raises(ConfigError, match="qwen gives none back"):
        do("qwen", "read_file", "some-id")


WRONG: list[tuple[str, Any, dict[str, Any], str]] = [
    ("minimax", SAMPLE, {}, "purpose: missing; choose voice_clone, prompt_audio"),
    ("minimax", SAMPLE, {"purpose": "fine-tune"}, "'fine-tune' is none of the vendor's; choose voice_clone"),
    ("minimax", SAMPLE, {"purpose": "voice_clone", "model": "speech-2.8-hd"}, "model: files are kept for a purpose"),
    ("qwen", SAMPLE, {}, "model: missing; a file belongs to the model"),
    ("qwen", SAMPLE, {"model": "wan2.7-i2v", "purpose": "x"}, "purpose: leave it out"),
    ("kimi", SAMPLE, {"purpose": "x"}, "'kimi': keeps no files by API; these do: glm, minimax, qwen"),
    ("minimax", sounds.wav("short"), {"purpose": "voice_clone"}, r"is 0.5 s long; voice_clone takes 10 to 300 s \("),
    ("minimax", SAMPLE, {"purpose": "prompt_audio"}, "is 15.0 s long; prompt_audio takes 0 to 7.99 s"),
    ("minimax", b"\x89PNG\r\n\x1a\n0000", {"purpose": "voice_clone"}, "image/png; voice_clone takes mp3, m4a, wav"),
    ("minimax", SAMPLE[:200000], {"purpose": "voice_clone"}, "the audio/wav is broken: sound is missing"),
    ("minimax", SAMPLE + bytes(21 << 20), {"purpose": "voice_clone"}, "21.7 MB; voice_clone takes 20 MB"),
    ("glm", SAMPLE + bytes(11 << 20), {"purpose": "voice-clone-input"}, "voice-clone-input takes 10 MB"),
    ("glm", b"hello", {"purpose": "batch"}, "file.bin is of an unknown type; batch takes jsonl"),
    ("minimax", b"", {"purpose": "voice_clone"}, "file: the data is empty"),
    ("minimax", io.StringIO("text"), {"purpose": "voice_clone"}, "gives str; open it for bytes"),
    ("minimax", 7, {"purpose": "voice_clone"}, "file: is int; give a URL, a path, bytes or an open file"),
    ("minimax", "nowhere.wav", {"purpose": "voice_clone"}, "path='nowhere.wav': cannot be read"),
    ("minimax", "/dev", {"purpose": "voice_clone"}, "path='/dev': is no file"),
    ("minimax", "/dev/zero", {"purpose": "voice_clone"}, "path='/dev/zero': is no file"),
    ("minimax", "https://example.com/a.wav", {"purpose": "voice_clone"}, "is not on this machine"),
]


@pytest.mark.parametrize(("provider", "file", "settings", "why"), WRONG)
def test_what_the_vendor_would_refuse_does_not_leave(
    emulator: Emulator, do: Do, provider: str, file: Any, settings: dict[str, Any], why: str
) -> None:
    if isinstance(file, io.IOBase):
        file.seek(0)
    with pytest.raises(ConfigError, match=why):
        do(provider, "upload_file", file, **settings)
    assert emulator.requests == []


def test_an_empty_file_and_one_that_is_cut_meanwhile(tmp_path: Path, emulator: Emulator) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"file: empty.wav is empty"):
        Client("minimax").upload_file(tmp_path / "empty.wav", purpose="voice_clone")
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(1000))
    form = FormBytes(Form({}, "a.bin", "application/octet-stream", str(path)), lambda: None)
    path.write_bytes(bytes(10))
    with pytest.raises(ConfigError, match="became shorter while it was sent"):
        list(form)


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(300 << 20)
    told: list[None] = []
    form = Form({"purpose": "x"}, "film.mp4", "video/mp4", str(path))
    for _ in range(2):  # a second try begins at the beginning
        ready = FormBytes(form, lambda: told.append(None))
        sizes = [len(piece) for piece in ready]
        assert sum(sizes) == ready.size and max(sizes) <= 256 * 1024
    assert len(told) == 2 * (300 << 20) // (256 * 1024)

    async def measure() -> tuple[int, int, int]:
        ready = AsyncFormBytes(form, lambda: None)
        sizes = [len(piece) async for piece in ready]
        return sum(sizes), max(sizes), ready.size

    total, most, size = asyncio.run(measure())
    assert total == size and most <= 256 * 1024


def test_a_client_of_the_users_own_sends_the_same(emulator: Emulator, sample: Path) -> None:
    with httpx.Client(trust_env=False, verify=False) as own:
        Client("minimax", http_client=own).upload_file(sample, purpose="voice_clone")

    async def main() -> None:
        async with httpx.AsyncClient(trust_env=False, verify=False) as own:
            await AsyncClient("minimax", http_client=own).upload_file(sample, purpose="voice_clone")

    asyncio.run(main())
    for request in emulator.requests:
        assert request.headers["content-length"] == str(len(request.body)) and SAMPLE in request.body
        assert "transfer-encoding" not in request.headers


def test_a_file_of_another_vendor_is_not_asked_for(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match="file: glm keeps it, this client talks to minimax"):
        do("minimax", "delete_file", VendorFile("1", "a", "glm"))
    with pytest.raises(ConfigError, match="file: give the file that"):
        do("minimax", "delete_file", "")
    assert emulator.requests == []
    with pytest.raises(ApiError, match="file_id not found"):
        do("minimax", "delete_file", "12", purpose="voice_clone")
