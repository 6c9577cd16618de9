"""Media jobs under a clock that tests can move, and the ledger of what was paid for."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from ..reply import Json
from ..trouble import refuse
from ..world import World

if TYPE_CHECKING:
    from .links import Download, Leak, Link
    from .shelf import StoredFile

Phase = Literal["preparing", "queueing", "running", "weird", "succeeded", "failed", "cancelled", "expired"]
KINDS = (
    "fail", "moderate", "never", "weird_status", "expire", "cut_after_accept", "cut_before", "slow_poll",
    "slow_queue", "partial", "as_task", "file_id_only",
)  # fmt: skip


class Severed(Exception):
    """Raised where the connection is to be dropped without a reply."""


@dataclass(frozen=True)
class Fate:
    """What shall happen to one submission: a word of :data:`KINDS` and its options; "" is a good end."""

    kind: str = ""
    options: Json = field(default_factory=dict)


@dataclass(frozen=True)
class WaitingFate:
    """A fate that waits for a submission of a provider (None: any) and kind of job (None: any)."""

    fate: Fate
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
    fate: Fate
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
        if self.fate.kind == "expire":
            return "expired"
        if self.cancelled_at is not None:
            return "cancelled"
        waited = now - self.started
        if waited < self.queued:
            return "preparing" if waited < 0.4 * self.queued else "queueing"
        ended = waited >= self.queued + self.seconds
        if self.fate.kind == "never" or not ended:
            return "weird" if self.fate.kind == "weird_status" else "running"
        if self.fate.kind == "weird_status" and self.fate.options.get("forever"):
            return "weird"
        return "failed" if self.fate.kind in ("fail", "moderate") else "succeeded"

    @property
    def weird(self) -> str:
        """Return a status word that no page knows."""
        return str(self.fate.options.get("word", "POSTPROCESSING"))


class Studio:
    """The state of all media routes of one emulator."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seconds = 0.05
        self.tasks: dict[tuple[str, str], Task] = {}
        self.submissions: list[Submission] = []
        self.links: dict[str, Link] = {}
        self.files: dict[tuple[str, str], StoredFile] = {}
        self.leaks: list[Leak] = []
        self.downloads: list[Download] = []
        self.link_fates: list[Fate] = []
        self._fates: list[WaitingFate] = []
        self._lock = threading.Lock()

    @property
    def now(self) -> float:
        """Return virtual seconds."""
        return self.world.clock.now()

    def foretell(self, fate: Fate, provider: str | None, on: str | None, times: int) -> None:
        """Queue a fate for submissions to come."""
        with self._lock:
            self._fates += [WaitingFate(fate, provider, on)] * times

    def _take(self, order: Order) -> Fate:
        with self._lock:
            for i, waiting in enumerate(self._fates):
                if waiting.provider in (None, order.provider) and waiting.on in (None, order.kind):
                    del self._fates[i]
                    return waiting.fate
        return Fate()

    def accept(self, order: Order, task_id: Callable[[], str] | None = None) -> Task:
        """Take a job and count it.

        Raises:
            Severed: The fate of this submission is a cut connection, before or after it was counted.
        """
        return self._book(order, self._take(order), task_id)

    def accept_now(self, order: Order) -> Task:
        """Take a job that is answered at once; a failing one is refused and, as with the vendors, free."""
        fate = self._take(order)
        if fate.kind in ("fail", "expire"):
            raise refuse("server_error")
        if fate.kind == "moderate":
            raise refuse("content_blocked")
        return self._book(order, fate, None)

    def _book(self, order: Order, fate: Fate, task_id: Callable[[], str] | None) -> Task:
        if fate.kind == "cut_before":
            raise Severed
        queued = self.seconds * 0.3
        if fate.kind == "slow_queue":
            queued = float(fate.options.get("seconds", 3600))
        made = (task_id or (lambda: secrets.token_hex(16)))()
        task = Task(made, order, fate, self.now, self.seconds * 0.7, queued)
        with self._lock:
            self.tasks[order.provider, made] = task
            number = len(self.submissions)
            row = Submission(number, order.provider, order.kind, order.model, order.prompt, made)
            self.submissions.append(row)
        if fate.kind == "cut_after_accept":
            raise Severed
        return task

    def find(self, provider: str, task_id: str, lifetime: float | None = None) -> Task | None:
        """Return a job, or None when it never was, was deleted, or is past its lifetime."""
        task = self.tasks.get((provider, task_id))
        if task is not None and lifetime is not None and self.now - task.started > lifetime:
            return None
        return task

    def take_link_fate(self) -> Fate:
        """Take what shall happen to the next download."""
        with self._lock:
            return self.link_fates.pop(0) if self.link_fates else Fate()


def studio(world: World) -> Studio:
    """Return the studio of a world; a reset of the world begins a new one."""
    found: Any = world.shelf.get("media")
    if not isinstance(found, Studio):
        found = world.shelf.setdefault("media", Studio(world))
    assert isinstance(found, Studio)
    return found


def with_spec(order: Order, **more: Any) -> Order:
    """Return an order with more in its spec."""
    return replace(order, spec={**order.spec, **more})
