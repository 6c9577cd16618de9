"""The requests that leave, byte for byte: paths, headers and bodies as the pages of vendors and gateway have them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cncoding import Media, MediaRequest
from cncoding.exchange.steps import Request
from cncoding.media.jobs import submit
from cncoding.media.routes import Asking
from cncoding.media.selection import choose_route
from cncoding.media.sending import build_request
from tests.media.steps import World, reply, setup

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(24)).decode()
PICTURE = Media("image", url="https://example.com/a.png")


def encoded(provider: str, request: MediaRequest, **settings: str) -> Request:
    made = setup(provider, **settings)
    route, model = choose_route(request, made.target.provider)
    draft = route.encode(Asking(request, model, route.model(model)))
    return build_request(draft, route.base(made.target), made.target, repeatable=False)


def image(prompt: str, model: str, **more: Any) -> MediaRequest:
    return MediaRequest("image", prompt, model, **more)


def video(prompt: str, model: str, *inputs: Media, **more: Any) -> MediaRequest:
    return MediaRequest("video", prompt, model, inputs, **more)


def as_role(media: Media, role: str) -> Media:
    return Media(media.kind, url=media.url, options={"role": role})


SAMPLES: list[tuple[str, MediaRequest, str, dict[str, Any]]] = [
    (  # field report of 2026-02, 5.1
        "glm", image("一只可爱的猫咪在花园里玩耍", "cogview-3", size="1024x1024"), "/api/paas/v4/images/generations",
        {"model": "cogview-3", "prompt": "一只可爱的猫咪在花园里玩耍", "size": "1024x1024"},
    ),
    (
        "glm", image("x", "glm-image", as_task=True), "/api/paas/v4/async/images/generations",
        {"model": "glm-image", "prompt": "x"},
    ),
    (
        "glm", video("x", "cogvideox-3", PICTURE, PICTURE, options={"with_audio": True}, duration=10),
        "/api/paas/v4/videos/generations",
        {"model": "cogvideox-3", "prompt": "x", "duration": 10, "with_audio": True,
         "image_url": ["https://example.com/a.png", "https://example.com/a.png"]},
    ),
    (
        "glm", MediaRequest("speech", "你好", "glm-tts", voice="jam", speed=2.0), "/api/paas/v4/audio/speech",
        {"model": "glm-tts", "input": "你好", "voice": "jam", "speed": 2.0, "response_format": "wav"},
    ),
    (  # field report of 2026-02, 7.3: `size` is no field of the page and becomes width and height
        "minimax", image("一只可爱的猫咪在花园里玩耍", "image-01", size="1024x1024"), "/v1/image_generation",
        {"model": "image-01", "prompt": "一只可爱的猫咪在花园里玩耍", "width": 1024, "height": 1024},
    ),
    (
        "minimax", image("x", "image-01-live", size="1280x720"), "/v1/image_generation",
        {"model": "image-01-live", "prompt": "x", "aspect_ratio": "16:9"},
    ),
    (
        "minimax", image("x", "image-01", inputs=(Media("image", data=PNG),), n=2, seed=7, watermark=True),
        "/v1/image_generation",
        {"model": "image-01", "prompt": "x", "n": 2, "seed": 7, "aigc_watermark": True,
         "subject_reference": [{"type": "character", "image_file": f"data:image/png;base64,{PNG}"}]},
    ),
    (
        "minimax", video("x", "MiniMax-Hailuo-02", PICTURE, PICTURE, duration=6, resolution="768P"),
        "/v1/video_generation",
        {"model": "MiniMax-Hailuo-02", "prompt": "x", "duration": 6, "resolution": "768P",
         "first_frame_image": "https://example.com/a.png", "last_frame_image": "https://example.com/a.png"},
    ),
    (
        "minimax", video("x", "MiniMax-H3", as_role(PICTURE, "first_frame"), resolution="2K", duration=8),
        "/v2/video_generation",
        {"model": "MiniMax-H3", "resolution": "2K", "duration": 8, "ratio": "adaptive", "content": [
            {"type": "text", "text": "x"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}, "role": "first_frame"}]},
    ),
    (
        "minimax", MediaRequest("speech", "hi", "speech-2.8-hd", voice="Boyan", speed=1.5, format="wav",
                                options={"emotion": "happy", "audio_setting": {"sample_rate": 44100}}), "/v1/t2a_v2",
        {"model": "speech-2.8-hd", "text": "hi", "audio_setting": {"format": "wav", "sample_rate": 44100},
         "voice_setting": {"voice_id": "Boyan", "speed": 1.5, "emotion": "happy"}},
    ),
    (
        "qwen", image("x", "qwen-image-2.0", inputs=(PICTURE,), size=(1024, 768), n=2, negative_prompt="y"),
        "/api/v1/services/aigc/multimodal-generation/generation",
        {"model": "qwen-image-2.0",
         "input": {"messages": [
             {"role": "user", "content": [{"image": "https://example.com/a.png"}, {"text": "x"}]}]},
         "parameters": {"n": 2, "negative_prompt": "y", "size": "1024*768"}},
    ),
    (  # help.aliyun.com/zh/model-studio/wanx-image-edit, its first sample
        "qwen", image("陶瓷兔子拿着陶瓷小花。", "wanx2.1-imageedit", n=1, inputs=(
            PICTURE, as_role(Media("image", url="https://example.com/mask.png"), "mask"))),
        "/api/v1/services/aigc/image2image/image-synthesis",
        {"model": "wanx2.1-imageedit", "parameters": {"n": 1}, "input": {
            "function": "description_edit_with_mask", "prompt": "陶瓷兔子拿着陶瓷小花。",
            "base_image_url": "https://example.com/a.png", "mask_image_url": "https://example.com/mask.png"}},
    ),
    (  # the same page: words alone
        "qwen", image("给小猫添加一副墨镜", "wanx2.1-imageedit", inputs=(PICTURE,), options={"strength": 0.5}),
        "/api/v1/services/aigc/image2image/image-synthesis",
        {"model": "wanx2.1-imageedit", "parameters": {"strength": 0.5}, "input": {
            "function": "description_edit", "prompt": "给小猫添加一副墨镜",
            "base_image_url": "https://example.com/a.png"}},
    ),
    (
        "qwen", image("x", "qwen-image-3.0-pro", inputs=(PICTURE, PICTURE), as_task=True),
        "/api/v1/services/aigc/image-generation/generation",
        {"model": "qwen-image-3.0-pro", "parameters": {}, "input": {"messages": [{"role": "user", "content": [
            {"image": "https://example.com/a.png"}, {"image": "https://example.com/a.png"}, {"text": "x"}]}]}},
    ),
    (
        "qwen", image("x", "qwen-image-plus", as_task=True, size="1:1"),
        "/api/v1/services/aigc/text2image/image-synthesis",
        {"model": "qwen-image-plus", "input": {"prompt": "x"}, "parameters": {"size": "1328*1328"}},
    ),
    (
        "qwen", video("x", "wan2.7-i2v", PICTURE, Media("audio", url="https://example.com/a.mp3"), resolution="720P"),
        "/api/v1/services/aigc/video-generation/video-synthesis",
        {"model": "wan2.7-i2v", "parameters": {"resolution": "720P"}, "input": {"prompt": "x", "media": [
            {"type": "first_frame", "url": "https://example.com/a.png"},
            {"type": "driving_audio", "url": "https://example.com/a.mp3"}]}},
    ),
    (
        "qwen", video("图1转身", "wan2.7-r2v", PICTURE, Media("audio", url="https://example.com/a.mp3"), duration=5),
        "/api/v1/services/aigc/video-generation/video-synthesis",
        {"model": "wan2.7-r2v", "parameters": {"duration": 5}, "input": {"prompt": "图1转身", "media": [
            {"type": "reference_image", "url": "https://example.com/a.png",
             "reference_voice": "https://example.com/a.mp3"}]}},
    ),
    (  # 2.6 and older
        "qwen", video("x", "wan2.6-i2v", PICTURE), "/api/v1/services/aigc/video-generation/video-synthesis",
        {"model": "wan2.6-i2v", "input": {"prompt": "x", "img_url": "https://example.com/a.png"}, "parameters": {}},
    ),
    (
        "qwen", MediaRequest("speech", "hi", options={"language_type": "English"}),
        "/api/v1/services/aigc/multimodal-generation/generation",
        {"model": "qwen3-tts-flash", "input": {"text": "hi", "voice": "Cherry", "language_type": "English"}},
    ),
    (  # the gateway's page, 7.1.2
        "unified", image("生成一张俯瞰雪山湖泊的超写实照片。", "qwen-image-2.0-pro", size=(1664, 928), n=1,
                         watermark=False, inputs=(Media("image", url="https://example.com/input.webp"),)),
        "/v1/chat/completions",
        {"model": "qwen-image-2.0-pro", "size": "1664*928", "n": 1, "watermark": False,
         "messages": [{"role": "user", "content": "生成一张俯瞰雪山湖泊的超写实照片。"}],
         "images": ["https://example.com/input.webp"]},
    ),
    (  # the gateway's page, 7.1.3
        "unified", video("一个由喷漆画成的少年", "wan2.7-i2v",
                         as_role(Media("image", url="https://example.com/frame.png"), "first_frame"),
                         as_role(Media("audio", url="https://example.com/rap.mp3"), "driving_audio"),
                         duration=10, resolution="720P"),
        "/v1/chat/completions",
        {"model": "wan2.7-i2v", "messages": [{"role": "user", "content": "一个由喷漆画成的少年"}],
         "images": ["https://example.com/frame.png"], "voices": ["https://example.com/rap.mp3"],
         "media_roles": {"images": ["first_frame"], "voices": ["driving_audio"]}, "duration": 10,
         "resolution": "720P"},
    ),
    (  # the gateway's page, 7.1.4
        "unified", MediaRequest("speech", "你好", "qwen3-tts-flash", voice="Cherry",
                                options={"language_type": "Chinese", "stream": False}), "/v1/chat/completions",
        {"model": "qwen3-tts-flash", "messages": [{"role": "user", "content": "你好"}], "voice": "Cherry",
         "language_type": "Chinese", "stream": False},
    ),
    (  # the gateway's page, 7.2.2
        "unified", image("海报", "image-01", inputs=(PICTURE,), n=1, size="1024x1024"), "/v1/chat/completions",
        {"model": "image-01", "messages": [{"role": "user", "content": "海报"}], "n": 1, "size": "1024x1024",
         "images": ["https://example.com/a.png"]},
    ),
    (  # the gateway's page, 7.2.4
        "unified", MediaRequest("speech", "欢迎", "speech-2.8-hd", voice="Boyan_new_hd", format="wav"),
        "/v1/chat/completions",
        {"model": "speech-2.8-hd", "messages": [{"role": "user", "content": "欢迎"}], "voice_id": "Boyan_new_hd",
         "audio_setting": {"format": "wav"}},
    ),
    (  # the gateway's page, 7.3.3
        "unified", image("办公室", "glm-image", size="512x512", as_task=True, options={"style": "vivid"}),
        "/v1/chat/completions",
        {"model": "glm-image", "messages": [{"role": "user", "content": "办公室"}], "size": "512x512",
         "style": "vivid", "async": True},
    ),
    (  # the gateway's page, 7.3.4
        "unified", video("推镜", "cogvideox-3", PICTURE, options={"fps": 24}), "/v1/chat/completions",
        {"model": "cogvideox-3", "messages": [{"role": "user", "content": "推镜"}], "fps": 24,
         "images": ["https://example.com/a.png"]},
    ),
    (  # a model that nobody knows passes with all it says
        "unified", image("x", "newco-image-9", size="8K", options={"anything": [1]}), "/v1/chat/completions",
        {"model": "newco-image-9", "messages": [{"role": "user", "content": "x"}], "size": "8K", "anything": [1]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "request_", "path", "body"), SAMPLES)
def test_samples(provider: str, request_: MediaRequest, path: str, body: dict[str, Any]) -> None:
    sent = encoded(provider, request_)
    assert sent.method == "POST" and sent.url.endswith(path)
    assert json.loads(sent.body or b"") == body
    assert sent.headers["Authorization"].startswith("Bearer ") and sent.headers["Content-Type"] == "application/json"
    assert not sent.repeatable


def test_jobs_of_qwen_say_so() -> None:
    assert encoded("qwen", video("x", "wan2.7-t2v")).headers["X-DashScope-Async"] == "enable"
    assert "X-DashScope-Async" not in encoded("qwen", image("x", "qwen-image-2.0")).headers


def test_hosts() -> None:
    hosts = {
        ("glm", "coding"): "https://open.bigmodel.cn/api/paas/v4/",
        ("glm", "api-global"): "https://api.z.ai/api/paas/v4/",
        ("minimax", "coding-global"): "https://api.minimax.io/v1/",
    }
    for (provider, endpoint), start in hosts.items():
        assert encoded(provider, MediaRequest("image", "x"), endpoint=endpoint).url.startswith(start)
    assert encoded("qwen", MediaRequest("image", "x"), endpoint="api", api_key="sk-general").url.startswith(
        "https://dashscope.aliyuncs.com/api/v1/services/"
    )


def test_the_anthropic_wire_leads_to_the_same_media() -> None:
    sent = encoded("minimax", MediaRequest("image", "x"), wire="anthropic")
    assert sent.url == "https://api.minimax.cn/v1/image_generation"


def test_paths_of_a_gateway_can_be_named() -> None:
    request = image("x", "glm-image", submit_path="/images/generations", query_path="/tasks/{id}", as_task=True)
    world = World([reply({"task_id": "a/b"}), reply({"output": {"task_status": "RUNNING"}})])
    made = setup("unified")
    job = world.run(submit(request, made))
    from cncoding.media.jobs import status

    world.run(status(job, made))
    assert [sent.url.partition("/v1")[2] for sent in world.sent] == ["/images/generations", "/tasks/a%2Fb"]


def test_extra_is_laid_over_unchecked() -> None:
    world = World([reply({"output": {"task_id": "t", "task_status": "PENDING"}})])
    request = video("x", "wan2.7-t2v", extra={"parameters": {"new_field": 1}, "top": 2}, duration=5)
    world.run(submit(request, setup("qwen")))
    body = json.loads(world.sent[0].body or b"")
    assert body["parameters"] == {"duration": 5, "new_field": 1} and body["top"] == 2


def test_users_headers_win() -> None:
    made = setup("minimax")
    from cncoding.vendors.minimax.media import _encode_search

    draft = _encode_search("q", None, {})
    assert build_request(draft, "", made.target, repeatable=True).headers["MM-API-Source"] == "Minimax-MCP"
