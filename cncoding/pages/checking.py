"""Check what an answer cites: in the text layer of the page, or by one look at it. No I/O."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cncoding.pages.catalogue import Entry, Match
from cncoding.pages.citations import Citation, Claimed, find_numbers, holds, list_candidates, support_sentences
from cncoding.pages.prompts import ask_to_confirm
from cncoding.pages.search import Flow, ask_model
from cncoding.pages.steps import DrawPage, FindBoxes, Trail
from cncoding.pages.values import WHOLE, Box, Picture, read_seen

_YES = re.compile(r"^\W*(?:yes\b|是|对|有(?!没))", re.I)
_PLACE = re.compile(r"(\d{1,4})\D+(\d{1,4})\D+(\d{1,4})\D+(\d{1,4})")


def check_claims(
    answer: str, claims: Sequence[Claimed], matches: Sequence[Match], sees: bool, looks: int, trail: Trail
) -> Flow[tuple[list[Citation], list[str]]]:
    """Sort citations into those that hold and those that do not, each of these with its reason.

    Args:
        answer: Text of the answer.
        claims: What it cites.
        matches: The pages, by number from 1.
        sees: Whether a model can look at pages.
        looks: Most looks.
        trail: Counts them.
    """
    citations: list[Citation] = []
    dropped: list[str] = []
    for claim in claims:
        if not 1 <= claim.number <= len(matches):
            dropped.append(f"[{claim.number}]: there is no such page among those shown")
            continue
        entry = matches[claim.number - 1].entry
        citation = yield from _check_words(answer, claim, entry)
        if citation is None and sees and looks > 0 and entry.looks:
            looks -= 1
            citation = yield from _check_look(answer, claim, entry, trail)
        if citation:
            citations.append(citation)
        else:
            said = f"“{claim.quote[:80]}”" if claim.quote else "what the answer says"
            dropped.append(f"[{claim.number}] {entry.document}, page {entry.number}: {said} does not stand there")
    return citations, dropped


def _check_words(answer: str, claim: Claimed, entry: Entry) -> Flow[Citation | None]:
    quote = claim.quote if claim.quote and holds(claim.quote, entry.text) else None
    if claim.quote is None:
        quote = support_sentences(answer, claim.number, entry.text)
    if quote:
        boxes = yield FindBoxes(entry.document, entry.number, list_candidates(quote, entry.text))
        found = tuple(one for one in boxes if isinstance(one, Box)) if isinstance(boxes, tuple) else ()
        return Citation(claim.number, entry.document, entry.number, quote, found)
    if claim.quote and holds(claim.quote, read_seen(entry.seen)):
        return Citation(claim.number, entry.document, entry.number, claim.quote, (WHOLE,), "look")
    return None


def _check_look(answer: str, claim: Claimed, entry: Entry, trail: Trail) -> Flow[Citation | None]:
    quote = claim.quote or " ".join(line for line in answer.splitlines() if claim.number in find_numbers(line))
    picture = yield DrawPage(entry.document, entry.number, 150)
    if not quote or not isinstance(picture, Picture):
        return None
    messages = ask_to_confirm(entry.document, entry.number, quote, picture.to_media())
    reply = yield from ask_model(trail, messages, "confirm", sees=True)
    if not _YES.match(reply):
        return None
    return Citation(claim.number, entry.document, entry.number, quote, (_read_place(reply),), "look")


def _read_place(reply: str) -> Box:
    found = _PLACE.search(reply)
    if not found:
        return WHOLE
    left, top, right, bottom = (min(1000, int(one)) / 1000 for one in found.groups())
    return Box(left, top, right, bottom) if left < right and top < bottom else WHOLE
