"""Answer from recordings: the exchange whose request is the same, else the one whose last question is."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from .deliver import Delivered
from .exchanges import Exchange, read_tail
from .openai_api import text_of
from .reply import Delivery
from .request_log import RequestRecord

DROPPED = ("content-length", "content-encoding", "transfer-encoding", "connection", "date", "server")


class Replay:
    """Recorded exchanges that answer in place of the personas.

    A recording answers once while others fit as well, then again and again. Chat requests that fit none get HTTP 501;
    other routes are left to the personas.
    """

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._exchanges = list(exchanges)
        self._used: dict[int, int] = {}
        self._lock = threading.Lock()

    def answer(self, record: RequestRecord) -> ASGIApp | None:
        """Return the recorded answer to a request, None where the personas answer."""
        found = self._find(record)
        if found is not None:
            return _deliver(found)
        if not record.wire:
            return None
        problem = f"no recording fits {record.method} {record.path} with this request"
        return JSONResponse({"error": {"type": "emulator_no_recording", "message": problem}}, 501)

    def _find(self, record: RequestRecord) -> Exchange | None:
        tail = read_tail(record.path)
        fitting = [
            (self._used.get(place, 0), place)
            for place, one in enumerate(self._exchanges)
            if one.tail == tail and one.method == record.method and one.vendor in ("", record.provider)
        ]
        same = [p for p in fitting if self._exchanges[p[1]].request == record.json]
        asked = _read_question(record.json)
        close = [p for p in fitting if asked and _read_question(self._exchanges[p[1]].request) == asked]
        with self._lock:
            for _, place in sorted(same or close)[:1]:
                self._used[place] = self._used.get(place, 0) + 1
                return self._exchanges[place]
        return None


def _read_question(body: Any) -> tuple[int, str] | None:
    """Return how many messages a chat request has and the text of its last one."""
    messages = body.get("messages") if isinstance(body, dict) else None
    if not isinstance(messages, list) or not messages or not isinstance(messages[-1], dict):
        return None
    return len(messages), text_of(messages[-1].get("content"))


def _deliver(exchange: Exchange) -> ASGIApp:
    headers = {k: v for k, v in exchange.headers.items() if k not in DROPPED}
    media = headers.pop("content-type", "application/json")
    frames = [exchange.body.encode()]
    if media.startswith("text/event-stream"):
        events = exchange.body.replace("\r\n", "\n").split("\n\n")
        frames = [f"{event}\n\n".encode() for event in events[:-1]] + ([events[-1].encode()] if events[-1] else [])
    return Delivered(frames, Delivery(), media, headers, exchange.status)
