from __future__ import annotations

import base64
import io
import json
import tarfile
from typing import Any

import pytest
from PIL import Image

from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds, videos

from .conftest import client, fetch


def post(emulator: Emulator, path: str, body: Any, key: str = "") -> Any:
    reply = client(emulator, "minimax", key).post(path, json=body)
    assert reply.status_code == 200
    return reply.json()


def data_url(width: int, height: int) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "blue").save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


IMAGE = {"model": "image-01", "prompt": "猫"}


@pytest.mark.parametrize(
    ("more", "size"),
    [({}, (1024, 1024)), ({"aspect_ratio": "21:9"}, (1344, 576)), ({"width": 512, "height": 768}, (512, 768)),
     ({"width": 512, "height": 768, "aspect_ratio": "1:1"}, (1024, 1024)), ({"size": "512x512"}, (1024, 1024))],
)  # fmt: skip
def test_image_sizes(emulator: Emulator, more: Any, size: tuple[int, int]) -> None:
    reply = post(emulator, "/v1/image_generation", {**IMAGE, **more})
    image = Image.open(io.BytesIO(fetch(reply["data"]["image_urls"][0])))
    assert (image.size, image.format) == (size, "JPEG")
    assert reply["base_resp"] == {"status_code": 0, "status_msg": "success"}


def test_several_images_and_one_lost(emulator: Emulator) -> None:
    emulator.task_fault("minimax", "partial")
    reply = post(emulator, "/v1/image_generation", {**IMAGE, "n": 3, "response_format": "base64"})
    made = [base64.b64decode(text) for text in reply["data"]["image_base64"]]
    assert len(set(made)) == 2
    assert reply["metadata"] == {"failed_count": "1", "success_count": "2"}


@pytest.mark.parametrize(
    "more",
    [{"prompt": ""}, {"prompt": "x" * 1501}, {"model": "image-02"}, {"n": 10}, {"aspect_ratio": "5:4"},
     {"width": 512}, {"width": 500, "height": 512}, {"width": 516, "height": 512}, {"response_format": "png"},
     {"style": {"style_type": "水彩"}}, {"subject_reference": [{"type": "person", "image_file": "https://a/b.png"}]},
     {"subject_reference": [{"type": "character"}]}, {"model": "image-01-live", "aspect_ratio": "21:9"}],
)  # fmt: skip
def test_images_refused_inside_http_200(emulator: Emulator, more: Any) -> None:
    reply = post(emulator, "/v1/image_generation", {**IMAGE, **more})
    assert reply["base_resp"]["status_code"] == 2013
    assert set(reply) == {"base_resp"} and emulator.submissions == []


def test_subject_and_style(emulator: Emulator) -> None:
    subject = [{"type": "character", "image_file": data_url(400, 400)}]
    style = {"style_type": "水彩", "style_weight": 0.5}
    more = {"model": "image-01-live", "style": style, "subject_reference": subject}
    assert post(emulator, "/v1/image_generation", {**IMAGE, **more})["base_resp"]["status_code"] == 0


def test_keys(emulator: Emulator) -> None:
    codes = [
        post(emulator, "/v1/image_generation", IMAGE, key)["base_resp"]["status_code"]
        for key in ("sk-cp-x", "sk-api-x", "sk-cp-planonly", "sk-api-nobalance", "sk-kimi-x", "sk-invalid")
    ]
    assert codes == [0, 0, 2061, 1008, 1004, 2049]


def test_queued_faults_speak_natively(emulator: Emulator) -> None:
    emulator.fault("minimax", "quota", on="image_generation", reset="2026-11-21 00:00:00")
    said = post(emulator, "/v1/image_generation", IMAGE)["base_resp"]
    assert said["status_code"] == 2056 and "2026-11-21 00:00:00" in said["status_msg"]
    emulator.fault("minimax", "server_error", on="image_generation", status=503)
    assert client(emulator, "minimax").post("/v1/image_generation", json=IMAGE).status_code == 503


def film(emulator: Emulator, ask: Any) -> Any:
    caller = client(emulator, "minimax")
    reply = caller.post("/v1/video_generation", json=ask).json()
    assert reply["base_resp"]["status_code"] == 0, reply
    emulator.advance(1)
    return caller.get("/v1/query/video_generation", params={"task_id": reply["task_id"]}).json()


