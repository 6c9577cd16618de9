"""What the media routes keep: files, links to results, and who fetched them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Leak:
    """A request to the media host that carried something secret."""

    path: str
    header: str
    value: str


@dataclass(frozen=True)
class Download:
    """A request to the media host."""

    method: str
    path: str
    status: int
    range: str = ""
    user_agent: str = ""


@dataclass
class Link:
    """A result behind a URL; the bytes are made at the first download."""

    token: str
    name: str
    media_type: str
    make: Callable[[], bytes]
    expires: float
    signature: str

    @cached_property
    def data(self) -> bytes:
        """Return the bytes."""
        return self.make()


@dataclass
class StoredFile:
    """A file of a vendor's file service; the bytes may be made when first wanted."""

    id: str
    name: str
    purpose: str
    make: Callable[[], bytes]
    created: int = field(default_factory=lambda: int(time.time()))
    media_type: str = "application/octet-stream"
    expires: float | None = None
    """Virtual seconds; None for never."""

    @cached_property
    def data(self) -> bytes:
        """Return the bytes."""
        return self.make()


@dataclass
class StoredVoice:
    """A voice of an account."""

    id: str
    name: str
    kind: str
    """The vendor's word for its origin."""
    made: float
    """Virtual seconds."""
    created: int = field(default_factory=lambda: int(time.time()))
    used: bool = False
    """Whether it has spoken."""
    deleted: bool = False
    preview: StoredFile | None = None
