from __future__ import annotations

import base64
import io
import json
import time
from typing import Any

import httpx
import pytest
from PIL import Image

from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds, videos

from .conftest import client, fetch

AIGC = "/api/v1/services/aigc"
MULTI = f"{AIGC}/multimodal-generation/generation"
ASYNC = {"X-DashScope-Async": "enable"}


def talk(model: str, text: str = "猫", *images: str, **parameters: Any) -> dict[str, Any]:
    content = [*({"image": i} for i in images), {"text": text}]
    return {"model": model, "input": {"messages": [{"role": "user", "content": content}]}, "parameters": parameters}


def post(emulator: Emulator, path: str, body: Any, **headers: str) -> httpx.Response:
    return client(emulator, "qwen").post(path, json=body, headers=headers)


def finished(emulator: Emulator, path: str, body: Any) -> Any:
    reply = post(emulator, path, body, **ASYNC)
    assert reply.status_code == 200, reply.text
    emulator.advance(1)
    made = reply.json()["output"]["task_id"]
    return client(emulator, "qwen").get(f"/api/v1/tasks/{made}").json()


def png(width: int, height: int) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "green").save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize(
    ("model", "parameters", "size"),
    [("qwen-image-2.0", {}, (2048, 2048)), ("qwen-image-2.0-pro", {"size": "1024*768"}, (1024, 768)),
     ("qwen-image-plus", {}, (1664, 928)), ("qwen-image-max", {"size": "928*1664"}, (928, 1664)),
     ("wan2.7-image", {"size": "1K"}, (1024, 1024)), ("wan2.7-image-pro", {"size": "1280*720"}, (1280, 720))],
)  # fmt: skip
def test_images_at_once(emulator: Emulator, model: str, parameters: Any, size: tuple[int, int]) -> None:
    output = post(emulator, MULTI, talk(model, **parameters)).json()["output"]
    part = output["choices"][0]["message"]["content"][0]
    assert Image.open(io.BytesIO(fetch(part["image"]))).size == size
    assert (part.get("type") == "image") == model.startswith("wan") == output.get("finished", False)


@pytest.mark.parametrize(
    "body",
    [talk("qwen-image-2.0", size="1024x1024"), talk("qwen-image-2.0", size="4096*4096"), talk("qwen-image-2.0", n=7),
     talk("qwen-image-plus", n=2), talk("qwen-image-plus", size="1024*1024"), talk("qwen-image-plus", "字" * 801),
     talk("qwen-image-plus", "x", png(300, 300)), talk("qwen-image-2.0", "x", *[png(300, 300)] * 4),
     talk("wan2.7-image", size="4K"), talk("wan2.7-image", "x", png(100, 100)), talk("wan2.7-image", n=5),
     talk("qwen-image-edit-plus"), talk("qwen-image-2.0", negative_prompt="x" * 501),
     {"model": "qwen-image-2.0", "input": {"prompt": "x"}}, {"model": "qwen-image-2.0"}, {"input": {}}],
)  # fmt: skip
def test_images_refused(emulator: Emulator, body: Any) -> None:
    reply = post(emulator, MULTI, body)
    assert (reply.status_code, reply.json()["code"]) == (400, "InvalidParameter"), reply.text
    assert set(reply.json()) == {"code", "message", "request_id"} and emulator.submissions == []


def test_the_asynchronous_header(emulator: Emulator) -> None:
    told = post(emulator, f"{AIGC}/video-generation/video-synthesis", {"model": "wan2.7-t2v", "input": {"prompt": "x"}})
    assert (told.status_code, told.json()["code"]) == (403, "AccessDenied")
    assert told.json()["message"] == "current user api does not support synchronous calls."
    told = post(emulator, MULTI, talk("qwen-image-2.0"), **ASYNC)
    assert told.json()["message"] == "current user api does not support asynchronous calls."


def test_image_jobs(emulator: Emulator) -> None:
    body = {"model": "wan2.2-t2i-flash", "input": {"prompt": "猫"}, "parameters": {"n": 2, "size": "512*512"}}
    emulator.task_fault("qwen", "partial")
    output = finished(emulator, f"{AIGC}/text2image/image-synthesis", body)["output"]
    assert output["task_metrics"] == {"TOTAL": 2, "SUCCEEDED": 1, "FAILED": 1}
    assert Image.open(io.BytesIO(fetch(output["results"][0]["url"]))).size == (512, 512)
    assert output["results"][1]["code"]
    output = finished(emulator, f"{AIGC}/image-generation/generation", talk("wan2.7-image", n=2))["output"]
    assert output["task_status"] == "SUCCEEDED" and len(output["choices"]) == 2


def media(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"type": kind, "url": f"https://example.com/{name}"} for kind, name in pairs]


def wan(kind: str, prompt: str = "海", parameters: Any = None, **more: Any) -> dict[str, Any]:
    return {"model": f"wan2.7-{kind}", "input": {"prompt": prompt, **more}, "parameters": parameters or {}}