def test_video_v1_ends_in_a_file(emulator: Emulator) -> None:
    done = film(emulator, {"model": "MiniMax-Hailuo-2.3", "prompt": "[推进]海", "resolution": "1080P"})
    assert (done["status"], done["video_width"], done["video_height"]) == ("Success", 1920, 1080)
    assert "url" not in str(done)
    caller = client(emulator, "minimax")
    file = caller.get("/v1/files/retrieve", params={"file_id": done["file_id"]}).json()["file"]
    assert str(file["file_id"]) == done["file_id"]
    data = fetch(file["download_url"])
    assert len(data) == file["bytes"] and videos.probe(data).seconds == 6
    raw = caller.get("/v1/files/retrieve_content", params={"file_id": done["file_id"]})
    assert raw.content == data
    emulator.advance(3601)
    import httpx

    assert httpx.get(file["download_url"], trust_env=False).status_code == 403


@pytest.mark.parametrize(
    "ask",
    [
        {"model": "MiniMax-Hailuo-02", "first_frame_image": data_url(400, 400), "resolution": "512P", "duration": 10},
        {"model": "MiniMax-Hailuo-02", "first_frame_image": data_url(400, 400), "last_frame_image": data_url(400, 400)},
        {"model": "MiniMax-Hailuo-2.3-Fast", "first_frame_image": "https://example.com/a.png"},
        {"model": "S2V-01", "prompt": "x",
         "subject_reference": [{"type": "character", "image": ["https://example.com/a.png"]}]},
        {"model": "T2V-01-Director", "prompt": "x"},
    ],
)  # fmt: skip
def test_video_v1_takes(emulator: Emulator, ask: Any) -> None:
    assert film(emulator, ask)["status"] == "Success"


@pytest.mark.parametrize(
    "ask",
    [
        {"model": "MiniMax-Hailuo-2.3"},
        {"model": "MiniMax-Hailuo-2.3", "prompt": "x" * 2001},
        {"model": "MiniMax-Hailuo-2.3", "prompt": "x", "duration": 5},
        {"model": "MiniMax-Hailuo-2.3", "prompt": "x", "duration": 10, "resolution": "1080P"},
        {"model": "MiniMax-Hailuo-2.3", "prompt": "x", "resolution": "720P"},
        {"model": "MiniMax-Hailuo-2.3", "prompt": "x", "last_frame_image": "https://example.com/a.png"},
        {"model": "MiniMax-Hailuo-2.3-Fast", "prompt": "x"},
        {"model": "MiniMax-Hailuo-02", "prompt": "x", "resolution": "512P"},
        {"model": "MiniMax-Hailuo-02", "prompt": "x", "first_frame_image": data_url(200, 200)},
        {"model": "MiniMax-Hailuo-02", "prompt": "x", "first_frame_image": "/tmp/a.png"},
        {"model": "S2V-01", "prompt": "x"},
        {"model": "hailuo", "prompt": "x"},
    ],
)
def test_video_v1_refuses(emulator: Emulator, ask: Any) -> None:
    assert post(emulator, "/v1/video_generation", ask)["base_resp"]["status_code"] == 2013
    assert emulator.submissions == []


