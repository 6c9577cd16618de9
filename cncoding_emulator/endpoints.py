"""Addresses of a vendor's chat, each with the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .wires import Wire


@dataclass(frozen=True)
class Evidence:
    """How we know an endpoint: captured bytes, a vendor page, or a guess; from where and when."""

    kind: Literal["captured", "documented", "inferred"]
    source: str
    date: str


@dataclass(frozen=True)
class Endpoint:
    """One chat address: ``base`` is what an SDK of this wire takes, ``path`` what it appends."""

    name: str
    wire: Wire
    base: str
    evidence: Evidence
    also: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Return what the SDK of the wire appends to its base."""
        return "/chat/completions" if self.wire == "openai" else "/v1/messages"

    @property
    def plan(self) -> bool:
        """Tell whether this is a subscription endpoint."""
        return self.name.startswith(("coding", "token-plan"))
