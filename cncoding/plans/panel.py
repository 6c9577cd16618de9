"""Every plan at a glance: what is used, how fast, when it runs out at this rate, and when it fills again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from cncoding.markup import write_table
from cncoding.quota import Balance, QuotaWindow
from cncoding.types import JsonObject

LENGTHS = {"5h": timedelta(hours=5), "day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
"""How long a window is; a month is counted as 30 days."""
COLUMNS = ("provider", "plan", "window", "used", "per hour", "runs out", "resets")


@dataclass(frozen=True)
class PlanWindow:
    """A window of a plan, and where it is going."""

    quota: QuotaWindow
    asked_at: datetime

    @property
    def used_share(self) -> float | None:
        """Return how much is used, 0 to 1; None if the vendor does not say."""
        one = self.quota
        if one.unlimited:
            return 0.0
        if one.remaining_ratio is not None:
            return min(1.0, max(0.0, 1 - one.remaining_ratio))
        limit = one.limit or (one.used + one.remaining if one.used is not None and one.remaining is not None else None)
        if not limit:
            return None
        if one.used is not None:
            return min(1.0, max(0.0, one.used / limit))
        return None if one.remaining is None else min(1.0, max(0.0, 1 - one.remaining / limit))

    @property
    def elapsed(self) -> timedelta | None:
        """Return how long the window has run; None if its length or its end is not known."""
        length = next((span for name, span in LENGTHS.items() if self.quota.name.split(" ")[0] == name), None)
        if length is None or self.quota.resets_at is None:
            return None
        gone = self.asked_at - (self.quota.resets_at - length)
        return gone if timedelta(0) < gone <= length else None

    @property
    def burn(self) -> float | None:
        """Return the share that is used in an hour, on average since the window began."""
        share, elapsed = self.used_share, self.elapsed
        return None if share is None or elapsed is None else share / (elapsed.total_seconds() / 3600)

    @property
    def runs_out_at(self) -> datetime | None:
        """Return when it runs out at this rate; None if it lasts until it fills again, or nobody knows."""
        share, burn = self.used_share, self.burn
        if share is None or not burn or self.quota.resets_at is None:
            return None
        moment = self.asked_at + timedelta(hours=(1 - share) / burn)
        return moment if moment < self.quota.resets_at else None

    def describe(self) -> tuple[str, str, str, str, str]:
        """Say window, use, use in an hour, when it runs out and when it fills again."""
        share, burn, runs_out = self.used_share, self.burn, self.runs_out_at
        return (
            self.quota.name,
            "unlimited" if self.quota.unlimited else "?" if share is None else f"{share:.0%}",
            "" if burn is None else f"{burn:.1%}",
            _describe_moment(runs_out, self.asked_at) if runs_out else "lasts" if burn is not None else "",
            _describe_moment(self.quota.resets_at, self.asked_at),
        )

    def to_json(self) -> JsonObject:
        """Return plain JSON."""
        one = self.quota
        return {
            "name": one.name, "used": one.used, "limit": one.limit, "remaining": one.remaining, "unit": one.unit,
            "unlimited": one.unlimited, "used_share": self.used_share, "burn_per_hour": self.burn,
            "runs_out_at": self.runs_out_at and self.runs_out_at.isoformat(),
            "resets_at": one.resets_at and one.resets_at.isoformat(),
        }  # fmt: skip


def _describe_moment(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return ""
    hours = (moment - now).total_seconds() / 3600
    distance = f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.0f} days"
    return f"{moment.astimezone():%m-%d %H:%M}, {distance}"


@dataclass(frozen=True)
class PlanAccount:
    """What one key has left, or why that is not known."""

    provider: str
    endpoint: str
    plan: str | None = None
    windows: tuple[PlanWindow, ...] = ()
    balances: tuple[Balance, ...] = ()
    problem: str | None = None

    def list_rows(self) -> list[tuple[str, ...]]:
        """Return a row for each window and balance, in the order of `COLUMNS`."""
        head = (self.provider, self.plan or self.endpoint)
        if self.problem is not None:
            return [(*head, "", self.problem, "", "", "")]
        rows: list[tuple[str, ...]] = [(*head, *window.describe()) for window in self.windows]
        return rows + [(*head, "balance", f"{one.total:g} {one.currency} left", "", "", "") for one in self.balances]

    def to_json(self) -> JsonObject:
        """Return plain JSON."""
        return {
            "provider": self.provider, "endpoint": self.endpoint, "plan": self.plan,
            "windows": [one.to_json() for one in self.windows],
            "balances": [{"currency": one.currency, "total": one.total} for one in self.balances],
            "problem": self.problem,
        }  # fmt: skip


@dataclass(frozen=True, repr=False)
class PlanPanel(Sequence[PlanAccount]):
    """All accounts at one moment; it shows itself in a notebook."""

    accounts: tuple[PlanAccount, ...]
    asked_at: datetime

    def __getitem__(self, place: int) -> PlanAccount:  # type: ignore[override]  # slices are of no use here
        """Return an account."""
        return self.accounts[place]

    def __len__(self) -> int:
        """Return how many accounts there are."""
        return len(self.accounts)

    def __iter__(self) -> Iterator[PlanAccount]:
        """Go through the accounts."""
        return iter(self.accounts)

    def list_rows(self) -> list[tuple[str, ...]]:
        """Return the rows of all accounts, in the order of `COLUMNS`."""
        return [row for account in self.accounts for row in account.list_rows()]

    @property
    def title(self) -> str:
        """Say when it was asked."""
        return f"asked at {self.asked_at.astimezone():%H:%M:%S}"

    def __repr__(self) -> str:
        """Return the rows as lines, below when it was asked."""
        return f"{self.title}\n{self}"

    def __str__(self) -> str:
        """Return the rows as lines."""
        return "\n".join("  ".join(cell for cell in row if cell) for row in self.list_rows())

    def _repr_html_(self) -> str:
        """Show it in a notebook as a table."""
        return write_table(self.title, COLUMNS, self.list_rows())


def gather(accounts: Sequence[PlanAccount]) -> PlanPanel:
    """Return accounts as a panel of now."""
    return PlanPanel(tuple(accounts), datetime.now(timezone.utc))
