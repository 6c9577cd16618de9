"""Read PDFs for a request; what that needs is imported with the first one."""

from __future__ import annotations

from cncoding.exchange.steps import ReadPdf
from cncoding.types import Media, Text


def show_pdf(step: ReadPdf) -> tuple[Text | Media, ...]:
    """Put a PDF into the parts of a message.

    Raises:
        ConfigError: It cannot be read, or what reads it is not installed.
    """
    from cncoding.pages import documents

    return documents.show_pdf(step.data, step.name, step.sight)
