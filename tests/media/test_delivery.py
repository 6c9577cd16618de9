"""Inputs too large for a request: uploaded where the vendor keeps files, else refused before anything leaves."""

from __future__ import annotations

import asyncio
import base64
import io
import struct
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from cncoding import (
    ApiError,
    AsyncClient,
    CallIdentity,
    Client,
    ConfigError,
    Done,
    Media,
    MediaPlace,
    MediaRequest,
    VendorFile,
    user,
)
from cncoding.exchange.steps import Send
from cncoding.media.orders import MediaEvent, Order
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from cncoding_emulator.media.videos import film
from langchain_cncoding import GenerateVideoTool
from tests.media.conftest import Do

I2V: dict[str, Any] = {"model": "wan2.7-i2v", "duration": 2, "resolution": "720P", "poll_interval": 0.01}
H3: dict[str, Any] = {"model": "MiniMax-H3", "duration": 4, "poll_interval": 0.01}
FILM = film("a fox", (320, 320), 8, 2.0)
SOUND = sounds.wav("x" * 60)


@lru_cache
def draw(megabytes: float) -> bytes:
    """Return a picture whose pixels are not packed, so that it is as large as it says."""
    side = int((megabytes * 1_048_576 / 3) ** 0.5)
    rows = b"".join(bytes([0]) + bytes([row % 251]) * side * 3 for row in range(side))

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


def pad(film: bytes, megabytes: float) -> bytes:
    """Return a film with a free box behind it."""
    size = int(megabytes * 1_048_576) - len(film)
    return film + struct.pack(">I", size) + b"free" + bytes(size - 8)


def list_paths(emulator: Emulator) -> list[str]:
    """Return what was sent, without questions about jobs."""
    return [
        f"{one.method} {one.path.rpartition('/')[2]}"
        for one in emulator.requests
        if "/tasks/" not in one.path and "/query/" not in one.path
    ]


