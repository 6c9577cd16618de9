"""What the emulator makes of prompts that search documents page by page."""

from __future__ import annotations

import base64
import io
from typing import Any

import httpx
from PIL import Image

from cncoding_emulator import Emulator, image_marks


def _sheet(marks: dict[tuple[int, int], str]) -> Image.Image:
    """A grid of 2 columns and 2 rows."""
    image = Image.new("RGB", (1400, 800), "white")
    for (column, row), text in marks.items():
        image.paste(image_marks.draw(text, module=3), (20 + 700 * column, 100 + 400 * row))
    return image


def _ask(emulator: Emulator, *parts: str | Image.Image, system: str = "") -> str:
    content: list[dict[str, Any]] = []
    for part in parts:
        if isinstance(part, str):
            content.append({"type": "text", "text": part})
            continue
        buffer = io.BytesIO()
        part.save(buffer, "PNG")
        url = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
        content.append({"type": "image_url", "image_url": {"url": url}})
    messages = [{"role": "system", "content": system}] if system else []
    reply = httpx.post(
        f"{emulator.env()['KIMI_BASE_URL']}/chat/completions",
        headers={"Authorization": f"Bearer {emulator.env()['KIMI_API_KEY']}", "User-Agent": "KimiCLI/1.6"},
        json={"model": "kimi-for-coding", "messages": [*messages, {"role": "user", "content": content}]},
        trust_env=False,
    )
    return str(reply.json()["choices"][0]["message"]["content"])


def test_every_mark_of_a_picture_has_a_place() -> None:
    found = image_marks.read_all(_sheet({(0, 0): "ONE", (1, 0): "TWO", (0, 1): "ONE", (1, 1): "FOUR"}))
    assert [(text, round(x), round(y)) for text, x, y in found] == [
        ("ONE", 0, 0), ("TWO", 1, 0), ("ONE", 0, 1), ("FOUR", 1, 1),
    ]  # fmt: skip


def test_contact_sheets_are_read_cell_by_cell(emulator: Emulator) -> None:
    sheet = _sheet({(1, 0): "WHALES", (0, 1): "ROCKETS"})
    told = _ask(emulator, "Contact sheet 1: 2 columns, 2 rows, pages in reading order: 7, 8, 9, 10", sheet, "Write.")
    assert told.splitlines() == ["8: WHALES", "9: ROCKETS"]


def test_numbered_pages_are_cited_with_a_quote(emulator: Emulator) -> None:
    system = "You read numbered pages. After the answer write a line QUOTES: and so on."
    pages = ["[1] a.pdf, page 3\n年末共有员工 812 人\n", "[2] a.pdf, page 9\n无关的内容\n"]
    told = _ask(emulator, *pages, "Question: 年末共有员工多少人？", system=system)
    assert told == '年末共有员工 812 人 [1]\nQUOTES:\n[1] "年末共有员工 812 人"'
    assert _ask(emulator, *pages, "Question: 火星上有水吗？", system=system) == "NOT IN THESE DOCUMENTS"
    seen = _ask(emulator, pages[1], _sheet({(0, 0): "REVENUE 42"}), "Question: revenue?", system=system)
    assert seen.startswith("REVENUE 42 [2]")
