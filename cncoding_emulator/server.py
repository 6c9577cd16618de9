"""The emulator as a context manager: uvicorn in a thread on a free port of 127.0.0.1."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn

from .app import PERSONAS, build_app
from .errors import Failure
from .media.controls import MediaControls
from .responder import Responder
from .script import parse
from .state import Agents, Clock, Options, PendingFault, RequestRecord, State
from .wires import Wire

HOST = "127.0.0.1"


class Emulator(MediaControls):
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
    """

    def __init__(
        self,
        port: int = 0,
        *,
        strict_reasoning: bool = True,
        kimi_user_agents: Agents = None,
        qwen_user_agents: Agents = None,
        minimax_require_source: bool = True,
        qwen_token_plan: bool = True,
        clock_speed: float = 1.0,
        responder: Responder | None = None,
        seed: int | None = None,
    ) -> None:
        options = Options(strict_reasoning, kimi_user_agents, qwen_user_agents, minimax_require_source, qwen_token_plan)
        self.state = State(options, Clock(clock_speed), responder, seed)
        self.app = build_app(self.state)
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    # --- life -----------------------------------------------------------------------------------------

    def start(self) -> Emulator:
        """Listen; returns when requests are answered."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        # asyncio switches Nagle off only for sockets that say IPPROTO_TCP; without it each reply waits 40 ms.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, self._port))
        listener.listen(512)
        self.state.url = f"http://{HOST}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            self.app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        run = self._server.run
        self._thread = threading.Thread(target=lambda: run(sockets=[listener]), daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.002)
        return self

    def stop(self) -> None:
        """Stop listening and end the thread."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(5)
        self._server = self._thread = None

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

    # --- what happened --------------------------------------------------------------------------------

    @property
    def requests(self) -> list[RequestRecord]:
        """Return what arrived, oldest first."""
        return self.state.log.all()

    def wait_for(self, wanted: Callable[[RequestRecord], bool], timeout: float = 2.0) -> RequestRecord | None:
        """Wait until a record satisfies ``wanted``; None after ``timeout`` seconds."""
        return self.state.log.wait(wanted, timeout)

    # --- what shall happen ----------------------------------------------------------------------------

    def script(self, text: str, provider: str | None = None) -> None:
        """Queue replies written in the language of :mod:`cncoding_emulator.script`.

        Raises:
            ScriptError: The text has an unknown command or a bad value.
        """
        self.state.add_script(provider, parse(text))

    def fault(self, provider: str | None, preset: str = "", *, times: int = 1, on: str = "chat", **more: Any) -> None:
        """Queue a refusal.

        Args:
            provider: Whose requests; None means any.
            preset: A name of the vendor's table, for example "quota" (see ``/__persona__/<provider>``).
            times: For how many requests.
            on: "chat", "any", or a part of the path.
            more: ``status, code, type, message, retry_after, reset, headers`` override the table.
        """
        if "code" in more and more["code"] is not None:
            more["code"] = str(more["code"])
        if isinstance(more.get("headers"), dict):
            more["headers"] = tuple(more["headers"].items())
        known = provider is None or not preset or preset in PERSONAS[provider].table
        if not known:
            raise LookupError(f"{provider} has no fault {preset!r}")
        self.state.add_fault(PendingFault(provider, Failure(preset, **more), on), times)

    def advance(self, seconds: float) -> None:
        """Let virtual time pass at once (for jobs)."""
        self.state.clock.advance(seconds)

    def reset(self) -> None:
        """Forget requests, scripts, faults and remembered reasoning."""
        self.state.reset()


def serve(port: int = 8900, **options: Any) -> None:
    """Serve until interrupted."""
    emulator = Emulator(port, **options)
    with emulator:
        print(f"cncoding emulator on {emulator.url} (stop with Ctrl-C)")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return
