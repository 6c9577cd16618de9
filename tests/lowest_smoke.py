"""Ask each door once, against the emulator: `python lowest_smoke.py [core] [langchain] [llamaindex] [cli] ...`.

It runs where the lowest versions are installed that pyproject.toml admits, without the tests' own packages.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from cncoding_emulator import Emulator

QUESTION = "What is idempotency?"


def ask_core() -> str:
    from cncoding import Client

    with Client("kimi") as client:
        return client.chat(QUESTION).text


def ask_langchain() -> str:
    from langchain_cncoding import ChatGLM

    return "".join(chunk.text for chunk in ChatGLM().stream(QUESTION))


def ask_llamaindex() -> str:
    from llamaindex_cncoding import CNCodingLLM

    return str(CNCodingLLM(provider="qwen").complete(QUESTION))


def ask_cli() -> str:
    with tempfile.TemporaryDirectory() as home:
        words = [str(Path(sys.executable).parent / "cncoding"), "chat", "deepseek", QUESTION]
        done = subprocess.run(
            words, capture_output=True, text=True, stdin=subprocess.DEVNULL, env={**os.environ, "HOME": home}
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def ask_pages() -> str:
    """Read a text through the package for documents, and import what draws pages."""
    import cncoding.pages.drawing
    import cncoding.pages.pdf

    return f"idempotency: {cncoding.pages.drawing.__name__}, {cncoding.pages.pdf.__name__}"


def ask_mcp() -> str:
    """Import what the tools of other servers need."""
    import mcp

    return f"idempotency: {mcp.__name__}"


DOORS = {
    "core": ask_core,
    "langchain": ask_langchain,
    "llamaindex": ask_llamaindex,
    "cli": ask_cli,
    "pages": ask_pages,
    "mcp": ask_mcp,
}


def main(names: list[str]) -> int:
    with Emulator() as emulator:
        os.environ.update({**emulator.env(), "NO_PROXY": "127.0.0.1"})
        for name in names:
            text = DOORS[name]()
            assert "idempotency" in text.lower(), (name, text)
    print(f"{len(names)} passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
