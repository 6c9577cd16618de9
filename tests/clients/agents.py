"""Coding agents without a person: one answers a question, one reads a file with its own tool and says what it found.

The script makes the model call the agent's own tool; the answer after it is the emulator's: it quotes what came back.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cncoding_emulator import Emulator
from tests.clients.catalogue import MODELS
from tests.clients.driving import KEYS, Outcome, shorten
from tests.clients.environments import list_pythons, make_node, make_python

NOTE = "The code word is Papageno."
QUESTION = "What is the code word in note.txt? Read the file first."
CHAT = "Please explain idempotency in one sentence."
Prepare = Callable[[Path, str, str, str], tuple[dict[str, str], list[str]]]
"""Take home, base URL, key and model; write what the agent wants to find there; return environment and command."""


@dataclass(frozen=True)
class Agent:
    """A coding agent. `tool` and `argument` name its way to read a file."""

    name: str
    vendors: tuple[str, ...]
    wire: str
    prepare: Prepare
    tool: str
    argument: str


def _claude(home: Path, base: str, key: str, model: str) -> tuple[dict[str, str], list[str]]:
    _, folder = make_node()
    environment = {
        "ANTHROPIC_BASE_URL": base,
        "ANTHROPIC_AUTH_TOKEN": key,
        "ANTHROPIC_MODEL": model,
        "ANTHROPIC_SMALL_FAST_MODEL": model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }
    command = [str(folder / "node_modules/.bin/claude"), "--model", model, "--allowedTools", "Read", "-p"]
    return environment, command


def _qwen(home: Path, base: str, key: str, model: str) -> tuple[dict[str, str], list[str]]:
    node, folder = make_node()
    environment = {"OPENAI_BASE_URL": base, "OPENAI_API_KEY": key, "OPENAI_MODEL": model, "QWEN_TELEMETRY_ENABLED": "0"}
    settings = {"security": {"auth": {"selectedType": "openai"}}, "privacy": {"usageStatisticsEnabled": False}}
    (home / ".qwen").mkdir()
    (home / ".qwen/settings.json").write_text(json.dumps(settings), "utf-8")
    return environment, [str(node), str(folder / "node_modules/.bin/qwen"), "--approval-mode", "plan", "-p"]


def _opencode(home: Path, base: str, key: str, model: str) -> tuple[dict[str, str], list[str]]:
    _, folder = make_node()
    vendor = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "vendor",
        "options": {"baseURL": base, "apiKey": key},
        "models": {model: {"name": model}},
    }
    settings = {"provider": {"vendor": vendor}, "model": f"vendor/{model}", "small_model": f"vendor/{model}"}
    (home / "work/opencode.json").write_text(
        json.dumps({**settings, "autoupdate": False, "share": "disabled"}), "utf-8"
    )
    return {"OPENCODE_DISABLE_AUTOUPDATE": "1"}, [str(folder / "node_modules/.bin/opencode"), "run"]


def _kimi(home: Path, base: str, key: str, model: str) -> tuple[dict[str, str], list[str]]:
    python = make_python("kimi-cli", ("kimi-cli<1.50",), list_pythons())
    environment = {"KIMI_BASE_URL": base, "KIMI_API_KEY": key, "KIMI_MODEL_NAME": model}
    return environment, [str(python.parent / "kimi"), "--print", "--output-format", "text", "-c"]


AGENTS = (
    Agent("Claude Code", ("glm", "kimi", "minimax", "qwen", "deepseek"), "anthropic", _claude, "Read", "file_path"),
    Agent("qwen-code", ("qwen", "glm", "deepseek"), "openai", _qwen, "read_file", "file_path"),
    Agent("opencode", ("glm", "kimi", "minimax", "qwen", "deepseek"), "openai", _opencode, "read", "filePath"),
    Agent("kimi-cli", ("kimi",), "openai", _kimi, "ReadFile", "path"),
)


def run(emulator: Emulator, agent: Agent, vendor: str) -> list[Outcome]:
    """Ask an agent a question, and have it read a file.

    Raises:
        InstallError: The agent cannot be installed here.
    """
    base = emulator.base_url(vendor, None, agent.wire)  # type: ignore[arg-type]  # one of the two wires
    outcomes = []
    for doing, question, wanted in (("chat", CHAT, "idempotency"), ("tools", QUESTION, "papageno")):
        emulator.reset()
        with tempfile.TemporaryDirectory(prefix="client-") as name:
            home = Path(name)
            work = home / "work"
            work.mkdir()
            (work / "note.txt").write_text(NOTE + "\n", "utf-8")
            if doing == "tools":
                arguments = json.dumps({agent.argument: str(work / "note.txt")})
                emulator.script(f"when tool {agent.tool}\nthink I read it first\ncall {agent.tool} {arguments}", vendor)
            environment, command = agent.prepare(home, base, emulator.env()[KEYS[vendor]], MODELS[vendor])
            told = _start([*command, question], {**environment, "HOME": str(home)}, work)
            streams = any((one.json or {}).get("stream") for one in emulator.requests)
        outcomes.append(
            Outcome(agent.name, vendor, doing, "" if wanted in told.lower() else f"it said {shorten(told)}")
        )
        if doing == "chat":
            outcomes.append(
                Outcome(agent.name, vendor, "stream", outcomes[-1].error if streams else "it did not stream")
            )
    return outcomes


def _start(command: list[str], environment: dict[str, str], folder: Path) -> str:
    node, _ = make_node()
    inherited = {name: os.environ[name] for name in ("LANG", "TERM") if name in os.environ}
    path = f"{node.parent}:{os.environ['PATH']}"
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**inherited, "PATH": path, "NO_PROXY": "127.0.0.1,localhost", **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
    except subprocess.TimeoutExpired as error:
        return f"nothing more after {error.timeout:.0f} s: {error.stdout!r} {error.stderr!r}"
    return done.stdout + ("" if done.returncode == 0 else f" exit {done.returncode} {done.stderr}")
