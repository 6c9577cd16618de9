"""Names of jobs and rows of a journal that nobody of ours wrote: refused in words, before anything is sent or paid."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cncoding import ConfigError
from cncoding_emulator import Emulator
from langchain_cncoding import CNCodingToolkit
from llamaindex_cncoding import CNCodingToolSpec

FORGED = {"provider": "minimax", "endpoint": "x", "kind": "video", "model": "m", "id": "1", "route": "minimax-video"}
HANDLES = [
    "", " ", "\0", "video-\0", "a\nb", "x" * 1_000_000, "' OR 1=1 --", "%", "\ud800", "\udcff", "狐狸", "../../x", "{}",
    "[]", "null", '{"id": ' + "[" * 100_000, "{" * 100_000, ":", "minimax-video:", "minimax-video:../../x",
    "minimax-video:\0", "minimax-video:" + "9" * 100_000, "qwen-video:m:1", json.dumps(FORGED),
    json.dumps({**FORGED, "id": "../../admin/keys"}), json.dumps({**FORGED, "assets": [{"kind": "x", "path": 5}]}),
    123, 1.5, True, {"id": "x"}, ["a"], b"x",
]  # fmt: skip


@pytest.mark.parametrize("name", ["check_media_job", "cancel_media_job"])
@pytest.mark.parametrize("framework", ["langchain", "llamaindex"])
def test_a_job_by_any_name(emulator: Emulator, tmp_path: Path, framework: str, name: str) -> None:
    if framework == "langchain":
        tools = {tool.name: tool for tool in CNCodingToolkit(provider="minimax", output_dir=tmp_path).get_tools()}
        for number, handle in enumerate(HANDLES):
            call = {"args": {"job": handle}, "name": name, "type": "tool_call", "id": f"c{number}"}
            told = tools[name].invoke(call)
            assert told.status == "error" and str(told.content).startswith("job"), handle
            assert len(str(told.content)) < 1000
    else:
        (tool,) = CNCodingToolSpec("minimax", output_dir=tmp_path).to_tool_list([name])
        for handle in HANDLES:
            with pytest.raises(ConfigError, match=r"^job") as caught:
                tool.call(job=handle)
            assert len(str(caught.value)) < 1000
    assert not emulator.requests


ROWS = {
    "assets": [
        "{", "5", "[null]", '{"a": 1}', "[" * 100_000, '[{"kind": "image", "path": 5}]', '[{"kind": "x"}]', "[{}]",
        '[{"kind": "image", "url": ["a"]}]', '[{"kind": "image", "metadata": []}]',
        '[{"kind": "image", "size": "large"}]',
    ],
    "job": ["{", "5", "[1]", "{}", "[" * 100_000, '{"provider": 5}'],
}  # fmt: skip


@pytest.mark.parametrize(("column", "text"), [(column, text) for column, texts in ROWS.items() for text in texts])
def test_a_row_that_makes_no_sense_stops_the_purchase(
    emulator: Emulator, tmp_path: Path, column: str, text: str
) -> None:
    tools = {tool.name: tool for tool in CNCodingToolkit(provider="minimax", output_dir=tmp_path).get_tools()}
    call: dict[str, Any] = {"args": {"prompt": "a fox"}, "name": "generate_image", "type": "tool_call", "id": "c"}
    thread = {"configurable": {"thread_id": "t"}}
    assert tools["generate_image"].invoke(call, config=thread).status == "success"
    with sqlite3.connect(tmp_path / ".cncoding-journal.sqlite3") as db:
        db.execute(f"UPDATE purchases SET {column} = ?", (text,))
    db.close()
    told = tools["generate_image"].invoke(call, config=thread)
    assert told.status == "error" and "cannot be used (the row of 'image-" in str(told.content)
    assert "nothing was bought" in str(told.content) and len(emulator.submissions) == 1
