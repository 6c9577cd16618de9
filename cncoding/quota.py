"""Values of a quota: what is left on a plan or an account."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cncoding.markup import write_table
from cncoding.types import JsonObject


@dataclass(frozen=True, slots=True)
class QuotaWindow:
    """One window of a plan. None means that the vendor does not say."""

    name: str
    """`5h`, `week`, `month`, or the vendor's word."""
    used: float | None = None
    limit: float | None = None
    remaining: float | None = None
    remaining_ratio: float | None = None
    """0 to 1."""
    resets_at: datetime | None = None
    unit: str | None = None
    unlimited: bool = False
    covers_chat: bool = True
    """False where it limits something beside chat, such as the plan's MCP tools."""

    def describe_used(self) -> str:
        """Say how much is used, with its unit; `?` where the vendor does not say."""
        return "?" if self.used is None else self._count(self.used)

    def describe_left(self) -> str:
        """Say how much is left, with its unit or as a share; `?` where the vendor does not say."""
        if self.unlimited:
            return "unlimited"
        if self.remaining is not None:
            return self._count(self.remaining)
        return "?" if self.remaining_ratio is None else f"{self.remaining_ratio:.0%}"

    def _count(self, number: float) -> str:
        return f"{number:g} {self.unit or ''}".strip()


@dataclass(frozen=True, slots=True)
class Balance:
    """Money on the account."""

    currency: str
    total: float
    granted: float | None = None
    paid: float | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left on a plan or an account."""

    provider: str
    endpoint: str
    plan: str | None = None
    windows: tuple[QuotaWindow, ...] = ()
    balances: tuple[Balance, ...] = ()
    raw: JsonObject = field(default_factory=dict, repr=False)

    def _repr_html_(self) -> str:
        """Show it in a notebook as a table: a row for each window and each balance."""
        rows = [
            (
                one.name,
                one.describe_used(),
                one.describe_left(),
                f"{one.resets_at.astimezone():%Y-%m-%d %H:%M %Z}".strip() if one.resets_at else "",
            )
            for one in self.windows
        ]
        rows += [("balance", "", f"{one.total:g} {one.currency}", "") for one in self.balances]
        return write_table(f"{self.provider} {self.plan or self.endpoint}", ("window", "used", "left", "resets"), rows)
