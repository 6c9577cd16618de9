"""Refusals: a neutral kind on our side, the vendor's literal status, code and text on the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from .wires import Wire

BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Failure:
    """One thing that went wrong, with optional overrides of what the vendor's table says.

    Attributes:
        framed: The body comes as a server-sent event under its error status.
    """

    kind: str
    detail: str = ""
    limit: str = ""
    status: int | None = None
    code: str | None = None
    type: str | None = None
    message: str | None = None
    retry_after: float | None = None
    reset: datetime | str | float | None = None
    headers: tuple[tuple[str, str], ...] = ()
    inferred: bool = False
    framed: bool = False


class Refused(Exception):
    """Raised by a rule; the persona turns the failure into its literal body."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind)
        self.failure = failure


def refuse(kind: str, detail: str = "", **more: Any) -> Refused:
    """Build the exception for a broken rule."""
    return Refused(Failure(kind, detail, **more))


@dataclass(frozen=True)
class Entry:
    """A row of a vendor's error table.

    ``{detail}``, ``{limit}`` and ``{reset}`` in the message are filled in, else from ``example``.
    """

    status: int
    message: str
    code: str = ""
    type: str = ""
    media_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    example: tuple[tuple[str, str], ...] = ()
    inferred: bool = False
    source: str = ""
    date: str = ""


@dataclass(frozen=True)
class Refusal:
    """The literal answer."""

    status: int
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    framed: bool = False


Table = Mapping[str, Entry]
Body = Callable[[Entry, Failure, Wire, str], Any]


def reset_time(reset: datetime | str | float | None) -> str:
    """Write a reset time the way the vendors do, without a zone and meaning UTC+8.

    A number means so many seconds from now; None means two hours from now.
    """
    if isinstance(reset, str):
        return reset
    if not isinstance(reset, datetime):
        reset = datetime.now(BEIJING) + timedelta(seconds=7200 if reset is None else reset)
    return reset.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def look_up(table: Table, failure: Failure) -> Entry:
    """Find the row of a failure by kind, then by code, and apply the overrides."""
    entry = table.get(failure.kind)
    if entry is None and failure.code is not None:
        entry = next((e for e in table.values() if e.code == failure.code), None)
    if entry is None:
        entry = Entry(failure.status or 400, failure.kind or "error", inferred=True)
    message = failure.message if failure.message is not None else entry.message
    if "{" in message:
        filled = {"detail": failure.detail, "limit": failure.limit}
        for name, value in filled.items():
            message = message.replace(f"{{{name}}}", value or dict(entry.example).get(name, ""))
        message = message.replace("{reset}", reset_time(failure.reset))
    return replace(
        entry,
        status=failure.status or entry.status,
        code=failure.code if failure.code is not None else entry.code,
        type=failure.type if failure.type is not None else entry.type,
        message=message,
        inferred=entry.inferred or failure.inferred,
    )


def render(table: Table, body: Body, failure: Failure, wire: Wire, request_id: str) -> Refusal:
    """Turn a failure into bytes and headers."""
    entry = look_up(table, failure)
    content = body(entry, failure, wire, request_id)
    headers = {**dict(entry.headers), **dict(failure.headers)}
    if failure.retry_after is not None:
        headers["Retry-After"] = f"{failure.retry_after:g}"
    if entry.inferred:
        headers["X-Emulator-Rule"] = "inferred"
    text = "" if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    raw = content if isinstance(content, bytes) else text.encode()
    return Refusal(entry.status, raw, headers, entry.media_type, failure.framed)
