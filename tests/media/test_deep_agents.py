"""Deep agents find what our tools made among their own files, and give files of their own to the tools."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.memory import InMemoryStore

from cncoding import ConfigError
from cncoding_emulator import Emulator
from langchain_cncoding import ChatKimi, CNCodingToolkit, GenerateImageTool

deepagents = pytest.importorskip("deepagents", reason="deepagents is not installed")
from deepagents.backends import CompositeBackend, FilesystemBackend, StateBackend, StoreBackend  # noqa: E402

BACKENDS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "state": (lambda folder: StateBackend(), "/media/"),
    "store": (lambda folder: StoreBackend(namespace=lambda runtime: ("files",)), "/media/"),
    "disk": (lambda folder: FilesystemBackend(root_dir=folder), "/"),
    "disk above": (lambda folder: FilesystemBackend(root_dir=folder.parent), "/out/"),
    "disk elsewhere": (lambda folder: FilesystemBackend(root_dir=folder.parent / "agent"), "/media/"),
    "real paths": (lambda folder: FilesystemBackend(root_dir=folder, virtual_mode=False), "{folder}/"),
    "route": (lambda folder: CompositeBackend(StateBackend(), {"/made/": FilesystemBackend(folder)}), "/made/"),
    "default": (lambda folder: CompositeBackend(FilesystemBackend(folder), {"/notes/": StateBackend()}), "/"),
    "hidden": (lambda folder: CompositeBackend(FilesystemBackend(folder.parent), {"/out/": StateBackend()}), "/media/"),
}
"""Backends by name, and the folder in which an agent finds what was made."""


class DeepAgent:
    """A deep agent of Kimi with GLM's media tools, told what to call."""

    def __init__(self, emulator: Emulator, backend: Any, folder: Path, asynchronous: bool = False) -> None:
        self.emulator, self.asynchronous = emulator, asynchronous
        tools = CNCodingToolkit("glm", output_dir=folder, poll_interval=0.02, files=backend).get_tools()
        self.agent = deepagents.create_deep_agent(model=ChatKimi(), tools=tools, backend=backend, store=InMemoryStore())
        self.files: dict[str, Any] = {}

    def call(self, name: str, **arguments: Any) -> Any:
        """Let the agent call one tool; return the tool's message. Its files stay from call to call."""
        words = json.dumps(arguments, ensure_ascii=False)
        self.emulator.script(f"think so\ncall {name} {words}\n---\nthink well\nsay done", provider="kimi")
        given: Any = {"messages": [("user", "go on")], "files": self.files}
        found = asyncio.run(self.agent.ainvoke(given)) if self.asynchronous else self.agent.invoke(given)
        self.files = found.get("files", {})
        return next(message for message in reversed(found["messages"]) if message.type == "tool")


@pytest.mark.parametrize("asynchronous", [False, True])
@pytest.mark.parametrize("kind", BACKENDS)
def test_what_was_made_is_among_the_agents_files(
    emulator: Emulator, tmp_path: Path, kind: str, asynchronous: bool
) -> None:
    make, place = BACKENDS[kind]
    folder = tmp_path / "out"
    folder.mkdir()
    agent = DeepAgent(emulator, make(folder), folder, asynchronous)
    made = agent.call("generate_image", prompt="FOX-7")
    own = made.artifact["blocks"][0]["extras"]["agent_path"]
    assert own.startswith(place.format(folder=folder)) and f": {own} (image/png" in made.content
    assert Path(made.artifact["assets"][0]["path"]).parent == folder
    assert own in agent.call("ls", path=own.rpartition("/")[0] or "/").content
    (picture,) = agent.call("read_file", file_path=own).content
    assert picture["type"] == "image" and base64.b64decode(picture["base64"]).startswith(b"\x89PNG")
    seen = agent.call("understand_image", image=own, question="what is written?")
    assert seen.status == "success" and "FOX-7" in seen.content


