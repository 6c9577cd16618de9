"""PDFs, also broken, encrypted and hostile ones: a result or a `ConfigError` that names file and page."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from cncoding import ConfigError
from cncoding.pages import Box, Pdf, render_pages
from cncoding_emulator import image_marks as marks
from tests.llamaindex.pdf import make_pdf

TEXTS = ["封面\n2025 年度报告", "收入\n各季度收入见下图", "员工 812 人"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pdf(tmp_path_factory.mktemp("pdf") / "report.pdf", TEXTS, {2: marks.draw("Q3 4217")})


def _raw_pdf(page: str, stream: bytes = b"", extra: str = "") -> bytes:
    """A PDF of one page, written by hand: hostile things are not what libraries write."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R {page} >>".encode(),
        f"<< {extra} /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream",
    ]
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    at = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF".encode()
    return bytes(out)


def test_pages_have_text_and_pictures_within_bounds(report: Path) -> None:
    pages = list(render_pages(report, dpi=100))
    assert [page.text.splitlines() for page in pages] == [text.splitlines() for text in TEXTS]
    shown = Image.open(io.BytesIO(pages[1].picture.data))
    assert shown.size == (827, 1170) and marks.read(shown.convert("RGB")) == "Q3 4217"
    assert shown.mode == "L", "nothing on the page has a colour"
    with Pdf(report) as pdf:
        assert pdf.render(1, dpi=2000, max_pixels=10_000).width <= 100
        region = pdf.render(2, dpi=100, region=Box(0, 0, 1, 0.5))
        assert (region.width, region.height) == (827, 585)


def test_words_have_a_place_on_the_page(report: Path) -> None:
    with Pdf(report) as pdf:
        (box,) = pdf.find_boxes(2, "季度收入")
        assert 0.1 < box.left < box.right < 0.5 and 0.05 < box.top < box.bottom < 0.15
        assert pdf.find_boxes(2, "利润") == ()


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7\nbroken", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_pdf_is_named(data: bytes) -> None:
    with pytest.raises(ConfigError, match=r"odd\.pdf: this is not a readable PDF"):
        Pdf(data, name="odd.pdf")


def test_encrypted_files_want_their_password(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "secret.pdf"), encrypt=StandardEncryption("open", ownerPassword="own"))
    canvas.drawString(50, 700, "for you only")
    canvas.save()
    with pytest.raises(ConfigError, match=r"secret\.pdf: it is encrypted; give password="):
        Pdf(tmp_path / "secret.pdf")
    with pytest.raises(ConfigError, match="the password does not open it"):
        Pdf(tmp_path / "secret.pdf", password="wrong")
    with Pdf(tmp_path / "secret.pdf", password="open") as pdf:
        assert pdf.read_text(1).strip() == "for you only"


@pytest.mark.parametrize("box", ["0 0 2834645 2834645", "0 0 2834645 1", "0 0 1 1", "0 0 0.001 100000"])
def test_pages_of_monstrous_size_are_rendered_small(box: str) -> None:
    with Pdf(_raw_pdf(f"/MediaBox [{box}]"), name="map.pdf") as pdf:
        picture = pdf.render(1)
        assert 0 < picture.width * picture.height <= 2_500_000


def test_a_picture_bomb_is_refused_with_its_page(tmp_path: Path) -> None:
    bomb = zlib.compress(b"\0" * 20_000_000, 9)
    data = _raw_pdf(
        "/MediaBox [0 0 600 800] /Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R",
        bomb,
        "/Type /XObject /Subtype /Image /Width 40000 /Height 40000 /ColorSpace /DeviceRGB /BitsPerComponent 8 "
        "/Filter /FlateDecode",
    )
    content = b"5 0 obj\n<< /Length 27 >>\nstream\nq 600 0 0 800 0 0 cm /I Do Q\nendstream\nendobj\n"
    data = data.replace(b"xref\n", content + b"xref\n", 1)
    with Pdf(data, name="bomb.pdf") as pdf, pytest.raises(ConfigError, match=r"bomb\.pdf: page 1 holds an image of"):
        pdf.render(1)


def test_pages_that_do_not_exist_are_named(report: Path) -> None:
    with Pdf(report) as pdf, pytest.raises(ConfigError, match=r"report\.pdf has pages 1 to 3"):
        pdf.read_text(4)
    with pytest.raises(ConfigError, match="there is no file"):
        Pdf(report.with_name("none.pdf"))


def test_sixteen_threads_render_one_file_at_once(report: Path) -> None:
    def work(number: int) -> int:
        with Pdf(report) as pdf:
            return pdf.render(1 + number % 3, dpi=40).width + len(pdf.read_text(1 + number % 3))

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(work, range(48)))) == 3


def test_importing_the_package_needs_no_renderer() -> None:
    code = "import sys, cncoding.pages; sys.exit(any(m in sys.modules for m in ('pypdfium2', 'PIL', 'bm25s', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_missing_renderer_is_named_with_its_command(report: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(ConfigError, match=r'needs pypdfium2: pip install "cncoding\[pages\]"'):
        Pdf(report)
