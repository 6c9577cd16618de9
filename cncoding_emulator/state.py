"""The state of one running emulator: requests seen, scripts and faults waiting, reasoning sent, clock."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request
from starlette.types import ASGIApp

from .clock import Clock
from .endpoints import Endpoint
from .errors import Failure
from .meters import Meters
from .reply import Draft
from .request_log import RequestLog
from .responder import Responder
from .wires import Json

REMEMBERED_CALLS = 10_000
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
        self.url = ""
        self.chat_endpoints: dict[str, Endpoint] = {}
        self.interceptors: dict[str, Interceptor] = {}
        """Who may answer on a chat path before chat does (media models of a gateway, transcription)."""
        self._lock = threading.Lock()
        self._scripts: list[tuple[str | None, Draft]] = []
        self._faults: list[PendingFault] = []
        self._sent: OrderedDict[tuple[str, str], deque[Sent]] = OrderedDict()
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
            return len(self._scripts) + len(self._faults)

    def reset(self) -> None:
        """Forget requests, scripts, faults, limits, reasoning and storage."""
        with self._lock:
            self._scripts, self._faults = [], []
            self._sent.clear()
            self.meters.clear()
            self.storage.clear()
        self.log.clear()
