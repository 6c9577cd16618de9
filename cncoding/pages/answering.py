"""Answer a question from pages, with citations that were checked. No I/O.

Either the documents are read whole, in a beginning that stays the same and is therefore cached, or pages are found and
shown; what is predicted to be cheaper is done. Every citation is compared with its page; one that does not hold is
dropped and said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from cncoding.pages.catalogue import Catalogue, Entry, Filter, Match
from cncoding.pages.checking import check_claims
from cncoding.pages.citations import Citation, Visible, drop_numbers, read_claims
from cncoding.pages.costs import MOST_PICTURES, Prediction, Prices, count_tokens, predict
from cncoding.pages.finding import find_pages
from cncoding.pages.hits import join_words
from cncoding.pages.prompts import ANSWER_TASK, ask_for_description, is_denied, write_source
from cncoding.pages.search import FindSettings, Flow, Found, ask_model
from cncoding.pages.steps import Ask, DrawPage, Failed, NoteSeen, Packed, Reply, Survey, Trail
from cncoding.pages.values import Picture
from cncoding.types import Media, Message, Text, system

Mode: TypeAlias = Literal["auto", "search", "whole"]

_SOURCE_CHARACTERS = 6_000
_MOST_BYTES = 12_000_000
"""Bytes of all pictures of one request; vendors refuse bodies of more than 20 to 64 MB."""


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """How to answer.

    Attributes:
        find: How far to go for pages; its `sees` is true if any model sees, its `k` is how many pages are shown.
        sees: Whether the answering model itself sees; if not, pages without words are described to it.
        mode: `search`, `whole` (read the documents whole), or `auto`: what is predicted to be cheaper.
        window: Tokens that the model takes; None if unknown.
        prices: Of tokens, in any unit.
        questions: How many questions will be asked about the same documents.
        looks: Most requests for checking citations and describing pages.
        dpi: Resolution of the pages shown.
    """

    find: FindSettings = field(default_factory=lambda: FindSettings(k=6))
    sees: bool = True
    mode: Mode = "auto"
    window: int | None = None
    prices: Prices = field(default_factory=Prices)
    questions: int = 1
    looks: int = 6
    dpi: float = 120

    def adapt(self, sees: bool, any_sees: bool, window: int | None) -> AnswerSettings:
        """Return the settings for a model: what it cannot do is off, and its window is known."""
        find = replace(self.find, sees=self.find.sees and any_sees)
        return replace(self, find=find, sees=self.sees and sees, window=self.window or window)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer.

    Attributes:
        text: With `[n]` where a citation holds; what it says is not in the documents says so.
        found: Whether the documents hold an answer.
        citations: Those that hold.
        dropped: Those that do not, and why.
        pages: What the model was shown, in the order of their numbers.
        trail: What was done and what it cost.
        prediction: The predicted cost of reading whole and of searching.
        cost: The actual cost, in the unit of the prices, as far as the models told their usage.
    """

    text: str
    found: bool
    citations: tuple[Citation, ...] = ()
    dropped: tuple[str, ...] = ()
    pages: tuple[Match, ...] = ()
    trail: Trail = field(default_factory=Trail)
    prediction: Prediction | None = None
    cost: float | None = None

    def to_metadata(self) -> dict[str, object]:
        """Return what was done, as plain data."""
        return {
            **self.trail.to_dict(),
            "found": self.found,
            "dropped_citations": list(self.dropped),
            "predicted_cost": self.prediction.to_dict() if self.prediction else None,
            "actual_cost": self.cost,
        }


def answer_question(question: str, settings: AnswerSettings) -> Flow[Answer]:
    """Answer a question from the documents of a library."""
    trail = Trail()
    prediction = yield from _predict(settings)
    if prediction.chosen == "whole":
        answer = yield from _answer_whole(question, settings, trail)
    else:
        answer = yield from _answer_from_pages(question, settings, trail)
    charged = settings.prices.charge(trail.input, trail.cached, trail.output) if trail.input else None
    return replace(answer, prediction=prediction, cost=charged)


