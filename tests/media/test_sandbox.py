"""Links and files that a model names: nothing of elsewhere leaves this machine, and nothing is paid."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cncoding import ConfigError
from cncoding_emulator import Emulator
from langchain_cncoding import CNCodingToolkit
from llamaindex_cncoding import CNCodingToolSpec

INPUTS = [
    ("generate_video", "images"), ("generate_image", "images"), ("understand_image", "image"),
    ("understand_video", "video"), ("transcribe", "audio"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of an agent; a picture beside it is none of its business, however it is named."""
    (tmp_path / "out").mkdir()
    Image.new("RGB", (300, 300), "red").save(tmp_path / "secret.png")
    (tmp_path / "out" / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "out" / "up").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "out" / "pipe.png")
    return tmp_path / "out"


def name_secret(folder: Path) -> list[Any]:
    secret = str(folder.parent / "secret.png")
    return [
        secret, "link.png", "up/secret.png", "../secret.png", "..%2fsecret.png", f"file://{secret}", f"FILE://{secret}",
        f"file:{secret}", f"file://localhost{secret}", f"\uff26\uff29\uff2c\uff25://{secret}", f"{secret}\0.png",
        f"{secret}\n", "pipe.png", "/dev/zero", "/proc/self/environ", "~/.ssh/id_rsa", "$HOME/.netrc", "//server/a.png",
        "\\\\server\\share\\a.png", ".", "x" * 5000, "\udcff.png", ".cncoding-journal.sqlite3", "http://",
        "HTTPS:///a.png", "http://[bad/a.png", "http:/a.png", "ftp://example.com/a.png", "javascript:alert(1)",
        {"path": secret}, {"url": f"file://{secret}"},
    ]  # fmt: skip


@pytest.mark.parametrize("provider", ["glm", "qwen", "minimax"])
def test_what_a_model_names_stays_in_its_folder(emulator: Emulator, folder: Path, provider: str) -> None:
    sqlite3.connect(folder / ".cncoding-journal.sqlite3").execute("CREATE TABLE a (b)")
    kit = CNCodingToolkit(provider, output_dir=folder)
    tools = {tool.name: tool for tool in kit.get_tools()}
    tried = 0
    for name, argument in INPUTS:
        if name in tools and argument in tools[name].args:
            for source in name_secret(folder):
                given = [source] if argument == "images" else source
                words = {"prompt": "a fox"} if "prompt" in tools[name].args else {}
                text = str(tools[name].invoke({**words, argument: given}))
                assert not emulator.requests, (name, source, text)
                tried += 1
    assert tried > 50


def test_the_other_framework_reads_by_the_same_rule(emulator: Emulator, folder: Path) -> None:
    spec = CNCodingToolSpec("glm", output_dir=folder)
    for source in name_secret(folder):
        if source and isinstance(source, str):
            with pytest.raises(ConfigError, match="give"):
                spec.to_tool_list(["understand_image"])[0].call(image=source)
    assert not emulator.requests


def test_the_scheme_of_a_link_may_be_in_capitals(emulator: Emulator, folder: Path) -> None:
    tools = {tool.name: tool for tool in CNCodingToolkit("glm", output_dir=folder).get_tools()}
    assert "example.com" in str(tools["understand_image"].invoke({"image": "HTTPS://example.com/a.png"}))
