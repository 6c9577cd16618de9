from __future__ import annotations

import base64
import io
import json
from typing import Any

import httpx
import pytest
from PIL import Image

from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds, videos

from .conftest import client, fetch

V4 = "/api/paas/v4"


def post(emulator: Emulator, path: str, body: Any, **more: Any) -> httpx.Response:
    return client(emulator, "glm").post(V4 + path, json=body, **more)


def png(width: int = 64, height: int = 64) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


SIZES = [
    ("glm-image", None, (1280, 1280)),
    ("glm-image", "1728x960", (1728, 960)),
    ("glm-image", "1472x1088", (1472, 1088)),
    ("cogview-4-250304", None, (1024, 1024)),
    ("cogview-4", "864x1152", (864, 1152)),
    ("cogview-3-flash", "512x512", (512, 512)),
]


@pytest.mark.parametrize(("model", "size", "wanted"), SIZES)
def test_image_sizes(emulator: Emulator, model: str, size: str | None, wanted: tuple[int, int]) -> None:
    ask = {"model": model, "prompt": "猫", **({"size": size} if size else {})}
    url = post(emulator, "/images/generations", ask).json()["data"][0]["url"]
    assert Image.open(io.BytesIO(fetch(url))).size == wanted


IMAGES_REFUSED = [
    ({"prompt": "x"}, "1213", "model"),
    ({"model": "cogview-4"}, "1213", "prompt"),
    ({"model": "dall-e-3", "prompt": "x"}, "1211", ""),
    ({"model": "glm-image", "prompt": "x", "size": "512x512"}, "1210", "size"),
    ({"model": "glm-image", "prompt": "x", "quality": "standard"}, "1210", "quality"),
    ({"model": "cogview-4", "prompt": "x", "size": "1000x1000"}, "1210", "size"),
    ({"model": "cogview-4", "prompt": "x", "size": "2048x2048"}, "1210", "size"),
    ({"model": "cogview-4", "prompt": "x", "size": "1024*1024"}, "1210", "size"),
]


@pytest.mark.parametrize(("ask", "code", "names"), IMAGES_REFUSED)
def test_images_refused(emulator: Emulator, ask: Any, code: str, names: str) -> None:
    reply = post(emulator, "/images/generations", ask)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)
    assert names in reply.json()["error"]["message"]
    assert emulator.submissions == []


def test_keys(emulator: Emulator) -> None:
    ask = {"model": "cogview-4", "prompt": "x"}
    codes = []
    for key in ("id.planonly", "sk-kimi-x", "id.invalid", "id.expired"):
        reply = client(emulator, "glm", key).post(f"{V4}/images/generations", json=ask)
        codes.append((reply.status_code, reply.json()["error"]["code"]))
    assert codes == [(429, "1113"), (401, "1000"), (401, "1000"), (401, "1003")]
    bare = httpx.post(f"{emulator.url}/glm{V4}/images/generations", json=ask, trust_env=False)
    assert bare.json()["error"]["code"] == "1001"


def test_media_are_not_on_the_plan_base(emulator: Emulator) -> None:
    reply = client(emulator, "glm").post("/api/coding/paas/v4/images/generations", json={})
    assert reply.status_code == 404


def test_queued_faults_reach_media_routes(emulator: Emulator) -> None:
    emulator.fault("glm", "rate_limit", on="/images/", retry_after=2)
    reply = post(emulator, "/images/generations", {"model": "cogview-4", "prompt": "x"})
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "2")


def test_async_image(emulator: Emulator) -> None:
    ask = {"model": "glm-image", "prompt": "猫"}
    job = post(emulator, "/async/images/generations", ask).json()
    assert set(job) == {"model", "id", "request_id", "task_status"}
    emulator.advance(1)
    done = client(emulator, "glm").get(f"{V4}/async-result/{job['id']}").json()
    assert Image.open(io.BytesIO(fetch(done["image_result"][0]["url"]))).size == (1280, 1280)
    other = post(emulator, "/async/images/generations", {"model": "cogview-4", "prompt": "x"})
    assert other.json()["error"]["code"] == "1212"


FILMS = [
    ({"model": "cogvideox-3", "prompt": "海", "size": "1280x720", "fps": 60, "duration": 10}, (1280, 720, 600)),
    ({"model": "cogvideox-2", "prompt": "海", "size": "720x480"}, (720, 480, 150)),
    ({"model": "viduq1-text", "prompt": "海", "aspect_ratio": "9:16", "style": "anime"}, (1080, 1920, 120)),
    ({"model": "vidu2-image", "image_url": png()}, (1280, 720, 96)),
    ({"model": "vidu2-start-end", "image_url": [png(), png()], "size": "480x360"}, (480, 360, 96)),
]


@pytest.mark.parametrize(("ask", "wanted"), FILMS)
def test_films(emulator: Emulator, ask: Any, wanted: tuple[int, int, int]) -> None:
    job = post(emulator, "/videos/generations", ask).json()
    emulator.advance(1)
    done = client(emulator, "glm").get(f"{V4}/async-result/{job['id']}").json()
    seen = videos.probe(fetch(done["video_result"][0]["url"]))
    assert (seen.width, seen.height, seen.frames) == wanted
    assert fetch(done["video_result"][0]["cover_image_url"]).startswith(b"\xff\xd8")