def _predict(settings: AnswerSettings) -> Flow[Prediction]:
    view = yield Survey()
    assert isinstance(view, Catalogue)
    entries = _allowed(view, settings)
    tokens = sum(count_tokens(one.text) + 12 for one in entries)
    was_packed = yield Packed(tuple(dict.fromkeys(one.id for one in entries)))
    prediction = predict(
        tokens, len(entries), settings.find.k, window=settings.window, pictures=settings.sees,
        wordless=sum(1 for one in entries if one.wordless),
        prices=settings.prices, cached=bool(was_packed), questions=settings.questions,
    )  # fmt: skip
    if settings.mode == "auto" or settings.mode == prediction.chosen:
        return prediction
    return replace(prediction, chosen=settings.mode, why=f"mode={settings.mode!r} was asked for")


def _allowed(view: Catalogue, settings: AnswerSettings) -> list[Entry]:
    chosen = Filter.make(view, settings.find.document, settings.find.pages, settings.find.where)
    return [one for place, one in enumerate(view.entries) if chosen.allows(place)]


# ---------------------------------------------------------------- whole


def _answer_whole(question: str, settings: AnswerSettings, trail: Trail) -> Flow[Answer]:
    """Send every page once, in the same order and words each time, the question last."""
    trail.rungs.append("whole")
    view = yield Survey()
    assert isinstance(view, Catalogue)
    entries = _allowed(view, settings)
    matches = [Match(one, 0.0, 1.0, "whole") for one in entries]
    pages = yield from _write_pages(entries, settings, trail)
    message = Message("user", (*pages, Text(f"Question: {question}")))
    messages = (system(f"You read numbered pages. {ANSWER_TASK}"), message)
    yield Packed(tuple(dict.fromkeys(one.id for one in entries)), note=True)
    reply = yield from _ask_for_answer(trail, messages, _has_pictures(messages), Visible(), cached=True)
    if is_denied(reply):
        return Answer(deny(question), False, pages=tuple(matches), trail=trail)
    return (yield from _check(reply, matches, settings, trail))


def _write_pages(entries: Sequence[Entry], settings: AnswerSettings, trail: Trail) -> Flow[list[Text | Media]]:
    """Write all pages in order, their texts in one part between the pictures of those without words."""
    parts: list[Text | Media] = []
    texts = ["The numbered pages:"]
    left = MOST_PICTURES
    for number, one in enumerate(entries, start=1):
        texts.append(write_source(number, one, _words_of(one)))
        picture: Picture | None = None
        if one.wordless and settings.sees and left > 0:
            picture = yield from _draw(one, settings.dpi, trail)
        elif one.wordless:
            trail.unseen.append(f"{one.document}: page {one.number}: it has no words and was not shown")
        if picture:
            left -= 1
            parts += [Text("\n".join(texts)), picture.to_media()]
            texts = []
    return [*parts, Text("\n".join(texts))] if texts else parts


def _words_of(entry: Entry) -> str:
    return join_words(entry.text, entry.seen) or "(this page has no words)"


def _ask_for_answer(
    trail: Trail, messages: tuple[Message, ...], sees: bool, visible: Visible, cached: bool = False
) -> Flow[str]:
    step = Ask(messages, "answer", sees, cached, visible.show)
    reply = yield step
    assert isinstance(reply, Reply)
    trail.count(step, reply)
    return reply.text


# ---------------------------------------------------------------- pages