def test_a_large_picture_is_uploaded_before_it_is_paid_for(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    picture = tmp_path / "big frame.png"
    picture.write_bytes(draw(9))
    done: Done = do("qwen", "generate_video", "a fox runs", images=[picture], **I2V)
    assert list_paths(emulator) == ["GET uploads", "POST video-synthesis"]
    paid = emulator.requests[1]
    (frame,) = paid.json["input"]["media"]
    assert frame["url"].startswith("oss://") and frame["url"].endswith("/big-frame.png") and len(paid.body) < 1000
    assert paid.headers["x-dashscope-ossresourceresolve"] == "enable"
    assert "model=wan2.7-i2v" in emulator.requests[0].query
    assert done.note == "uploaded big frame.png (9 MB) to DashScope's temporary store, for 48 hours"
    assert len(emulator.submissions) == 1 and "oss://" not in str(done.assets)


def test_a_small_picture_is_not(emulator: Emulator, do: Do) -> None:
    done: Done = do("qwen", "generate_video", "a fox runs", images=[draw(2)], **I2V)
    assert list_paths(emulator) == ["POST video-synthesis"] and done.note is None
    assert "x-dashscope-ossresourceresolve" not in emulator.requests[0].headers


@pytest.mark.parametrize("given", ["path", "bytes", "file", "medium"])
def test_sounds_and_films_of_wan_are_always_files(emulator: Emulator, do: Do, tmp_path: Path, given: str) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(SOUND)
    source = {
        "path": path, "bytes": SOUND, "file": io.BytesIO(SOUND), "medium": Media("audio", path=str(path)),
    }[given]  # fmt: skip
    do("qwen", "generate_video", "a fox", audio=source, duration=2, resolution="720P", poll_interval=0.01)
    assert list_paths(emulator) == ["GET uploads", "POST video-synthesis"]
    assert emulator.requests[1].json["input"]["audio_url"].startswith("oss://")


def test_one_file_of_two_uses_is_uploaded_once(emulator: Emulator, do: Do) -> None:
    picture = draw(9)
    do("qwen", "generate_video", "a fox", images=[picture, picture], **I2V)
    assert list_paths(emulator) == ["GET uploads", "POST video-synthesis"]
    first, last = emulator.requests[1].json["input"]["media"]
    assert first["url"] == last["url"] and (first["type"], last["type"]) == ("first_frame", "last_frame")


def test_what_is_too_much_together_leaves_the_largest_outside(emulator: Emulator, do: Do) -> None:
    settings = {**I2V, "model": "wan2.7-r2v"}
    do("qwen", "generate_video", "a fox", references=[draw(5), draw(6), draw(4.5)], **settings)
    assert list_paths(emulator) == ["GET uploads", "POST video-synthesis"]
    forms = [one["url"].partition(":")[0] for one in emulator.requests[1].json["input"]["media"]]
    assert forms == ["data", "oss", "data"]


def test_a_film_for_h3_that_is_too_large_for_memory_is_a_file(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    path.write_bytes(pad(FILM, 21))
    done: Done = do("minimax", "generate_video", "as this", videos=[path, FILM], **H3)
    assert list_paths(emulator) == ["POST upload", "POST video_generation"]
    assert b'name="purpose"\r\n\r\nvideo_generation_input\r\n' in emulator.requests[0].body[:300]
    _, long, short = emulator.requests[1].json["content"]
    assert long["video_url"]["url"].startswith("mm_file://") and short["video_url"]["url"].startswith("data:video/mp4")
    assert done.note == "uploaded long.mp4 (21 MB) to MiniMax's file store, for 7 days"


def test_a_kept_file_is_an_input(emulator: Emulator, do: Do) -> None:
    kept: VendorFile = do("minimax", "upload_file", FILM, purpose="video_generation_input")
    for source in (kept, Media("video", file_id=kept.id), f"mm_file://{kept.id}"):
        do("minimax", "generate_video", "as this", videos=[source], **H3)
    paid = [
        one.json["content"][1]["video_url"]["url"] for one in emulator.requests if one.method == "POST" and one.json
    ]
    assert paid == [f"mm_file://{kept.id}"] * 3


def test_a_link_of_the_temporary_store_brings_its_header(emulator: Emulator, do: Do) -> None:
    kept: VendorFile = do("qwen", "upload_file", draw(1), model="wan2.7-i2v")
    for source in (kept, kept.url):
        do("qwen", "generate_video", "a fox", images=[source], **I2V)
    paid = [one for one in emulator.requests if one.path.endswith("video-synthesis")]
    assert [one.headers["x-dashscope-ossresourceresolve"] for one in paid] == ["enable"] * 2
    assert all(one.json["input"]["media"][0]["url"] == kept.url for one in paid)


LARGE = draw(11)
REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("minimax", "generate_image", {"images": [LARGE]}, "images: this image has 11 MB; image-01 takes 10 MB (pl"),
    ("minimax", "generate_video", {**H3, "audio": bytes(44) + bytes(16 << 20)}, "audio: this audio has 16 MB; MiniMax"),
    ("minimax", "generate_video", {**H3, "images": ["oss://a/b.png"]}, "images: minimax takes no oss:// link"),
    ("qwen", "generate_video", {**I2V, "images": ["mm_file://7"]}, "images: qwen takes no mm_file:// link"),
    ("qwen", "generate_video", {**I2V, "images": [Media("image", file_id="7")]}, "images: qwen takes no file ids here"),
    ("qwen", "generate_video", {**I2V, "images": ["ftp://a/b.png"]}, "images: qwen takes no ftp:// link"),
    ("qwen", "generate_video", {**I2V, "images": [FILM]}, "images: the bytes are video/mp4, not an image"),
    ("qwen", "generate_video", {"prompt": "a", "audio": FILM[:20] + bytes(16 << 20)}, "audio: this audio has 16 MB"),
    ("qwen", "edit_image", {"image": LARGE, "prompt": "red", "model": "qwen-image-2.0"}, "has 11 MB"),
]  # fmt: skip


@pytest.mark.parametrize("provider, method, given, said", REFUSED, ids=range(len(REFUSED)))
def test_nothing_leaves_that_no_way_takes(
    emulator: Emulator, do: Do, provider: str, method: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigError) as failed:
        do(provider, method, **{"prompt": "a fox", **given})
    assert said in str(failed.value) and emulator.requests == []


def test_a_file_of_any_size_is_refused_unread_where_no_file_is_kept(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.write(draw(1))
        file.truncate(3 << 30)
    with pytest.raises(
        ConfigError, match=r"images: huge.png has 3072 MB; cogvideox-3 takes 20 MB of it in a request, and"
    ):
        do("glm", "generate_video", "a fox", images=[path])
    assert emulator.requests == []


def test_an_upload_that_fails_has_bought_nothing(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    client: dict[str, Any] = {"journal": tmp_path, "max_retries": 0}
    picture = draw(9)
    emulator.fault("qwen", "auth", status=500, on="/uploads")
    with pytest.raises(ApiError):
        do("qwen", "generate_video", "a fox", images=[picture], client=client, **I2V)
    assert emulator.submissions == []
    with Client("qwen", **client) as one:
        (left,) = one.purchases()
        assert left.state == "refused"
        one.generate_video("a fox", images=[picture], **I2V)
        assert [each.state for each in one.purchases()] == ["done", "refused"]
    assert len(emulator.submissions) == 1


@pytest.mark.parametrize("with_loop", [False, True])
def test_who_waits_is_told(emulator: Emulator, tmp_path: Path, with_loop: bool) -> None:
    heard: list[MediaEvent] = []
    frame = Media("image", data=base64.b64encode(draw(9)).decode(), name="frame.png")
    order = Order(
        MediaRequest("video", "a fox", "wan2.7-i2v", (frame,), duration=2, resolution="720P"), listener=heard.append
    )
    if with_loop:

        async def main() -> None:
            async with AsyncClient("qwen", journal=tmp_path) as client:
                await client.make(order, MediaPlace(folder=str(tmp_path)))

        asyncio.run(main())
    else:
        Client("qwen", journal=tmp_path).make(order, MediaPlace(folder=str(tmp_path)))
    first = heard[0].to_json()
    assert (first["status"], first["upload"]) == (
        "uploading", "frame.png (9 MB) to DashScope's temporary store, for 48 hours"
    )  # fmt: skip
    assert [one.word for one in heard[1:2]] == ["submitted"] and "upload" not in heard[1].to_json()


def test_the_tool_names_what_left(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "frame.png").write_bytes(draw(9))
    tool = GenerateVideoTool(provider="qwen", output_dir=tmp_path, poll_interval=0.01)
    call = {"prompt": "a fox", "images": [str(tmp_path / "frame.png")], "duration": 2, "resolution": "720P"}
    message = tool.invoke({"type": "tool_call", "id": "1", "name": tool.name, "args": call})
    assert (
        "Note: uploaded frame.png (9 MB)" in message.content
        and "DashScope's temporary store" in message.artifact["note"]
    )


def test_what_is_no_sound_by_its_bytes_is_not_paid_for(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("words " * 99)
    with pytest.raises(ConfigError, match=r"audio: text.wav is not by its bytes what its name says"):
        do("qwen", "generate_video", "a fox", audio=tmp_path / "text.wav")
    with pytest.raises(ConfigError, match=r"audio: text.wav is not by its bytes what its name says"):
        do("qwen", "transcribe", tmp_path / "text.wav", model="qwen3-asr-flash-filetrans")
    assert emulator.requests == []


@pytest.mark.parametrize("given", ["path", "bytes"])
def test_a_recording_for_a_model_of_links_is_uploaded(emulator: Emulator, do: Do, tmp_path: Path, given: str) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(SOUND)
    settings = {"model": "qwen3-asr-flash-filetrans", "poll_interval": 0.01}
    found = do("qwen", "transcribe", path if given == "path" else SOUND, **settings)
    assert list_paths(emulator)[:2] == ["GET uploads", "POST transcription"]
    paid = next(one for one in emulator.requests if one.path.endswith("/transcription"))
    assert paid.json["input"]["file_url"].startswith("oss://")
    assert paid.headers["x-dashscope-ossresourceresolve"] == "enable"
    name = "talk.wav" if given == "path" else "audio.wav"
    assert found.text == "x" * 60 and found.note.startswith(f"uploaded {name} (")


def test_a_chat_sees_what_lies_in_the_temporary_store(emulator: Emulator, do: Do) -> None:
    client = {"endpoint": "api", "model": "qwen3.7-plus"}
    kept: VendorFile = do("qwen", "upload_file", draw(1), model="qwen3.7-plus", client=client)
    for name, url in (("yes", kept.url), ("no", "https://example.com/a.png")):
        do("qwen", "chat", [user(Media("image", url=url), "what is this?")], client=client)
        assert ("x-dashscope-ossresourceresolve" in emulator.requests[-1].headers) == (name == "yes")
    other = {**client, "model": "qwen3.8-max"}
    with pytest.raises(ApiError, match="not for qwen3"):
        do("qwen", "chat", [user(Media("image", url=kept.url), "what is this?")], client=other)


@pytest.mark.parametrize("gone", [KeyboardInterrupt, asyncio.CancelledError])
def test_an_interrupted_upload_has_bought_nothing(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: type[BaseException]
) -> None:
    client = Client("qwen", journal=tmp_path)
    perform = client._perform

    def interrupt(step: Any, *rest: Any) -> Any:
        if isinstance(step, Send) and "dashscope-file" in step.request.url:
            raise gone
        return perform(step, *rest)

    monkeypatch.setattr(client, "_perform", interrupt)
    with pytest.raises(gone):
        client.generate_video("a fox", images=[draw(9)], **I2V)
    assert [one.state for one in client.purchases()] == ["refused"] and emulator.submissions == []


def test_two_at_once_upload_and_buy_once(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "frame.png").write_bytes(draw(9))
    request = MediaRequest(
        "video", "a fox", "wan2.7-i2v", (Media("image", path=str(tmp_path / "frame.png")),), duration=2,
        resolution="720P",
    )  # fmt: skip
    order = Order(request, CallIdentity("thread", "call"))

    async def main() -> list[Any]:
        async with AsyncClient("qwen", journal=tmp_path) as one, AsyncClient("qwen", journal=tmp_path) as other:
            return await asyncio.gather(*(each.make(order, str(tmp_path)) for each in (one, other)))

    made = asyncio.run(main())
    assert sorted(one.reused for one in made) == [False, True] and len(emulator.submissions) == 1
    assert list_paths(emulator) == ["GET uploads", "POST video-synthesis"]
