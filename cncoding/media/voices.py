"""A voice that a vendor has."""

from __future__ import annotations

from dataclasses import dataclass, field

from cncoding.types import JsonObject


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice that speech can be made with."""

    id: str
    """What `voice=` takes."""
    name: str
    kind: str
    """The vendor's word for its origin: system, cloned, designed."""
    raw: JsonObject = field(default_factory=dict, repr=False)
