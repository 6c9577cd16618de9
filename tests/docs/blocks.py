"""The python blocks of README and docs: which there are, what they need, and where they run.

A block of a README, a tutorial or a how-to page is a program of its own; the blocks of the other pages of `docs/` are
read, and run, one after the other. A block that begins with a file's name (`# agent.py`) is a file, and another test's.
"""

from __future__ import annotations

import re
import wave
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")

_EXTRAS = {
    "langchain_cncoding": "langchain",
    "llamaindex_cncoding": "llamaindex",
    "langchain": "langchain",
    "langchain_core": "langchain",
    "langgraph": "langchain",
    "llama_index": "llamaindex",
    "cncoding_emulator": "emulator",
    "cncoding.pages": "pages",
}


@dataclass(frozen=True)
class Program:
    """What a reader of a page pastes into one file."""

    page: str
    code: str
    files: dict[str, str] = field(default_factory=dict)
    """What the page shows as files beside it, by name."""

    @property
    def extras(self) -> tuple[str, ...]:
        """The extras that bring what it imports, and no more."""
        found = re.findall(r"^ *(?:from|import) +([\w.]+)", self.code, re.M)
        extras = {_EXTRAS[key] for key in _EXTRAS for name in found if f"{name}.".startswith(f"{key}.")}
        return tuple(sorted(extras | ({"config"} if ".from_config(" in self.code else set())))


def list_pages() -> list[Path]:
    """Return the READMEs and the pages of the documentation that hold programs."""
    return [path for path in (*READMES, *sorted((ROOT / "docs").rglob("*.md"))) if read_programs(path)]


def read_programs(path: Path) -> list[Program]:
    """Return the programs of a page, in their order."""
    text = path.read_text(encoding="utf-8")
    files = dict(re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", text, re.S | re.M))
    blocks = [
        block
        for block in re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)
        if not re.match(r"# \w+\.py\n", block)
    ]
    name = path.relative_to(ROOT).as_posix()
    if path not in READMES and not re.match(r"(tutorials|how-to)\.", path.name):
        blocks = ["\n".join(blocks)] if blocks else []
    return [Program(name, block, files) for block in blocks]


def drop_translations(programs: Iterable[Program]) -> list[Program]:
    """Return each program once: both languages show the same ones, with comments of their own."""
    return list({re.sub("#.*", "", program.code): program for program in reversed([*programs])}.values())[::-1]


def make_files(folder: Path, program: Program) -> None:
    """Write the files that a program reads: those of the page, and those that are said to be the reader's own."""
    from PIL import Image
    from reportlab.pdfgen.canvas import Canvas

    for name, text in program.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    Image.new("RGB", (12, 9), "red").save(folder / "chart.png")
    for name in ("fox.png", "hat.png", "mask.png", "first.png", "last.png"):
        Image.new("RGB", (600, 600), "white").save(folder / name)
    for name, seconds in (("talk.wav", 1), ("ana.wav", 12)):
        with wave.open(str(folder / name), "wb") as writer:
            writer.setparams((1, 2, 8000, 0, "NONE", ""))
            writer.writeframes(bytes(2 * 8000 * seconds))
    for name, year in (("report.pdf", 2021), ("scan.pdf", 2020)):
        canvas = Canvas(str(folder / name))
        for number in range(1, 4):
            canvas.drawString(72, 720, f"Annual report {year}, page {number}: research cost {number} million yuan")
            canvas.showPage()
        canvas.save()
