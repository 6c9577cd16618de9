"""Tools with which LlamaIndex agents read a library page by page."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.core.tools.tool_spec.base import BaseToolSpec

from cncoding import ConfigError, Media, Text
from cncoding.pages import Library, PageReader
from llamaindex_cncoding._page_models import write_block

Blocks = list[TextBlock | ImageBlock]


class PageToolSpec(BaseToolSpec):
    """search_pages, outline, read_page, zoom and find_in_document over one library."""

    def __init__(self, library: Library, sees: bool = True) -> None:
        """Take a library; `sees` says whether the agent's LLM takes pictures."""
        self._reader = PageReader(library, sees)
        self.spec_functions = [tool.name for tool in self._reader.tools()]

    def _run(self, name: str, **arguments: Any) -> Blocks:
        try:
            parts: tuple[Text | Media, ...] = getattr(self._reader, name)(**arguments)
        except ConfigError as error:
            return [TextBlock(text=f"Error: {error}")]
        return [write_block(part) for part in parts]

    def search_pages(self, query: str, k: int = 8, document: str | None = None) -> Blocks:
        """Find pages of the documents by words. Gives document, page number and the beginning of the page.

        Args:
            query: Words that stand on the page.
            k: Most pages, up to 20.
            document: Name of the document; None searches all.
        """
        return self._run("search_pages", query=query, k=k, document=document)

    def outline(self, document: str | None = None) -> Blocks:
        """Give the table of contents of a document, or of all documents.

        Args:
            document: Name of the document; None means all.
        """
        return self._run("outline", document=document)

    def read_page(self, page: int, document: str | None = None) -> Blocks:
        """Read a page: its text, and its picture.

        Args:
            page: Number of the page, from 1.
            document: Name of the document; may be left out if there is only one.
        """
        return self._run("read_page", page=page, document=document)

    def zoom(
        self, page: int, left: float, top: float, right: float, bottom: float, document: str | None = None
    ) -> Blocks:
        """Look at a region of a page at a higher resolution, for small print, charts and tables.

        Args:
            page: Number of the page, from 1.
            left: Left edge, as a fraction of the page from 0 to 1.
            top: Top edge, as a fraction of the page from 0 to 1.
            right: Right edge, as a fraction of the page from 0 to 1.
            bottom: Bottom edge, as a fraction of the page from 0 to 1.
            document: Name of the document; may be left out if there is only one.
        """
        return self._run("zoom", page=page, left=left, top=top, right=right, bottom=bottom, document=document)

    def find_in_document(self, text: str, document: str | None = None) -> Blocks:
        """List the pages on which given words stand exactly so.

        Args:
            text: The exact words.
            document: Name of the document; None means all.
        """
        return self._run("find_in_document", text=text, document=document)
