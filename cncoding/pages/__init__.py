"""Documents without embeddings: pages, their words and pictures, and the policy of finding and answering.

`store`, `drawing`, `pdf`, `fetching` and `drive` do I/O; the flows (`finding`, `answering`) and the rest do none.
pdfium, Pillow, bm25s and the converters (extra `pages`) are imported at their first use. Nothing here knows the client,
a vendor or a framework.
"""

from cncoding.exchange.texts import decode_text
from cncoding.pages.documents import Sight, read_document
from cncoding.pages.library import Hit, Hits, Library, Page
from cncoding.pages.pdf import PDF_LOCK, Pdf, RenderedPage, render_pages
from cncoding.pages.store import Document
from cncoding.pages.values import Box, Heading, Picture, Sheet

__all__ = [
    "PDF_LOCK",
    "Box",
    "Document",
    "Heading",
    "Hit",
    "Hits",
    "Library",
    "Page",
    "Pdf",
    "Picture",
    "RenderedPage",
    "Sheet",
    "Sight",
    "decode_text",
    "read_document",
    "render_pages",
]
