"""Films are looked at by models that read them: client, both frameworks, command line; what is too large is said."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cncoding import Client, ConfigError
from cncoding_emulator import Emulator
from cncoding_emulator.media.videos import film
from langchain_cncoding import CNCodingToolkit
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do

FILM = film("a fox", (160, 120), 10, 1, "")
API: dict[str, Any] = {"client": {"endpoint": "api"}}
WATCHERS = [("kimi", {}), ("minimax", {}), ("qwen", API), ("glm", {"model": "glm-4.6v"})]


def sent(emulator: Emulator) -> list[dict[str, Any]]:
    body = next(one.json or {} for one in reversed(emulator.requests) if one.method == "POST")
    content = body["messages"][-1]["content"]
    return [part for part in content if part.get("type") == "video_url"]


@pytest.mark.parametrize(("provider", "settings"), WATCHERS)
def test_a_film_is_watched(emulator: Emulator, do: Do, tmp_path: Path, provider: str, settings: Any) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(FILM)
    for source in (FILM, path, path.as_uri()):
        assert do(provider, "understand_video", source, "what happens?", **settings)
        [part] = sent(emulator)
        assert part["video_url"]["url"].startswith("data:video/mp4;base64,")


def test_a_link_is_left_to_the_vendor(emulator: Emulator, do: Do) -> None:
    assert do("qwen", "understand_video", "https://example.com/a.mp4", "what happens?", **API)
    assert sent(emulator)[0]["video_url"]["url"] == "https://example.com/a.mp4"


def test_a_large_film_is_given_to_the_vendor_first(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    path.write_bytes(FILM + (21 << 20).to_bytes(4, "big") + b"free" + bytes((21 << 20) - 8))
    assert do("minimax", "understand_video", path, "what happens?")
    assert sent(emulator)[0]["video_url"]["url"].startswith("mm_file://")
    with pytest.raises(ConfigError, match=r"video: .*long\.mp4 has more than 20 MB, and kimi keeps no films"):
        do("kimi", "understand_video", path, "what happens?")


@pytest.mark.parametrize(
    ("provider", "source", "why"),
    [
        ("kimi", b"just words", r"^video: its type cannot be told"),
        ("kimi", b"GIF89a" + bytes(60), r"^video: the bytes are image/gif, not a video"),
        ("kimi", "nope.mp4", r"^video: path='nope\.mp4': cannot be read"),
        ("kimi", [FILM], r"^video: is a list; give one video"),
        ("kimi", "https://example.com/a.mp4", r"video: Kimi fetches no URL"),
        ("qwen", FILM, r"no model of qwen at 'coding' is known to read video; choose endpoint='api'"),
        ("deepseek", FILM, r"no model of deepseek .* is known to read video; choose one of .*kimi"),
    ],
)
def test_refused_before_anything_is_sent(emulator: Emulator, do: Do, provider: str, source: Any, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        do(provider, "understand_video", source, "what happens?")
    assert not emulator.requests


def test_what_is_too_large_as_base64(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match=r"video: Qwen takes at most 10 MB as Base64"):
        do("qwen", "understand_video", FILM + bytes(8 << 20), "what happens?", **API)
    assert not emulator.requests


def test_who_has_the_tool(emulator: Emulator) -> None:
    found = {name: "understand_video" in Client(name).list_tools() for name in ("kimi", "minimax", "qwen", "deepseek")}
    assert found == {"kimi": True, "minimax": True, "qwen": False, "deepseek": False}


@pytest.mark.parametrize("way", ["langchain", "langchain-async", "llamaindex", "llamaindex-async"])
def test_an_agent_watches(emulator: Emulator, tmp_path: Path, way: str) -> None:
    (tmp_path / "a.mp4").write_bytes(FILM)
    asked = {"video": "a.mp4", "question": "what happens?"}
    if way.startswith("langchain"):
        tool = next(one for one in CNCodingToolkit("kimi", output_dir=tmp_path).get_tools() if "video" in one.name)
        call = {"type": "tool_call", "id": "1", "name": "understand_video", "args": asked}
        message = asyncio.run(tool.ainvoke(call)) if way.endswith("async") else tool.invoke(call)
        assert message.content and message.artifact["video"] == "a.mp4"
    else:
        tools = CNCodingToolSpec("kimi", output_dir=tmp_path).to_tool_list()
        one = next(tool for tool in tools if tool.metadata.name == "understand_video")
        assert str(asyncio.run(one.acall(**asked)) if way.endswith("async") else one.call(**asked))
    assert len(sent(emulator)) == 1
