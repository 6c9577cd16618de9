"""What models write as arguments: what can mean one thing is taken, the rest is said in words to act on."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cncoding import AsyncClient, CncodingError, ConfigError, MediaToolSettings
from cncoding_cli.mcp_server import Catalogue, Provided
from cncoding_emulator import Emulator
from langchain_cncoding import CNCodingToolkit, SynthesizeSpeechTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do

Call = Callable[..., str]


def call_langchain(provider: str, name: str, folder: Path, arguments: dict[str, Any]) -> str:
    tools = {one.name: one for one in CNCodingToolkit(provider, output_dir=folder, poll_interval=0.02).get_tools()}
    call = {"type": "tool_call", "id": uuid.uuid4().hex, "name": name, "args": arguments}
    return str(tools[name].invoke(call).content)


def call_llamaindex(provider: str, name: str, folder: Path, arguments: dict[str, Any]) -> str:
    (tool,) = CNCodingToolSpec(provider, output_dir=folder, poll_interval=0.02).to_tool_list([name])
    try:
        return str(asyncio.run(tool.acall(**arguments)).content)
    except ConfigError as error:
        return str(error)


def call_mcp(provider: str, name: str, folder: Path, arguments: dict[str, Any]) -> str:
    async def main() -> str:
        async with AsyncClient(provider, journal=folder) as client:
            catalogue = Catalogue({provider: Provided(client, MediaToolSettings(folder=str(folder)))})
            return (await catalogue.call(f"{provider}_{name}", arguments)).text

    try:
        return asyncio.run(main())
    except CncodingError as error:
        return str(error)


@pytest.fixture(params=[call_langchain, call_llamaindex, call_mcp])
def call(request: pytest.FixtureRequest, emulator: Emulator, tmp_path: Path) -> Call:
    return lambda provider, name, **given: request.param(provider, name, tmp_path, given)


def find(emulator: Emulator, key: str) -> Any:
    """Return the first value of a key anywhere in what was sent."""

    def search(found: Any) -> Any:
        if isinstance(found, dict):
            return found[key] if key in found else next(filter(None, map(search, found.values())), None)
        return next(filter(None, map(search, found)), None) if isinstance(found, list) else None

    return next(filter(None, (search(one.json) for one in emulator.requests)), None)


LINK = "https://example.com/{}.png"
TAKEN: list[tuple[str, str, dict[str, Any], str, Any]] = [
    ("glm", "generate_video", {"prompt": "sea", "duration": "5"}, "duration", 5),
    ("glm", "generate_video", {"prompt": "sea", "duration": 5.0}, "duration", 5),
    ("glm", "generate_video", {"prompt": "sea", "duration": " 5.0 "}, "duration", 5),
    ("glm", "generate_video", {"prompt": "sea", "duration": ""}, "duration", None),
    ("glm", "generate_video", {"prompt": "sea", "duration": "null", "size": None}, "duration", None),
    ("qwen", "generate_image", {"prompt": "fox", "count": "2"}, "n", 2),
    ("qwen", "generate_image", {"prompt": 7}, "text", "7"),
    ("qwen", "generate_image", {"prompt": ["a fox"]}, "text", "a fox"),
    ("qwen", "generate_video", {"prompt": "x", "images": LINK.format(1)}, "url", LINK.format(1)),
    ("qwen", "generate_video", {"prompt": "x", "images": f'["{LINK.format(1)}"]'}, "url", LINK.format(1)),
    ("qwen", "generate_video", {"prompt": "x", "images": []}, "media", None),
    ("qwen", "generate_video", {"prompt": "x", "images": [None, ""]}, "media", None),
    ("qwen", "generate_video", {"prompt": "x", "images": "none"}, "media", None),
    ("minimax", "synthesize_speech", {"text": "hello", "voice": "None"}, "text", "hello"),
]


@pytest.mark.parametrize(("provider", "name", "given", "key", "sent"), TAKEN, ids=str)
def test_what_can_mean_one_thing_is_taken(
    emulator: Emulator, call: Call, provider: str, name: str, given: dict[str, Any], key: str, sent: Any
) -> None:
    assert "ade by" in call(provider, name, **given) and find(emulator, key) == sent
    assert len(emulator.submissions) == 1


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("glm", "generate_video", {"prompt": "sea", "duration": "five"}, "duration='five': give a whole number"),
    ("glm", "generate_video", {"prompt": "sea", "duration": "5 seconds"}, "duration='5 seconds': give a whole number"),
    ("glm", "generate_video", {"prompt": "sea", "duration": 5.5}, "duration=5.5: give a whole number"),
    ("glm", "generate_video", {"prompt": "sea", "duration": True}, "duration=True: give a whole number"),
    ("glm", "generate_video", {"prompt": "sea", "duration": [5]}, "duration=[5]: give a whole number"),
    ("glm", "generate_image", {"prompt": {"text": "fox"}}, "prompt: is an object; give a text"),
    ("glm", "generate_image", {"prompt": ["a", "b"]}, "prompt: is a list; give a text"),
    ("glm", "generate_image", {}, "prompt: missing; generate_image needs it"),
    ("glm", "generate_image", {"prompt": None}, "prompt: missing; generate_image needs it"),
    ("glm", "generate_image", {"prompt": ""}, "prompt: empty"),
    (
        "glm", "generate_image", {"description": "a fox"},
        "description: generate_image of glm has no such argument; it has prompt, size, count; prompt is missing",
    ),
    (
        "glm", "generate_image", {"prompt": "a fox", "tool": "x", "style": "oil"},
        "tool: generate_image of glm has no such argument; it has prompt, size",
    ),
    ("glm", "generate_image", {"prompt": "a fox", "voice": "x"}, "voice: generate_image of glm has no such argument"),
    ("glm", "generate_video", {"prompt": "a", "images": {"url": "x"}}, "images: is an object; give a list of links"),
    ("glm", "generate_video", {"prompt": "a", "images": [{"url": "x"}]}, "images: an object is in the list; give"),
    ("glm", "generate_video", {"prompt": "a", "images": ["/etc/passwd"]}, "in one of these folders"),
    ("glm", "web_search", {"query": "foxes", "limit": 3}, "limit: web_search of glm has no such argument; it has qu"),
    ("glm", "web_search", {"query": "狐" * 71}, "query: web_search takes 1 to 70 characters, not 71 (docs.bigmodel.cn"),
    ("glm", "check_media_job", {"handle": "video-1"}, "handle: check_media_job of glm has no such argument; it has"),
    ("glm", "generate_video", {"prompt": "a", "images": [LINK] * 3}, "images: generate_video takes at most 2, not 3"),
    ("glm", "generate_video", {"prompt": "x" * 513}, "prompt: cogvideox-3 takes 0 to 512 characters, not 513 (docs"),
    ("qwen", "generate_image", {"prompt": "a", "count": 99}, "count=99: qwen-image-2.0 makes 6 at once"),
    ("qwen", "generate_image", {"prompt": "a", "size": "9x9"}, "size='9x9': qwen-image-2.0 takes '2048x2048' or"),
    ("qwen", "generate_video", {"prompt": "a", "images": [LINK] * 9}, "images: generate_video takes at most 2, not 9"),
    ("minimax", "generate_image", {"prompt": "a", "size": "9x9"}, "size='9x9': image-01 takes a width and a height"),
    ("minimax", "generate_image", {"prompt": "a", "images": [LINK] * 2}, "images: image-01 takes 1 of them, not 2"),
    ("unified", "generate_video", {"prompt": "a", "references": [LINK] * 20}, "references: generate_video takes at"),
    ("kimi", "web_search", {"query": "a", "count": 99}, "count=99: search takes a whole number from 1 to 20 (kimi-cli"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "name", "given", "told"), REFUSED, ids=str)
def test_what_is_wrong_is_said_in_words_to_act_on(
    emulator: Emulator, call: Call, provider: str, name: str, given: dict[str, Any], told: str
) -> None:
    text = call(provider, name, **given)
    assert told in text and "extra=" not in text and "options=" not in text
    assert not emulator.requests


def test_a_voice_of_the_owner_is_used_where_the_model_names_none(emulator: Emulator, tmp_path: Path) -> None:
    tool = SynthesizeSpeechTool(provider="glm", voice="kazi", output_dir=tmp_path)
    for number, voice in enumerate(("", "null", None)):
        tool.invoke({"text": f"hello {number}", "voice": voice})
    tool.invoke({"text": "hello", "voice": "tongtong"})
    assert [one.json and one.json["voice"] for one in emulator.requests] == [*["kazi"] * 3, "tongtong"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("reuse", r"reuse: not a setting of image; it belongs to an order: make\(MediaOrder\(MediaRequest"),
        ("output_dir", r"output_dir: not a setting of image; download\(done, folder\) saves"),
        ("sise", "did you mean 'size'"),
        ("quality", "fields of the vendor go into options"),
    ],
)
def test_a_setting_of_another_place_is_told_its_place(emulator: Emulator, do: Do, name: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        do("glm", "generate_image", "a fox", **{name: True})
    assert emulator.requests == []
