"""What one of our own texts is about."""

from __future__ import annotations

from cncoding.hints.causes import CAUSES
from cncoding.hints.links import Cause


def find_topic(text: str) -> str:
    """Return the topic of one of our own texts, empty if it is none of the table."""
    cause = find_cause(text)
    return cause.topic if cause is not None else ""


def find_cause(text: str) -> Cause | None:
    """Return what one of our own texts is about, None if it is of no known cause."""
    return next((cause for cause in CAUSES if cause.matches(text)), None)
