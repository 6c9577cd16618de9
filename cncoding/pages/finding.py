"""Find pages for a question, never silently: words, then words of the model, outlines, contact sheets. No I/O.

Each rung is climbed only if those before found nothing or little, and only within the budget; what was not looked at,
and why, stands in the trail. What is seen on contact sheets is kept, so that it is paid once for all questions.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from itertools import groupby

from cncoding.errors import CncodingWarning
from cncoding.pages.catalogue import Entry, Match
from cncoding.pages.layout import find_headings
from cncoding.pages.prompts import ask_for_keywords, ask_for_pages, read_keywords, read_pages
from cncoding.pages.search import FindSettings, Flow, Found, Search, ask_model, choose_entries, survey
from cncoding.pages.sheets import SHEET_PAGES, look_at_sheets
from cncoding.pages.steps import Trail, name_ranges
from cncoding.pages.values import read_seen
from cncoding.types import Message

ENOUGH = 0.4
"""Share of a question's words that the best page must hold, so that no model is asked for help."""
_EAGER_SHEETS = 2
"""So few sheets are looked at with the first question: a chart without words is found by no other way."""
_CONTENTS_CHARACTERS = 12_000
_CONTENTS = re.compile(r"目\s*录|目\s*錄|\bcontents\b", re.I)
_LEADER = re.compile(r"(?:\.{3,}|…{2,}|·{3,}|\s)\s*\d{1,4}\s*$", re.M)


def find_pages(question: str, settings: FindSettings, deeper: bool = False, trail: Trail | None = None) -> Flow[Found]:
    """Find the pages that a question is about.

    Args:
        question: In any language.
        settings: How far to go.
        deeper: Climb on although words found enough: they did not hold the answer.
        trail: What the question has cost so far.
    """
    view = yield from survey()
    search = Search(question, settings, trail or Trail(), view, choose_entries(view, settings))
    if not re.search(r"\w", question):
        return Found([], search.trail, "the question has no words", True, view)
    if view.find_named(question, search.chosen) and not deeper:
        search.trail.rungs.append("page number")
        return _finish(search, exhausted=False)
    if not deeper and settings.sees and 0 < len(search.unseen()) <= _EAGER_SHEETS * SHEET_PAGES:
        yield from look_at_sheets(search)
    search.trail.rungs.append("words")
    if _is_enough(search) and not deeper:
        return _finish(search, exhausted=False)
    for climb in (_ask_for_keywords, _read_outlines, _look_and_choose):
        if search.can_ask() and search.allowed():
            yield from climb(search)
            if _is_enough(search) and not deeper:
                return _finish(search, exhausted=False)
    if settings.asks and not search.can_ask():
        search.trail.notes.append(f"the budget of {settings.calls} calls was used up")
    return _finish(search, exhausted=True)


# ---------------------------------------------------------------- ranking


def _is_enough(search: Search) -> bool:
    if any(one.coverage >= ENOUGH for one in search.extra) or _match_rare(search):
        return True
    ranked = search.view.rank(search.question, 1, search.chosen)
    return bool(ranked) and ranked[0].coverage >= ENOUGH


def _rank(search: Search) -> list[Match]:
    """Merge what the question's words, each search word of the model, and the model's choices found."""
    found, _ = search.view.search(search.question, search.settings.k * 2, search.chosen)
    if not search.keywords and not search.extra:
        return found
    scores: dict[tuple[str, int], float] = {}
    best: dict[tuple[str, int], Match] = {}
    lists = [found, _match_keywords(search), [*search.extra, *_match_rare(search)]]
    for weight, matches in zip((1.0, 1.0, 2.0), lists, strict=True):
        for place, one in enumerate(matches):
            scores[one.entry.key] = scores.get(one.entry.key, 0.0) + weight / (10 + place)
            best.setdefault(one.entry.key, one)
    order = sorted(scores, key=lambda key: -scores[key])
    return [Match(best[key].entry, scores[key] * 10, best[key].coverage, best[key].why) for key in order]


def _match_keywords(search: Search) -> list[Match]:
    if not search.keywords:
        return []
    ranked = search.view.rank(" ".join(search.keywords), search.settings.k * 2, search.chosen)
    return [Match(search.view.entries[one.place], one.score, one.coverage, "keywords") for one in ranked]


