"""Every route of every provider against the emulator, with both clients: asked, waited for, saved and opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cncoding import Client, MediaJob, MediaRequest, providers
from cncoding.media.selection import media_routes
from cncoding_emulator import Emulator
from tests.media.conftest import Do

FRAME = "https://example.com/frame.png"
SOUND = "https://example.com/voice.mp3"
FILM = "https://example.com/film.mp4"

IMAGES: list[tuple[str, dict[str, Any], tuple[int, int] | None]] = [
    ("glm", {}, (1280, 1280)),
    ("glm", {"model": "cogview-3", "size": "1024x1024"}, (1024, 1024)),  # field report, 2026-02
    ("glm", {"model": "cogview-4-250304", "size": (768, 1344), "options": {"quality": "hd"}}, (768, 1344)),
    ("glm", {"model": "glm-image", "size": "16:9", "as_task": True, "poll_interval": 0.03}, (1728, 960)),
    ("minimax", {}, (1024, 1024)),
    ("minimax", {"model": "image-01", "size": "1024x1024"}, (1024, 1024)),  # field report, 2026-02
    ("minimax", {"model": "image-01", "size": "16:9"}, (1280, 720)),
    ("minimax", {"model": "image-01", "size": "512x768", "options": {"response_format": "base64"}}, (512, 768)),
    ("minimax", {"model": "image-01", "images": [FRAME]}, (1024, 1024)),
    ("qwen", {}, (2048, 2048)),
    ("qwen", {"model": "qwen-image-2.0-pro", "size": "1664*928", "watermark": False}, (1664, 928)),
    ("qwen", {"model": "qwen-image-plus", "size": "1328x1328"}, (1328, 1328)),
    ("qwen", {"model": "qwen-image-plus", "as_task": True, "poll_interval": 0.03}, (1664, 928)),
    ("qwen", {"model": "wan2.7-image", "size": "1K"}, (1024, 1024)),
    ("qwen", {"model": "wan2.7-image", "size": "1K", "as_task": True, "poll_interval": 0.03}, (1024, 1024)),
    ("qwen", {"model": "qwen-image-3.0", "as_task": True, "poll_interval": 0.03}, (2048, 2048)),
    ("qwen", {"model": "wanx2.1-imageedit", "images": [FRAME], "poll_interval": 0.03}, (1024, 1024)),
    ("unified", {"model": "qwen-image-2.0-pro", "size": "1664*928", "n": 1, "watermark": False}, (1664, 928)),
    ("unified", {"model": "wan2.7-image-pro", "images": [FRAME]}, None),
    ("unified", {"model": "image-01", "size": (1024, 1024)}, (1024, 1024)),
    ("unified", {"model": "image-01", "options": {"response_format": "base64"}}, None),
    ("unified", {"model": "glm-image", "size": "1024x1024", "options": {"style": "vivid"}}, (1024, 1024)),
    ("unified", {"model": "glm-image", "as_task": True, "poll_interval": 0.03}, None),
]


@pytest.mark.parametrize(("provider", "settings", "size"), IMAGES)
def test_images(
    emulator: Emulator, do: Do, tmp_path: Path, provider: str, settings: dict[str, Any], size: tuple[int, int] | None
) -> None:
    done = do(provider, "generate_image", "a red fox", **settings)
    saved = do(provider, "download", done, tmp_path)
    with Image.open(saved.path) as image:
        image.load()
        assert image.size == (saved.width, saved.height)
    assert size in (None, (saved.width, saved.height))
    assert Path(saved.path).parent == tmp_path
    assert len(emulator.submissions) == 1 and not emulator.leaks
    assert done.job is not None and done.job.kind == "image" and saved.provider == provider


VIDEOS: list[tuple[str, dict[str, Any]]] = [
    ("glm", {"duration": 5, "size": "1280x720"}),
    ("glm", {"model": "cogvideox-3", "images": [FRAME, FRAME], "options": {"fps": 30}}),
    ("glm", {"model": "viduq1-text", "size": "16:9"}),
    ("glm", {"model": "vidu2-start-end", "images": [FRAME, FRAME], "duration": 4}),
    ("minimax", {"duration": 6, "resolution": "768P"}),
    ("minimax", {"model": "MiniMax-Hailuo-02", "images": [FRAME, FRAME], "resolution": "768P"}),
    ("minimax", {"model": "MiniMax-Hailuo-2.3-Fast", "images": [FRAME]}),
    ("minimax", {"model": "S2V-01", "images": [FRAME]}),
    ("minimax", {"model": "MiniMax-H3", "duration": 4, "resolution": "768P"}),
    ("minimax", {"model": "MiniMax-H3", "images": [FRAME]}),
    ("qwen", {"duration": 2, "resolution": "720P"}),
    ("qwen", {"model": "wan2.7-t2v", "size": "9:16", "duration": 2, "audio": [SOUND]}),
    ("qwen", {"model": "wan2.7-i2v", "images": [FRAME], "audio": [SOUND], "duration": 2}),
    ("qwen", {"model": "wan2.7-r2v", "images": [FRAME], "videos": [FILM], "audio": [SOUND], "duration": 2}),
    ("unified", {"model": "wan2.7-t2v", "duration": 5, "resolution": "720P", "audio": [SOUND]}),
    ("unified", {"model": "wan2.7-i2v", "images": [FRAME], "duration": 10, "resolution": "720P"}),
    ("unified", {"model": "wan2.7-r2v", "images": [FRAME], "videos": [FILM], "audio": [SOUND], "duration": 5}),
    ("unified", {"model": "MiniMax-Hailuo-2.3", "images": [FRAME, FRAME], "duration": 6, "resolution": "1080P"}),
    ("unified", {"model": "cogvideox-3", "images": [FRAME], "options": {"fps": 24}}),
]


@pytest.mark.parametrize(("provider", "settings"), VIDEOS)
def test_videos(emulator: Emulator, do: Do, tmp_path: Path, provider: str, settings: dict[str, Any]) -> None:
    done = do(provider, "generate_video", "a red fox runs", poll_interval=0.03, **settings)
    saved = do(provider, "download", done[0], tmp_path)
    assert saved.media_type == "video/mp4" and saved.width and saved.height and saved.duration
    if settings.get("duration") and provider != "unified":
        assert saved.duration == pytest.approx(settings["duration"], abs=0.2)
    assert len(emulator.submissions) == 1 and not emulator.leaks


SPEECH: list[tuple[str, dict[str, Any], str]] = [
    ("glm", {}, "audio/wav"),
    ("glm", {"voice": "xiaochen", "speed": 1.5, "format": "pcm"}, "audio/pcm"),
    ("glm", {"options": {"stream": True, "encode_format": "hex"}}, "audio/pcm"),
    ("glm", {"options": {"stream": True, "encode_format": "base64"}}, "audio/pcm"),
    ("minimax", {}, "audio/mpeg"),
    ("minimax", {"model": "speech-2.6-turbo", "format": "wav", "speed": 1.2}, "audio/wav"),
    ("minimax", {"options": {"output_format": "url"}}, "audio/mpeg"),
    ("minimax", {"options": {"stream": True}}, "audio/mpeg"),
    ("qwen", {}, "audio/wav"),
    ("qwen", {"voice": "Cherry", "options": {"language_type": "Chinese"}}, "audio/wav"),
    ("qwen", {"options": {"stream": True}}, "audio/wav"),
    ("unified", {"model": "qwen3-tts-flash", "voice": "Cherry", "options": {"language_type": "Chinese"}}, "audio/wav"),
    ("unified", {"model": "speech-2.8-hd", "voice": "Boyan_new_hd"}, "audio/mpeg"),
    ("minimax", {"as_task": True, "speed": 1.5, "poll_interval": 0.03}, "audio/mpeg"),
]


@pytest.mark.parametrize(("provider", "settings", "media_type"), SPEECH)
def test_speech(
    emulator: Emulator, do: Do, tmp_path: Path, provider: str, settings: dict[str, Any], media_type: str
) -> None:
    done = do(provider, "synthesize_speech", "你好,欢迎使用统一体验端口。", **settings)
    saved = do(provider, "download", done, tmp_path)
    assert saved.media_type == media_type
    assert media_type == "audio/pcm" or (saved.duration and saved.duration > 0.3)
    assert len(emulator.submissions) == 1 and not emulator.leaks


def test_streamed_speech_is_not_doubled(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    """The last event of MiniMax repeats the whole sound."""
    text = "一二三四五六七八九十" * 5
    whole = do("minimax", "download", do("minimax", "synthesize_speech", text), tmp_path)
    streamed = do("minimax", "download", do("minimax", "synthesize_speech", text, options={"stream": True}), tmp_path)
    assert streamed.duration == pytest.approx(whole.duration, rel=0.05)
    bare = {"stream": True, "stream_options": {"exclude_aggregated_audio": True}}
    alone = do("minimax", "download", do("minimax", "synthesize_speech", text, options=bare), tmp_path)
    assert alone.duration == pytest.approx(whole.duration, rel=0.05)


def test_several_images(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    done = do("minimax", "generate_image", "a fox", n=3)
    paths = {do("minimax", "download", asset, tmp_path, name="fox").path for asset in done}
    assert {Path(path).name for path in paths} == {"fox.jpg", "fox-2.jpg", "fox-3.jpg"}


def test_a_job_goes_through_json_and_ends_elsewhere(emulator: Emulator, do: Do) -> None:
    for provider in ("glm", "minimax", "qwen", "unified"):
        job = do(provider, "submit", MediaRequest("video", "a fox"))
        text = json.dumps(job.to_json())
        assert "key" not in text and "sk-" not in text and "http" not in text
        assert MediaJob.from_json(text) == job
        statuses = do(provider, "watch", text, poll_interval=0.03)
        assert statuses[-1].assets and do(provider, "status", job.handle).assets
    assert len(emulator.submissions) == 4


def test_every_route_is_tried_here() -> None:
    """A route that nobody asks for here would rot."""
    tried = {
        "qwen-image-mask",
        "minimax-voice-design",
        "minimax-voice-clone",
        "glm-voice-clone",
    }  # in test_edit, test_voices
    for rows, kind in ((IMAGES, "image"), (VIDEOS, "video"), (SPEECH, "speech")):
        for provider, settings, *_ in rows:
            from cncoding.media.selection import choose_route

            request = MediaRequest(kind, "x", settings.get("model"), as_task=settings.get("as_task"))  # type: ignore[arg-type]
            tried.add(choose_route(request, providers()[provider])[0].name)
    assert tried == {route.name for provider in providers().values() for route in media_routes(provider)}


def test_another_provider_refuses_the_job(emulator: Emulator) -> None:
    job = Client("glm").submit(MediaRequest("video", "a fox"))
    with pytest.raises(Exception, match="belongs to 'glm'"):
        Client("qwen").status(job)
