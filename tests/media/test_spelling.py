"""Words of a vendor's list in another case: they leave as the vendor spells them, whoever says them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cncoding import AsyncClient, Client, MediaOrder, MediaRequest, MediaToolSettings
from cncoding_cli.mcp_server import Catalogue, Provided
from cncoding_emulator import Emulator
from langchain_cncoding import CNCodingToolkit
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do

WORDS: list[tuple[str, MediaRequest, dict[str, Any]]] = [
    ("qwen", MediaRequest("video", "x", resolution="720p"), {"resolution": "720P"}),
    ("qwen", MediaRequest("video", "x", resolution=" 1080p "), {"resolution": "1080P"}),
    ("qwen", MediaRequest("image", "x", "wan2.7-image", size="2k"), {"size": "2K"}),
    ("qwen", MediaRequest("speech", "x", voice="cherry"), {"voice": "Cherry"}),
    ("qwen", MediaRequest("speech", "x", options={"language_type": "german"}), {"language_type": "German"}),
    ("minimax", MediaRequest("video", "x", "MiniMax-H3", resolution="2k", size="16:9"), {"resolution": "2K"}),
    ("minimax", MediaRequest("speech", "x", format="WAV"), {"format": "wav"}),
    ("minimax", MediaRequest("speech", "x", options={"voice_setting": {"emotion": "Happy"}}), {"emotion": "happy"}),
    (
        "minimax",
        MediaRequest("image", "x", "image-01", options={"response_format": "URL"}),
        {"response_format": "url"},
    ),
    ("glm", MediaRequest("speech", "x", voice="TongTong", format="PCM"), {"voice": "tongtong"}),
    ("glm", MediaRequest("video", "x", "cogvideox-3", options={"quality": "Speed"}), {"quality": "speed"}),
    ("unified", MediaRequest("video", "x", "wan2.7-t2v", resolution="720p"), {"resolution": "720P"}),
]


def find(body: Any, name: str) -> Any:
    """Return a field wherever it stands in a body."""
    if not isinstance(body, dict):
        return None
    return body[name] if name in body else next((one for row in body.values() if (one := find(row, name))), None)


@pytest.mark.parametrize("provider, request_, sent", WORDS, ids=range(len(WORDS)))
def test_a_listed_word_is_taken_in_any_case(
    emulator: Emulator, do: Do, provider: str, request_: MediaRequest, sent: dict[str, Any]
) -> None:
    do(provider, "submit", request_)
    (body,) = [one.json for one in emulator.requests if one.method == "POST"]
    assert {name: find(body, name) for name in sent} == sent


def test_the_price_and_the_digest_are_those_of_the_listed_word(emulator: Emulator, tmp_path: Path) -> None:
    with Client("qwen", journal=tmp_path) as client:
        small, listed = (client.estimate(MediaRequest("video", "x", resolution=one)) for one in ("720p", "720P"))
        assert small == listed and small.amount is not None
        for word in ("720P", "720p"):
            client.make(MediaOrder(MediaRequest("video", "x", resolution=word), reuse=True), tmp_path)
    assert len(emulator.submissions) == 1


def test_a_stream_and_a_long_text_know_the_format(emulator: Emulator) -> None:
    with Client("minimax") as client:
        speech = client.stream_speech("hello", format="PCM")
        assert speech.kind.media_type == "audio/pcm" and list(speech)
        done = client.synthesize_speech("A sentence that is said. " * 500, format="WAV")
    assert done[0].media_type == "audio/wav"


def ask_langchain(folder: Path, tool: str, given: dict[str, Any]) -> str:
    tools = {one.name: one for one in CNCodingToolkit("qwen", output_dir=folder).get_tools()}
    return str(tools[tool].invoke(given))


def ask_llamaindex(folder: Path, tool: str, given: dict[str, Any]) -> str:
    (found,) = CNCodingToolSpec("qwen", output_dir=folder).to_tool_list([tool])
    return str(asyncio.run(found.acall(**given)).content)


def ask_mcp(folder: Path, tool: str, given: dict[str, Any]) -> str:
    async def main() -> str:
        async with AsyncClient("qwen", journal=folder) as client:
            catalogue = Catalogue({"qwen": Provided(client, MediaToolSettings(folder=str(folder)))})
            return (await catalogue.call(f"qwen_{tool}", given)).text

    return asyncio.run(main())


@pytest.mark.parametrize("ask", [ask_langchain, ask_llamaindex, ask_mcp])
def test_a_model_may_write_it_so(emulator: Emulator, tmp_path: Path, ask: Any) -> None:
    assert "Begun by qwen" in ask(tmp_path, "submit_video", {"prompt": "a fox", "resolution": "720p"})
    assert find(emulator.requests[-1].json, "resolution") == "720P"