def test_files_of_the_state_can_be_inputs(emulator: Emulator, tmp_path: Path) -> None:
    picture = Path(GenerateImageTool(provider="glm", output_dir=tmp_path / "else").invoke("OWL-3").split()[4])
    agent = DeepAgent(emulator, StateBackend(), tmp_path / "out")
    content = base64.b64encode(picture.read_bytes()).decode()
    agent.files = {"/in/owl.png": {"content": content, "encoding": "base64"}}
    agent.call("write_file", file_path="/notes.png", content="no picture at all")
    assert "OWL-3" in agent.call("understand_image", image="/in/owl.png", question="what is written?").content
    filmed = agent.call("generate_video", prompt="fly", images=["/in/owl.png"])
    assert filmed.status == "success" and len(emulator.submissions) == 2
    for name, told in (
        ("/notes.png", "the bytes are application/octet-stream, not an image"),
        ("/in/hare.png", "'/in/hare.png': is none of your files"),
        (str(picture), "is none of your files"),
        ("a\0b", "is none of your files"),
    ):
        refused = agent.call("generate_video", prompt="fly", images=[name])
        assert refused.status == "error" and told in refused.content, refused.content
    assert len(emulator.submissions) == 2


def test_nothing_outside_of_the_root_is_read(emulator: Emulator, tmp_path: Path) -> None:
    agent = DeepAgent(emulator, FilesystemBackend(root_dir=tmp_path / "agent"), tmp_path / "agent" / "out")
    (tmp_path / "secret.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "agent" / "out").mkdir(parents=True)
    (tmp_path / "agent" / "link.png").symlink_to(tmp_path / "secret.png")
    for name in ("/../secret.png", "link.png", "/link.png", str(tmp_path / "secret.png")):
        told = agent.call("understand_image", image=name, question="what?")
        assert told.status == "error" and "is none of your files" in told.content, name


def test_a_large_film_stays_out_of_the_state(emulator: Emulator, tmp_path: Path) -> None:
    agent = DeepAgent(emulator, StateBackend(), tmp_path)
    made = agent.call("generate_video", prompt="a fox", size="3840x2160")
    (asset,) = made.artifact["assets"]
    assert asset["size"] > 4 * 1024 * 1024 and "which is not among your files" in made.content and not agent.files
    route = CompositeBackend(StateBackend(), {"/media/": FilesystemBackend(tmp_path)})
    agent = DeepAgent(emulator, route, tmp_path)
    made = agent.call("generate_video", prompt="a fox", size="3840x2160")
    assert ": /media/" in made.content and "not among" not in made.content


def test_a_subagent_shares_the_files(emulator: Emulator, tmp_path: Path) -> None:
    agent = DeepAgent(emulator, StateBackend(), tmp_path)
    task = {"description": "draw a fox", "subagent_type": "general-purpose"}
    turns = [f"call task {json.dumps(task)}", 'call generate_image {"prompt": "a fox"}', "say drawn", "say done"]
    emulator.script("\n---\n".join(f"think so\n{one}" for one in turns), "kimi")
    found = agent.agent.invoke({"messages": [("user", "go on")]})
    assert [name.startswith("/media/") for name in found["files"]] == [True] and len(emulator.submissions) == 1


def test_outside_of_a_graph_the_file_is_named_by_its_path(emulator: Emulator, tmp_path: Path) -> None:
    told = GenerateImageTool(provider="glm", output_dir=tmp_path, files=StateBackend()).invoke("a fox")
    assert str(tmp_path) in told


def test_what_is_no_backend_is_refused(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="files: is str; give the backend of the deep agent"):
        CNCodingToolkit("glm", files="/media")


def test_the_program_of_the_page_runs(emulator: Emulator) -> None:
    page = (Path(__file__).parents[2] / "docs" / "media.md").read_text(encoding="utf-8")
    code = page.partition("```python\n# deep_agent.py\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(compile(code, "docs/media.md", "exec", dont_inherit=True), names)
    emulator.script('call generate_image {"prompt": "a fox"}\n---\ncall ls {"path": "/media"}\n---\nsay done', "glm")
    found = names["agent"].invoke({"messages": [("user", "draw")]})
    made, listed = (message for message in found["messages"] if message.type == "tool")
    name = made.artifact["blocks"][0]["extras"]["agent_path"]
    assert name.startswith("/media/") and name in listed.content and ".sqlite3" not in listed.content
