"""Run a program against the emulator and judge what came back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cncoding_emulator import Emulator
from tests.clients.catalogue import DOINGS, MODELS, SEERS, Program
from tests.clients.environments import make_node, make_python

PROGRAMS = Path(__file__).parent / "programs"
KEYS = {
    "glm": "ZAI_API_KEY",
    "kimi": "KIMI_API_KEY",
    "minimax": "MINIMAX_API_KEY",
    "qwen": "ALIBABA_CODING_PLAN_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
}
EXPECTED = {"chat": "idempotency", "stream": "idempotency", "tools": "21 °C", "image": "blue"}


@dataclass(frozen=True)
class Outcome:
    """What became of one thing that was tried: `error` is empty when it went well."""

    program: str
    vendor: str
    doing: str
    error: str


def make_task(emulator: Emulator, program: Program, vendor: str, picture: str) -> dict[str, object]:
    """Say where the vendor is, with which key, and what to do."""
    environment = emulator.env()
    return {
        "provider": vendor,
        "package": program.package,
        "base_url": emulator.base_url(vendor, None, program.wire),  # type: ignore[arg-type]  # one of the two wires
        "key": environment[KEYS[vendor]],
        "model": MODELS[vendor],
        "seer": SEERS[vendor],
        "native_url": f"{emulator.url}/qwen/api/v1",
        "native_key": environment["DASHSCOPE_API_KEY"],
        "native_model": "qwen3-max",
        "native_seer": "qwen3-vl-plus",
        "picture": picture,
        "doings": list(DOINGS),
    }


def _command(program: Program) -> list[str]:
    if not program.needs:
        node, folder = make_node()
        driver = folder / program.driver  # node looks for packages beside the file
        shutil.copyfile(PROGRAMS / program.driver, driver)
        return [str(node), str(driver)]
    python = sys.executable if program.here else str(make_python(program.name, program.needs))
    return [python, str(PROGRAMS / program.driver)]


def run(emulator: Emulator, program: Program, vendor: str, picture: str) -> list[Outcome]:
    """Try all that a program can do with one vendor.

    Raises:
        InstallError: The program cannot be installed here.
    """
    emulator.reset()
    words = [*_command(program), json.dumps(make_task(emulator, program, vendor, picture))]
    quiet = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_BASE_URL"))}
    done = subprocess.run(words, capture_output=True, text=True, timeout=180, env={**quiet, "NO_PROXY": "127.0.0.1"})
    last = (done.stdout.strip().splitlines() or [""])[-1]
    if not last.startswith("{"):
        return [Outcome(program.name, vendor, doing, shorten(done.stderr)) for doing in DOINGS]
    found = json.loads(last)
    return [Outcome(program.name, vendor, doing, _judge(program, doing, found[doing])) for doing in DOINGS]


def _judge(program: Program, doing: str, found: dict[str, str]) -> str:
    """Say what is wrong, nothing if all is well. What instructor returns is a field, not an answer in words."""
    if "error" in found:
        return shorten(found["error"])
    if program.name == "instructor":
        return "" if found["text"] else "an empty field"
    return (
        "" if EXPECTED[doing] in found["text"].lower().replace("°c", "°C") else f"the answer is {found['text'][:80]!r}"
    )


def shorten(text: str) -> str:
    return " ".join(text.split())[-300:] or "nothing was printed"
