"""Programs give tools media as they have them, not only by path or link; agents still write texts alone."""

from __future__ import annotations

import copy
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.core.schema import ImageDocument, ImageNode, NodeWithScore
from PIL import Image

from cncoding import Asset, ConfigError, Media
from cncoding_emulator import Emulator
from langchain_cncoding import EditImageTool, UnderstandImageTool
from llamaindex_cncoding import CNCodingToolSpec


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "elsewhere" / "fox.png"
    path.parent.mkdir()
    Image.new("RGB", (640, 640), (200, 90, 9)).save(path)
    return path


COMMON: dict[str, Callable[[Path], Any]] = {
    "path": lambda path: path,
    "bytes": lambda path: path.read_bytes(),
    "open file": lambda path: io.BytesIO(path.read_bytes()),
    "pillow": lambda path: Image.open(path),
    "media": lambda path: Media("image", path=str(path)),
    "asset": lambda path: Asset("image", path=str(path)),
}
OURS: dict[str, Callable[[Path], Any]] = {
    "block": lambda path: ImageBlock(path=path),
    "document": lambda path: ImageDocument(image_path=str(path)),
    "node": lambda path: ImageNode(image_path=str(path)),
    "found node": lambda path: NodeWithScore(node=ImageNode(image_path=str(path)), score=1.0),
}


def read_sent(emulator: Emulator) -> str:
    return str(emulator.requests[-1].json if len(emulator.requests) < 3 else [one.json for one in emulator.requests])


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("kind", [*COMMON, *OURS])
def test_llamaindex(emulator: Emulator, tmp_path: Path, picture: Path, kind: str, *, listed: bool) -> None:
    spec = CNCodingToolSpec("qwen", output_dir=tmp_path / "made", show_progress=False)
    given = {**COMMON, **OURS}[kind]
    text, _ = spec.edit_image("make it autumn", [given(picture)] if listed else given(picture))
    assert isinstance(text, TextBlock) and "Made by qwen" in text.text
    assert "data:image/png;base64," in read_sent(emulator)
    (seen,) = spec.understand_image(given(picture), "what is it?")
    assert isinstance(seen, TextBlock) and "640x640" in seen.text


@pytest.mark.parametrize("kind", list(COMMON))
def test_langchain(emulator: Emulator, tmp_path: Path, picture: Path, kind: str) -> None:
    given = COMMON[kind]
    made = EditImageTool(provider="qwen", output_dir=tmp_path / "made").invoke(
        {"prompt": "make it autumn", "images": [given(picture)]}
    )
    assert "Made by qwen" in made and "data:image/png;base64," in read_sent(emulator)
    seen = UnderstandImageTool(provider="qwen").invoke({"image": given(picture), "question": "what is it?"})
    assert "640x640" in seen


def test_what_was_made_is_an_input(emulator: Emulator, tmp_path: Path) -> None:
    spec = CNCodingToolSpec("qwen", output_dir=tmp_path, show_progress=False, poll_interval=0.03)
    made = spec.generate_image("a fox", count=2)
    for images in (made[1:], made, made.assets):  # type: ignore[attr-defined]
        assert "wan2.7-i2v" in str(spec.generate_video("the fox runs", images)[0])
    film = spec.generate_video("the fox runs")
    assert "wan2.7-videoedit" in str(spec.generate_video("in winter", videos=[film[1]])[0])
    assert "640" not in str(spec.transcribe(spec.synthesize_speech("hello")[1])[0])


def test_a_path_that_is_a_text_is_an_agents(emulator: Emulator, tmp_path: Path, picture: Path) -> None:
    spec = CNCodingToolSpec("qwen", output_dir=tmp_path / "made", show_progress=False)
    for images in (str(picture), [str(picture)]):
        with pytest.raises(ConfigError, match="one of these folders"):
            spec.edit_image("make it autumn", images)
    for wrong in (object(), [object()], {"path": str(picture)}, [5], b""):
        with pytest.raises(ConfigError, match=r"^images: "):
            spec.edit_image("make it autumn", wrong)
    assert not emulator.submissions


# ---------------------------------------------------------------- copies


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_spec_and_its_tools_are_copied(emulator: Emulator, tmp_path: Path, duplicate: Any) -> None:
    spec = CNCodingToolSpec(
        "glm", output_dir=tmp_path, models={"generate_image": "cogview-4"}, budget=3, show_progress=False
    )
    again = duplicate(spec)
    assert again.spec_functions == spec.spec_functions and not again.show_progress
    again.generate_image("a fox")
    tool = duplicate(spec.to_tool_list(["generate_image"])[0])
    output = tool.call(prompt="a fox")
    assert "Made by glm cogview-4" in output.content and len(output.blocks) == 1, "an agent's tool shows no picture"
    assert (
        tool.metadata.get_parameters_dict() == spec.to_tool_list(["generate_image"])[0].metadata.get_parameters_dict()
    )
    spec.generate_image("a fox")
    with pytest.raises(Exception, match="3 purchases are allowed and 3 were made"):
        duplicate(spec).generate_image("a fox")
    assert len(emulator.submissions) == 3


def test_a_pickle_holds_no_key_of_the_environment(emulator: Emulator) -> None:
    key = emulator.env()["ZAI_API_KEY"].encode()
    assert key not in pickle.dumps(CNCodingToolSpec("glm")) and key in pickle.dumps(
        CNCodingToolSpec("glm", api_key=key.decode())
    )
