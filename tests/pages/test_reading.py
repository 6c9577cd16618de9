"""Files of every kind become pages; broken, huge and hostile ones are named."""

from __future__ import annotations

import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from cncoding import CncodingWarning, ConfigError
from cncoding.pages import Library
from cncoding_emulator import image_marks


def _library(data: bytes, name: str) -> Library:
    library = Library()
    library.add(data, name=name)
    return library


def test_word_keeps_headings_tables_and_page_breaks() -> None:
    document = docx.Document()
    document.add_heading("营业收入", level=1)
    document.add_paragraph("全年实现营业收入三亿元。")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        [cell for row in table.rows for cell in row.cells], ["项目", "金额", "研发", "4500"], strict=True
    ):
        cell.text = text
    document.add_page_break()
    document.add_heading("人员", level=2)
    document.add_paragraph("员工 812 人。")
    buffer = io.BytesIO()
    document.save(buffer)
    library = _library(buffer.getvalue(), "report.docx")
    assert library.search("员工")[0].page == 2
    assert "研发 | 4500" in library.page(1).text
    assert [(one.title, one.page) for one in library.documents[0].outline] == [("营业收入", 1), ("人员", 2)]
    assert library.page(1).image() is None


def test_slides_are_pages() -> None:
    deck = pptx.Presentation()
    for title, text in (("火箭", "推力 100 吨"), ("卫星", "轨道高度 500 公里")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text, slide.placeholders[1].text = title, text
    buffer = io.BytesIO()
    deck.save(buffer)
    library = _library(buffer.getvalue(), "deck.pptx")
    hit = library.search("轨道高度")[0]
    assert (hit.page, hit.text.splitlines()) == (2, ["# 卫星", "轨道高度 500 公里"])


def test_sheets_repeat_their_columns() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "股东"
    sheet.append(["姓名", "持股"])
    for number in range(100):
        sheet.append([f"股东{number:03}", number * 1000])
    buffer = io.BytesIO()
    book.save(buffer)
    library = _library(buffer.getvalue(), "holders.xlsx")
    hit = library.search("股东099")[0]
    assert hit.page == 2 and hit.text.splitlines()[:2] == ["# 股东", "姓名 | 持股"] and "股东099 | 99000" in hit.text


def test_html_loses_its_scripts_and_keeps_its_tables() -> None:
    page = "<html><head><script>var 秘密 = 1</script></head><body><h1>公告</h1><table><tr><td>利润</td><td>42</td></tr>"
    library = _library(f"{page}</table></body></html>".encode(), "page.html")
    assert library.search("利润")[0].text.count("42") == 1
    assert library.search("秘密") == [] and library.documents[0].outline[0].title == "公告"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_text_of_chinese_encodings(encoding: str) -> None:
    library = _library("第一章 总则\n\f第二章 细则：罚款五百元".encode(encoding), "law.txt")
    assert len(library) == 2 and library.search("罚款")[0].page == 2


def test_long_text_is_cut_at_paragraphs_and_nothing_is_lost() -> None:
    lines = [f"第{number}段：{'内容' * 40}" for number in range(200)]
    library = _library("\n".join(lines).encode(), "long.md")
    assert "\n".join(library.page(number).text for number in range(1, len(library) + 1)).splitlines() == lines


def test_images_and_tiffs_are_pages_without_words() -> None:
    frames = [image_marks.draw(f"FRAME {number}") for number in (1, 2, 3)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "TIFF", save_all=True, append_images=frames[1:])
    library = _library(buffer.getvalue(), "fax.tiff")
    picture = library.page(3).image()
    assert len(library) == 3 and picture is not None
    assert image_marks.read(Image.open(io.BytesIO(picture.data)).convert("RGB")) == "FRAME 3"
    assert [entry.wordless for entry in library.catalogue().entries] == [True] * 3


def test_mixed_scripts_in_one_library() -> None:
    library = Library()
    for name, text in {
        "ja.txt": "売上高は三億円です。東京支社", "ko.txt": "매출은 삼억 원입니다 서울 지사",
        "ru.txt": "Выручка московского филиала", "tw.txt": "臺北分公司的營業額",
        "en.txt": "Revenues of the London branches",
    }.items():  # fmt: skip
        library.add(text.encode(), name=name)
    for question, name in {
        "売上高": "ja.txt", "서울": "ko.txt", "московского": "ru.txt", "台北分公司": "tw.txt",
        "London branch": "en.txt",
    }.items():  # fmt: skip
        assert library.search(question)[0].document == name


# ---------------------------------------------------------------- bad input


def _bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 600_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (b"", "empty.txt", "the file is empty"),
        (b"  \n ", "blank.md", "the file is empty"),
        (b"", "empty.pdf", "this is not a readable PDF"),
        (b"%PDF-1.7 broken", "broken.pdf", "this is not a readable PDF"),
        (b"PK\x03\x04 broken", "broken.docx", "the file is broken"),
        (b"plain", "wrong.docx", "this is no docx file"),
        (b"\x89PNG\r\n\x1a\nbroken", "broken.png", "this is no readable image"),
        (b"\x00\x01\x02\x03", "what.bin", "unknown kind of file"),
        (b"\x00\x01\x02\x03", "what.txt", "this is not text"),
    ],
)
def test_bad_files_are_named(data: bytes, name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        Library().add(data, name=name)
    assert name in str(caught.value)


@pytest.mark.full
def test_a_zip_bomb_is_refused_unopened() -> None:
    with pytest.raises(ConfigError, match="it unpacks to 600000000 bytes"):
        Library().add(_bomb(), name="bomb.docx")


def test_an_archive_is_no_document() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ConfigError, match="unpack it and add the folder"):
        Library().add(buffer.getvalue(), name="all.zip")


def test_a_broken_page_is_skipped_and_named(tmp_path: Path) -> None:
    """The second page's entry points at nothing; the others are read."""
    canvas = Canvas(str(tmp_path / "part.pdf"))
    for number in (1, 2, 3):
        canvas.drawString(72, 700, f"chapter number {number} about whales and rockets and shareholders and more")
        canvas.showPage()
    canvas.save()
    data = (tmp_path / "part.pdf").read_bytes()
    pages = data[data.index(b"/Kids [") :].split(b"]", 1)[0]
    second = pages.split(b"[")[1].split(b"R")[1].strip()
    library = Library()
    with pytest.warns(CncodingWarning, match=r"part\.pdf: page 2 cannot be read"):
        library.add(data.replace(pages, pages.replace(second, b"0 0")), name="part.pdf")
    assert [page.problem is None for page in map(library.page, (1, 2, 3))] == [True, False, True]
    assert {hit.page for hit in library.search("whales")} == {1, 3}


@pytest.mark.full
def test_ten_thousand_pages_are_indexed(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "huge.pdf"))
    for number in range(1, 10_001):
        canvas.drawString(72, 700, f"topic{number}")
        canvas.showPage()
    canvas.save()
    library = Library()
    library.add(tmp_path / "huge.pdf")
    assert len(library) == 10_000 and library.search("topic9876")[0].page == 9876


@pytest.fixture
def site() -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path.startswith("/good")
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write("<html><body><p>网页上的股东名单</p></body></html>".encode())

        def log_message(self, format: str, *args: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_urls_are_downloaded(site: str) -> None:
    library = Library()
    (document,) = library.add(f"{site}/good")
    assert (document.name, document.kind, document.metadata["url"]) == ("good.html", "html", f"{site}/good")
    assert library.search("股东名单")[0].document == "good.html"
    with pytest.raises(ConfigError, match="the server answers 404"):
        library.add(f"{site}/bad")
