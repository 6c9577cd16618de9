"""Token counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the vendor told them; None means that it did not say."""

    input: int | None = None
    """All input tokens, cached ones included."""
    output: int | None = None
    """All output tokens, reasoning included."""
    cache_read: int | None = None
    cache_write: int | None = None
    reasoning: int | None = None
    raw: dict[str, Any] = field(default_factory=dict)
    """The vendor's own usage object."""

    @property
    def cache_share(self) -> float | None:
        """The share of the input that was read from a cache, None if the vendor did not say."""
        return self.cache_read / self.input if self.input and self.cache_read is not None else None

    @property
    def total(self) -> int | None:
        """Input plus output, None if either is unknown."""
        return None if self.input is None or self.output is None else self.input + self.output

    def describe(self) -> str:
        """Say the counts in words; what the vendor did not say is left out."""
        incoming, outgoing = ("?" if count is None else f"{count:,}" for count in (self.input, self.output))
        cached = f" ({self.cache_read:,} cached)" if self.cache_read else ""
        thought = f" ({self.reasoning:,} reasoning)" if self.reasoning else ""
        return f"{incoming} tokens in{cached}, {outgoing} out{thought}"
