"""What arrived: records of requests, as many as fit into a bounded memory."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from typing import Any

KEEP_RECORDS = 10_000
KEEP_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class RequestRecord:
    """One request as it arrived.

    Attributes:
        at: Monotonic seconds of arrival.
        status: Status of the answer, None while none was sent.
        ended_at: Monotonic seconds at which the answer was complete or given up.
        disconnected_at: Monotonic seconds at which the caller hung up before the answer was complete.
        unknown_fields: Top-level request fields that the vendor does not document.
        notes: What a vendor would let pass and a careful reader would not, such as "reasoning lost at messages[1]".
    """

    number: int
    provider: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    at: float
    status: int | None = None
    disconnected_at: float | None = None
    ended_at: float | None = None
    endpoint: str = ""
    wire: str = ""
    unknown_fields: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def json(self) -> Any:
        """Return the parsed body, or None when it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def disconnected(self) -> bool:
        """Tell whether the caller hung up early."""
        return self.disconnected_at is not None


class RequestLog:
    """Keep the newest records; written by the server thread, read by tests.

    Args:
        records: Most records kept.
        size: Most bytes of bodies kept; the newest record stays whatever its size.
    """

    def __init__(self, records: int = KEEP_RECORDS, size: int = KEEP_BYTES) -> None:
        self._most, self._room = records, size
        self._lock = threading.Condition()
        self._records: dict[int, RequestRecord] = {}
        self._next = self._bytes = 0

    @property
    def dropped(self) -> int:
        """Return how many of the oldest records were let go."""
        with self._lock:
            return self._next - len(self._records)

    def add(self, record: RequestRecord) -> RequestRecord:
        """Number and keep a record."""
        with self._lock:
            record = replace(record, number=self._next)
            self._records[record.number] = record
            self._next += 1
            self._bytes += len(record.body)
            while len(self._records) > 1 and (len(self._records) > self._most or self._bytes > self._room):
                oldest = next(iter(self._records))
                self._bytes -= len(self._records.pop(oldest).body)
            self._lock.notify_all()
            return record

    def update(self, number: int, **changes: Any) -> RequestRecord | None:
        """Replace fields of a kept record and return it; None when it was let go."""
        with self._lock:
            if number not in self._records:
                return None
            self._records[number] = replace(self._records[number], **changes)
            self._lock.notify_all()
            return self._records[number]

    def note(self, number: int, text: str) -> None:
        """Add a note to a kept record."""
        with self._lock:
            record = self._records.get(number)
        if record is not None:
            self.update(number, notes=(*record.notes, text))

    def all(self, start: int = 0) -> list[RequestRecord]:
        """Return a snapshot, from the record of number ``start`` on."""
        with self._lock:
            skip = max(0, start - (self._next - len(self._records)))
            return list(islice(self._records.values(), skip, None))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._records = {}
            self._next = self._bytes = 0

    def wait(self, wanted: Callable[[RequestRecord], bool], timeout: float) -> RequestRecord | None:
        """Wait until some record satisfies ``wanted``; return it, or None after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        with self._lock:
            while True:
                found = next((r for r in reversed(self._records.values()) if wanted(r)), None)
                left = deadline - time.monotonic()
                if found is not None or left <= 0:
                    return found
                self._lock.wait(left)
