"""Read documents for a request; what that needs is imported with the first one."""

from __future__ import annotations

from cncoding.exchange.steps import ReadDocument
from cncoding.types import Media, Text


def read_document(step: ReadDocument) -> tuple[Text | Media, ...]:
    """Read a document into the parts of a message.

    Raises:
        ConfigError: It cannot be read, or what reads it is not installed.
    """
    from cncoding.pages.documents import read_document as read

    return read(step.data, step.media_type, step.name, step.sight)
