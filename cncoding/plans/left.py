"""What a plan has left, as a share from 0 to 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cncoding.errors import ConfigError, QuotaExhaustedError
from cncoding.quota import Quota, QuotaWindow
from cncoding.types import JsonObject


@dataclass(frozen=True, slots=True)
class PlanLeft:
    """What one plan has left."""

    provider: str
    endpoint: str
    share: float | None = None
    """The smallest share that any of its windows has left, 0 to 1; None where nobody tells."""
    window: str | None = None
    """The window that it is the share of."""
    resets_at: datetime | None = None

    def __str__(self) -> str:
        """Say it in one line."""
        if self.share is None:
            return f"{self.provider} {self.endpoint}: what is left is not told"
        until = f", resets at {self.resets_at.astimezone():%Y-%m-%d %H:%M %Z}".rstrip() if self.resets_at else ""
        return f"{self.provider} {self.endpoint}: {self.share:.0%} of {self.window} left{until}"

    def as_object(self) -> JsonObject:
        """Return it as JSON values."""
        return {
            "provider": self.provider,
            "endpoint": self.endpoint,
            "share": self.share,
            "window": self.window,
            "resets_at": self.resets_at.isoformat() if self.resets_at else None,
        }

    def refuse(self, floor: float) -> QuotaExhaustedError:
        """Return the error of a call that is not made because of a floor."""
        return QuotaExhaustedError(
            f"{self}; the floor is {floor:.0%}, so nothing was sent",
            provider=self.provider,
            status=None,
            window=self.window,
            resets_at=self.resets_at,
        )


def read_left(provider: str, endpoint: str, quota: Quota | None) -> PlanLeft:
    """Return what a quota leaves: its scarcest window decides."""
    windows = [one for one in (quota.windows if quota else ()) if one.covers_chat]
    known = [(share, one) for one in windows if (share := _read_share(one)) is not None]
    if not known:
        return PlanLeft(provider, endpoint)
    share, window = min(known, key=lambda pair: pair[0])
    return PlanLeft(provider, endpoint, share, window.name, window.resets_at)


def _read_share(window: QuotaWindow) -> float | None:
    if window.remaining_ratio is None and window.limit and window.used is not None:
        return 1 - window.used / window.limit
    return window.remaining_ratio


def find_fullest(several: Sequence[PlanLeft]) -> PlanLeft:
    """Return what several plans as one have left: the fullest counts, and one of which nobody tells may be full."""
    return max(several, key=lambda one: float("inf") if one.share is None else one.share)


def check_floor(floor: float) -> None:
    """Check the share of a plan that is left alone.

    Raises:
        ConfigError: It is none.
    """
    if isinstance(floor, bool) or not isinstance(floor, int | float) or not 0 <= floor < 1:
        raise ConfigError(f"floor={floor!r}: give a share, 0 or more and below 1, such as 0.05")


def check_guard(floor: float, then: str, switch_to: object) -> None:
    """Check the settings of a guard.

    Raises:
        ConfigError: One is wrong, or there is nothing to switch to.
    """
    check_floor(floor)
    if then not in ("stop", "switch", "interrupt"):
        raise ConfigError(f"then={then!r}: choose one of stop, switch, interrupt")
    if (then == "switch") != (switch_to is not None):
        raise ConfigError("switch_to: give the model to go on with, together with then='switch'")
