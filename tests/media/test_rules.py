"""What a model does not take is refused before money is spent, naming the rule; unknown models pass."""

from __future__ import annotations

from typing import Any

import pytest

from cncoding import Client, ConfigError, Media, MediaRequest
from cncoding.media.jobs import submit
from cncoding.media.rules import Sizes, size_text
from tests.media.steps import World, reply, setup

PICTURE = Media("image", url="https://example.com/a.png")
MASK = Media("image", url="https://example.com/mask.png", options={"role": "mask"})
SOUND = Media("audio", url="https://example.com/a.mp3")
FILM = Media("video", url="https://example.com/a.mp4")


def request(
    kind: Any, model: str | None = None, prompt: str = "x", inputs: tuple[Media, ...] = (), **more: Any
) -> MediaRequest:
    return MediaRequest(kind, prompt, model, inputs, **more)


REFUSED: list[tuple[str, MediaRequest, str]] = [
    ("glm", request("image", "cogview-4", size="1000x1000"), r"size='1000x1000': cogview-4 takes .*steps of 16"),
    ("glm", request("image", "cogview-4", size="3:7"), "size='3:7'.*|no size of that ratio"),
    ("glm", request("image", "glm-image", options={"quality": "standard"}), "quality='standard': glm-image takes 'hd'"),
    ("glm", request("image", "glm-image", n=2), "n: glm-image does not take it"),
    ("glm", request("image", "glm-image", options={"qualty": "hd"}), "did you mean 'quality'"),
    (
        "glm",
        request("image", "glm-image", inputs=(PICTURE,)),
        "images: glm-image takes none .*image-01 of minimax, qwen-image-2.0 of qwen",
    ),
    ("glm", request("video", "cogvideox-3", options={"fps": 24}), "fps=24: cogvideox-3 takes 30 or 60"),
    ("glm", request("video", "cogvideox-3", duration=7), "duration=7: cogvideox-3 takes 5 or 10"),
    ("glm", request("video", "cogvideox-2", duration=5), "duration: cogvideox-2 does not take it"),
    ("glm", request("video", "cogvideox-3", prompt="x" * 513), "prompt.*512 characters, not 513"),
    ("glm", request("video", "cogvideox-3", inputs=(PICTURE,) * 3), "images.*1 to 2 of them, not 3"),
    ("glm", request("video", "viduq1-image"), "images: viduq1-image needs it"),
    ("glm", request("video", "cogvideox-3", inputs=(FILM,)), "videos: cogvideox-3 takes none .*MiniMax-H3 of minimax"),
    ("glm", request("speech", prompt="x" * 1025), "input.*1 to 1024 characters"),
    ("glm", request("speech", speed=3.0), "speed=3.0: glm-tts takes a number from 0.5 to 2"),
    ("minimax", request("image", "image-01", size="500x500"), "width=500.*512 to 2048"),
    ("minimax", request("image", "image-01", size="1020x1020"), "in steps of 8"),
    ("minimax", request("image", "image-01-live", size="21:9"), "aspect_ratio='21:9': image-01-live takes"),
    ("minimax", request("image", "image-01-live", size="800x800"), "width: image-01-live does not take it"),
    ("minimax", request("image", "image-01", n=10), "n=10: image-01 takes a whole number from 1 to 9"),
    ("minimax", request("video", "MiniMax-Hailuo-2.3", duration=10, resolution="1080P"), "1080P of 6 s only"),
    ("minimax", request("video", "MiniMax-Hailuo-2.3", resolution="720P"), "takes '768P' or '1080P'"),
    ("minimax", request("video", "MiniMax-Hailuo-2.3-Fast"), "first_frame_image|inputs: MiniMax-Hailuo-2.3-Fast needs"),
    (
        "minimax",
        request("video", "MiniMax-Hailuo-2.3", inputs=(PICTURE, PICTURE)),
        "last_frame_image.*does not take it",
    ),
    ("minimax", request("video", "MiniMax-Hailuo-02", resolution="512P"), "from a first frame alone"),
    ("minimax", request("video", "MiniMax-H3", duration=3), "duration=3: MiniMax-H3 takes a whole number from 4 to 15"),
    (
        "minimax",
        request("video", "MiniMax-H3", inputs=(PICTURE, SOUND)),
        "images: MiniMax-H3 takes frames.* or references, not both",
    ),
    ("minimax", request("video", "MiniMax-H3-Max", resolution="2K"), "takes '480P' or '768P'"),
    ("minimax", request("speech", prompt="x" * 10_000), "text|prompt.*9999"),
    ("minimax", request("speech", options={"output_format": "url", "stream": True}), "not with stream"),
    ("qwen", request("image", "qwen-image-2.0", size="4096*4096"), "262144 to 4194304 pixels"),
    ("qwen", request("image", "qwen-image-plus", n=2), "n=2: qwen-image-plus takes 1"),
    (
        "qwen",
        request("image", "qwen-image-plus", inputs=(PICTURE,)),
        "images: qwen-image-plus takes none .*qwen has qwen-image-2.0",
    ),
    ("qwen", request("image", "qwen-image-2.0", inputs=(PICTURE,) * 4), "images.*0 to 3 of them"),
    ("qwen", request("image", "wan2.7-image", n=5), "takes a whole number from 1 to 4"),
    ("qwen", request("image", "qwen-image-3.0", n=7), "n=7: qwen-image-3.0 takes a whole number from 1 to 6"),
    ("qwen", request("image", "qwen-image-edit-plus"), "images: qwen-image-edit-plus needs it"),
    ("qwen", request("image", "qwen-image-edit", inputs=(PICTURE,), size="1024x1024"), "size: .*does not take it"),
    ("qwen", request("image", "qwen-image-2.0", inputs=(PICTURE, MASK)), "mask: qwen-image-2.0 takes none .*imageedit"),
    ("qwen", request("image", "wanx2.1-imageedit", inputs=(PICTURE,), size="1:1"), "size: .*keeps the size"),
    (
        "qwen",
        request("image", "wanx2.1-imageedit", inputs=(PICTURE,), options={"function": "paint"}),
        "function='paint'",
    ),
    (
        "qwen",
        request("image", inputs=(PICTURE, MASK), options={"function": "expand"}),
        "mask: belongs to function='description_edit_with_mask'",
    ),
    ("minimax", request("image", inputs=(PICTURE, MASK)), "mask: image-01 takes none .*wanx2.1-imageedit of qwen"),
    ("qwen", request("image", "wan2.7-image", size="4K"), "takes '1K' or '2K', or at most"),
    ("qwen", request("video", "wan2.7-t2v", duration=16), "duration=16: wan2.7-t2v takes a whole number from 2 to 15"),
    ("qwen", request("video", "wan2.7-t2v", size="1280x720"), "resolution='720P'"),
    ("qwen", request("video", "wan2.7-i2v"), "images: wan2.7-i2v takes a first frame .*not words alone"),
    ("qwen", request("video", "wan2.7-i2v", inputs=(PICTURE, FILM)), "a first frame .*not first_frame, first_clip"),
    ("qwen", request("video", "wan2.7-r2v", inputs=(FILM,), duration=12), "2 to 10 s from a video"),
    (
        "qwen",
        request("video", "wan2.7-r2v", inputs=(PICTURE,) * 6),
        "references: wan2.7-r2v takes 0 to 5 of them, not 6",
    ),
    ("qwen", request("video", "wan2.7-r2v", inputs=(PICTURE, SOUND, SOUND)), "more voices"),
    ("qwen", request("video", "wan2.7-videoedit", inputs=(FILM,), duration=11), "a whole number from 2 to 10"),
    ("qwen", request("video", "wan2.7-videoedit"), "video: wan2.7-videoedit needs it"),
    ("qwen", request("video", "wan2.7-t2v", inputs=(FILM,)), "videos: wan2.7-t2v takes none .*wan2.7-videoedit"),
    ("minimax", request("video", "MiniMax-H3", size="adaptive"), "size=.adaptive.: MiniMax-H3 needs a ratio"),
    ("minimax", request("video", "MiniMax-H3", inputs=(PICTURE,) * 3), "a first and a last one, or references"),
    ("glm", request("video", "vidu2-reference", inputs=(PICTURE,) * 4), "references: vidu2-reference takes 1 to 3"),
    ("qwen", request("speech", prompt="x" * 601), "1 to 600 characters"),
    ("qwen", request("speech", options={"language_type": "Latin"}), "language_type='Latin'"),
    ("unified", request("image", "glm-image", inputs=(PICTURE,)), "images: glm-image takes none .opcdoc"),
    ("unified", request("video", "MiniMax-Hailuo-2.3", duration=10), "takes 5 or 6"),
    ("unified", request("video", "MiniMax-Hailuo-2.3", inputs=(PICTURE,) * 3), "images.*0 to 2 of them"),
    ("unified", request("video", "wan2.7-t2v", inputs=(PICTURE,)), "images: wan2.7-t2v takes none .*wan2.7-i2v"),
    ("unified", request("speech", "qwen3-tts-flash", options={"language_type": "German"}), "'Chinese', 'English' or"),
    (
        "unified",
        request("speech", "speech-2.8-hd", inputs=(PICTURE,)),
        "images: speech-2.8-hd takes none .*no known model does",
    ),
    ("unified", request("image", "image-01", options={"media_roles": {"images": ["a"]}}), "1 roles for 0 images"),
    ("glm", request("image", prompt="  "), "prompt: empty"),
    ("glm", request("image", "cogview-4", as_task=True), "cogview-4 of glm is not made that way"),
    ("kimi", request("image"), "provider='kimi': makes no image; it makes no media"),
    ("deepseek", request("video"), "makes no video"),
    ("wcode", request("image"), "makes no image"),
]


