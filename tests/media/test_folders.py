"""Settings that name folders: a text or a path, one or several, alike in the core and both frameworks."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

import pytest

from cncoding import Client, ConfigError, Journal, MediaOrder, MediaRequest
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from langchain_cncoding import CNCodingToolkit, TranscribeTool
from llamaindex_cncoding import CNCodingToolSpec

Hear = Callable[..., str]


def hear_by_kit(**settings: Any) -> str:
    tools = {one.name: one for one in CNCodingToolkit("glm", **settings).get_tools()}
    return str(tools["transcribe"].invoke({"audio": "a.wav"}))


def hear_by_tool(**settings: Any) -> str:
    return str(TranscribeTool(provider="glm", **settings).invoke({"audio": "a.wav"}))


def hear_by_spec(**settings: Any) -> str:
    (tool,) = CNCodingToolSpec("glm", **settings).to_tool_list(["transcribe"])
    return str(asyncio.run(tool.acall(audio="a.wav")).content)


@pytest.fixture(params=[hear_by_kit, hear_by_tool, hear_by_spec])
def hear(request: pytest.FixtureRequest, emulator: Emulator, tmp_path: Path) -> Hear:
    for name in ("in", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "a.wav").write_bytes(sounds.wav("hello there"))
    return request.param  # type: ignore[no-any-return]


FORMS: list[Callable[[Path], Any]] = [
    lambda path: path,
    str,
    PurePath,
    lambda path: [path.parent / "other", str(path)],
    lambda path: (path,),
    lambda path: {path},
    lambda path: (one for one in [path]),
]


@pytest.mark.parametrize("form", FORMS, ids=range(len(FORMS)))
def test_folders_are_named_by_text_or_path_one_or_several(hear: Hear, tmp_path: Path, form: Any) -> None:
    assert hear(read_dirs=form(tmp_path / "in"), output_dir=tmp_path / "out", journal=tmp_path) == "hello there"


def test_nothing_is_read_from_nowhere(hear: Hear, tmp_path: Path) -> None:
    for nothing in (None, (), []):
        try:
            said = hear(read_dirs=nothing, output_dir=tmp_path / "out")
        except ConfigError as error:
            said = str(error)
        assert "give a link, or a file in one of these folders" in said


WRONG: list[tuple[str, Any, str]] = [
    *((name, 5, f"{name}: is int; give the path of a folder") for name in ("read_dirs", "output_dir", "journal")),
    *((name, b"in", f"{name}: is bytes; give the path") for name in ("read_dirs", "output_dir", "journal")),
    *((name, " ", f"{name}: empty; give the path") for name in ("read_dirs", "output_dir", "journal")),
    ("read_dirs", ["in", ""], "read_dirs: empty; give the path of a folder, '.' is the working folder"),
    ("read_dirs", [None], "read_dirs: is NoneType"),
    ("read_dirs", {"in": 1}, "read_dirs: is dict"),
    ("output_dir", ["in"], "output_dir: is list"),
    ("journal", ["in"], "journal: is list"),
]


@pytest.mark.parametrize("name, given, said", WRONG, ids=range(len(WRONG)))
def test_what_is_no_path_is_refused(hear: Hear, name: str, given: Any, said: str) -> None:
    with pytest.raises(ConfigError) as failed:
        hear(**{name: given})
    assert said in str(failed.value)


def test_a_journal_may_be_an_object(hear: Hear, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "mine.sqlite3", patience=1)
    assert hear(read_dirs=tmp_path / "in", journal=journal, output_dir=None) == "hello there"
    for other in (copy.deepcopy(journal), pickle.loads(pickle.dumps(journal))):
        assert other == journal and other._patience == 1


def test_a_copy_reads_where_the_original_did(hear: Hear, tmp_path: Path) -> None:
    spec = CNCodingToolSpec("glm", read_dirs=(one for one in [tmp_path / "in"]), journal=Journal(tmp_path))
    for one in (copy.deepcopy(spec), pickle.loads(pickle.dumps(spec))):
        assert one.transcribe("a.wav")[0].text == "hello there"
    tool = TranscribeTool(provider="glm", journal=Journal(tmp_path))
    assert tool.model_copy(update={"read_dirs": tmp_path / "in"}).invoke({"audio": "a.wav"}) == "hello there"


def test_the_home_folder_is_one(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with Client("glm", journal="~/notes") as client:
        made = client.make(MediaOrder(MediaRequest("image", "a fox")), "~/pictures")
        assert Path(str(made.done[0].path)).parent == tmp_path / "pictures"
        assert Path(str(client.download(made.done, "~/more").path)).is_file()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["more", "notes", "pictures"]
    assert not Path("~").exists()


@pytest.mark.parametrize("folder", [5, b"x", "", ["x"]])
def test_a_client_says_it_too(emulator: Emulator, folder: Any) -> None:
    with Client("glm", journal=None) as client:
        done = client.generate_image("a fox")
        with pytest.raises(ConfigError, match="folder: "):
            client.download(done, folder)
        with pytest.raises(ConfigError, match="folder: "):
            client.make(MediaRequest("image", "a fox"), folder)
    assert len(emulator.submissions) == 1
