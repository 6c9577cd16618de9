"""Handles and jobs that a model or a stranger wrote: no other path is asked, no file is read, and nothing crashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cncoding import Client, CncodingError, ConfigError, MediaJob, MediaToolCall, MediaToolSettings
from cncoding_emulator import Emulator
from langchain_cncoding import CheckMediaJobTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do

ROUTES = {"unified": "unified-video", "qwen": "qwen-video", "minimax": "minimax-video", "glm": "glm-video"}
TASKS = [
    "../../admin/keys", "..", "%2e%2e/x", "%2e%2e%2fx", "..%5cx", "..\\x", "/x", "x/", "a/b", "//host/x", "a\r\nX",
    "\0", "\udcff", "\u2028", "9" * 1_000_000,
]  # fmt: skip
TEXTS = [
    "\0", "a\0b", "image-'; DROP TABLE purchases; --", "\udcff", "\ud800:a:b", "x" * 10_000_000, ":" * 1_000_000,
    "{" * 100_000, '{"a":' * 100_000, "[]", "null", "{}", '{"provider":null}', "http://127.0.0.1:1/x",
    "file:///etc/passwd:1:2", "../.cncoding-journal.sqlite3",
]  # fmt: skip


def write(of: str, **told: Any) -> str:
    job = {
        "provider": of,
        "endpoint": Client(of)._media_setup.target.endpoint.name,
        "kind": "video",
        "model": "m",
        "id": "t1",
    }
    return json.dumps({**job, "route": ROUTES[of], **told})


FIELDS: list[dict[str, Any]] = [
    {"extra": []}, {"extra": None}, {"extra": "x"}, {"usage": 3}, {"usage": [1]}, {"submitted_at": "x"},
    {"submitted_at": float("inf")}, {"request_id": {}}, {"assets": 3}, {"assets": "x"}, {"assets": [1]},
    {"assets": [{"kind": "exe"}]}, {"assets": [{"kind": "image", "data": "!"}]}, {"assets": [{"kind": "image",
    "path": 3}]}, {"kind": "exe"}, {"kind": []}, {"id": 3}, {"id": ""}, {"endpoint": "x"}, {"provider": "kimi"},
    {"id": "\ud800"}, {"id": "a/b"}, {"id": "..%2fx"}, {"extra": json.loads("[" * 400 + "]" * 400)},
]  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "tool", "journal"),
    [
        ("unified", "check_media_job", True),
        ("qwen", "cancel_media_job", False),
        ("minimax", "check_media_job", False),
        ("glm", "check_media_job", True),
    ],
)
def test_nothing_is_asked(emulator: Emulator, do: Do, tmp_path: Path, provider: str, tool: str, journal: bool) -> None:
    settings = MediaToolSettings(folder=str(tmp_path))
    handles = [f"{ROUTES[provider]}:m:{task}" for task in TASKS]
    handles += TEXTS + [write(provider, **told) for told in FIELDS]
    for handle in handles:
        with pytest.raises(ConfigError) as caught:
            call = MediaToolCall(tool, {"job": handle})
            do(provider, "use_tool", call, settings, client={"journal": tmp_path if journal else None})
        assert len(str(caught.value)) < 1000, handle[:50]
    assert not emulator.requests


@pytest.mark.parametrize("handle", ["unified-video:m:../../admin/keys", "\udcff", '{"a":' * 100_000])
def test_frameworks_say_it_in_words(emulator: Emulator, tmp_path: Path, handle: str) -> None:
    told = CheckMediaJobTool(provider="unified", output_dir=tmp_path).invoke({"job": handle})
    assert told.startswith("job")
    (tool,) = CNCodingToolSpec("unified", output_dir=tmp_path, show_progress=False).to_tool_list(["check_media_job"])
    with pytest.raises(ConfigError, match="job"):
        tool.call(job=handle)
    assert not emulator.requests


@pytest.mark.parametrize("method", ["resolve_purchase", "release_purchase", "check", "cancel_purchase"])
def test_programs_are_told_so(emulator: Emulator, do: Do, tmp_path: Path, method: str) -> None:
    for handle in TEXTS:
        with pytest.raises(ConfigError):
            do("glm", method, handle, client={"journal": tmp_path})
    assert not emulator.requests


@pytest.mark.parametrize("field", [{"query_path": "admin"}, {"query_path": "keys?admin=1"}, {"query_path": "/a"}])
def test_a_text_chooses_no_path(emulator: Emulator, field: dict[str, str]) -> None:
    job = MediaJob.from_json(write("unified", extra=field))
    assert job.extra == {}
    with pytest.raises(CncodingError):
        Client("unified").status(job)
    (asked,) = emulator.requests
    assert asked.path.endswith("/videos/generations/t1")


@pytest.mark.parametrize(
    ("told", "named"),
    [({"extra": []}, "extra is \\[\\]"), ({"kind": "exe"}, "kind is 'exe'"), ({"id": 3}, "id is 3"),
     ({"assets": [{"kind": "exe"}]}, "asset: kind is 'exe'"), ({"usage": "x" * 10_000}, "usage is 'xxx")],
)  # fmt: skip
def test_the_field_is_named(emulator: Emulator, told: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=f"{named}.*to_json\\(\\) returned") as caught:
        MediaJob.from_json({**json.loads(write("unified")), **told})
    assert len(str(caught.value)) < 300