@pytest.mark.parametrize(("provider", "asked", "why"), REFUSED)
def test_refused(provider: str, asked: MediaRequest, why: str) -> None:
    world = World([reply({})])
    with pytest.raises(ConfigError, match=why):
        world.run(submit(asked, setup(provider)))
    assert world.sent == []


PASSED: list[tuple[str, MediaRequest]] = [
    ("glm", request("image", "cogview-9", size="77x77", n=5, options={"anything": 1})),
    ("glm", request("image", "cogview-3", size="1024x1024")),
    ("glm", request("video", "cogvideox-9", duration=33, options={"fps": 24})),
    ("minimax", request("image", "image-02", size="1x1")),
    ("minimax", request("video", "MiniMax-Hailuo-9", duration=33, resolution="8K")),
    ("qwen", request("image", "qwen-image-9", size="5000x5000", n=50)),
    ("qwen", request("video", "wan3.0-t2v", duration=60)),
    ("unified", request("video", "seedance-2", duration=60, inputs=(FILM,))),
    ("unified", request("video", "MiniMax-Hailuo-2.3", duration=5, resolution="720P")),  # the gateway's page
]


@pytest.mark.parametrize(("provider", "asked"), PASSED)
def test_passed(provider: str, asked: MediaRequest) -> None:
    world = World(
        [reply({"id": "t", "task_id": "t", "output": {"task_id": "t"}, "data": [{"url": "https://a/b.png"}]})]
    )
    if provider == "minimax" and asked.kind == "image":
        world = World([reply({"data": {"image_urls": ["https://a/b.png"]}, "base_resp": {"status_code": 0}})])
    if provider == "qwen" and asked.kind == "image":
        world = World([reply({"output": {"choices": [{"message": {"content": [{"image": "https://a/b.png"}]}}]}})])
    world.run(submit(asked, setup(provider)))
    assert len(world.sent) == 1