VIDEO = f"{AIGC}/video-generation/video-synthesis"
FILMS = [
    (wan("t2v", parameters={"resolution": "720P", "ratio": "1:1", "duration": 2}), (960, 960, 60)),
    (wan("t2v", audio_url="https://example.com/a.mp3"), (1920, 1080, 150)),
    (wan("i2v", media=media(("first_frame", "a.png"), ("driving_audio", "a.mp3"))), (1920, 1080, 150)),
    (wan("i2v", media=media(("first_clip", "a.mp4"), ("last_frame", "a.png"))), (1920, 1080, 150)),
    (wan("r2v", media=[{**media(("reference_image", "a.png"))[0], "reference_voice": "https://example.com/v.mp3"}],
         parameters={"resolution": "720P", "ratio": "9:16"}), (720, 1280, 150)),
    (wan("videoedit", media=media(("video", "a.mp4"), ("reference_image", "a.png")),
         parameters={"duration": 4, "audio_setting": "origin"}), (1920, 1080, 120)),
    ({"model": "wan2.5-i2v-preview", "input": {"prompt": "x", "img_url": "https://example.com/a.png"},
      "parameters": {"resolution": "480P"}}, (832, 480, 150)),
]  # fmt: skip


@pytest.mark.parametrize(("body", "wanted"), FILMS)
def test_films(emulator: Emulator, body: Any, wanted: tuple[int, int, int]) -> None:
    reply = finished(emulator, VIDEO, body)
    seen = videos.probe(fetch(reply["output"]["video_url"]))
    assert (seen.width, seen.height, seen.frames) == wanted
    assert reply["usage"]["video_count"] == 1 and reply["output"]["orig_prompt"] == body["input"]["prompt"]


@pytest.mark.parametrize(
    "body",
    [wan("t2v", ""), wan("t2v", "x" * 5001), wan("t2v", parameters={"duration": 1}),
     wan("t2v", parameters={"resolution": "480P"}), wan("t2v", media=media(("first_frame", "a.png"))),
     wan("i2v"), wan("i2v", img_url="https://example.com/a.png"), wan("i2v", media=media(("last_frame", "a.png"))),
     wan("i2v", media=media(("first_frame", "a.png")), parameters={"ratio": "1:1"}),
     wan("videoedit"), wan("videoedit", media=media(("reference_image", "a.png"))),
     wan("videoedit", media=media(("video", "a.mp4")), parameters={"duration": 11}),
     wan("r2v", media=media(("driving_audio", "a.mp3"))), wan("r2v", media=media(*[("reference_image", "a.png")] * 6)),
     wan("r2v", media=media(("reference_video", "a.mp4")), parameters={"duration": 11})],
)  # fmt: skip
def test_films_refused(emulator: Emulator, body: Any) -> None:
    reply = post(emulator, VIDEO, body, **ASYNC)
    assert (reply.status_code, reply.json()["code"]) == (400, "InvalidParameter"), reply.text
    assert emulator.submissions == []


def test_tasks(emulator: Emulator) -> None:
    emulator.slow_tasks(100)
    caller = client(emulator, "qwen")
    first, second = (post(emulator, VIDEO, wan("t2v"), **ASYNC).json()["output"]["task_id"] for _ in range(2))
    assert set(caller.post(f"/api/v1/tasks/{first}/cancel").json()) == {"request_id"}
    emulator.advance(50)
    assert caller.post(f"/api/v1/tasks/{second}/cancel").status_code == 400
    rows = caller.get("/api/v1/tasks/", params={"status": "RUNNING"}).json()
    assert ([r["task_id"] for r in rows["data"]], rows["total"]) == ([second], 1)
    assert "prompt" not in str(rows["data"]) and rows["data"][0]["gmt_create"] / 1000 <= time.time()
    both = caller.get("/api/v1/tasks/", params={"model_name": "wan2.7-t2v"}).json()["data"]
    assert [r["task_id"] for r in both] == [second, first] and both[1]["status"] == "CANCELED"
    assert not caller.get("/api/v1/tasks/", params={"model_name": "wan2.7-i2v"}).json()["data"]
    long = caller.get("/api/v1/tasks/", params={"start_time": "20200101000000", "end_time": "20200103000000"})
    assert long.status_code == 400
    emulator.advance(86400)
    unknown = caller.get(f"/api/v1/tasks/{second}")
    assert (unknown.status_code, unknown.json()["output"]["task_status"]) == (200, "UNKNOWN")


