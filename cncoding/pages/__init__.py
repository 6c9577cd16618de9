"""Documents without embeddings: PDF pages, their words and pictures, and the policy of finding and answering.

`pdf` and `pictures` touch pdfium and Pillow (extra `pages`), imported at their first use. Nothing here knows the
client, a vendor or a framework.
"""

from cncoding.pages.documents import Sight, decode_text, read_document
from cncoding.pages.pdf import PDF_LOCK, Pdf, RenderedPage, render_pages
from cncoding.pages.values import Box, Heading, Picture

__all__ = [
    "PDF_LOCK",
    "Box",
    "Heading",
    "Pdf",
    "Picture",
    "RenderedPage",
    "Sight",
    "decode_text",
    "read_document",
    "render_pages",
]
