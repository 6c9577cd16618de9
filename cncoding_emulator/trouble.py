"""Refusals: a neutral kind on our side, the vendor's literal status, code and text on the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from .ask import Wire

BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Trouble:
    """One thing that went wrong, with optional overrides of what the vendor's table says."""

    kind: str
    detail: str = ""
    status: int | None = None
    code: str | None = None
    type: str | None = None
    message: str | None = None
    retry_after: float | None = None
    reset: datetime | str | float | None = None
    headers: tuple[tuple[str, str], ...] = ()
    inferred: bool = False
    stream: bool = False


class Refused(Exception):
    """Raised by a rule; the persona turns the trouble into its literal body."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.kind)
        self.trouble = trouble


def refuse(kind: str, detail: str = "", **more: Any) -> Refused:
    """Build the exception for a broken rule."""
    return Refused(Trouble(kind, detail, **more))


@dataclass(frozen=True)
class Entry:
    """A row of a vendor's error table; ``{detail}`` and ``{reset}`` in the message are filled in."""

    status: int
    message: str
    code: str = ""
    type: str = ""
    media_type: str = "application/json"
    inferred: bool = False


@dataclass(frozen=True)
class Refusal:
    """The literal answer."""

    status: int
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"


Table = Mapping[str, Entry]
Body = Callable[[Entry, Trouble, Wire, str], Any]


def reset_time(reset: datetime | str | float | None) -> str:
    """Write a reset time the way the vendors do, without a zone and meaning UTC+8.

    A number means so many seconds from now; None means two hours from now.
    """
    if isinstance(reset, str):
        return reset
    if not isinstance(reset, datetime):
        reset = datetime.now(BEIJING) + timedelta(seconds=7200 if reset is None else reset)
    return reset.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def look_up(table: Table, trouble: Trouble) -> Entry:
    """Find the row of a trouble by kind, then by code, and apply the overrides."""
    entry = table.get(trouble.kind)
    if entry is None and trouble.code is not None:
        entry = next((e for e in table.values() if e.code == trouble.code), None)
    if entry is None:
        entry = Entry(trouble.status or 400, trouble.kind or "error", inferred=True)
    message = trouble.message if trouble.message is not None else entry.message
    if "{" in message:
        message = message.replace("{detail}", trouble.detail).replace("{reset}", reset_time(trouble.reset))
    return replace(
        entry,
        status=trouble.status or entry.status,
        code=trouble.code if trouble.code is not None else entry.code,
        type=trouble.type if trouble.type is not None else entry.type,
        message=message,
        inferred=entry.inferred or trouble.inferred,
    )


def render(table: Table, body: Body, trouble: Trouble, wire: Wire, request_id: str) -> Refusal:
    """Turn a trouble into bytes and headers."""
    entry = look_up(table, trouble)
    content = body(entry, trouble, wire, request_id)
    headers = dict(trouble.headers)
    if trouble.retry_after is not None:
        headers["Retry-After"] = f"{trouble.retry_after:g}"
    if entry.inferred:
        headers["X-Emulator-Rule"] = "inferred"
    text = "" if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    raw = content if isinstance(content, bytes) else text.encode()
    return Refusal(entry.status, raw, headers, entry.media_type)