def test_keys(emulator: Emulator) -> None:
    codes = []
    for key in ("sk-sp-x", "sk-cp-x", "nonsense", "sk-nobalance"):
        reply = client(emulator, "qwen", key).post(MULTI, json=talk("qwen-image-2.0"))
        codes.append((reply.status_code, reply.json()["code"]))
    assert codes == [(401, "InvalidApiKey")] * 3 + [(400, "Arrearage")]
    token_plan = client(emulator, "qwen", "sk-sp-x").post(MULTI, json=talk("wan2.7-image", size="1K"))
    assert token_plan.status_code == 200
    plan = client(emulator, "qwen", "sk-sp-x").post(
        "/v1/chat/completions", json={"model": "qwen3-asr-flash", "messages": [{"role": "user", "content": "x"}]}
    )
    assert plan.json()["error"]["message"] == "model 'qwen3-asr-flash' is not supported."


def test_queued_faults_speak_natively(emulator: Emulator) -> None:
    for preset, code in (("rate_limit", "Throttling.RateQuota"), ("quota", "Throttling.AllocationQuota")):
        emulator.fault("qwen", preset, on="multimodal", retry_after=1)
        reply = post(emulator, MULTI, talk("qwen-image-2.0"))
        assert (reply.status_code, reply.json()["code"], reply.headers["retry-after"]) == (429, code, "1")


SAY = {"model": "qwen3-tts-flash", "input": {"text": "你好，世界", "voice": "Cherry"}}


def test_speech(emulator: Emulator) -> None:
    output = post(emulator, MULTI, SAY).json()["output"]
    heard = sounds.listen(fetch(output["audio"]["url"]))
    assert (heard.text, heard.rate, output["finish_reason"]) == ("你好，世界", 24000, "stop")
    events = post(emulator, MULTI, SAY, **{"X-DashScope-SSE": "enable"}).text.strip().split("\n\n")
    bodies = [json.loads(e.partition("data:")[2])["output"] for e in events]
    assert events[0].startswith("id:1\nevent:result\n:HTTP_STATUS/200\ndata:")
    pcm = b"".join(base64.b64decode(b["audio"]["data"]) for b in bodies)
    assert sounds.listen(sounds.wrap(pcm, 24000)).text == "你好，世界"
    assert bodies[0]["finish_reason"] == "null" and bodies[-1]["audio"]["url"]


@pytest.mark.parametrize(
    "more", [{"text": ""}, {"text": "x" * 601}, {"voice": ""}, {"language_type": "Klingon"}, {"instructions": "slow"}]
)
def test_speech_refused(emulator: Emulator, more: Any) -> None:
    body = {**SAY, "input": {**SAY["input"], **more}}  # type: ignore[dict-item]
    assert post(emulator, MULTI, body).json()["code"] == "InvalidParameter"


def listen(sound: str) -> dict[str, Any]:
    part = {"type": "input_audio", "input_audio": {"data": sound}}
    return {"model": "qwen3-asr-flash", "messages": [{"role": "user", "content": [part]}]}


def data_url(sound: bytes) -> str:
    return "data:audio/wav;base64," + base64.b64encode(sound).decode()


def test_transcripts_on_the_openai_route(emulator: Emulator) -> None:
    path = "/compatible-mode/v1/chat/completions"
    url = post(emulator, MULTI, SAY).json()["output"]["audio"]["url"]
    for source in (url, data_url(sounds.wav("你好，世界"))):
        reply = post(emulator, path, listen(source)).json()
        assert reply["choices"][0]["message"]["content"] == "你好，世界"
        assert reply["choices"][0]["message"]["annotations"][0]["language"] == "zh"
        assert reply["usage"]["seconds"] == 1
    ask = {**listen(url), "stream": True, "stream_options": {"include_usage": True}}
    lines = post(emulator, path, ask).text.strip().split("\n\n")
    chunks = [json.loads(line[6:]) for line in lines[:-1]]
    text = "".join(c["choices"][0]["delta"]["content"] for c in chunks if c["choices"])
    assert (text, chunks[-1]["choices"], lines[-1]) == ("你好，世界", [], "data: [DONE]")


def test_transcripts_show_lost_and_broken_files(emulator: Emulator) -> None:
    path = "/compatible-mode/v1/chat/completions"
    url = post(emulator, MULTI, SAY).json()["output"]["audio"]["url"]
    sound = sounds.wav("你好，世界")
    emulator.advance(90000)
    for source in (url, data_url(sound[:-2000]), data_url(b"junk"), "/tmp/a.wav", ""):
        reply = post(emulator, path, listen(source))
        assert reply.status_code == 400, (source[:40], reply.text)


def test_transcript_of_a_file_as_a_job(emulator: Emulator) -> None:
    path = "/api/v1/services/audio/asr/transcription"
    url = post(emulator, MULTI, SAY).json()["output"]["audio"]["url"]
    body = {"model": "qwen3-asr-flash-filetrans", "input": {"file_url": url}}
    done = finished(emulator, path, body)
    paper = json.loads(fetch(done["output"]["result"]["transcription_url"]))
    assert paper["transcripts"][0]["text"] == "你好，世界"
    emulator.advance(90000)
    done = finished(emulator, path, body)
    assert (done["output"]["task_status"], done["output"]["code"]) == ("FAILED", "FILE_403_FORBIDDEN")
