"""The state of one question while pages are looked for, and what every rung needs. No I/O."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from cncoding.errors import ConfigError
from cncoding.pages.catalogue import Catalogue, Entry, Filter, Match, Where
from cncoding.pages.steps import Ask, Outcome, Reply, Step, Survey, Trail
from cncoding.pages.values import UNSAID
from cncoding.types import Message

T = TypeVar("T")
Flow: TypeAlias = Generator[Step, Outcome, T]


@dataclass(frozen=True, slots=True)
class FindSettings:
    """How far to go for a question.

    Attributes:
        k: Most pages to find.
        asks: Whether there is a model; without one, words alone find.
        sees: Whether a model can look at pictures.
        calls: Most requests to models for finding.
        pictures: Most contact sheets to look at.
        document: Only in these documents.
        pages: Only from page to page.
        where: Metadata that documents must have, or a function of it.
    """

    k: int = 8
    asks: bool = True
    sees: bool = True
    calls: int = 12
    pictures: int = 40
    document: str | Sequence[str] | None = None
    pages: tuple[int, int] | None = None
    where: Where | None = None

    def __post_init__(self) -> None:
        """Refuse counts that make no sense.

        Raises:
            ConfigError: `k` is below 1, or a budget below 0.
        """
        for name, least in (("k", 1), ("calls", 0), ("pictures", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(f"{name}={value!r}: give a whole number of at least {least}")


@dataclass(slots=True)
class Found:
    """Pages for a question, best first, and the trail; `reason` says why there are none."""

    matches: list[Match]
    trail: Trail
    reason: str | None = None
    exhausted: bool = False
    """Whether every rung was climbed, so that climbing again would find nothing more."""
    catalogue: Catalogue | None = None


@dataclass(slots=True)
class Search:
    """The state of one question while it is asked."""

    question: str
    settings: FindSettings
    trail: Trail
    view: Catalogue
    chosen: Filter
    keywords: tuple[str, ...] = ()
    extra: list[Match] = field(default_factory=list)
    sheets: int = 0
    """Contact sheets that were looked at."""

    def can_ask(self) -> bool:
        """Tell whether there is a model, and a call of the budget left."""
        return self.settings.asks and self.trail.calls < self.settings.calls

    def allowed(self) -> list[Entry]:
        """Return the pages that may be found."""
        return [one for place, one in enumerate(self.view.entries) if self.chosen.allows(place)]

    def unsaid(self) -> list[Entry]:
        """Pages that were on a contact sheet, and of which the model said nothing."""
        return [one for one in self.allowed() if one.wordless and one.seen == UNSAID]

    def unseen(self) -> list[Entry]:
        """Return the pages without words that nobody has looked at."""
        return [one for one in self.allowed() if one.wordless and not one.seen and not one.problem]

    def refresh(self) -> Flow[None]:
        """Take the library as it is now: what was seen is found by words from here on."""
        self.view = yield from survey()
        self.chosen = choose_entries(self.view, self.settings)


def choose_entries(view: Catalogue, settings: FindSettings) -> Filter:
    """Return which entries the settings allow."""
    return Filter.make(view, settings.document, settings.pages, settings.where)


def survey() -> Flow[Catalogue]:
    """Take the library as it is now."""
    view = yield Survey()
    assert isinstance(view, Catalogue)
    return view


def ask_model(trail: Trail, messages: tuple[Message, ...], purpose: str, sees: bool = False) -> Flow[str]:
    """Ask a model and count what it cost."""
    step = Ask(messages, purpose, sees)
    reply = yield step
    assert isinstance(reply, Reply)
    trail.count(step, reply)
    return reply.text
