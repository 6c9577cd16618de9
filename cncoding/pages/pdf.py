"""Read PDFs: page count, text layer, outline, labels, bounded renderings, places of words.

pdfium is not safe for threads, and crashes rather than complains: everything that touches it, in this whole process,
holds the one lock of this module, page by page, so that a long document does not keep the others waiting.
"""

from __future__ import annotations

import threading
import types
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cncoding.errors import ConfigError
from cncoding.pages.extras import require
from cncoding.pages.pictures import encode_picture
from cncoding.pages.values import WHOLE, Box, Heading, Picture

PDF_LOCK = threading.RLock()
"""Held by every call into pdfium; whoever else uses pypdfium2 in this process should hold it, too."""

MAX_PIXELS = 2_400_000
"""Pixels of a rendering: an A4 page at 150 dpi has 2.2 million."""
MAX_SIDE = 8_000
"""Pixels of its longer side: a page of a kilometre by a millimetre stays harmless."""
MAX_PAGES = 20_000
_LARGEST_IMAGE = 120_000_000
"""Pixels of an image inside a page; a page with a larger one is not rendered, since pdfium would unpack it whole."""


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """One page: its number from 1, its picture, and the text that the PDF itself holds, often none."""

    number: int
    picture: Picture
    text: str


class Pdf:
    """An open PDF. Close it, or use it as a context manager; every method may be called from any thread."""

    def __init__(self, source: bytes | str | Path, name: str | None = None, password: str | None = None) -> None:
        """Open a PDF.

        Args:
            source: The file's bytes or its path.
            name: What errors call it; None is the file's name.
            password: Of an encrypted file.

        Raises:
            ConfigError: pypdfium2 is missing, there is no such file, or it is not a readable PDF.
        """
        self._pdfium = require("pypdfium2", "pypdfium2")
        self._raw = require("pypdfium2.raw", "pypdfium2")
        require("PIL.Image", "pillow")
        self.name = name or (Path(source).name if isinstance(source, str | Path) else "document.pdf")
        with PDF_LOCK:
            self._document = self._open(source, password)
            self._count: int = len(self._document)
        self._check_count()

    def _open(self, source: bytes | str | Path, password: str | None) -> Any:
        try:
            return self._pdfium.PdfDocument(
                source if isinstance(source, bytes) else Path(source), password=password, autoclose=False
            )
        except FileNotFoundError:
            raise ConfigError(f"documents: there is no file {str(source)!r}") from None
        except self._pdfium.PdfiumError as error:
            if "password" in str(error).lower():
                what = "the password does not open it" if password else "it is encrypted; give password="
                raise ConfigError(f"documents: {self.name}: {what}") from None
            raise ConfigError(
                f"documents: {self.name}: this is not a readable PDF, give an intact one: {error}"
            ) from None

    def _check_count(self) -> None:
        if 0 < self._count <= MAX_PAGES:
            return
        self.close()
        count = self._count
        why = f"it has {count} pages, more than {MAX_PAGES}; split it" if count else "it has no pages"
        raise ConfigError(f"documents: {self.name}: {why}")

    def __len__(self) -> int:
        """Return the number of pages."""
        return self._count

    def __enter__(self) -> Pdf:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Give the memory back; twice does no harm."""
        with PDF_LOCK:
            self._document.close()

    @contextmanager
    def _page(self, number: int) -> Iterator[Any]:
        if not 1 <= number <= self._count:
            raise ConfigError(f"page={number!r}: {self.name} has pages 1 to {self._count}")
        with PDF_LOCK:
            page = None
            try:
                page = self._document[number - 1]
                yield page
            except (self._pdfium.PdfiumError, MemoryError, ValueError, OSError) as error:
                if isinstance(error, ConfigError):
                    raise
                raise ConfigError(f"documents: {self.name}: page {number} cannot be read: {error}") from None
            finally:
                if page is not None:
                    page.close()

    def read_text(self, number: int) -> str:
        """Return the text layer of a page, lines apart; `""` for a scan.

        Raises:
            ConfigError: There is no such page, or it is broken.
        """
        with self._page(number) as page:
            layer = page.get_textpage()
            try:
                return _clean(layer.get_text_bounded())
            finally:
                layer.close()

    def read_label(self, number: int) -> str | None:
        """Return what the file itself calls a page, for example `iv` or `A-3`; None if it does not say."""
        with PDF_LOCK:
            try:
                return self._document.get_page_label(number - 1) or None
            except (self._pdfium.PdfiumError, UnicodeDecodeError):
                return None

    def read_outline(self) -> tuple[Heading, ...]:
        """Return the bookmarks that lead to a page, in order; automatic names of word processors are left out."""
        headings = []
        with PDF_LOCK:
            try:
                for mark in self._document.get_toc(max_depth=8):
                    title, target = mark.get_title().strip(), mark.get_dest()
                    index = target.get_index() if target else None
                    if title and index is not None and not title.startswith(("OLE_LINK", "_Toc", "_Hlk", "_GoBack")):
                        headings.append(Heading(title, mark.level, index + 1))
            except (self._pdfium.PdfiumError, UnicodeDecodeError):
                return tuple(headings)
        return tuple(headings)

    def render(
        self,
        number: int,
        dpi: float = 150,
        max_pixels: int = MAX_PIXELS,
        region: Box = WHOLE,
    ) -> Picture:
        """Render a page, or a region of it, within bounds.

        Args:
            number: From 1.
            dpi: Wished resolution; less is taken where the bounds ask for it.
            max_pixels: Most pixels of the picture.
            region: Part of the page, in fractions from the top left.

        Raises:
            ConfigError: There is no such page, it is broken, or it holds an image of monstrous size.
        """
        return encode_picture(self.draw(number, dpi, max_pixels, region))

    def draw(self, number: int, dpi: float = 150, max_pixels: int = MAX_PIXELS, region: Box = WHOLE) -> Any:
        """Render like `render`, to a PIL image."""
        if not dpi > 0:
            raise ConfigError(f"dpi={dpi!r}: give a number above 0, for example 150")
        with self._page(number) as page:
            self._refuse_monsters(page, number)
            width, height = page.get_size()
            wide, high = width * (region.right - region.left), height * (region.bottom - region.top)
            if not (wide > 0 and high > 0):
                raise ConfigError(f"documents: {self.name}: page {number} has no size")
            scale = min(dpi / 72, (max_pixels / (wide * high)) ** 0.5, MAX_SIDE / max(wide, high))
            crop = (
                width * region.left,
                height * (1 - region.bottom),
                width * (1 - region.right),
                height * region.top,
            )
            bitmap = page.render(scale=scale, crop=crop)
            try:
                return bitmap.to_pil().copy()
            finally:
                bitmap.close()

    def _refuse_monsters(self, page: Any, number: int) -> None:
        for thing in page.get_objects(filter=[self._raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
            width, height = thing.get_px_size()
            if width * height > _LARGEST_IMAGE:
                raise ConfigError(
                    f"documents: {self.name}: page {number} holds an image of {width}x{height} pixels; make it smaller"
                )

    def find_boxes(self, number: int, words: str, most: int = 60) -> tuple[Box, ...]:
        """Return where words stand on a page, one box for each line of the first occurrence; none if nowhere."""
        with self._page(number) as page:
            layer = page.get_textpage()
            try:
                searcher = layer.search(words)
                found = searcher.get_next()
                searcher.close()
                if found is None:
                    return ()
                left, bottom, right, top = page.get_bbox()
                count = min(most, layer.count_rects(*found))
                rects = [layer.get_rect(place) for place in range(count)]
            finally:
                layer.close()
        wide, high = right - left, top - bottom
        return _join_lines(
            Box((one[0] - left) / wide, (top - one[3]) / high, (one[2] - left) / wide, (top - one[1]) / high)
            for one in rects
        )


def render_pages(
    source: bytes | str | Path,
    dpi: float = 150,
    max_pixels: int = MAX_PIXELS,
    name: str | None = None,
    password: str | None = None,
) -> Iterator[RenderedPage]:
    """Render the pages of a PDF one after the other; nothing but the current page is in memory.

    Raises:
        ConfigError: pypdfium2 or Pillow is missing, this is not a PDF, a page is broken, or `dpi` is none.
    """
    if not dpi > 0:
        raise ConfigError(f"dpi={dpi!r}: give a number above 0, for example 150")
    with Pdf(source, name, password) as pdf:
        for number in range(1, len(pdf) + 1):
            yield RenderedPage(number, pdf.render(number, dpi, max_pixels), pdf.read_text(number))


def _join_lines(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """Join boxes that stand on one line: pdfium gives one for each change of font."""
    lines: list[Box] = []
    for one in boxes:
        last = lines[-1] if lines else None
        middle = (one.top + one.bottom) / 2
        if last and last.top <= middle <= last.bottom:
            lines[-1] = Box(
                min(last.left, one.left),
                min(last.top, one.top),
                max(last.right, one.right),
                max(last.bottom, one.bottom),
            )
        else:
            lines.append(one)
    return tuple(lines)


def _clean(text: str) -> str:
    """Drop what pdfium adds: carriage returns, and the noncharacter that stands for a hyphen at the end of a line."""
    joined = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufffe\n", "").replace("\x02\n", "")
    return joined.replace("\ufffe", "-").replace("\x02", "-").replace("\x00", "")