def test_a_dated_model_is_the_model() -> None:
    with pytest.raises(ConfigError, match=r"wan2\.7-t2v-2026-06-12 takes"):
        World([reply({})]).run(submit(request("video", "wan2.7-t2v-2026-06-12", duration=99), setup("qwen")))


@pytest.mark.parametrize(
    ("size", "sep", "text"),
    [("1024x1024", "*", "1024*1024"), ("1024*768", "x", "1024x768"), ((1, 2), "x", "1x2"), ("2K", "*", "2K"),
     ("16:9", "x", "1344x768"), ("9:16", "x", "768x1344"), ("1:1", "x", "1024x1024")],
)  # fmt: skip
def test_sizes(size: Any, sep: str, text: str) -> None:
    rule = Sizes("x", ("1024x1024", "768x1344", "1344x768"))
    assert size_text(size, sep, rule) == text


def test_a_ratio_without_a_listed_size_becomes_the_largest() -> None:
    assert size_text("16:9", "*", Sizes("*", area=(1, 2048 * 2048))) == "2720*1520"


@pytest.mark.parametrize("size", [(0, 5), (5,), [1.5, 2], (True, 2)])
def test_nonsense_sizes(size: Any) -> None:
    with pytest.raises(ConfigError, match="size="):
        size_text(size, "x")


def test_plan_keys_of_qwen_pay_for_no_media(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client("qwen", api_key="sk-sp-0000")
    with pytest.raises(
        ConfigError, match=r"covers chat only \(for media set DASHSCOPE_API_KEY, or pass endpoint='api'"
    ):
        client.generate_image("x")
    # The plan's key for chat and a general key for media, both in the environment.
    monkeypatch.setenv("ALIBABA_CODING_PLAN_API_KEY", "sk-sp-0000")
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-0000")
    both = Client("qwen")
    assert both.endpoint_name == "coding"
    assert both._media_setup.target.headers["Authorization"] == "Bearer sk-0000"
    assert both._media_setup.target.root == "https://dashscope.aliyuncs.com"
    # Token plans have images themselves.
    token = Client("qwen", api_key="sk-sp-0000", endpoint="token-plan")
    assert token._media_setup.target.root == "https://token-plan.cn-beijing.maas.aliyuncs.com"


def test_unknown_settings_are_refused_with_the_nearest() -> None:
    client = Client("glm", api_key="a.b")
    with pytest.raises(ConfigError, match="sizes: not a setting of image; did you mean 'size'"):
        client.generate_image("x", sizes="1x1")  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="voice: not a setting of video"):
        client.generate_video("x", voice="a")  # type: ignore[call-arg]
