"""Turn a file into pages of text: PDF, images, text, Markdown, docx, pptx, xlsx and HTML."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from cncoding.errors import ConfigError
from cncoding.exchange.texts import decode_text
from cncoding.pages.extras import require
from cncoding.pages.pdf import Pdf
from cncoding.pages.values import Heading

Kind: TypeAlias = Literal["pdf", "image", "text", "docx", "pptx", "xlsx", "html"]

SUFFIXES: dict[str, Kind] = {
    ".pdf": "pdf", ".png": "image", ".jpg": "image", ".jpeg": "image", ".webp": "image", ".gif": "image",
    ".bmp": "image", ".tif": "image", ".tiff": "image", ".txt": "text", ".md": "text", ".markdown": "text",
    ".csv": "text", ".tsv": "text", ".json": "text", ".rst": "text", ".log": "text", ".docx": "docx",
    ".pptx": "pptx", ".xlsx": "xlsx", ".xlsm": "xlsx", ".html": "html", ".htm": "html",
}  # fmt: skip
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"%PDF", "pdf"), (b"\x89PNG", "image"), (b"\xff\xd8\xff", "image"), (b"GIF8", "image"), (b"BM", "image"),
    (b"II*\0", "image"), (b"MM\0*", "image"),
)  # fmt: skip
_PAGE_CHARACTERS = 1800
_ROWS = 60
_LARGEST_UNPACKED = 500_000_000
_MOST_IMAGE_PIXELS = 200_000_000


@dataclass(frozen=True, slots=True)
class ReadPage:
    """The text of one page; `problem` says why it could not be read."""

    text: str
    label: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """All pages of a file, in order."""

    kind: Kind
    pages: tuple[ReadPage, ...]
    outline: tuple[Heading, ...] = ()


def read_file(source: bytes | Path, name: str, password: str | None = None) -> ReadDocument:
    """Read the text of a file, page by page. Nothing is rendered.

    Args:
        source: The file's bytes, or its path.
        name: What errors call it; its suffix decides where the bytes do not.
        password: Of an encrypted PDF.

    Raises:
        ConfigError: The file is broken, encrypted, empty, or of an unknown kind.
    """
    head = source[:4096] if isinstance(source, bytes) else _read_head(source)
    kind = guess_kind(head, name, source)
    if kind == "pdf":
        return _read_pdf(source, name, password)
    data = source if isinstance(source, bytes) else source.read_bytes()
    if not data.strip():
        raise ConfigError(f"documents: {name}: the file is empty")
    reader = _READERS[kind]
    try:
        pages = tuple(reader(data, name))
    except ConfigError:
        raise
    except (ValueError, KeyError, OSError, zipfile.BadZipFile, AttributeError, SyntaxError) as error:
        raise ConfigError(f"documents: {name}: this is not a readable {kind} file: {error}") from None
    return ReadDocument(kind, pages or (ReadPage(""),), _outline(pages) if kind != "image" else ())


def guess_kind(head: bytes, name: str, source: bytes | Path) -> Kind:
    """Tell the kind of a file by its first bytes, else by its suffix.

    Raises:
        ConfigError: Neither says anything that can be read.
    """
    if b"%PDF" in head[:1024]:
        return "pdf"
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if found or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return found or "image"
    suffix = SUFFIXES.get(Path(name).suffix.lower())
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_zip(source, name)
    if suffix in ("pdf", "docx", "pptx", "xlsx", "image") and head.strip():
        what = "this is not a readable PDF, give an intact one" if suffix == "pdf" else f"this is no {suffix} file"
        raise ConfigError(f"documents: {name}: {what}")
    if re.match(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)", head, re.I):
        return "html"
    if suffix is None and b"\0" in head:
        raise ConfigError(f"documents: {name}: unknown kind of file; known: {', '.join(sorted(SUFFIXES))}")
    return suffix or "text"


def _kind_of_zip(source: bytes | Path, name: str) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            names = archive.namelist()
            size = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        raise ConfigError(f"documents: {name}: the file is broken") from None
    if size > _LARGEST_UNPACKED:
        raise ConfigError(f"documents: {name}: it unpacks to {size} bytes, more than {_LARGEST_UNPACKED}")
    folders: tuple[tuple[str, Kind], ...] = (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx"))
    for folder, kind in folders:
        if any(one.startswith(folder) for one in names):
            return kind
    raise ConfigError(f"documents: {name}: a zip archive is no document; unpack it and add the folder")


def _read_head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(4096)
    except OSError as error:
        raise ConfigError(f"documents: {path.name}: {error.strerror or error}") from None


def _read_pdf(source: bytes | Path, name: str, password: str | None) -> ReadDocument:
    with Pdf(source, name, password) as pdf:
        pages = []
        for number in range(1, len(pdf) + 1):
            try:
                pages.append(ReadPage(pdf.read_text(number), pdf.read_label(number)))
            except ConfigError as error:
                pages.append(ReadPage("", None, str(error)))
        return ReadDocument("pdf", tuple(pages), pdf.read_outline())


def _read_image(data: bytes, name: str) -> Iterator[ReadPage]:
    images = require("PIL.Image", "pillow")
    try:
        with images.open(io.BytesIO(data)) as image:
            frames, pixels = getattr(image, "n_frames", 1), image.width * image.height
            image.verify()
    except (OSError, ValueError, SyntaxError, images.DecompressionBombError) as error:
        raise ConfigError(f"documents: {name}: this is no readable image: {error}") from None
    if pixels > _MOST_IMAGE_PIXELS:
        raise ConfigError(f"documents: {name}: {pixels} pixels are too many; make the image smaller")
    yield from (ReadPage("") for _ in range(min(frames, 2000) if name.lower().endswith((".tif", ".tiff")) else 1))


def _read_text(data: bytes, name: str) -> Iterator[ReadPage]:
    for piece in _decode(data, name).split("\f"):
        yield from (ReadPage(page) for page in split_text(piece))


def _decode(data: bytes, name: str) -> str:
    text = decode_text(data)
    if text is None:
        raise ConfigError(f"documents: {name}: this is not text in UTF-8, UTF-16 or GB 18030")
    return text


def split_text(text: str, size: int = _PAGE_CHARACTERS) -> list[str]:
    """Cut text into pages of about `size` characters at headings and paragraphs; no line is cut or lost."""
    pages: list[str] = []
    lines: list[str] = []
    length = 0
    for line in text.splitlines():
        heading = line.startswith("#")
        if lines and (length + len(line) > size or (heading and length > size // 3)):
            pages.append("\n".join(lines))
            lines, length = [], 0
        lines.append(line)
        length += len(line) + 1
    pages.append("\n".join(lines))
    return [page for page in pages if page.strip()]


def _read_docx(data: bytes, name: str) -> Iterator[ReadPage]:
    document = require("docx", "python-docx").Document(io.BytesIO(data))
    lines: list[str] = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            lines += _rows_of_table([[cell.text.strip() for cell in row.cells] for row in block.rows])
            continue
        level = re.match(r"(?:Heading|标题) ?(\d)", block.style.name or "") if block.style is not None else None
        broken = 'w:type="page"' in block._p.xml or bool(block.paragraph_format.page_break_before)
        lines.append(("\f" if broken else "") + ("#" * int(level[1]) + " " if level else "") + block.text)
    yield from _read_text("\n".join(lines).encode(), name)


def _rows_of_table(rows: Sequence[Sequence[str]]) -> list[str]:
    return [" | ".join(cell.replace("\n", " ") for cell in row) for row in rows]


def _read_pptx(data: bytes, name: str) -> Iterator[ReadPage]:
    deck = require("pptx", "python-pptx").Presentation(io.BytesIO(data))
    for slide in deck.slides:
        lines: list[str] = []
        title = slide.shapes.title
        for shape in slide.shapes:
            lines += _lines_of_shape(shape, title is not None and shape.shape_id == title.shape_id)
        if slide.has_notes_slide:
            lines.append(slide.notes_slide.notes_text_frame.text)
        yield ReadPage("\n".join(lines))


def _lines_of_shape(shape: Any, is_title: bool) -> list[str]:
    if getattr(shape, "shapes", None) is not None:
        return [line for inner in shape.shapes for line in _lines_of_shape(inner, False)]
    if getattr(shape, "has_table", False) and shape.has_table:
        return _rows_of_table([[cell.text for cell in row.cells] for row in shape.table.rows])
    if getattr(shape, "has_text_frame", False) and shape.has_text_frame and shape.text_frame.text.strip():
        return [("# " if is_title else "") + shape.text_frame.text]
    return []


def _read_xlsx(data: bytes, name: str) -> Iterator[ReadPage]:
    book = require("openpyxl", "openpyxl").load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            rows = (row for row in sheet.iter_rows(values_only=True) if any(cell is not None for cell in row))
            yield from _pages_of_sheet(sheet.title, rows)
    finally:
        book.close()


def _pages_of_sheet(title: str, rows: Iterator[tuple[Any, ...]]) -> Iterator[ReadPage]:
    """Repeat a sheet's first row on each of its pages, so that its columns keep their names."""
    head: str | None = None
    lines: list[str] = []
    for row in rows:
        line = " | ".join("" if cell is None else str(cell) for cell in row).rstrip(" |")
        if head is None:
            head = line
            continue
        lines.append(line)
        if len(lines) == _ROWS:
            yield ReadPage("\n".join([f"# {title}", head, *lines]), title)
            lines = []
    if lines or head is not None:
        yield ReadPage("\n".join([f"# {title}", head or "", *lines]), title)


def _read_html(data: bytes, name: str) -> Iterator[ReadPage]:
    convert = require("markdownify", "markdownify").markdownify
    bare = re.sub(r"(?is)<(script|style|template)\b.*?</\1\s*>", "", _decode(data, name))
    text = convert(bare, heading_style="ATX", strip=["img", "a"])
    yield from _read_text(re.sub(r"\n{3,}", "\n\n", text).encode(), name)


_READERS: dict[Kind, Callable[[bytes, str], Iterator[ReadPage]]] = {
    "image": _read_image,
    "text": _read_text,
    "docx": _read_docx,
    "pptx": _read_pptx,
    "xlsx": _read_xlsx,
    "html": _read_html,
}


def _outline(pages: Sequence[ReadPage]) -> tuple[Heading, ...]:
    """Make an outline of the Markdown headings of the pages."""
    found = []
    for number, page in enumerate(pages, start=1):
        for line in page.text.splitlines():
            mark = re.match(r"(#{1,6})\s+(.+)", line)
            if mark:
                found.append(Heading(mark[2].strip(), len(mark[1]) - 1, number))
    return tuple(found[:2000])
