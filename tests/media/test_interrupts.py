"""Ctrl-C in real programs: a job is cancelled or named, a request without an answer is named; nothing hangs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cncoding import CallIdentity, Client, MediaOrder, MediaRequest, UnconfirmedPurchaseError
from cncoding_emulator import Emulator

HEAD = """
import asyncio, json, sys, threading
from pathlib import Path
provider, folder = sys.argv[1:3]

def told(error):
    kept = {name: value if isinstance(value, str) else type(value).__name__ for name, value in vars(error).items()}
    print(json.dumps({"notes": getattr(error, "__notes__", []), "kept": list(kept)}), flush=True)
"""
CLIENT = """
from cncoding import CallIdentity, Client, MediaOrder, MediaRequest
def work():
    order = MediaOrder(MediaRequest("video", "a fox"), CallIdentity("t", "1"))
    Client(provider, journal=folder).make(order, folder)
"""
TOOL = """
from langchain_cncoding import GenerateVideoTool
def work():
    call = {"type": "tool_call", "id": "1", "name": "generate_video", "args": {"prompt": "a fox"}}
    config = {"configurable": {"thread_id": "t"}}
    GenerateVideoTool(provider=provider, output_dir=folder, poll_interval=20).invoke(call, config)
"""
AGENT = """
from langchain.agents import create_agent
from langchain_cncoding import ChatKimi, GenerateVideoTool
agent = create_agent(ChatKimi(), [GenerateVideoTool(provider=provider, output_dir=folder, poll_interval=20)])
ASK = {"messages": [("user", "film a fox")]}
"""
INDEX = """
from llama_index.core.agent.workflow import FunctionAgent
from llamaindex_cncoding import CNCodingToolSpec, Kimi
async def main():
    spec = CNCodingToolSpec(provider, output_dir=folder, poll_interval=20)
    return await FunctionAgent(llm=Kimi(), tools=spec.to_tool_list(["generate_video"])).run("film a fox")
def work():
    asyncio.run(main())
"""
INVOKE = "def work():\n    agent.invoke(ASK)\n"
STREAM = "def work():\n    list(agent.stream(ASK))\n"
AINVOKE = "def work():\n    asyncio.run(agent.ainvoke(ASK))\n"
RUN = "try:\n    work()\nexcept KeyboardInterrupt as error:\n    told(error)\n    sys.exit(130)\n"
POOL = """
from concurrent.futures import ThreadPoolExecutor
try:
    with ThreadPoolExecutor() as pool:
        pool.submit(work).result()
except KeyboardInterrupt as error:
    told(error)
    sys.exit(130)
