"""PDFs made for tests: Chinese text without a font file, and images of marks as charts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

FONT = "STSong-Light"


def make_pdf(path: Path, pages: Sequence[str], charts: dict[int, Image.Image] | None = None) -> Path:
    """Write a PDF.

    Args:
        path: Where to.
        pages: The text of each page, by lines.
        charts: Images by page number, counted from 1.
    """
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(str(path), pagesize=A4)
    for number, text in enumerate(pages, start=1):
        canvas.setFont(FONT, 16)
        for line, words in enumerate(text.splitlines()):
            canvas.drawString(60, 780 - 26 * line, words)
        if charts and number in charts:
            chart = charts[number]
            width = 440
            canvas.drawImage(ImageReader(chart), 70, 300, width, width * chart.height / chart.width)
        canvas.showPage()
    canvas.save()
    return path
