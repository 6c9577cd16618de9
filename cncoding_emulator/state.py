"""The state of one running emulator: requests seen, scripts and faults waiting, reasoning sent, clock."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp

from .endpoints import Endpoint
from .errors import Failure
from .reply import Draft
from .responder import Responder
from .wires import Json

Interceptor = Callable[[Request, Json], Awaitable[ASGIApp | None]]
Agents = tuple[str, ...] | None


@dataclass(frozen=True)
class Options:
    """Switches of an emulator.

    Attributes:
        strict_reasoning: Every persona wants back, unchanged, the reasoning it sent with a tool call.
        kimi_user_agents: Prefixes that the Kimi plan admits; None admits every agent that names itself.
        qwen_user_agents: The same for the Qwen coding plan (HTTP 405 otherwise).
        minimax_require_source: The VLM endpoint wants ``MM-API-Source``.
        qwen_token_plan: ``sk-sp-`` keys are valid on ``/qwen/compatible-mode/v1`` (as on the Token Plan host).
    """

    strict_reasoning: bool = True
    kimi_user_agents: Agents = None
    qwen_user_agents: Agents = None
    minimax_require_source: bool = True
    qwen_token_plan: bool = True


@dataclass(frozen=True)
class RequestRecord:
    """One request as it arrived.

    Attributes:
        at: Monotonic seconds of arrival.
        status: Status of the answer, None while none was sent.
        disconnected_at: Monotonic seconds at which the caller hung up before the answer was complete.
        unknown_fields: Top-level request fields that the vendor does not document.
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
    endpoint: str = ""
    wire: str = ""
    unknown_fields: tuple[str, ...] = ()

    @cached_property
    def json(self) -> Any:
        """Return the parsed body, or None when it is not JSON."""
        import json

        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def disconnected(self) -> bool:
        """Tell whether the caller hung up early."""
        return self.disconnected_at is not None


class RequestLog:
    """Keep the records; written by the server thread, read by tests."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._records: list[RequestRecord] = []

    def add(self, record: RequestRecord) -> RequestRecord:
        """Number and keep a record."""
        with self._lock:
            record = replace(record, number=len(self._records))
            self._records.append(record)
            self._lock.notify_all()
            return record

    def update(self, number: int, **changes: Any) -> None:
        """Replace fields of a kept record."""
        with self._lock:
            if number < len(self._records):
                self._records[number] = replace(self._records[number], **changes)
                self._lock.notify_all()

    def all(self) -> list[RequestRecord]:
        """Return a snapshot."""
        with self._lock:
            return list(self._records)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._records = []

    def wait(self, wanted: Callable[[RequestRecord], bool], timeout: float) -> RequestRecord | None:
        """Wait until some record satisfies ``wanted``; return it, or None after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        with self._lock:
            while True:
                found = next((r for r in reversed(self._records) if wanted(r)), None)
                left = deadline - time.monotonic()
                if found is not None or left <= 0:
                    return found
                self._lock.wait(left)


@dataclass(frozen=True)
class PendingFault:
    """A refusal waiting for a request: ``on`` is "chat", "any" or a part of the path."""

    provider: str | None
    failure: Failure
    on: str = "chat"

    def hits(self, provider: str, path: str, chat: bool) -> bool:
        """Tell whether this fault is meant for such a request."""
        if self.provider not in (None, provider):
            return False
        return chat if self.on == "chat" else self.on == "any" or self.on in path


@dataclass(frozen=True)
class Sent:
    """The reasoning that went out with a tool call."""

    wire: str
    thoughts: tuple[str, ...]
    signatures: tuple[str | None, ...]
    model: str

    @property
    def text(self) -> str:
        """Return the reasoning as one string."""
        return "".join(self.thoughts)


class Clock:
    """A clock that jobs read: real seconds times ``speed``, plus whatever was advanced by hand."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._start = time.monotonic()
        self._ahead = 0.0

    def now(self) -> float:
        """Return virtual seconds since the emulator started."""
        return (time.monotonic() - self._start) * self.speed + self._ahead

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self._ahead += seconds


class State:
    """Everything a request handler may look at or change."""

    def __init__(
        self, options: Options, clock: Clock, responder: Responder | None = None, seed: int | None = None
    ) -> None:
        self.options = options
        self.clock = clock
        self.responder = responder
        self.seed = seed
        self.log = RequestLog()
        self.url = ""
        self.chat_endpoints: dict[str, Endpoint] = {}
        self.interceptors: dict[str, Interceptor] = {}
        """Who may answer on a chat path before chat does (media models of a gateway, transcription)."""
        self._lock = threading.Lock()
        self._scripts: list[tuple[str | None, Draft]] = []
        self._faults: list[PendingFault] = []
        self._sent: dict[tuple[str, str], deque[Sent]] = defaultdict(lambda: deque(maxlen=64))
        self.storage: dict[str, Any] = {}
        """Room for state of route modules (media jobs, files), cleared by :meth:`reset`."""

    def add_script(self, provider: str | None, drafts: list[Draft]) -> None:
        """Queue replies."""
        with self._lock:
            self._scripts += [(provider, draft) for draft in drafts]

    def take_script(self, provider: str) -> Draft | None:
        """Take the next reply meant for ``provider``."""
        with self._lock:
            for i, (owner, draft) in enumerate(self._scripts):
                if owner in (None, provider):
                    del self._scripts[i]
                    return draft
        return None

    def add_fault(self, fault: PendingFault, times: int) -> None:
        """Queue a fault ``times`` times."""
        with self._lock:
            self._faults += [fault] * times

    def take_fault(self, provider: str, path: str, chat: bool) -> Failure | None:
        """Take the first fault that hits this request."""
        with self._lock:
            for i, fault in enumerate(self._faults):
                if fault.hits(provider, path, chat):
                    del self._faults[i]
                    return fault.failure
        return None

    def remember(self, provider: str, call_id: str, sent: Sent) -> None:
        """Keep the reasoning that accompanied a tool call."""
        self._sent[provider, call_id].append(sent)

    def recall(self, provider: str, call_id: str) -> tuple[Sent, ...]:
        """Return what was sent with calls of this id, newest last."""
        return tuple(self._sent.get((provider, call_id), ()))

    def pending(self) -> int:
        """Return how many scripted replies and faults still wait."""
        with self._lock:
            return len(self._scripts) + len(self._faults)

    def reset(self) -> None:
        """Forget requests, scripts, faults, reasoning and storage."""
        with self._lock:
            self._scripts, self._faults = [], []
            self._sent.clear()
            self.storage.clear()
        self.log.clear()
