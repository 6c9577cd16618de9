"""The emulator as a context manager: uvicorn in a thread on a free port of 127.0.0.1."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from . import control_api
from .app import build_app
from .clock import Clock
from .control import Control
from .fixtures import Fixtures
from .listener import ServerThread, bind
from .media.controls import MediaControls
from .personas import PERSONAS
from .record import Recording
from .request_log import KEEP_BYTES, RequestLog, RequestRecord
from .responder import Responder
from .state import Agents, Options, State
from .wires import Wire

HOST = "127.0.0.1"
LOOPBACK = (HOST, "localhost", "::1")


class Emulator(Control, MediaControls):
    """A running stand-in for every vendor.

    Use it as a context manager, or call :meth:`start` and :meth:`stop`.

    Args:
        port: Port to listen on; 0 takes a free one.
        strict_reasoning: See :class:`cncoding_emulator.state.Options`, as for the next four.
        kimi_user_agents: User-Agent prefixes that the Kimi plan admits; None admits all.
        qwen_user_agents: The same for the Qwen coding plan.
        minimax_require_source: The VLM endpoint wants ``MM-API-Source``.
        qwen_token_plan: ``sk-sp-`` keys are valid on the compatible-mode address.
        clock_speed: How many virtual seconds pass for jobs in one real second.
        responder: Answers in place of :func:`cncoding_emulator.responder.improvise`.
        seed: Makes the ids of a run reproducible.
        fixtures: A file or folder of replies and recordings, see :mod:`cncoding_emulator.fixtures`.
        keep_bytes: Bytes of request bodies that are kept; the oldest requests are let go first.
        host: Address to listen on; any but a loopback address also opens the control API to other machines.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        strict_reasoning: bool | Literal["all"] = True,
        kimi_user_agents: Agents = None,
        qwen_user_agents: Agents = None,
        minimax_require_source: bool = True,
        qwen_token_plan: bool = True,
        clock_speed: float = 1.0,
        responder: Responder | None = None,
        seed: int | None = None,
        host: str = HOST,
        fixtures: str | Path | None = None,
        keep_bytes: int = KEEP_BYTES,
    ) -> None:
        options = Options(strict_reasoning, kimi_user_agents, qwen_user_agents, minimax_require_source, qwen_token_plan)
        self.state = State(options, Clock(clock_speed), responder, seed)
        self.state.log = RequestLog(size=keep_bytes)
        self.state.open_control = host not in LOOPBACK
        self.app = build_app(self.state, control_api.routes(self))
        self._port = port
        if fixtures is not None:
            Fixtures(self.state, Path(fixtures)).load()
        self._host = host
        self._thread: ServerThread | None = None

    # --- life -----------------------------------------------------------------------------------------

    def start(self) -> Emulator:
        """Listen; returns when requests are answered.

        Raises:
            PortTakenError: Another program listens on the port.
        """
        if self._thread is None:
            listener = bind(self._host, self._port)
            host, port = listener.getsockname()[:2]
            self.state.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
            self._thread = ServerThread(self.app, listener)
        return self

    def stop(self) -> None:
        """Drop every connection, stop listening and end the thread."""
        if self._thread is not None:
            self._thread.stop()
        self._thread = None

    def __enter__(self) -> Emulator:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    # --- where ----------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Return the root, for example ``http://127.0.0.1:43121``."""
        return self.state.url

    def base_url(self, provider: str, endpoint: str | None = None, wire: Wire = "openai") -> str:
        """Return what an SDK of this wire takes as base; the first (plan) endpoint by default.

        Raises:
            LookupError: The vendor has no such endpoint.
        """
        return f"{self.url}/{provider}{PERSONAS[provider].endpoint(endpoint, wire).base}"

    def env(self, wire: Wire = "openai") -> dict[str, str]:
        """Return the environment that points every provider here: base URLs and keys."""
        found: dict[str, str] = {}
        for name, persona in PERSONAS.items():
            has_wire = any(e.wire == wire for e in persona.endpoints)
            found[persona.facts.base_env] = self.base_url(name, None, wire if has_wire else "openai")
            found.update(persona.facts.keys)
        found["MINIMAX_API_HOST"] = f"{self.url}/minimax"
        return found

    def record(
        self,
        provider: str,
        folder: str | Path,
        *,
        upstream: str | None = None,
        tell: Callable[[str], None] = print,
    ) -> None:
        """Pass the requests of a vendor on to the real one and write down what it answers.

        Args:
            provider: Whose requests; the keys that callers send are passed on and never written.
            folder: Where recordings go, one JSON file each; ``Emulator(fixtures=folder)`` replays them.
            upstream: Where the vendor stands, in place of its own hosts.
            tell: Receives a line for each recording, and for each one that still held something like a key.

        Raises:
            LookupError: There is no such provider.
        """
        self._check_preset(provider, "")
        self.state.recordings = Recording(provider, Path(folder), upstream, tell)

    # --- what happened --------------------------------------------------------------------------------

    @property
    def requests(self) -> list[RequestRecord]:
        """Return what arrived, oldest first: the newest 10,000 requests, as far as their bodies fit."""
        return self.state.log.all()

    @property
    def dropped(self) -> int:
        """Return how many of the oldest requests were let go to make room."""
        return self.state.log.dropped

    def wait_for(self, wanted: Callable[[RequestRecord], bool], timeout: float = 2.0) -> RequestRecord | None:
        """Wait until a record satisfies ``wanted``; None after ``timeout`` seconds."""
        return self.state.log.wait(wanted, timeout)