def _answer_from_pages(question: str, settings: AnswerSettings, trail: Trail) -> Flow[Answer]:
    found = yield from find_pages(question, settings.find, trail=trail)
    shown: set[tuple[str, int]] = set()
    matches: list[Match] = []
    visible: Visible | None = None
    for _ in range(2):
        matches = [one for one in found.matches if one.entry.key not in shown] or matches
        fresh = {one.entry.key for one in matches} - shown
        if fresh:
            shown |= fresh
            matches, messages = yield from _write_messages(question, matches, settings, trail)
            visible = Visible(visible)
            reply = yield from _ask_for_answer(trail, messages, settings.sees and _has_pictures(messages), visible)
            if not is_denied(reply):
                return (yield from _check(reply, matches, settings, trail))
        if found.exhausted:
            break
        found = yield from find_pages(question, settings.find, deeper=True, trail=trail)
    return _give_up(question, found, matches, trail)


def _give_up(question: str, found: Found, matches: Sequence[Match], trail: Trail) -> Answer:
    if found.reason:
        trail.notes.append(found.reason)
    return Answer(deny(question), False, pages=tuple(matches), trail=trail)


def deny(question: str) -> str:
    """Say that the documents do not hold the answer, in the language of the question."""
    return (
        "这些文件中没有答案。" if re.search(r"[\u4e00-\u9fff]", question) else "The answer is not in these documents."
    )


def _has_pictures(messages: Sequence[Message]) -> bool:
    return any(isinstance(part, Media) for message in messages for part in message.parts)


def _write_messages(
    question: str, matches: Sequence[Match], settings: AnswerSettings, trail: Trail
) -> Flow[tuple[list[Match], tuple[Message, ...]]]:
    parts: list[Text | Media] = [Text("The numbered pages:\n")]
    kept: list[Match] = []
    left = _MOST_BYTES
    for one in matches:
        entry = one.entry
        picture: Picture | None = None
        if entry.looks and (settings.sees or entry.wordless):
            picture = yield from _draw(entry, settings.dpi, trail)
        if picture and not settings.sees:
            entry = yield from _describe(entry, picture, settings, trail)
        kept.append(replace(one, entry=entry))
        parts.append(Text(write_source(len(kept), entry, _words_of(entry)[:_SOURCE_CHARACTERS])))
        if picture and settings.sees and len(picture.data) <= left:
            left -= len(picture.data)
            parts.append(picture.to_media())
        elif picture and settings.sees:
            trail.unseen.append(f"{entry.document}: page {entry.number}: the request would be too large")
    parts.append(Text(f"Question: {question}"))
    return kept, (system(f"You read numbered pages. {ANSWER_TASK}"), Message("user", tuple(parts)))


def _draw(entry: Entry, dpi: float, trail: Trail) -> Flow[Picture | None]:
    drawn = yield DrawPage(entry.document, entry.number, dpi)
    if isinstance(drawn, Failed):
        trail.unseen.append(drawn.reason)
    return drawn if isinstance(drawn, Picture) else None


def _describe(entry: Entry, picture: Picture, settings: AnswerSettings, trail: Trail) -> Flow[Entry]:
    """Have a page described for a model without eyes, by one that has them."""
    if not settings.find.sees or trail.calls >= settings.find.calls + settings.looks:
        why = "the budget was used up" if settings.find.sees else "no model that sees was given"
        trail.unseen.append(f"{entry.document}: page {entry.number}: {why}")
        return entry
    messages = ask_for_description(entry.document, entry.number, picture.to_media())
    text = yield from ask_model(trail, messages, "describe", sees=True)
    yield NoteSeen(((entry.id, entry.number, text),))
    return replace(entry, seen=text)


def _check(reply: str, matches: Sequence[Match], settings: AnswerSettings, trail: Trail) -> Flow[Answer]:
    text, claims = read_claims(reply)
    citations, dropped = yield from check_claims(text, claims, matches, settings.find.sees, settings.looks, trail)
    gone = {one.number for one in claims} - {one.number for one in citations}
    return Answer(drop_numbers(text, gone), True, tuple(citations), tuple(dropped), tuple(matches), trail)


__all__ = ["Answer", "AnswerSettings", "Mode", "answer_question"]
