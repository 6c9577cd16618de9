"""What published guides show must work as they show it: whole flows, request by request."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest
from PIL import Image

from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds, videos

from .conftest import client, fetch

CAT = "一只可爱的猫咪在花园里玩耍"
PAGE = "https://example.com"


def size_of(url: str) -> tuple[int, int]:
    return Image.open(io.BytesIO(fetch(url))).size


def test_seed_000_glm_image(emulator: Emulator) -> None:
    ask = {"model": "cogview-3", "prompt": CAT, "size": "1024x1024"}
    result = client(emulator, "glm").post("/api/paas/v4/images/generations", json=ask).json()
    assert size_of(result["data"][0].get("url")) == (1024, 1024)


def test_seed_000_minimax_image_ignores_size(emulator: Emulator) -> None:
    """``size`` is no official field: a caller who relies on it gets the default, and the log shows it."""
    ask = {"model": "image-01", "prompt": CAT, "size": "512x768"}
    result = client(emulator, "minimax").post("/v1/image_generation", json=ask).json()
    assert size_of(result["data"]["image_urls"][0]) == (1024, 1024)
    unknown = [r.unknown_fields for r in emulator.requests]
    assert unknown == [("size",)]


def test_a_made_picture_can_be_looked_at(emulator: Emulator) -> None:
    import base64

    ask = {"model": "image-01", "prompt": "a red cat", "response_format": "base64"}
    minimax = client(emulator, "minimax", "sk-cp-x", **{"MM-API-Source": "Minimax-MCP"})
    made = minimax.post("/v1/image_generation", json=ask).json()["data"]["image_base64"][0]
    assert base64.b64decode(made).startswith(b"\xff\xd8")
    look = {"prompt": "描述这张图片", "image_url": f"data:image/jpeg;base64,{made}"}
    said = minimax.post("/v1/coding_plan/vlm", json=look).json()["content"]
    assert "1024x1024 JPEG, mostly red, mark: a red cat" in said


def ask(emulator: Emulator, model: str, **more: Any) -> Any:
    body = {"model": model, "messages": [{"role": "user", "content": CAT}], **more}
    reply = client(emulator, "unified").post("/v1/chat/completions", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def query(emulator: Emulator, kind: str, made: str) -> Any:
    emulator.advance(1)
    reply = client(emulator, "unified").get(f"/v1/{kind}/generations/{made}")
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize("model", ["qwen-image-2.0", "qwen-image-2.0-pro", "wan2.7-image-pro"])
def test_seed_004_qwen_images(emulator: Emulator, model: str) -> None:
    images = [f"{PAGE}/input.webp"]
    reply = ask(emulator, model, images=images, size="1664*928", n=1, watermark=False)
    assert set(reply) == {"output", "usage", "request_id"}
    content = reply["output"]["choices"][0]["message"]["content"]
    assert [set(part) for part in content] == [{"image"}]
    assert size_of(content[0]["image"]) == (1664, 928)
    assert reply["usage"] == {"image_count": 1}


WAN = [
    ("wan2.7-i2v", {"images": [f"{PAGE}/frame.png"], "voices": [f"{PAGE}/rap.mp3"], "duration": 10,
                    "media_roles": {"images": ["first_frame"], "voices": ["driving_audio"]}}),
    ("wan2.7-i2v", {"videos": [f"{PAGE}/clip.mp4"]}),
    ("wan2.7-r2v", {"images": [f"{PAGE}/a.png"], "videos": [f"{PAGE}/m.mp4"], "voices": [f"{PAGE}/v.mp3"]}),
    ("wan2.7-t2v", {"voices": [f"{PAGE}/background-music.mp3"], "negative_prompt": "模糊"}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "more"), WAN)
def test_seed_004_wan(emulator: Emulator, model: str, more: dict[str, Any]) -> None:
    reply = ask(emulator, model, **{"duration": 5, "resolution": "720P", **more})
    assert set(reply) == {"output", "request_id", "task_id"}
    assert reply["output"] == {"task_id": reply["task_id"], "task_status": "PENDING"}
    done = query(emulator, "videos", reply["task_id"])
    assert set(done) == {"output", "request_id"}
    assert set(done["output"]) == {"task_id", "task_status", "video_url"}
    seen = videos.probe(fetch(done["output"]["video_url"]))
    assert (seen.width, seen.height, seen.seconds) == (1280, 720, more.get("duration", 5))


def test_seed_004_qwen_speech(emulator: Emulator) -> None:
    reply = ask(emulator, "qwen3-tts-flash", voice="Cherry", language_type="Chinese", stream=False)
    assert set(reply) == {"status_code", "request_id", "output", "usage"}
    assert (reply["status_code"], reply["output"]["finish_reason"]) == (200, "stop")
    assert reply["usage"]["characters"] == len(CAT)
    assert sounds.listen(fetch(reply["output"]["audio"]["url"])).text == CAT


def test_seed_004_image_01(emulator: Emulator) -> None:
    reply = ask(emulator, "image-01", images=[f"{PAGE}/subject.png"], n=2, size="1024x1024")
    assert set(reply) == {"data"} and set(reply["data"]) == {"image_url"}
    assert [size_of(u) for u in reply["data"]["image_url"]] == [(1024, 1024)] * 2
    assert size_of(ask(emulator, "image-01", aspect_ratio="16:9")["data"]["image_url"][0]) == (1280, 720)
    assert isinstance(ask(emulator, "image-01", response_format="base64")["data"]["image_base64"], list)


@pytest.mark.parametrize("model", ["MiniMax-Hailuo-2.3", "MiniMax-Hailuo-2.3-Fast"])
def test_seed_004_hailuo(emulator: Emulator, model: str) -> None:
    images = [f"{PAGE}/first-frame.png", f"{PAGE}/last-frame.png"]
    reply = ask(emulator, model, images=images, duration=6, resolution="1080P")
    assert set(reply) == {"task_id"}
    done = query(emulator, "videos", reply["task_id"])
    assert done["status"] == "Success" and done["file_id"]
    assert videos.probe(fetch(done["file"]["download_url"])).height == 1080
    emulator.task_fault("unified", "file_id_only")
    bare = query(emulator, "videos", ask(emulator, model)["task_id"])
    assert bare["file_id"] and "file" not in bare


def test_seed_004_minimax_speech(emulator: Emulator) -> None:
    reply = ask(emulator, "speech-2.8-hd", voice_id="Boyan_new_hd", stream=False)
    assert set(reply) == {"trace_id", "data", "extra_info", "base_resp", "usage"}
    heard = sounds.listen(bytes.fromhex(reply["data"]["audio"]))
    assert (heard.form, heard.text, reply["data"]["status"]) == ("mp3", CAT, 2)
    assert set(reply["extra_info"]) == {
        "audio_length", "audio_sample_rate", "audio_size", "audio_bitrate", "usage_characters",
    }  # fmt: skip
    assert reply["extra_info"]["audio_length"] == pytest.approx(heard.seconds * 1000, abs=40)


def test_seed_004_glm_image(emulator: Emulator) -> None:
    reply = ask(emulator, "glm-image", size="512x512", style="vivid")
    assert set(reply) == {"created", "data"} and set(reply["data"][0]) == {"url", "revised_prompt"}
    assert size_of(reply["data"][0]["url"]) == (512, 512)
    job = ask(emulator, "glm-image", **{"async": True})
    assert set(job) == {"task_id"}
    assert query(emulator, "images", job["task_id"])["task_status"] == "SUCCESS"


def test_seed_004_cogvideox(emulator: Emulator) -> None:
    reply = ask(emulator, "cogvideox-3", images=[f"{PAGE}/{i}.png" for i in range(6)], fps=24)
    assert set(reply) == {"id", "task_id"} and reply["id"] == reply["task_id"]
    done = query(emulator, "videos", reply["id"])
    assert videos.probe(fetch(done["video_result"][0]["url"])).frames == 24 * 5


def test_seed_004_image_query(emulator: Emulator) -> None:
    emulator.task_fault("unified", "as_task")
    reply = ask(emulator, "qwen-image-2.0")
    done = query(emulator, "images", reply["task_id"])
    assert set(done["output"]) == {"task_id", "task_status", "results"}
    assert done["output"]["results"][0]["orig_prompt"] == CAT


REFUSED = [
    ("glm-image", {"images": [f"{PAGE}/a.png"]}),
    ("image-01", {"size": "1024*1024"}),
    ("qwen-image-2.0", {"size": "1024x1024"}),
    ("qwen-image-2.0", {"videos": [f"{PAGE}/a.mp4"]}),
    ("qwen3-tts-flash", {"images": [f"{PAGE}/a.png"]}),
    ("qwen3-tts-flash", {"language_type": "German"}),
    ("speech-2.8-hd", {"voices": [f"{PAGE}/a.mp3"]}),
    ("wan2.7-t2v", {"images": [f"{PAGE}/a.png"]}),
    ("wan2.7-i2v", {}),
    ("wan2.7-i2v", {"images": [f"{PAGE}/a.png"], "media_roles": {"images": ["first_frame", "last_frame"]}}),
    ("wan2.7-i2v", {"images": [f"{PAGE}/a.png"], "media_roles": {"images": ["hero"]}}),
    ("wan2.7-i2v", {"images": ["/tmp/a.png"]}),
    ("wan2.7-t2v", {"resolution": "4K"}),
    ("wan2.7-t2v", {"duration": 60}),
    ("MiniMax-Hailuo-2.3", {"duration": 10}),
    ("MiniMax-Hailuo-2.3", {"images": [f"{PAGE}/{i}.png" for i in range(3)]}),
    ("cogvideox-3", {"fps": "24"}),
    ("glm-image", {"style": "baroque"}),
    ("qwen-image-2.0", {"messages": [{"role": "user", "content": [{"type": "text", "text": CAT}]}]}),
]


@pytest.mark.parametrize(("model", "more"), REFUSED)
def test_gateway_refuses_what_the_page_does_not_take(emulator: Emulator, model: str, more: dict[str, Any]) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": CAT}], **more}
    reply = client(emulator, "unified").post("/v1/chat/completions", json=body)
    assert reply.status_code == 400, reply.text
    assert reply.json()["error"]["message"]
    assert emulator.submissions == []


def test_gateway_query_paths_are_by_kind(emulator: Emulator) -> None:
    video = ask(emulator, "cogvideox-3")["id"]
    assert client(emulator, "unified").get(f"/v1/images/generations/{video}").status_code == 404
    assert client(emulator, "unified").get("/v1/videos/generations/nothing").status_code == 404
    assert httpx.get(f"{emulator.url}/unified/v1/videos/generations/{video}", trust_env=False).status_code == 401


def test_gateway_chat_is_untouched(emulator: Emulator) -> None:
    assert ask(emulator, "qwen3.6-flash")["object"] == "chat.completion"
