"""Voices, pictures as jobs, subtitles, styles, and the vendor's own reply."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cncoding import ConfigError, MediaToolCall, MediaToolSettings
from cncoding_emulator import Emulator
from langchain_cncoding import CNCodingToolkit
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do


@pytest.mark.parametrize(("provider", "voice", "path"), [
    ("glm", "tongtong", "/glm/api/paas/v4/voice/list"), ("minimax", "male-qn-qingse", "/minimax/v1/get_voice"),
])  # fmt: skip
def test_voices_are_listed_and_one_of_them_speaks(
    emulator: Emulator, do: Do, provider: str, voice: str, path: str
) -> None:
    found = {one.id: one for one in do(provider, "list_voices")}
    assert found[voice].kind.lower() in ("system", "official") and found[voice].raw
    assert emulator.requests[-1].path == path
    assert do(provider, "synthesize_speech", "hello", voice=found[voice].id)[0].data


def test_a_provider_without_a_list_says_who_has_one(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match="'qwen': lists no voices by API; these do: glm, minimax"):
        do("qwen", "list_voices")


def test_both_frameworks_list_voices(emulator: Emulator) -> None:
    tool = next(one for one in CNCodingToolkit("minimax").get_tools() if one.name == "list_voices")
    assert "male-qn-qingse" in str(tool.invoke({})) and tool.args == {}
    spec = CNCodingToolSpec("minimax", show_progress=False)
    assert "male-qn-qingse" in str(spec.list_voices()[0])


@pytest.mark.parametrize("provider", ["glm", "qwen"])
def test_pictures_are_begun_and_fetched_later(emulator: Emulator, do: Do, tmp_path: Path, provider: str) -> None:
    settings = MediaToolSettings(folder=str(tmp_path))
    begun = do(provider, "use_tool", MediaToolCall("submit_image", {"prompt": "a fox"}), settings)
    assert begun.artifact["status"] == "submitted" and begun.artifact["kind"] == "image"
    emulator.advance(100)
    call = MediaToolCall("check_media_job", {"job": begun.artifact["handle"]})
    done = do(provider, "use_tool", call, settings)
    assert done.artifact["status"] == "done" and Path(done.artifact["assets"][0]["path"]).is_file()
    assert len(emulator.submissions) == 1


def test_subtitles_are_kept(emulator: Emulator, do: Do) -> None:
    said = do("minimax", "synthesize_speech", "你好", options={"subtitle_enable": True})
    assert said[0].metadata["subtitle_file"].startswith("http")


def test_the_reply_of_the_vendor_is_kept(emulator: Emulator, do: Do) -> None:
    assert do("minimax", "generate_image", "a fox").raw["metadata"]["success_count"] in (1, "1")
    assert do("minimax", "synthesize_speech", "hello").raw["base_resp"]["status_code"] == 0


STYLE = {"style_type": "漫画", "style_weight": 0.5}
WRONG: list[tuple[Any, str]] = [
    ({"style_type": "cubism"}, "takes another style_type, which takes '漫画'"),
    ({"style_weight": 0.5}, "needs style_type in it"),
    ({"style_type": "漫画", "weight": 1}, "takes a dict of style_type, style_weight"),
    ("漫画", "takes a dict of style_type, style_weight"),
]


def test_a_style_is_taken(emulator: Emulator, do: Do) -> None:
    do("minimax", "generate_image", "a fox", model="image-01-live", options={"style": STYLE})
    sent = emulator.requests[-1].json
    assert sent is not None and sent["style"] == STYLE
    for style, why in WRONG:
        with pytest.raises(ConfigError, match=why):
            do("minimax", "generate_image", "a fox", model="image-01-live", options={"style": style})
    assert len(emulator.submissions) == 1
