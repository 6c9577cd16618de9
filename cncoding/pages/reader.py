"""Tools with which an agent reads documents as a person does: search, contents, turn pages, look closer, find words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cncoding.errors import ConfigError
from cncoding.pages.citations import holds, strip_noise
from cncoding.pages.finding import find_contents_pages
from cncoding.pages.hits import join_words
from cncoding.pages.library import Library
from cncoding.pages.values import Box, read_seen
from cncoding.types import JsonObject, Media, Text

Parts = tuple[Text | Media, ...]
_SNIPPET = 160
_MOST_HITS = 20
_DOCUMENT: JsonObject = {"type": "string", "description": "Name of the document; may be left out if there is only one."}
_PAGE: JsonObject = {"type": "integer", "minimum": 1, "description": "Number of the page, from 1."}


def _schema(properties: JsonObject, required: list[str]) -> JsonObject:
    return {"type": "object", "properties": properties, "required": required}


@dataclass(frozen=True, slots=True)
class ReaderTool:
    """A tool: what a model is told of it, and what it does. `run` raises `ConfigError` for the model's own mistakes."""

    name: str
    description: str
    run: Callable[..., Parts]
    parameters: JsonObject = field(default_factory=dict)


class PageReader:
    """The tools over one library. Their answers are texts and pictures; nothing is written and nobody else is asked."""

    def __init__(self, library: Library, sees: bool = True) -> None:
        """Take a library; `sees` says whether the agent's model takes pictures."""
        self._library = library
        self._sees = sees

    def search_pages(self, query: str, k: int = 8, document: str | None = None) -> Parts:
        """Find pages by their words."""
        hits = self._library.search(query, max(1, min(k, _MOST_HITS)), document=document)
        lines = [f"{hit.document}, page {hit.page}: {_cut(hit.words)}" for hit in hits]
        return (Text("\n".join(lines) or f"Nothing was found: {hits.reason}. Try other words, or read the outline."),)

    def outline(self, document: str | None = None) -> Parts:
        """Give the table of contents of a document, or of all."""
        chosen = [self._library.find_document(document)] if document else self._library.documents
        return (Text("\n\n".join(self._write_outline(one.name) for one in chosen) or "The library is empty."),)

    def _write_outline(self, name: str) -> str:
        document = self._library.find_document(name)
        entries = [one for one in self._library.catalogue().entries if one.id == document.id]
        lines = [f"{'  ' * one.level}{one.title} … page {one.page}" for one in document.outline]
        contents = lines or find_contents_pages(entries)
        seen = [f"page {one.number}: {_cut(read_seen(one.seen), 80)}" for one in entries if read_seen(one.seen)]
        blank = sum(1 for one in entries if one.wordless and not one.seen)
        note = [f"{blank} pages hold no words; use read_page to look at them."] if blank else []
        return "\n".join([f"{document.name}: {document.pages} pages", *contents, *seen, *note])

    def read_page(self, page: int, document: str | None = None) -> Parts:
        """Give the text of a page, and its picture to a model that sees."""
        found = self._library.page(page, document)
        text = found.words or "(this page has no words)"
        picture = found.image(120) if self._sees else None
        head = Text(f"{found.document}, page {page} of {self._library.find_document(found.document).pages}:\n{text}")
        return (head, picture.to_media()) if picture else (head,)

    def zoom(
        self, page: int, left: float, top: float, right: float, bottom: float, document: str | None = None
    ) -> Parts:
        """Give a region of a page at a higher resolution."""
        if not self._sees:
            raise ConfigError("zoom: this model sees no pictures; use read_page")
        region = Box(*(min(1.0, max(0.0, float(one))) for one in (left, top, right, bottom)))
        found = self._library.page(page, document)
        picture = found.image(300, region)
        if picture is None:
            raise ConfigError(f"zoom: {found.document} has no looks; use read_page")
        return (Text(f"{found.document}, page {page}, region {left} {top} {right} {bottom}:"), picture.to_media())

    def find_in_document(self, text: str, document: str | None = None) -> Parts:
        """Give the pages on which words stand exactly so, with the lines around them."""
        if not strip_noise(text):
            raise ConfigError("text: give at least one letter or digit")
        chosen = self._library.find_document(document).id if document else None
        lines = []
        for one in self._library.catalogue().entries:
            if (chosen is None or one.id == chosen) and holds(text, f"{one.text}\n{one.seen or ''}"):
                lines.append(f"{one.document}, page {one.number}: {_find_line(text, join_words(one.text, one.seen))}")
        more = [f"… and on {len(lines) - _MOST_HITS} more pages"] if len(lines) > _MOST_HITS else []
        return (Text("\n".join([*lines[:_MOST_HITS], *more]) or f"“{text}” stands on no page."),)

    def tools(self) -> tuple[ReaderTool, ...]:
        """Return the tools; `zoom` only for a model that sees."""
        fraction: JsonObject = {"type": "number", "minimum": 0, "maximum": 1}
        edges = {name: {**fraction, "description": f"{name} edge, as a fraction of the page"} for name in _EDGES}
        every = (
            ReaderTool(
                "search_pages",
                "Find pages of the documents by words. Gives document, page number and the beginning of the page.",
                self.search_pages,
                _schema(
                    {
                        "query": {"type": "string", "description": "Words that stand on the page."},
                        "k": {"type": "integer", "minimum": 1, "maximum": _MOST_HITS, "default": 8},
                        "document": _DOCUMENT,
                    },
                    ["query"],
                ),
            ),
            ReaderTool(
                "outline",
                "Give the table of contents of a document, or of all documents.",
                self.outline,
                _schema({"document": _DOCUMENT}, []),
            ),
            ReaderTool(
                "read_page",
                "Read a page: its text, and its picture.",
                self.read_page,
                _schema({"page": _PAGE, "document": _DOCUMENT}, ["page"]),
            ),
            ReaderTool(
                "zoom",
                "Look at a region of a page at a higher resolution, for small print, charts and tables.",
                self.zoom,
                _schema({"page": _PAGE, **edges, "document": _DOCUMENT}, ["page", *_EDGES]),
            ),
            ReaderTool(
                "find_in_document",
                "List the pages on which given words stand exactly so.",
                self.find_in_document,
                _schema(
                    {"text": {"type": "string", "description": "The exact words."}, "document": _DOCUMENT}, ["text"]
                ),
            ),
        )
        return every if self._sees else tuple(one for one in every if one.name != "zoom")


_EDGES = ("left", "top", "right", "bottom")


def _cut(text: str, most: int = _SNIPPET) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def _find_line(text: str, page: str) -> str:
    wanted = strip_noise(text)
    return next((_cut(line) for line in page.splitlines() if wanted in strip_noise(line)), _cut(page))
