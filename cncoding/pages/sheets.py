"""Look at contact sheets of pages that have no words, once for all questions. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from cncoding.pages.catalogue import Entry
from cncoding.pages.prompts import ask_for_contents, read_contents
from cncoding.pages.search import Flow, Search, ask_model
from cncoding.pages.steps import Claim, DrawSheet, Failed, NoteSeen, Wait
from cncoding.pages.values import UNDRAWN, UNREAD, UNSAID, Sheet

SHEET_PAGES = 16
_CLOSER_PAGES = 4
_SHEETS_PER_CALL = 4
_PATIENCE = 240
"""Half seconds to wait for another question that looks at the same pages."""


def look_at_sheets(search: Search, closer: bool = False) -> Flow[None]:
    """Look at thumbnails of everything that has no words, and keep what is seen.

    Args:
        search: The question.
        closer: Look again, four thumbnails on a picture, at pages of which nothing was said.
    """
    search.trail.rungs.append("closer" if closer else "sheets")
    patience = _PATIENCE
    while search.can_ask() and search.sheets < search.settings.pictures:
        left = search.unsaid() if closer else search.unseen()
        batch = _next_batch(left, search.settings.pictures - search.sheets, _CLOSER_PAGES if closer else SHEET_PAGES)
        if not batch:
            return
        free = yield Claim(tuple((one.id, one.number) for one in batch))
        assert isinstance(free, tuple)
        if not free:
            patience -= 1
            if not patience:
                search.trail.notes.append("another question still looks at the pages without words")
                return
            yield Wait(0.5)
        else:
            mine = [one for one in batch if (one.id, one.number) in free]
            search.sheets += yield from _look_at_batch(search, mine, closer)
        yield from search.refresh()


def _next_batch(unseen: Sequence[Entry], sheets: int, pages: int) -> list[Entry]:
    """Take the pages of one document, or the next ones of several short documents."""
    if not unseen:
        return []
    most = pages * min(_SHEETS_PER_CALL, sheets)
    own = [one for one in unseen if one.id == unseen[0].id]
    return own[:most] if len(own) >= pages // 2 else list(unseen[:most])


def _look_at_batch(search: Search, batch: Sequence[Entry], closer: bool) -> Flow[int]:
    """Show some sheets in one call; return how many."""
    pages_on_one = _CLOSER_PAGES if closer else SHEET_PAGES
    alone = len({one.id for one in batch}) == 1
    labelled = {one.number if alone else place: one for place, one in enumerate(batch, start=1)}
    sheets: list[Sheet] = []
    notes: dict[int, str] = {}
    for start in range(0, len(labelled), pages_on_one):
        labels = tuple(labelled)[start : start + pages_on_one]
        pages = tuple((labelled[label].id, labelled[label].number) for label in labels)
        sheet = yield DrawSheet(pages, labels, 2 if closer else 4)
        if isinstance(sheet, Sheet):
            sheets.append(sheet)
            search.trail.unseen += sheet.problems
        else:
            why = sheet.reason if isinstance(sheet, Failed) else "they cannot be drawn"
            search.trail.unseen.append(f"{batch[0].document}: {why}")
            notes |= dict.fromkeys(labels, UNDRAWN)
    if sheets:
        source = f"“{batch[0].document}”" if alone else "several documents"
        answer = yield from ask_model(search.trail, ask_for_contents(sheets, source), "sheets", sees=True)
        shown = [label for sheet in sheets for label in sheet.labels]
        # A page that the model passed over was looked at all the same: it is shown once more, larger, and never again.
        notes |= dict.fromkeys(shown, UNREAD if closer else UNSAID) | read_contents(answer, shown)
    yield NoteSeen(tuple((labelled[label].id, labelled[label].number, text) for label, text in notes.items()))
    return len(sheets)
