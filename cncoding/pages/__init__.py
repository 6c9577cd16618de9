"""Documents without embeddings: pages, their words and pictures, and the policy of finding and answering.

`collection`, `store`, `reading`, `drawing`, `pdf`, `fetching` and `drive` do I/O; the flows (`finding`, `answering`)
do none. What the extra `pages` installs is imported at its first use. Nothing here knows the client, a vendor or a
framework.
"""

from cncoding.exchange.texts import decode_text
from cncoding.pages.answering import Answer, AnswerSettings, answer_question
from cncoding.pages.citations import Citation
from cncoding.pages.costs import Prediction, Prices
from cncoding.pages.documents import Sight, show_pdf
from cncoding.pages.drive import arun_flow, astream_flow, run_flow, stream_flow
from cncoding.pages.finding import find_pages, warn_of_nothing
from cncoding.pages.hits import Draws, Hit, Hits, Page, draw_or_warn
from cncoding.pages.library import Library
from cncoding.pages.pdf import PDF_LOCK, Pdf, RenderedPage, render_pages
from cncoding.pages.ranking import WordIndex
from cncoding.pages.reader import PageReader, ReaderTool
from cncoding.pages.search import FindSettings, Found
from cncoding.pages.steps import Ask, Reply, Trail
from cncoding.pages.values import Box, Document, Heading, Picture, Sheet

__all__ = [
    "PDF_LOCK",
    "Answer",
    "AnswerSettings",
    "Ask",
    "Box",
    "Citation",
    "Document",
    "Draws",
    "FindSettings",
    "Found",
    "Heading",
    "Hit",
    "Hits",
    "Library",
    "Page",
    "PageReader",
    "Pdf",
    "Picture",
    "Prediction",
    "Prices",
    "ReaderTool",
    "RenderedPage",
    "Reply",
    "Sheet",
    "Sight",
    "Trail",
    "answer_question",
    "WordIndex",
    "arun_flow",
    "astream_flow",
    "decode_text",
    "draw_or_warn",
    "find_pages",
    "render_pages",
    "show_pdf",
    "run_flow",
    "stream_flow",
    "warn_of_nothing",
]
