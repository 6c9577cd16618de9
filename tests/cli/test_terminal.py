"""The command line in a real terminal."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from cncoding_emulator import Emulator

PROMPT = re.escape("\x1b[?2004h")
"""How a terminal is told that a line may be typed or pasted now."""
Open = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def open_terminal(emulator: Emulator, tmp_path: Path) -> Iterator[Open]:
    environ = {**os.environ, **emulator.env(), "CNCODING_ALLOW_HOSTS": "127.0.0.1", "TERM": "xterm-256color"}
    environ["PROMPT_TOOLKIT_NO_CPR"] = "1"
    environ["CNCODING_STATE_DIR"] = str(tmp_path / "state")
    for name in ("NO_COLOR", "COLUMNS", "CNCODING_PROVIDER"):
        environ.pop(name, None)
    opened: list[pexpect.spawn[str]] = []

    def open_terminal(*words: str, columns: int = 80, **extra: str) -> pexpect.spawn[str]:
        terminal = pexpect.spawn(
            sys.executable,
            ["-c", "from cncoding_cli import main; main()", *words],
            env={**environ, **extra},
            dimensions=(30, columns),
            encoding="utf-8",
            timeout=30,
            cwd=str(tmp_path),
        )
        opened.append(terminal)
        return terminal

    yield open_terminal
    for terminal in opened:
        terminal.close(force=True)


def read_rest(terminal: pexpect.spawn[str]) -> str:
    """Return what is still written, and wait for the end."""
    terminal.expect(pexpect.EOF)
    terminal.wait()
    assert isinstance(terminal.before, str)
    return re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", terminal.before)


def test_a_dialogue(open_terminal: Open, emulator: Emulator, tmp_path: Path) -> None:
    emulator.script("say **你好**，李雷\n---\nsay 你叫李雷", "kimi")
    terminal = open_terminal("chat", "kimi")
    terminal.expect(PROMPT)
    terminal.send("我叫李雷\r")
    terminal.expect("你好.*，李雷")
    terminal.expect("tokens in")
    terminal.expect(PROMPT)
    terminal.send("我叫什么？\r")
    terminal.expect("你叫李雷")
    terminal.expect(PROMPT)
    terminal.sendcontrol("c")
    terminal.expect(PROMPT)
    terminal.sendcontrol("d")
    read_rest(terminal)
    assert terminal.exitstatus == 0
    assert [one["role"] for one in emulator.requests[-1].json["messages"]] == ["user", "assistant", "user"]
    assert "我叫什么？" in (tmp_path / "state" / "history").read_text(encoding="utf-8")
    assert (tmp_path / "state" / "conversation.json").stat().st_mode & 0o077 == 0
    again = open_terminal("chat", "kimi")
    again.expect(PROMPT)
    again.send("\x1b[A")
    again.expect("我叫什么")


def test_a_dialogue_with_names_of_the_file(open_terminal: Open, emulator: Emulator, tmp_path: Path) -> None:
    models = "fast: {provider: glm, max_retries: 0}, spare: {provider: deepseek}, both: {over: [fast, spare]}"
    (tmp_path / "cncoding.yaml").write_text(f"models: {{{models}}}")
    emulator.script("say from glm\n---\nsay again glm", "glm")
    emulator.script("say from deepseek\n---\nsay named deepseek", "deepseek")
    terminal = open_terminal("chat", "-m", "both", "--system", "Be brief.")
    terminal.expect(r"both · glm · glm-5\.3, then deepseek · deepseek-flash · /help")
    terminal.expect(PROMPT)
    terminal.send("one\r")
    terminal.expect("from glm")
    terminal.expect(PROMPT)
    emulator.spend("glm")
    terminal.send("two\r")
    terminal.expect("glm coding: QuotaExhaustedError, until")
    terminal.expect("deepseek answers")
    terminal.expect("from deepseek")
    terminal.expect(PROMPT)
    terminal.send("/model spare\r")
    terminal.expect("model spare")
    terminal.expect(PROMPT)
    terminal.send("three\r")
    terminal.expect("named deepseek")
    terminal.expect(PROMPT)
    terminal.sendcontrol("d")
    read_rest(terminal)
    roles = [one["role"] for one in emulator.requests[-1].json["messages"]]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]
    emulator.reset()
    emulator.script("say four", "deepseek")
    again = open_terminal("chat", "--continue")
    again.expect("spare · deepseek · deepseek-flash")
    again.expect(PROMPT)
    again.send("four\r")
    again.expect("four")
    again.expect("tokens in")
    assert len(emulator.requests[-1].json["messages"]) == 8


def test_ctrl_c_stops_an_answer_and_not_the_dialogue(open_terminal: Open, emulator: Emulator) -> None:
    emulator.script("say one two three four five six\nstall 30", "deepseek")
    terminal = open_terminal("chat", "deepseek")
    terminal.expect(PROMPT)
    terminal.send("begin\r")
    terminal.expect("one")
    terminal.sendcontrol("c")
    terminal.expect("stopped")
    terminal.expect(PROMPT)
    terminal.send("/quit\r")
    read_rest(terminal)
    assert terminal.exitstatus == 0


def test_ctrl_c_ends_a_single_question(open_terminal: Open, emulator: Emulator) -> None:
    emulator.script("say one two three four five six\nstall 30", "deepseek")
    terminal = open_terminal("chat", "deepseek", "begin", "--plain")
    terminal.expect("one")
    terminal.sendcontrol("c")
    shown = read_rest(terminal)
    assert terminal.exitstatus == 130 and "interrupted" in shown and "Traceback" not in shown


def test_an_answer_that_ends_as_a_key_begins_is_whole_before_its_counts(
    open_terminal: Open, emulator: Emulator
) -> None:
    emulator.script("say It is done", "kimi")
    shown = read_rest(open_terminal("chat", "kimi", "hi", ZAI_API_KEY="e0123456789abcdef0123456789"))
    assert shown.index("It is done") < shown.index("tokens in") and shown.rstrip().endswith("out")


def test_markdown_for_a_person(open_terminal: Open, emulator: Emulator) -> None:
    emulator.script("say # Title\\n\\n- **bold** words\\n\\n```python\\nprint(1)\\n```\\n", "kimi")
    shown = read_rest(open_terminal("chat", "kimi", "hi"))
    assert "Title" in shown and "# Title" not in shown and "**bold**" not in shown and "```" not in shown
    assert "• bold words" in shown and "print(1)" in shown


def test_forty_columns_lose_nothing(open_terminal: Open) -> None:
    shown = read_rest(open_terminal("models", "glm", columns=40))
    assert "glm-4.1v-thinking-flashx" in shown and "context: 65,536" in shown and "…" not in shown
    assert max(len(line) for line in shown.replace("\r", "").split("\n")) <= 40


def test_a_gbk_console(open_terminal: Open, emulator: Emulator) -> None:
    emulator.script("say 好的 ✅", "kimi")
    shown = read_rest(open_terminal("chat", "kimi", "hi", PYTHONIOENCODING="gbk", LC_ALL="C"))
    assert "好的 ✅" in shown and "Traceback" not in shown


def test_ctrl_c_while_a_video_is_made_hands_the_job_back(open_terminal: Open, emulator: Emulator) -> None:
    terminal = open_terminal(
        "video", "qwen", "a cat", "--endpoint", "api", DASHSCOPE_API_KEY="sk-emulator0000", columns=4000
    )
    terminal.expect("video: ")
    terminal.sendcontrol("c")
    shown = read_rest(terminal)
    assert terminal.exitstatus == 130, shown
    [line] = [line for line in shown.splitlines() if line.startswith("job: ")]
    assert json.loads(line.removeprefix("job: "))["id"]


@pytest.mark.parametrize("columns", [40, 80, 130])
def test_the_panel_of_plans_fits(open_terminal: Open, columns: int) -> None:
    shown = read_rest(open_terminal("plan", columns=columns))
    lines = [line.rstrip() for line in shown.splitlines()]
    assert max(map(len, lines)) <= columns
    words = " ".join(shown.split())
    for said in ("glm", "week", "40%", "110 CNY left", "asked at", "not available by API"):
        assert said in words


def test_the_panel_of_plans_is_watched(open_terminal: Open, emulator: Emulator) -> None:
    terminal = open_terminal("plan", "glm", "--watch", "5", columns=60)
    terminal.expect("40%")
    terminal.expect("asked at")
    emulator.spend("glm")
    terminal.expect("100%")
    terminal.sendcontrol("c")
    read_rest(terminal)
    assert terminal.exitstatus == 0
