"""Media jobs under a clock that tests can move, and the ledger of what was paid for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .. import ids
from ..errors import refuse
from ..state import State
from ..wires import Json
from .records import Download, Leak, Link, StoredFile, StoredVoice

Phase = Literal["preparing", "queueing", "running", "weird", "succeeded", "failed", "cancelled", "expired"]
KINDS = (
    "fail", "moderate", "never", "weird_status", "expire", "cut_after_accept", "cut_before", "slow_poll",
    "slow_queue", "partial", "as_task", "file_id_only",
)  # fmt: skip


class Severed(Exception):
    """Raised where the connection is to be dropped without a reply."""


@dataclass(frozen=True)
class Fault:
    """What shall happen to one submission: a word of :data:`KINDS` and its options; "" is a good end."""

    kind: str = ""
    options: Json = field(default_factory=dict)


@dataclass(frozen=True)
class WaitingFault:
    """A fault that waits for a submission of a provider (None: any) and kind of job (None: any)."""

    fault: Fault
    provider: str | None
    on: str | None


@dataclass(frozen=True)
class Order:
    """What somebody wants made; ``spec`` is for the vendor module alone."""

    provider: str
    kind: str
    model: str
    prompt: str
    spec: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Submission:
    """One paid submission that was accepted, whether or not the caller saw the reply."""

    number: int
    provider: str
    kind: str
    model: str
    prompt: str
    task_id: str


@dataclass
class Task:
    """A job. Times are virtual seconds of the emulator's clock."""

    id: str
    order: Order
    fault: Fault
    started: float
    seconds: float
    queued: float
    cancelled_at: float | None = None
    urls: list[str] | None = None
    notes: Json = field(default_factory=dict)

    @property
    def finished(self) -> float:
        """Return when the job ends."""
        return self.started + self.queued + self.seconds

    def phase(self, now: float) -> Phase:
        """Return where the job stands."""
        if self.fault.kind == "expire":
            return "expired"
        if self.cancelled_at is not None:
            return "cancelled"
        waited = now - self.started
        if waited < self.queued:
            return "preparing" if waited < 0.4 * self.queued else "queueing"
        ended = waited >= self.queued + self.seconds
        if self.fault.kind == "never" or not ended:
            return "weird" if self.fault.kind == "weird_status" else "running"
        if self.fault.kind == "weird_status" and self.fault.options.get("forever"):
            return "weird"
        return "failed" if self.fault.kind in ("fail", "moderate") else "succeeded"

    @property
    def weird(self) -> str:
        """Return a status word that no page knows."""
        return str(self.fault.options.get("word", "POSTPROCESSING"))


class MediaState:
    """The state of all media routes of one emulator."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.seconds = 0.05
        self.tasks: dict[tuple[str, str], Task] = {}
        self.submissions: list[Submission] = []
        self.links: dict[str, Link] = {}
        self.files: dict[tuple[str, str], StoredFile] = {}
        self.voices: dict[tuple[str, str], StoredVoice] = {}
        self.leaks: list[Leak] = []
        self.downloads: list[Download] = []
        self.link_faults: list[Fault] = []
        self._faults: list[WaitingFault] = []
        self._lock = threading.Lock()

    @property
    def now(self) -> float:
        """Return virtual seconds."""
        return self.state.clock.now()

    def foretell(self, fault: Fault, provider: str | None, on: str | None, times: int) -> None:
        """Queue a fault for submissions to come."""
        with self._lock:
            self._faults += [WaitingFault(fault, provider, on)] * times

    def _take(self, order: Order) -> Fault:
        with self._lock:
            for i, waiting in enumerate(self._faults):
                if waiting.provider in (None, order.provider) and waiting.on in (None, order.kind):
                    del self._faults[i]
                    return waiting.fault
        return Fault()

    def accept(self, order: Order, task_id: Callable[[], str] | None = None) -> Task:
        """Take a job and count it.

        Raises:
            Severed: The fault of this submission is a cut connection, before or after it was counted.
        """
        return self._book(order, self._take(order), task_id)

    def accept_now(self, order: Order) -> Task:
        """Take a job that is answered at once; a failing one is refused and, as with the vendors, free."""
        fault = self._take(order)
        if fault.kind in ("fail", "expire"):
            raise refuse("server_error")
        if fault.kind == "moderate":
            raise refuse("content_blocked")
        return self._book(order, fault, None)

    def _book(self, order: Order, fault: Fault, task_id: Callable[[], str] | None) -> Task:
        if fault.kind == "cut_before":
            raise Severed
        queued = self.seconds * 0.3
        if fault.kind == "slow_queue":
            queued = float(fault.options.get("seconds", 3600))
        made = (task_id or (lambda: ids.token_hex(16)))()
        task = Task(made, order, fault, self.now, self.seconds * 0.7, queued)
        with self._lock:
            self.tasks[order.provider, made] = task
            number = len(self.submissions)
            row = Submission(number, order.provider, order.kind, order.model, order.prompt, made)
            self.submissions.append(row)
        if fault.kind == "cut_after_accept":
            raise Severed
        return task

    def find(self, provider: str, task_id: str, lifetime: float | None = None) -> Task | None:
        """Return a job, or None when it never was, was deleted, or is past its lifetime."""
        task = self.tasks.get((provider, task_id))
        if task is not None and lifetime is not None and self.now - task.started > lifetime:
            return None
        return task

    def take_link_fault(self) -> Fault:
        """Take what shall happen to the next download."""
        with self._lock:
            return self.link_faults.pop(0) if self.link_faults else Fault()


def media_state(state: State) -> MediaState:
    """Return the media of a state; a reset of the state begins a new one."""
    found: Any = state.storage.get("media")
    if not isinstance(found, MediaState):
        found = state.storage.setdefault("media", MediaState(state))
    assert isinstance(found, MediaState)
    return found


def with_spec(order: Order, **more: Any) -> Order:
    """Return an order with more in its spec."""
    return replace(order, spec={**order.spec, **more})