def h3(text: str = "海", *parts: Any, **more: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": text}, *parts]
    return {"model": "MiniMax-H3", "content": content, "resolution": "768P", "duration": 4, "ratio": "16:9", **more}


def frame(role: str) -> dict[str, Any]:
    return {"type": "image_url", "role": role, "image_url": {"url": "https://example.com/a.png"}}


def test_video_v2(emulator: Emulator) -> None:
    caller = client(emulator, "minimax")
    made = caller.post("/v2/video_generation", json=h3(resolution="2K", duration=5, ratio="9:16")).json()
    assert set(made) == {"task_id"}
    emulator.advance(1)
    task = caller.get(f"/v2/query/video_generation/{made['task_id']}").json()["task"]
    assert (task["status"], task["usage"]["total_seconds"]) == ("succeeded", 5)
    seen = videos.probe(fetch(task["content"]["url"]))
    assert (seen.width, seen.height, seen.seconds) == (1440, 2560, 5.0)


def test_video_v2_cancel_and_delete(emulator: Emulator) -> None:
    emulator.slow_tasks(100)
    caller = client(emulator, "minimax")
    made = [caller.post("/v2/video_generation", json=h3()).json()["task_id"] for _ in range(2)]
    assert caller.delete(f"/v2/video_generation/{made[0]}").json()["status"] == "cancelled"
    assert caller.get(f"/v2/query/video_generation/{made[0]}").json()["task"]["status"] == "cancelled"
    assert caller.delete(f"/v2/video_generation/{made[0]}").status_code == 400
    emulator.advance(50)
    assert caller.delete(f"/v2/video_generation/{made[1]}").status_code == 400
    emulator.advance(60)
    assert caller.delete(f"/v2/video_generation/{made[1]}").json()["status"] == "deleted"
    assert caller.get(f"/v2/query/video_generation/{made[1]}").status_code == 404


@pytest.mark.parametrize(
    "ask",
    [
        h3(""), h3(ratio="adaptive"), h3(duration=3), h3(resolution="480P"), h3(duration=None), h3(resolution=None),
        h3("x", frame("first_frame"), ratio="16:9"), h3("x", frame("hero"), ratio="adaptive"),
        h3("x", frame("first_frame"), frame("reference_image"), ratio="adaptive"),
        h3(extra={"prompt_expansion_mode": "quality"}), h3(model="MiniMax-H4"),
        h3("x", {"type": "text", "text": "two"}),
    ],
)  # fmt: skip
def test_video_v2_refuses_with_a_status(emulator: Emulator, ask: Any) -> None:
    reply = client(emulator, "minimax").post("/v2/video_generation", json=ask)
    assert reply.status_code == 400
    assert reply.json()["error"]["message"].endswith("(2013)")
    assert emulator.submissions == []


SAY = {"model": "speech-2.8-hd", "text": "你好，世界", "voice_setting": {"voice_id": "male-qn-qingse"}}


def test_speech(emulator: Emulator) -> None:
    reply = post(emulator, "/v1/t2a_v2", SAY)
    heard = sounds.listen(bytes.fromhex(reply["data"]["audio"]))
    assert (heard.form, heard.rate, heard.text) == ("mp3", 32000, "你好，世界")
    assert reply["extra_info"]["audio_length"] == pytest.approx(1000 * heard.seconds, abs=40)
    assert (reply["data"]["status"], reply["extra_info"]["bitrate"]) == (2, 128000)


def test_speech_by_link_with_subtitles(emulator: Emulator) -> None:
    setting = {"format": "wav", "sample_rate": 24000}
    ask = {**SAY, "output_format": "url", "subtitle_enable": True, "audio_setting": setting}
    data = post(emulator, "/v1/t2a_v2", ask)["data"]
    assert sounds.listen(fetch(data["audio"])).text == "你好，世界"
    assert json.loads(fetch(data["subtitle_file"]))[0]["text"] == "你好，世界"


@pytest.mark.parametrize("without", [False, True])
def test_speech_stream_says_it_all_again(emulator: Emulator, without: bool) -> None:
    ask = {**SAY, "stream": True, "stream_options": {"exclude_aggregated_audio": without}}
    reply = client(emulator, "minimax").post("/v1/t2a_v2", json=ask)
    events = [json.loads(line[6:]) for line in reply.text.strip().split("\n\n")]
    pieces = b"".join(bytes.fromhex(e["data"]["audio"]) for e in events if e["data"]["status"] == 1)
    assert sounds.listen(pieces).text == "你好，世界" and len(events) > 3
    assert events[-1]["data"]["status"] == 2 and "extra_info" in events[-1]
    assert bytes.fromhex(events[-1]["data"]["audio"]) == (b"" if without else pieces)


@pytest.mark.parametrize(
    "more",
    [{"text": ""}, {"text": "x" * 10000}, {"model": "speech-9"}, {"voice_setting": {}},
     {"voice_setting": {"voice_id": "a", "speed": 3}}, {"voice_setting": {"voice_id": "a", "emotion": "neutral"}},
     {"audio_setting": {"sample_rate": 48000}}, {"stream": True, "output_format": "url"},
     {"pronunciation_dict": {"tone": [{"tone": "x"}]}}],
)  # fmt: skip
def test_speech_refused(emulator: Emulator, more: Any) -> None:
    assert post(emulator, "/v1/t2a_v2", {**SAY, **more})["base_resp"]["status_code"] == 2013


def test_long_speech(emulator: Emulator) -> None:
    caller = client(emulator, "minimax")
    made = caller.post("/v1/t2a_async_v2", json=SAY).json()
    ask = {"task_id": made["task_id"]}
    assert caller.get("/v1/query/t2a_async_query_v2", params=ask).json()["status"] == "Processing"
    emulator.advance(1)
    done = caller.get("/v1/query/t2a_async_query_v2", params=ask).json()
    assert done["status"] == "Success" and isinstance(done["file_id"], int)
    file = caller.get("/v1/files/retrieve", params={"file_id": done["file_id"]}).json()["file"]
    with tarfile.open(fileobj=io.BytesIO(fetch(file["download_url"]))) as archive:
        found = {one.name.rpartition(".")[2]: archive.extractfile(one) for one in archive}
        assert {*found} == {"mp3", "titles", "extra"} and all(found.values())
        read = {name: reader.read() for name, reader in found.items() if reader is not None}
    assert sounds.listen(read["mp3"]).text == "你好，世界"
    (row,) = json.loads(read["titles"])
    assert (row["text"], row["time_begin"], row["time_end"]) == ("你好，世界", 0, 1000)