"""
THREAD = "threading.Thread(target=work).start()\nthreading.Event().wait()\n"
PROGRAMS = {
    "client": HEAD + CLIENT + RUN,
    "client in a pool": HEAD + CLIENT + POOL,
    "client in a thread": HEAD + CLIENT + THREAD,
    "tool": HEAD + TOOL + RUN,
    "tool in a pool": HEAD + TOOL + POOL,
    "agent": HEAD + AGENT + INVOKE + RUN,
    "agent's stream": HEAD + AGENT + STREAM + RUN,
    "agent in a loop": HEAD + AGENT + AINVOKE + RUN,
    "workflow": HEAD + INDEX + RUN,
}
OFTEN = ("client in a pool", "client in a thread", "agent's stream", "workflow")
"""Those that are not for `make test-all` only."""
ROWS = [pytest.param(name, marks=() if name in OFTEN else pytest.mark.full) for name in PROGRAMS]
PATIENCE = 10.0
"""Seconds from Ctrl-C to the end: the frameworks need one or two by themselves on a busy machine."""


def wait_until(reached: Any, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while not reached():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < until
        time.sleep(0.02)


def interrupt(words: list[str], reached: Any) -> tuple[str, str, int]:
    """Start a program, press Ctrl-C when something is reached, and return what it wrote and its exit code."""
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(reached, process)
        time.sleep(0.3)
        began = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert time.monotonic() - began < PATIENCE, err
    finally:
        process.kill()
    return out, err, process.returncode


def was_asked(emulator: Emulator, *paths: str) -> Any:
    """Return a function that tells whether a request to one of the paths has come."""
    return lambda: any(path in one.path for one in emulator.requests for path in paths)


def read_notes(out: str) -> list[dict[str, Any]]:
    """Return the notes of the interruption that a program printed."""
    return [json.loads(one) for one in json.loads(out.splitlines()[-1])["notes"] if one.startswith("{")]


FILM = 'call generate_video {"prompt": "a fox"}\n---\nsay done'
SUBMITS = ("video-synthesis", "/videos/generations", "/video_generation")


@pytest.mark.full
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_job_is_cancelled(emulator: Emulator, tmp_path: Path, name: str) -> None:
    emulator.slow_tasks(1000)
    emulator.script(FILM, "kimi")
    _, err, code = interrupt(["-c", PROGRAMS[name], "qwen", str(tmp_path)], lambda: emulator.submissions)
    (kept,) = Client("qwen", journal=tmp_path).purchases()
    assert code == 130 or "KeyboardInterrupt" in err, err
    assert (kept.state, kept.owner) == ("cancelled", None)
    assert sum(one.path.endswith("/cancel") for one in emulator.requests) == len(emulator.submissions) == 1


@pytest.mark.full
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_job_that_cannot_be_cancelled_is_named(emulator: Emulator, tmp_path: Path, name: str) -> None:
    emulator.slow_tasks(1000)
    emulator.script(FILM, "kimi")
    out, err, code = interrupt(["-c", PROGRAMS[name], "glm", str(tmp_path)], lambda: emulator.submissions)
    (kept,) = Client("glm", journal=tmp_path).purchases()
    assert code == 130 or "KeyboardInterrupt" in err, err
    assert (kept.state, kept.owner) == ("submitted", None) and kept.handle in out + err
    if name in ("client", "tool", "client in a pool", "tool in a pool", "agent", "agent's stream"):
        (note,) = read_notes(out)
        assert note["handle"] == kept.handle and note["job"]["id"] == emulator.submissions[0].task_id


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("scenario", ["no-answer", pytest.param("stall-head", marks=pytest.mark.full)])
def test_a_request_without_an_answer_is_named(emulator: Emulator, tmp_path: Path, name: str, scenario: str) -> None:
    emulator.hostile(scenario, "glm", on="any")
    emulator.script(FILM, "kimi")
    reached = was_asked(emulator, *SUBMITS)
    out, err, code = interrupt(["-c", PROGRAMS[name], "glm", str(tmp_path)], reached)
    (kept,) = Client("glm", journal=tmp_path).purchases()
    assert code == 130 or "KeyboardInterrupt" in err, err
    assert (kept.state, kept.owner) == ("unconfirmed", None) and kept.handle in out + err
    if kept.call is not None and name.startswith(("client", "tool")):
        order = MediaOrder(MediaRequest("video", "a fox"), CallIdentity(kept.thread or "", kept.call))
        with pytest.raises(UnconfirmedPurchaseError):
            Client("glm", journal=tmp_path).make(order, str(tmp_path))
    assert sum(any(path in one.path for path in SUBMITS) for one in emulator.requests) == 1


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the journal of the command line."""
    monkeypatch.setenv("CNCODING_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def type_words(folder: Path, provider: str, *more: str) -> list[str]:
    return ["-m", "cncoding_cli", "video", provider, "a fox", "-o", str(folder), *more]


@pytest.mark.parametrize("json_", [False, True])
def test_the_command_line_says_that_the_job_was_cancelled(emulator: Emulator, tmp_path: Path, json_: bool) -> None:
    emulator.slow_tasks(1000)
    out, err, code = interrupt(type_words(tmp_path, "qwen", *["--json"] * json_), lambda: emulator.submissions)
    assert code == 130 and not out
    assert sum(one.path.endswith("/cancel") for one in emulator.requests) == 1
    if json_:
        told = json.loads(err.splitlines()[-1])["error"]
        assert told["cancelled"] is True and told["job"]["id"] == emulator.submissions[0].task_id
    else:
        assert "the job was cancelled" in err and emulator.submissions[0].task_id in err


@pytest.mark.parametrize("json_", [False, True])
def test_the_command_line_names_the_words_that_go_on(
    emulator: Emulator, tmp_path: Path, state: Path, json_: bool
) -> None:
    emulator.slow_tasks(1000)
    _, err, code = interrupt(type_words(tmp_path, "glm", *["--json"] * json_), lambda: emulator.submissions)
    (kept,) = Client("glm", journal=state).purchases()
    assert code == 130
    if json_:
        told = json.loads(err.splitlines()[-1])["error"]
        assert (told["cancelled"], told["handle"]) == (False, kept.handle)
    else:
        assert f"`cncoding job wait {kept.handle}`" in err
    emulator.advance(2000)
    words = [sys.executable, "-m", "cncoding_cli", "job", "wait", kept.handle, "-o", str(tmp_path), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and list(tmp_path.glob("*.mp4")), done.stderr
    assert len(emulator.submissions) == 1


@pytest.mark.parametrize("json_", [False, True])
def test_the_command_line_names_what_may_have_been_bought(
    emulator: Emulator, tmp_path: Path, state: Path, json_: bool
) -> None:
    emulator.hostile("no-answer", "glm", on="any")
    _, err, code = interrupt(type_words(tmp_path, "glm", *["--json"] * json_), was_asked(emulator, *SUBMITS))
    (kept,) = Client("glm", journal=state).purchases()
    assert code == 130 and (kept.state, kept.owner) == ("unconfirmed", None)
    if json_:
        assert json.loads(err.splitlines()[-1])["error"]["purchase"] == kept.handle
    else:
        assert f"`cncoding job resolve {kept.handle}`" in err


def test_a_second_ctrl_c_does_not_wait_for_the_cancellation(emulator: Emulator, tmp_path: Path) -> None:
    emulator.slow_tasks(1000)
    emulator.script(FILM, "kimi")
    words = [sys.executable, "-c", PROGRAMS["client in a pool"], "qwen", str(tmp_path)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: emulator.submissions, process)
        emulator.hostile("no-answer", "qwen", on="/cancel")
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGINT)
        wait_until(was_asked(emulator, "/cancel"), process)
        time.sleep(0.3)
        began = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
        assert time.monotonic() - began < PATIENCE, err
    finally:
        process.kill()
    (kept,) = Client("qwen", journal=tmp_path).purchases()
    assert kept.state == "submitted" and kept.job is not None and len(emulator.submissions) == 1
