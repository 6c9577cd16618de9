"""Pictures are changed where a vendor has a model for it, and refused with names elsewhere."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cncoding import Client, ConfigError, MediaToolCall, MediaToolSettings
from cncoding_emulator import Emulator
from langchain_cncoding import CNCodingToolkit
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do


def draw(path: Path, width: int = 600, height: int = 600, colour: str = "green") -> str:
    Image.new("RGB", (width, height), colour).save(path)
    return str(path)


def sent(emulator: Emulator) -> dict[str, Any]:
    return next(one.json or {} for one in reversed(emulator.requests) if one.method == "POST")


WAYS = [
    ("qwen", {}, "qwen-image-2.0", (2048, 2048)),
    ("qwen", {"model": "qwen-image-3.0-pro", "n": 2}, "qwen-image-3.0-pro", (2048, 2048)),
    ("qwen", {"model": "qwen-image-3.0", "as_task": True}, "qwen-image-3.0", (2048, 2048)),
    ("qwen", {"model": "qwen-image-edit-max", "size": "1024x768"}, "qwen-image-edit-max", (1024, 768)),
    ("qwen", {"model": "wan2.7-image", "size": "1K"}, "wan2.7-image", (1024, 1024)),
    ("qwen", {"model": "wanx2.1-imageedit"}, "wanx2.1-imageedit", (600, 600)),
    ("minimax", {}, "image-01", (1024, 1024)),
    ("unified", {"model": "wan2.7-image-pro"}, "wan2.7-image-pro", (2048, 2048)),
]


@pytest.mark.parametrize(("provider", "settings", "model", "size"), WAYS)
def test_a_picture_is_changed(
    emulator: Emulator, do: Do, tmp_path: Path, provider: str, settings: Any, model: str, size: tuple[int, int]
) -> None:
    done = do(provider, "edit_image", draw(tmp_path / "a.png"), "a red sky", poll_interval=0.01, **settings)
    assert sent(emulator)["model"] == model and len(done) == settings.get("n", 1)
    saved = do(provider, "download", done, tmp_path)
    assert (saved.width, saved.height) == size


def test_within_a_mask(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    picture, mask = draw(tmp_path / "a.png"), draw(tmp_path / "mask.png", colour="white")
    done = do("qwen", "edit_image", picture, "a rabbit", mask=mask, poll_interval=0.01)
    body = sent(emulator)
    assert body["input"]["function"] == "description_edit_with_mask" and done[0].url
    assert body["input"]["mask_image_url"].startswith("data:image/png;base64,") and done.usage == {"image_count": 1}


def test_several_pictures(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    both = [draw(tmp_path / "a.png"), draw(tmp_path / "b.png", colour="blue")]
    do("qwen", "edit_image", both, "put what picture 2 shows into picture 1")
    content = sent(emulator)["input"]["messages"][0]["content"]
    assert [next(iter(part)) for part in content] == ["image", "image", "text"]


REFUSED = [
    ("glm", {}, r"images: glm-image takes none .*these do: image-01 of minimax, qwen-image-2.0 of qwen"),
    ("minimax", {"mask": "m.png"}, r"mask: image-01 takes none .*these do: wanx2.1-imageedit of qwen"),
    ("qwen", {"mask": "m.png", "model": "qwen-image-2.0"}, r"mask: qwen-image-2.0 takes none .*qwen has wanx2.1"),
    ("wcode", {}, r"makes no image"),
    ("qwen", {"masks": "m.png"}, r"masks: not a setting of image; did you mean 'mask'"),
]


@pytest.mark.parametrize(("provider", "settings", "why"), REFUSED)
def test_refused_before_anything_is_sent(
    emulator: Emulator, do: Do, tmp_path: Path, provider: str, settings: Any, why: str
) -> None:
    draw(Path("m.png"))
    with pytest.raises(ConfigError, match=why):
        do(provider, "edit_image", draw(tmp_path / "a.png"), "a red sky", **settings)
    assert not emulator.requests


def test_no_picture_is_refused(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match="image: empty; name the picture to change"):
        do("qwen", "edit_image", [], "a red sky")


# ---------------------------------------------------------------- agents


def test_who_has_the_tool() -> None:
    has = {name: "edit_image" in Client(name, **SETTINGS.get(name, {})).list_tools() for name in ("glm", *SETTINGS)}
    assert has == {"glm": False, "kimi": False, "qwen": True, "minimax": True, "unified": True, "wcode": False}


SETTINGS: dict[str, dict[str, Any]] = {
    "kimi": {"api_key": "sk-kimi-x"}, "qwen": {"api_key": "sk-x"}, "minimax": {"api_key": "x"},
    "unified": {"api_key": "x", "base_url": "https://example.com/v1"}, "wcode": {"api_key": "x"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZAI_API_KEY", "id.secret")


@pytest.mark.parametrize("way", ["langchain", "langchain-async", "llamaindex", "llamaindex-async"])
def test_an_agent_changes_a_picture(emulator: Emulator, tmp_path: Path, way: str) -> None:
    draw(tmp_path / "a.png")
    draw(tmp_path / "m.png", colour="white")
    asked = {"prompt": "a rabbit", "images": ["a.png"], "mask": "m.png"}
    if way.startswith("langchain"):
        kit = CNCodingToolkit("qwen", output_dir=tmp_path, poll_interval=0.01)
        tool = next(one for one in kit.get_tools() if one.name == "edit_image")
        call = {"type": "tool_call", "id": "1", "name": "edit_image", "args": asked}
        message = asyncio.run(tool.ainvoke(call)) if way.endswith("async") else tool.invoke(call)
        text, prompt = str(message.content), message.artifact["prompt"]
        assert prompt == "a rabbit"
    else:
        spec = CNCodingToolSpec("qwen", output_dir=tmp_path, poll_interval=0.01, show_progress=False)
        one = next(tool for tool in spec.to_tool_list() if tool.metadata.name == "edit_image")
        text = str(asyncio.run(one.acall(**asked)) if way.endswith("async") else one.call(**asked))
    assert "Made by qwen wanx2.1-imageedit" in text and "600x600" in text
    assert sent(emulator)["input"]["function"] == "description_edit_with_mask"


def test_the_schema_says_what_it_needs(emulator: Emulator) -> None:
    found = {one.name: one for one in Client("qwen").list_arguments("edit_image")}
    assert [name for name, one in found.items() if one.required] == ["prompt", "images"]
    assert found["images"].rules == {"minItems": 1, "maxItems": 9} and "mask" in found
    assert "mask" not in {one.name for one in Client("minimax").list_arguments("edit_image")}


def test_a_missing_picture_is_told(emulator: Emulator, do: Do) -> None:
    with pytest.raises(ConfigError, match="images: missing; edit_image needs it"):
        do("qwen", "use_tool", MediaToolCall("edit_image", {"prompt": "a red sky"}), MediaToolSettings())
    assert not emulator.requests


def test_bytes_are_a_picture(emulator: Emulator, do: Do) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (600, 600)).save(buffer, "PNG")
    assert do("qwen", "edit_image", buffer.getvalue(), "a red sky").assets


def test_a_tool_says_it_too(emulator: Emulator, tmp_path: Path) -> None:
    draw(tmp_path / "a.png")
    call = MediaToolCall("edit_image", {"prompt": "", "images": ["a.png"]})
    with pytest.raises(ConfigError, match="prompt: "):
        Client("qwen").use_tool(call, MediaToolSettings(folder=str(tmp_path)))
    with pytest.raises(ConfigError, match="prompt: "):
        CNCodingToolSpec("qwen", output_dir=tmp_path).edit_image("", [tmp_path / "a.png"])
    assert emulator.requests == []


@pytest.mark.parametrize("prompt", ["", "  "])
def test_a_change_that_nobody_named_is_refused(emulator: Emulator, do: Do, tmp_path: Path, prompt: str) -> None:
    """It went to the model that takes no words, and was paid for."""
    with pytest.raises(ConfigError, match="prompt: empty; say what to make"):
        do("qwen", "edit_image", draw(tmp_path / "a.png"), prompt)
    assert emulator.requests == []
    assert do(
        "qwen",
        "edit_image",
        draw(tmp_path / "a.png"),
        "",
        model="wanx2.1-imageedit",
        options={"function": "colorization"},
    )


def test_what_is_too_many_is_called_as_it_was_given(emulator: Emulator, do: Do, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^images: image-01 takes 1 of them, not 2"):
        do("minimax", "edit_image", [draw(tmp_path / "a.png")] * 2, "the fox wears the hat")
    assert emulator.requests == []
