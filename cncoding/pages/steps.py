"""What the flows of this folder ask for: one value for each step, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from cncoding.pages.catalogue import Catalogue
from cncoding.pages.values import Box, Picture, Sheet
from cncoding.types import Media, Message
from cncoding.usage import Usage


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered; `usage` is None where it does not say."""

    text: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a model. Gives back a `Reply`; whatever the model raises ends the flow.

    Attributes:
        messages: What to send.
        purpose: keywords, outline, sheets, choose, describe, confirm, answer.
        sees: Whether the messages hold pictures, so that a model with eyes must be asked.
        cached: Whether all but the last part of the last message stays the same with the next question.
        show: Of an answer that may be streamed: gets each piece, and None at the end; returns what may be shown.
    """

    messages: tuple[Message, ...]
    purpose: str
    sees: bool = False
    cached: bool = False
    show: Callable[[str | None], str] | None = None

    @property
    def pictures(self) -> tuple[Media, ...]:
        """The pictures of all messages."""
        return tuple(part for message in self.messages for part in message.parts if isinstance(part, Media))


@dataclass(frozen=True, slots=True)
class Survey:
    """Give the library's catalogue of this moment, its index made."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A page could not be drawn, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class DrawPage:
    """Render a page: a `Picture`, None for a document without looks, or `Failed`."""

    document: str
    number: int
    dpi: float = 120


@dataclass(frozen=True, slots=True)
class DrawSheet:
    """Make a contact sheet of (document, page) pairs, each under its label: a `Sheet`, or `Failed`."""

    pages: tuple[tuple[str, int], ...]
    labels: tuple[int, ...]
    columns: int = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """Take (document, page) pairs to look at, so that no other question does, too: gives those that are free."""

    pages: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class NoteSeen:
    """Keep what was seen on pages: (document id, number, text); their claims end."""

    notes: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait a little while another question looks at the pages."""

    seconds: float


@dataclass(frozen=True, slots=True)
class FindBoxes:
    """Find where words stand on a page; the first of `candidates` that stands there counts."""

    document: str
    number: int
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """Tell whether documents were sent whole lately; `note` says that they are now."""

    documents: tuple[str, ...]
    note: bool = False


LibraryStep: TypeAlias = Survey | DrawPage | DrawSheet | Claim | NoteSeen | FindBoxes | Packed
Step: TypeAlias = Ask | Wait | LibraryStep
Outcome: TypeAlias = (
    Reply | Catalogue | Picture | Sheet | Failed | tuple[tuple[str, int], ...] | tuple[Box, ...] | bool | None
)


@dataclass(slots=True)
class Trail:
    """What a question cost and what was done for it; it goes into the metadata of the answer.

    Attributes:
        rungs: What was tried, in order: words, page number, keywords, outline, sheets, choose ...
        calls: Requests to models.
        pictures: Pictures that models were shown.
        bytes: Bytes of those pictures.
        input: Tokens of input, as far as the models said; cached ones included.
        cached: Of those, read from the vendor's cache.
        output: Tokens of output.
        unseen: Pages that were not looked at, and why.
        notes: What else is worth knowing.
    """

    rungs: list[str] = field(default_factory=list)
    calls: int = 0
    pictures: int = 0
    bytes: int = 0
    input: int = 0
    cached: int = 0
    output: int = 0
    unseen: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, step: Ask, reply: Reply) -> None:
        """Add a call."""
        self.calls += 1
        self.pictures += len(step.pictures)
        self.bytes += sum(picture.size for picture in step.pictures)
        if reply.usage:
            self.input += reply.usage.input or 0
            self.cached += reply.usage.cache_read or 0
            self.output += reply.usage.output or 0

    def to_dict(self) -> dict[str, object]:
        """Return plain data."""
        return {
            "rungs": list(self.rungs), "calls": self.calls, "pictures": self.pictures, "bytes": self.bytes,
            "input_tokens": self.input, "cached_tokens": self.cached, "output_tokens": self.output,
            "unseen": list(self.unseen), "notes": list(self.notes),
        }  # fmt: skip


def name_ranges(numbers: Sequence[int]) -> str:
    """Write page numbers short: 1-4, 7, 9-12."""
    ranges: list[list[int]] = []
    for number in sorted(numbers):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
