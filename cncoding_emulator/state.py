"""The state of one running emulator: requests seen, scripts and faults waiting, reasoning sent, clock."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from starlette.requests import Request
from starlette.types import ASGIApp

from .clock import Clock
from .endpoints import Endpoint
from .errors import Failure
from .meters import Meters
from .pace import Pace
from .reply import Draft
from .request import ChatRequest
from .request_log import RequestLog, RequestRecord
from .responder import Responder
from .wires import Json

REMEMBERED_CALLS = 10_000
T = TypeVar("T")
Interceptor = Callable[[Request, Json], Awaitable[ASGIApp | None]]
Agents = tuple[str, ...] | None


@dataclass(frozen=True)
class Options:
    """Switches of an emulator.

    Attributes:
        strict_reasoning: The reasoning that was sent with a tool call has to come back unchanged. True: Kimi and
            DeepSeek refuse, as their pages say; elsewhere the loss is noted on the record and in a response header.
            "all": every persona refuses. False: nobody looks.
        kimi_user_agents: Prefixes that the Kimi plan admits; None admits every agent that names itself.
        qwen_user_agents: The same for the Qwen coding plan (HTTP 405 otherwise).
        minimax_require_source: The VLM endpoint wants ``MM-API-Source``.
        qwen_token_plan: ``sk-sp-`` keys are valid on ``/qwen/compatible-mode/v1`` (as on the Token Plan host).
    """

    strict_reasoning: bool | Literal["all"] = True
    kimi_user_agents: Agents = None
    qwen_user_agents: Agents = None
    minimax_require_source: bool = True
    qwen_token_plan: bool = True


@dataclass(frozen=True)
class Target:
    """Which requests are meant: ``on`` is "chat", "any" or a part of the path."""

    provider: str | None = None
    on: str = "chat"

    def hits(self, provider: str, path: str, chat: bool) -> bool:
        """Tell whether such a request is meant."""
        if self.provider not in (None, provider):
            return False
        return chat if self.on == "chat" else self.on == "any" or self.on in path


@dataclass(eq=False)
class Pending(Generic[T]):
    """Something that waits for requests: so many (``left``), None for all."""

    target: Target
    what: T
    left: int | None = 1


def take(waiting: list[Pending[T]], provider: str, path: str, chat: bool) -> T | None:
    """Take what waits first for such a request out of a list."""
    found = next((p for p in waiting if p.target.hits(provider, path, chat)), None)
    if found is None:
        return None
    if found.left is not None:
        found.left -= 1
        if found.left <= 0:
            waiting.remove(found)
    return found.what


@dataclass(eq=False)
class Cut:
    """The connection under the next chat reply breaks after ``place`` writes, the head being the first.

    Attributes:
        claimed: A request came.
        finished: Its reply had no more than ``place`` writes and got through.
    """

    target: Target
    place: int
    claimed: bool = False
    finished: bool = False


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


@dataclass(eq=False)
class Waiting:
    """A scripted reply that waits for its request."""

    provider: str | None
    draft: Draft
    left: int | None
    fixture: str = ""
    met: int = 0

    def fits(self, provider: str, chat: ChatRequest | None) -> bool:
        """Tell whether this reply is meant for a request; counts the requests that ``nth`` counts."""
        if self.provider not in (None, provider):
            return False
        if not self.draft.when:
            return True
        if chat is None or not all(c.test(chat, provider) for c in self.draft.when):
            return False
        self.met += 1
        return all(c.nth in (None, self.met) for c in self.draft.when)


class Recordings(Protocol):
    """Recorded exchanges that answer in place of the personas."""

    def answer(self, record: RequestRecord) -> ASGIApp | None:
        """Return the recorded answer to a request."""


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
        self.meters = Meters(clock)
        self.pace = self.first_pace = Pace(seed=seed)
        self.watchers: list[Callable[[RequestRecord], None]] = []
        """Who is told of each answered request, in the server's thread."""
        self.recordings: Recordings | None = None
        self.open_control = False
        """Other machines may use the control API."""
        self.url = ""
        self.chat_endpoints: dict[str, Endpoint] = {}
        self.interceptors: dict[str, Interceptor] = {}
        """Who may answer on a chat path before chat does (media models of a gateway, transcription)."""
        self._lock = threading.Lock()
        self._scripts: list[Waiting] = []
        self._faults: list[Pending[Failure]] = []
        self._hostile: list[Pending[str]] = []
        self._cut: Cut | None = None
        self._sent: OrderedDict[tuple[str, str], deque[Sent]] = OrderedDict()
        self.storage: dict[str, Any] = {}
        """Room for state of route modules (media jobs, files), cleared by :meth:`reset`."""

    def add_script(self, provider: str | None, drafts: list[Draft], fixture: str = "") -> None:
        """Queue replies; those of a fixture file go behind the others and can be replaced as one."""
        with self._lock:
            self._scripts += [Waiting(provider, draft, draft.times, fixture) for draft in drafts]

    def drop_fixture(self, fixture: str) -> None:
        """Take the replies of a fixture file out again."""
        with self._lock:
            self._scripts = [w for w in self._scripts if w.fixture != fixture]

    def take_script(self, provider: str, chat: ChatRequest | None = None) -> Draft | None:
        """Take the first reply that fits a request; where there is no chat request, one without conditions."""
        with self._lock:
            for waiting in sorted(self._scripts, key=lambda w: bool(w.fixture)):
                if not waiting.fits(provider, chat):
                    continue
                if waiting.left is not None:
                    waiting.left -= 1
                    if waiting.left <= 0:
                        self._scripts.remove(waiting)
                return waiting.draft
        return None

    def add_fault(self, target: Target, failure: Failure, times: int | None) -> None:
        """Queue a fault for so many requests."""
        with self._lock:
            self._faults.append(Pending(target, failure, times))

    def take_fault(self, provider: str, path: str, chat: bool) -> Failure | None:
        """Take the first fault that hits this request."""
        with self._lock:
            return take(self._faults, provider, path, chat)

    def add_hostile(self, target: Target, scenario: str, times: int | None) -> None:
        """Queue a hostile scenario for so many requests."""
        with self._lock:
            self._hostile.append(Pending(target, scenario, times))

    def take_hostile(self, provider: str, path: str, chat: bool) -> str | None:
        """Take the first hostile scenario that hits this request."""
        with self._lock:
            return take(self._hostile, provider, path, chat)

    def cut_next(self, provider: str | None, place: int) -> Cut:
        """Let the next chat reply be cut after so many writes."""
        self._cut = Cut(Target(provider), place)
        return self._cut

    def claim_cut(self, provider: str, path: str, chat: bool) -> Cut | None:
        """Take the cut that waits for this request."""
        with self._lock:
            cut = self._cut
            if cut is None or not cut.target.hits(provider, path, chat):
                return None
            self._cut = None
            cut.claimed = True
            return cut

    def set_pace(self, latency: tuple[float, float], rate: float) -> None:
        """Set the pace of chat replies."""
        self.pace = Pace(latency, rate, self.seed)

    def remember(self, provider: str, call_id: str, sent: Sent) -> None:
        """Keep the reasoning that accompanied a tool call."""
        kept = self._sent.setdefault((provider, call_id), deque(maxlen=64))
        kept.append(sent)
        self._sent.move_to_end((provider, call_id))
        if len(self._sent) > REMEMBERED_CALLS:
            self._sent.popitem(last=False)

    def recall(self, provider: str, call_id: str) -> tuple[Sent, ...]:
        """Return what was sent with calls of this id, newest last."""
        return tuple(self._sent.get((provider, call_id), ()))

    def pending(self) -> int:
        """Return how many scripted replies and faults still wait."""
        with self._lock:
            lefts = [w.left for w in self._scripts] + [f.left for f in self._faults] + [h.left for h in self._hostile]
            return sum(left or 0 for left in lefts)

    def reset(self) -> None:
        """Forget requests, scripts (not fixture files), faults, limits, hostility, reasoning and storage."""
        with self._lock:
            self._scripts = [w for w in self._scripts if w.fixture]
            self._faults, self._hostile, self._cut = [], [], None
            self.pace = self.first_pace
            self._sent.clear()
            self.meters.clear()
            self.storage.clear()
        self.log.clear()