FILMS_REFUSED = [
    {"model": "cogvideox-3"},
    {"model": "cogvideox-3", "prompt": "x" * 513},
    {"model": "cogvideox-3", "prompt": "x", "fps": 24},
    {"model": "cogvideox-3", "prompt": "x", "duration": 6},
    {"model": "cogvideox-3", "prompt": "x", "size": "1000x1000"},
    {"model": "cogvideox-3", "prompt": "x", "image_url": [png()] * 3},
    {"model": "cogvideox-3", "prompt": "x", "image_url": "not base64!"},
    {"model": "cogvideox-2", "prompt": "x", "duration": 5},
    {"model": "vidu2-image", "prompt": "x"},
    {"model": "vidu2-reference", "image_url": [png()]},
    {"model": "viduq1-text", "prompt": "x", "image_url": png()},
    {"model": "wan2.7-t2v", "prompt": "x"},
]


@pytest.mark.parametrize("ask", FILMS_REFUSED)
def test_films_refused(emulator: Emulator, ask: Any) -> None:
    assert post(emulator, "/videos/generations", ask).status_code == 400
    assert emulator.submissions == []


def test_speech_forms(emulator: Emulator) -> None:
    ask = {"model": "glm-tts", "input": "你好，世界"}
    raw = post(emulator, "/audio/speech", ask)
    assert raw.headers["content-type"] == "audio/pcm"
    assert sounds.listen(sounds.wrap(raw.content, 24000)).text == "你好，世界"
    whole = post(emulator, "/audio/speech", {**ask, "response_format": "wav", "speed": 2})
    assert sounds.listen(whole.content).seconds == pytest.approx(len(raw.content) / 48000 / 2, abs=0.1)


@pytest.mark.parametrize("encoding", ["base64", "hex"])
def test_speech_stream(emulator: Emulator, encoding: str) -> None:
    ask = {"model": "glm-tts", "input": "你好，世界" * 5, "stream": True, "encode_format": encoding}
    lines = post(emulator, "/audio/speech", ask).text.strip().split("\n\n")
    assert lines[-1] == "data: [DONE]"
    parts = [json.loads(line[6:])["choices"][0]["delta"]["content"] for line in lines[:-1]]
    decode = bytes.fromhex if encoding == "hex" else base64.b64decode
    assert len(parts) > 3
    assert sounds.listen(sounds.wrap(b"".join(map(decode, parts)), 24000)).text == "你好，世界" * 5


@pytest.mark.parametrize(
    "more",
    [{"input": "x" * 1025}, {"voice": "Cherry"}, {"speed": 3}, {"volume": 0}, {"response_format": "mp3"},
     {"stream": True, "response_format": "wav"}, {"model": "tts-1"}, {"input": ""}],
)  # fmt: skip
def test_speech_refused(emulator: Emulator, more: Any) -> None:
    reply = post(emulator, "/audio/speech", {"model": "glm-tts", "input": "x", **more})
    assert reply.status_code == 400
    assert emulator.submissions == []


def hear(emulator: Emulator, sound: bytes, name: str = "a.wav", **fields: Any) -> httpx.Response:
    data = {"model": "glm-asr-2512", **fields}
    return client(emulator, "glm").post(f"{V4}/audio/transcriptions", data=data, files={"file": (name, sound)})


def test_transcripts(emulator: Emulator) -> None:
    assert hear(emulator, sounds.wav("今天天气很好")).json()["text"] == "今天天气很好"
    assert hear(emulator, sounds.mp3("今天天气很好"), "a.mp3").json()["text"] == "今天天气很好"
    assert "3.0" in hear(emulator, sounds.wrap(bytes(48000 * 3), 24000)).json()["text"]
    encoded = base64.b64encode(sounds.wav("编码")).decode()
    by_text = post(emulator, "/audio/transcriptions", {"model": "glm-asr-2512", "file_base64": encoded})
    assert by_text.json()["text"] == "编码"


def test_transcript_stream(emulator: Emulator) -> None:
    lines = hear(emulator, sounds.wav("今天天气很好啊朋友"), stream="true").text.strip().split("\n\n")
    events = [json.loads(line[6:]) for line in lines[:-1]]
    assert "".join(e["delta"] for e in events) == "今天天气很好啊朋友"
    assert events[-1]["type"] == "transcript.text.done" and lines[-1] == "data: [DONE]"


def test_transcripts_refused(emulator: Emulator) -> None:
    long = sounds.wrap(bytes(16000 * 31), 8000)
    good = sounds.wav("x" * 40)
    for reply in (
        hear(emulator, long),
        hear(emulator, good, "a.ogg"),
        hear(emulator, good[: len(good) // 2]),
        hear(emulator, b""),
        hear(emulator, good, model="whisper-1"),
        client(emulator, "glm").post(f"{V4}/audio/transcriptions", data={"model": "glm-asr-2512"}, files={}),
    ):
        assert reply.status_code == 400, reply.text