def _match_rare(search: Search) -> list[Match]:
    """Return the pages that hold a search word which few pages hold: the words are synonyms, one is enough."""
    most = max(2, len(search.allowed()) // 10)
    found: dict[tuple[str, int], Match] = {}
    for word in search.keywords:
        ranked = search.view.rank(word, most + 1, search.chosen)
        held = [one for one in ranked if one.coverage > 0.99]
        for one in held if len(held) <= most else ():
            entry = search.view.entries[one.place]
            found.setdefault(entry.key, Match(entry, one.score, ENOUGH, "keywords"))
    return list(found.values())


def _finish(search: Search, exhausted: bool) -> Found:
    matches = _rank(search)[: search.settings.k]
    left = search.unseen()
    found = {one.entry.key for one in matches}
    for document, entries in groupby([one for one in left if one.key not in found], key=lambda one: one.document):
        ranges = name_ranges([one.number for one in entries])
        search.trail.unseen.append(f"{document}: pages {ranges}: {_explain_unseen(search, exhausted)}")
    for one in search.allowed():
        if one.problem:
            search.trail.unseen.append(one.problem)
    reason = None if matches else search.view.explain_nothing(search.chosen)
    return Found(matches, search.trail, reason, exhausted or not search.settings.asks, search.view)


def _explain_unseen(search: Search, exhausted: bool) -> str:
    if not search.settings.asks:
        return "they have no words, and there is no model to look at them"
    if not search.settings.sees:
        return "they have no words, and the model sees no pictures"
    if not exhausted:
        return "they have no words; the words of other pages were enough"
    return f"they have no words, and the budget of {search.settings.calls} calls was used up"


# ---------------------------------------------------------------- rungs


def _ask_for_keywords(search: Search) -> Flow[None]:
    search.trail.rungs.append("keywords")
    texts = [one.bare for one in search.allowed() if one.bare.strip()] or [one.document for one in search.allowed()]
    sample = "\n".join(text[:300] for text in texts[:3])
    languages = "Chinese" if len(re.findall(r"[\u4e00-\u9fff]", sample)) * 4 > len(sample) else "as in the sample"
    answer = yield from ask_model(search.trail, ask_for_keywords(search.question, sample, languages), "keywords")
    search.keywords = read_keywords(answer)
    search.extra += [one for one in _match_keywords(search)[:2] if one.coverage >= ENOUGH]


def _read_outlines(search: Search) -> Flow[None]:
    contents, documents = _write_outlines(search)
    if not contents:
        return
    search.trail.rungs.append("outline")
    task = "These are outlines and tables of contents of the documents."
    yield from _choose(search, ask_for_pages(search.question, contents, task), documents, "outline")


def _write_outlines(search: Search) -> tuple[str, list[str]]:
    entries: dict[str, list[Entry]] = {}
    for one in search.allowed():
        entries.setdefault(one.id, []).append(one)
    lines: list[str] = []
    documents: list[str] = []
    share = max(600, _CONTENTS_CHARACTERS // max(1, len(entries)))
    for document in search.view.documents:
        own = entries.get(document.id, [])
        numbers = {one.number for one in own}
        headings = [f"p. {one.page}: {'  ' * one.level}{one.title}" for one in document.outline if one.page in numbers]
        text = "\n".join(headings or [*find_contents_pages(own), *_list_headings(own)])
        if text.strip() and sum(map(len, lines)) < _CONTENTS_CHARACTERS:
            documents.append(document.id)
            lines.append(f"D{len(documents)} = {document.name} ({document.pages} pages)\n{text[:share]}")
    return "\n".join(lines), documents


def _list_headings(entries: Sequence[Entry]) -> list[str]:
    """Make an outline of the headings of the pages: two of each, each once."""
    lines: dict[str, str] = {}
    for one in entries:
        for heading in find_headings(one.bare, most=2):
            lines.setdefault(heading, f"p. {one.number}: {heading}")
    return list(lines.values())


def find_contents_pages(entries: Sequence[Entry]) -> list[str]:
    """Return the texts of a document's own table of contents, among its first pages."""
    found = []
    for one in entries[:20]:
        leaders = len(_LEADER.findall(one.bare))
        if leaders >= 5 and (_CONTENTS.search(one.bare[:200]) or leaders >= 12):
            found.append(one.bare)
    return found[:3]


def _choose(search: Search, messages: tuple[Message, ...], documents: list[str], why: str) -> Flow[None]:
    """Let the model choose pages of listed documents, and take them and those after them."""
    answer = yield from ask_model(search.trail, messages, why)
    chosen = []
    for document, number in read_pages(answer):
        entry = search.view.find_entry(documents[document - 1], number) if 0 < document <= len(documents) else None
        if entry and entry in search.allowed():
            chosen.append(Match(entry, 1.0, ENOUGH, why))
    search.extra = [*chosen, *search.extra]


def _look_and_choose(search: Search) -> Flow[None]:
    if search.settings.sees and search.unseen():
        yield from look_at_sheets(search)
        if _is_enough(search):
            return
    if search.settings.sees and search.unsaid() and search.can_ask():
        yield from look_at_sheets(search, closer=True)
        if _is_enough(search):
            return
    seen = [one for one in search.allowed() if one.wordless and read_seen(one.seen)]
    if not seen or not search.can_ask():
        return
    search.trail.rungs.append("choose")
    documents = list(dict.fromkeys(one.id for one in seen))
    heads = [f"D{place} = {search.view.find_entry(one, 1).document}" for place, one in enumerate(documents, start=1)]  # type: ignore[union-attr]  # a document has a first page
    lines = [f"D{documents.index(one.id) + 1}: {one.number}: {' '.join(str(one.seen).split())[:80]}" for one in seen]
    text = "\n".join([*heads, *lines])[: _CONTENTS_CHARACTERS * 3]
    task = "These pages hold pictures; this is what was seen on them."
    yield from _choose(search, ask_for_pages(search.question, text, task), documents, "choose")


def warn_of_nothing(who: str, found: Found) -> None:
    """Warn that no page was found, and why: an empty list alone says nothing."""
    why = "; ".join([found.reason or "no page fits", *found.trail.unseen[:3]])
    warnings.warn(f"{who}: no page was found: {why}", CncodingWarning, stacklevel=4)
