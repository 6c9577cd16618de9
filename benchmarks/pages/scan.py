"""A scan of a report: pictures of its pages without a text layer, and an emulator that reads their marks.

Each page bears a mark with its own code. What the emulator says of a code is what a reader sees on a thumbnail: the
headings of the page and the beginning of its lines, at most 160 characters. It says nothing of a page whose mark did
not arrive legibly, so pictures that are too small, broken or missing count against the method.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from cncoding.pages import Pdf
from cncoding_emulator import image_marks
from cncoding_emulator.responder import Prompt

LEGIBLE = 160
_SHEET = re.compile(r"Contact sheet \d+: (\d+) columns, (\d+) rows, pages in reading order: ([\d, ]+)")
_HEADING = re.compile(
    r"^\s*(?:第.{1,4}[章节]|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）]|\d{1,2}[、.．]|\(\d+\))"
)


def make_scan(report: bytes) -> tuple[bytes, dict[str, str]]:
    """Return a PDF of pictures of a report's pages, and what can be read on the page of each code."""
    told: dict[str, str] = {}
    buffer = io.BytesIO()
    with Pdf(report, "report.pdf") as pdf:
        canvas = Canvas(buffer)
        for number in range(1, len(pdf) + 1):
            image = pdf.draw(number, dpi=90).convert("RGB")
            code = f"P{number:03}"
            told[code] = read_thumbnail(pdf.read_text(number))
            mark = image_marks.draw(code, module=4, height=32)
            image.paste(mark, (image.width - mark.width - 8, 8))
            packed = io.BytesIO()
            image.save(packed, "JPEG", quality=70)
            packed.seek(0)
            canvas.setPageSize((595, 842))
            canvas.drawImage(ImageReader(packed), 0, 0, 595, 842)
            canvas.showPage()
        canvas.save()
    return buffer.getvalue(), told


def read_thumbnail(text: str) -> str:
    """Return what is legible on a thumbnail: headings first, then the beginnings of lines."""
    lines = [line.strip() for line in text.splitlines()[2:] if len(line.strip()) > 3]
    headings = [line for line in lines if _HEADING.match(line)]
    rest = [line for line in lines if line not in headings]
    return "；".join([*headings, *rest])[:LEGIBLE]


def make_responder(told: dict[str, str]) -> Callable[[Prompt], str | None]:
    """Return a responder for the emulator that reads marks as the pages that they stand for."""

    def respond(prompt: Prompt) -> str | None:
        message = prompt.chat.messages[-1]
        sheets = list(_SHEET.finditer(message.text))
        if not sheets:
            return None
        lines = []
        for found, seen in zip(sheets, prompt.images[-len(sheets) :], strict=True):
            pages = [int(number) for number in found[3].replace(" ", "").strip(",").split(",")]
            for mark, x, y in seen.marks:
                place = int(y * int(found[2])) * int(found[1]) + int(x * int(found[1]))
                if place < len(pages) and mark in told:
                    lines.append(f"{pages[place]}: {told[mark]}")
        return "\n".join(lines)

    return respond
