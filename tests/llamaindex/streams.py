"""Streams of given events, as a client would hand them out."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from cncoding import Event, Fold, Stream


def stream_of(events: Iterable[Event]) -> Stream:
    """Make a stream that folds each event once, as it passes."""
    progress = Fold("glm")

    def run() -> Generator[Event, None, None]:
        for event in events:
            progress.add(event)
            yield event

    return Stream(run(), progress)
