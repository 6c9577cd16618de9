"""The counts of the user's budgets, for every process of this user: one SQLite file without a key in it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TypeVar

from cncoding.budget import NamedBudget
from cncoding.client.journal import state_folder
from cncoding.client.state_file import StateFile
from cncoding.errors import BudgetSpentError, ConfigError
from cncoding.exchange.steps import CloseCall, OpenCall
from cncoding.notices import show_warning
from cncoding.types import Warned

T = TypeVar("T")
FILE = "budgets.sqlite3"
_TABLE = """
CREATE TABLE IF NOT EXISTS calls (
  number INTEGER NOT NULL, budget TEXT NOT NULL, at REAL NOT NULL, tokens INTEGER, cost REAL, currency TEXT,
  limits_tokens INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS calls_budget ON calls (budget, at);
CREATE INDEX IF NOT EXISTS calls_number ON calls (number);
"""
_NEVER = datetime.max.replace(tzinfo=timezone.utc)
_KEPT = 2_592_000.0
"""Seconds that a count is kept: the longest span of a budget."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent of a budget in its span."""

    calls: int
    tokens: int
    amount: float


@dataclass(frozen=True, slots=True)
class _Row:
    at: float
    tokens: int
    cost: float


class Ledger:
    """The file of the counts; a step is one transaction."""

    def __init__(self) -> None:
        self._file = StateFile(state_folder() / FILE, _TABLE, "budgets", "what was counted is lost")

    def open(self, step: OpenCall) -> int:
        """Count a call and return its number.

        Raises:
            BudgetSpentError: A budget is used up; nothing was counted.
            ConfigError: The file cannot be used.
        """
        now = time.time()
        return self._run(lambda db: _open(db, step, now))

    def close(self, step: CloseCall) -> None:
        """Write down what a call used, or take it back."""
        if self._run(lambda db: _close(db, step)):
            show_warning(Warned("budget", "this reply tells no token counts, so that its tokens are not counted"))

    def spending(self, budget: NamedBudget) -> Spending:
        """Return what was spent of a budget in its span."""
        rows = self._run(lambda db: _read(db, budget, time.time()))
        return Spending(len(rows), sum(one.tokens for one in rows), sum(one.cost for one in rows))

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return self._file.run(work)
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"budgets: {self._file.path} cannot be used to count in ({error}); set CNCODING_STATE_DIR to a folder "
                "that can be written, or leave the budget out"
            ) from error


def _open(db: sqlite3.Connection, step: OpenCall, now: float) -> int:
    spent = [error for budget in step.budgets if (error := _check(budget, _read(db, budget, now), step)) is not None]
    if spent:
        raise max(reversed(spent), key=lambda error: error.resets_at or _NEVER)  # until then nothing can be sent
    number = int(db.execute("SELECT COALESCE(MAX(number), 0) + 1 FROM calls").fetchone()[0])
    cost, currency = step.cost or (None, None)
    db.executemany(
        "INSERT INTO calls VALUES (?, ?, ?, NULL, ?, ?, ?)",
        [(number, one.name, now, cost, currency, one.tokens is not None) for one in step.budgets],
    )
    db.execute("DELETE FROM calls WHERE at < ?", (now - _KEPT,))
    return number


def _close(db: sqlite3.Connection, step: CloseCall) -> bool:
    """Close a call, and tell whether tokens that should be counted are not known."""
    if not step.counts:
        db.execute("DELETE FROM calls WHERE number = ?", (step.number,))
        return False
    db.execute("UPDATE calls SET tokens = ? WHERE number = ?", (step.tokens, step.number))
    counted = db.execute("SELECT MAX(limits_tokens) FROM calls WHERE number = ?", (step.number,)).fetchone()[0]
    return step.tokens is None and bool(counted)


def _read(db: sqlite3.Connection, budget: NamedBudget, now: float) -> list[_Row]:
    """Return what was spent in the span of a budget, the oldest first."""
    rows: Iterable[tuple[float, int | None, float | None]] = db.execute(
        "SELECT at, tokens, CASE WHEN currency = ? THEN cost END FROM calls WHERE budget = ? AND at > ? ORDER BY at",
        (budget.currency, budget.name, now - budget.seconds),
    )
    return [_Row(at, tokens or 0, cost or 0.0) for at, tokens, cost in rows]


def _check(budget: NamedBudget, rows: list[_Row], step: OpenCall) -> BudgetSpentError | None:
    """Return why one more call does not fit into a budget, None if it does."""
    found: list[BudgetSpentError | None] = []
    if budget.calls is not None:
        found.append(_check_sum(budget, "calls", [(one.at, 1) for one in rows], budget.calls, 1))
    if budget.tokens is not None and step.cost is None:
        found.append(_check_sum(budget, "tokens", [(one.at, one.tokens) for one in rows], budget.tokens, 1))
    if budget.amount is not None and step.cost is not None:
        found.append(_check_price(budget, [(one.at, one.cost) for one in rows], *step.cost))
    return next((one for one in found if one is not None), None)


def _check_price(
    budget: NamedBudget, spent: list[tuple[float, float]], cost: float | None, currency: str | None
) -> BudgetSpentError | None:
    limit = float(budget.amount or 0)
    if cost is not None and currency == budget.currency:
        return _check_sum(budget, budget.currency, spent, limit, cost)
    used = sum((one for _, one in spent), 0.0)
    return BudgetSpentError(
        f"budget of {budget.name}: the price of this medium is not known in {budget.currency}, of which {used:,.2f} of "
        f"{limit:,.2f} are used; limit calls instead of an amount. Nothing was sent",
        budget=budget.name,
        used=used,
        limit=limit,
        unit=budget.currency,
    )


def _check_sum(
    budget: NamedBudget, unit: str, spent: list[tuple[float, float]], limit: float, wanted: float
) -> BudgetSpentError | None:
    used = sum(one for _, one in spent)
    if used + wanted <= limit:
        return None
    left, opens_at = used, None
    for at, one in spent:
        left -= one
        if left + wanted <= limit:
            opens_at = at + budget.seconds
            break
    return budget.refuse(unit, used, limit, opens_at)
