"""Tools that make voices: off unless a program says that the person agreed, alike in both frameworks and over MCP."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cncoding import AsyncClient, CncodingError, ConfigError, MediaToolOutcome, MediaToolSettings
from cncoding_cli.mcp_server import Catalogue, Provided
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from langchain_cncoding import CloneVoiceTool, CNCodingToolkit, DesignVoiceTool
from llamaindex_cncoding import CNCodingToolSpec

AGREED = "Ana Morgan, in writing, 2026-11-20"
NEW = ("clone_voice", "design_voice", "delete_voice")
Call = Callable[..., tuple[str, dict[str, Any]]]


def call_langchain(name: str, folder: Path, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    tools = {one.name: one for one in CNCodingToolkit("minimax", output_dir=folder, consent=AGREED).get_tools()}
    call = {"type": "tool_call", "id": uuid.uuid4().hex, "name": name, "args": arguments}
    message = tools[name].invoke(call)
    return str(message.content), message.artifact or {}


def call_llamaindex(name: str, folder: Path, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    (tool,) = CNCodingToolSpec("minimax", output_dir=folder, consent=AGREED).to_tool_list([name])
    try:
        found = asyncio.run(tool.acall(**arguments))
    except ConfigError as error:
        return str(error), {}
    return str(found.content), getattr(found.raw_output, "artifact", {})


def call_mcp(name: str, folder: Path, arguments: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    async def main() -> MediaToolOutcome:
        async with AsyncClient("minimax", journal=folder) as client:
            settings = MediaToolSettings(folder=str(folder), consent=AGREED)
            return await Catalogue({"minimax": Provided(client, settings)}).call(f"minimax_{name}", arguments)

    try:
        found = asyncio.run(main())
    except CncodingError as error:
        return str(error), {}
    return found.text, dict(found.artifact)


@pytest.fixture(params=[call_langchain, call_llamaindex, call_mcp])
def call(request: pytest.FixtureRequest, emulator: Emulator, tmp_path: Path) -> Call:
    (tmp_path / "ana.wav").write_bytes(sounds.wav("the quick brown fox " * 13))
    return lambda tool, /, **given: request.param(tool, tmp_path, given)


def test_a_voice_is_cloned_and_deleted(emulator: Emulator, call: Call) -> None:
    text, artifact = call("clone_voice", audio="ana.wav", name="AnaMorgan01", preview="hello there")
    assert "Made the cloned voice AnaMorgan01 of minimax: " in text and "synthesize_speech, voice=AnaMorgan01" in text
    assert "about 9.9 CNY" in text and "Note: uploaded ana.wav (" in text and "Preview: " in text
    if artifact:
        assert artifact["voice"] == {"id": "AnaMorgan01", "name": "AnaMorgan01", "kind": "cloned"}
        assert Path(artifact["assets"][0]["path"]).is_file() and AGREED not in str(artifact["assets"])
    assert call("synthesize_speech", text="hi", voice="AnaMorgan01")[0].startswith("Made by minimax")
    assert "AnaMorgan01" in call("list_voices")[0]
    assert "The voice AnaMorgan01 is deleted." in call("delete_voice", voice="AnaMorgan01")[0]


def test_the_preview_of_glm_is_saved_too(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "ana.wav").write_bytes(sounds.wav("the quick brown fox " * 13))
    tools = {one.name: one for one in CNCodingToolkit("glm", output_dir=tmp_path, consent=AGREED).get_tools()}
    call = {"type": "tool_call", "id": "1", "name": "clone_voice"}
    message = tools["clone_voice"].invoke({**call, "args": {"audio": "ana.wav", "name": "ana", "preview": "hello"}})
    (asset,) = message.artifact["assets"]
    assert f"Preview: {asset['path']} (audio/wav, " in message.content and Path(asset["path"]).is_file()


def test_a_voice_is_designed(emulator: Emulator, call: Call) -> None:
    text, _ = call("design_voice", description="an old man", preview="hello there")
    assert "Made the designed voice ttv-voice-" in text


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("clone_voice", {"audio": "ana.wav"}, "name: missing; clone_voice needs it"),
    ("clone_voice", {"name": "AnaMorgan01"}, "audio: missing; clone_voice needs it"),
    ("clone_voice", {"audio": "ana.wav", "name": "short"}, "name='short': speech-2.8-hd takes 8 to 256 letters"),
    ("clone_voice", {"audio": "ana.wav", "name": "AnaMorgan01", "consent": "she agreed"}, "consent: clone_voice of"),
    ("clone_voice", {"audio": "/etc/passwd", "name": "AnaMorgan01"}, "/etc/passwd"),
    ("clone_voice", {"audio": "nowhere.wav", "name": "AnaMorgan01"}, "nowhere.wav"),
    ("clone_voice", {"audio": "https://example.com/a.wav", "name": "AnaMorgan01"}, "audio: minimax takes no https://"),
    ("design_voice", {"description": "an old man"}, "preview: missing; design_voice needs it"),
    ("delete_voice", {"voice": "male-qn-qingse"}, "voice: male-qn-qingse is system"),
    ("delete_voice", {}, "voice: missing; delete_voice needs it"),
]  # fmt: skip


@pytest.mark.parametrize("tool, arguments, said", WRONG, ids=range(len(WRONG)))
def test_what_a_model_writes_wrong_is_said(
    emulator: Emulator, call: Call, tool: str, arguments: dict[str, Any], said: str
) -> None:
    assert said in call(tool, **arguments)[0]
    assert emulator.submissions == [] and not any("delete" in one.path for one in emulator.requests)


def list_langchain(**settings: Any) -> list[str]:
    return [one.name for one in CNCodingToolkit("minimax", **settings).get_tools()]


def list_llamaindex(**settings: Any) -> list[str]:
    return [str(one.metadata.name) for one in CNCodingToolSpec("minimax", **settings).to_tool_list()]


@pytest.mark.parametrize("names", [list_langchain, list_llamaindex])
def test_a_kit_has_them_only_with_consent(emulator: Emulator, names: Callable[..., list[str]]) -> None:
    usual, agreed = names(), names(consent=AGREED)
    assert not set(NEW) & set(usual) and [one for one in agreed if one not in usual] == list(NEW)


@pytest.mark.parametrize("consent", ["", "yes", True, 7])
def test_a_consent_that_says_nothing_is_none(emulator: Emulator, consent: Any) -> None:
    for make in (list_langchain, list_llamaindex, lambda **given: MediaToolSettings(**given)):
        with pytest.raises(ValueError, match="consent"):
            make(consent=consent)


def test_no_tool_clones_without_consent(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="consent: missing"):
        CloneVoiceTool(provider="minimax")
    with pytest.raises(ConfigError, match="consent: missing; whoever builds the kit"):
        CNCodingToolSpec("minimax").clone_voice("nowhere.wav", "AnaMorgan01")
    tool = DesignVoiceTool(provider="minimax", output_dir=tmp_path)
    assert "ttv-voice-" in tool.invoke({"description": "an old man", "preview": "hello"})
    assert [one.kind for one in emulator.submissions] == ["voice"]
