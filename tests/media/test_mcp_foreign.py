"""The TypeScript SDK as a client of `cncoding mcp`, which the Python SDK serves: over stdio and over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cncoding_emulator import Emulator
from tests.media.test_mcp_calls import start_http

SCRIPT = Path(__file__).with_name("mcp_client.mjs")
PACKAGES = ("@modelcontextprotocol/sdk@1.32.2", "ajv@8")
FOX = {"prompt": "a fox"}
CALLS: list[list[Any]] = [
    ["glm_generate_image", {**FOX, "purchase_id": "one"}],
    ["glm_generate_image", {**FOX, "purchase_id": "one"}],
    ["glm_generate_image", {**FOX, "size": "1x1"}],
    ["glm_generate_image", {"promt": "a fox"}],
    ["qwen_generate_video", FOX],
    ["glm_check_media_job", {"job": "../../etc"}],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDK in it, of npm's registry."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    made = tmp_path_factory.mktemp("node")
    fetch = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(made), *PACKAGES]
    if (fetched := subprocess.run(fetch, capture_output=True, text=True, timeout=240, cwd=made)).returncode:
        pytest.skip(f"{PACKAGES[0]} cannot be fetched: {fetched.stderr[-200:]}")
    shutil.copy(SCRIPT, made)
    return made


def ask(folder: Path, **told: Any) -> dict[str, Any]:
    done = subprocess.run(
        ["node", SCRIPT.name], input=json.dumps(told), capture_output=True, text=True, timeout=200, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.timeout(400)
@pytest.mark.parametrize("wire", ["stdio", pytest.param("http", marks=pytest.mark.full)])
def test_the_typescript_sdk(
    emulator: Emulator, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wire: str
) -> None:
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    words = ["--output", str(tmp_path), "-p", "glm", "-p", "qwen", "--confirm-above", "0.5"]
    told: dict[str, Any] = {"calls": CALLS, "together": [["glm_generate_image", {"prompt": f"p{n}"}] for n in range(9)]}
    if wire == "http":
        with start_http(*words) as address:
            found = ask(folder, url=address, **told)
    else:
        found = ask(folder, command=sys.executable, args=["-m", "cncoding_cli", "mcp", *words], **told)
    drawn, again, wrong_size, wrong_name, film, forged = found["results"]
    assert found["server"]["name"] == "cncoding" and "qwen_generate_video" in found["tools"]
    assert not drawn["isError"] and drawn["structured"]["cost"]["amount"] == 0.1
    assert "nothing was paid now" in again["text"] and again["structured"]["handle"] == drawn["structured"]["handle"]
    assert wrong_size["isError"] and wrong_size["text"].startswith("size='1x1': glm-image takes")
    assert wrong_name["isError"] and wrong_name["text"].startswith(
        "promt: glm_generate_image of glm has no such argument"
    )
    assert not film["isError"] and film["progress"][-1].startswith("qwen video: done")
    assert forged["isError"] and "not in the journal" in forged["text"]
    assert found["asked"] == ["Buy this video from qwen wan2.7-t2v (about 5 CNY)? a fox"]
    assert [one["isError"] for one in found["together"]] == [False] * 9 and len(emulator.submissions) == 11
    assert len(list(tmp_path.glob("*.png"))) == 10 and len(list(tmp_path.glob("*.mp4"))) == 1
