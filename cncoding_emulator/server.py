"""The emulator as a context manager: uvicorn in a thread on a free port of 127.0.0.1."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Literal

from .app import PERSONAS, build_app
from .clock import Clock
from .errors import Failure
from .listener import ServerThread, bind
from .media.controls import MediaControls
from .meters import Meter
from .request_log import RequestRecord
from .responder import Responder
from .script import parse
from .state import Agents, Options, PendingFault, State
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
    ) -> None:
        options = Options(strict_reasoning, kimi_user_agents, qwen_user_agents, minimax_require_source, qwen_token_plan)
        self.state = State(options, Clock(clock_speed), responder, seed)
        self.app = build_app(self.state)
        self._port = port
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
        self._check_preset(provider, preset)
        self.state.add_fault(PendingFault(provider, Failure(preset, **more), on), times)

    def spend(self, provider: str, preset: str = "quota", *, seconds: float = 7200.0) -> None:
        """Spend a quota: chat is refused, and the usage endpoints say so, until so many virtual seconds have passed.

        Raises:
            LookupError: The vendor has no such row in its error table.
        """
        self._check_preset(provider, preset)
        self.state.meters.add(Meter(provider, preset, seconds, requests=0, opened=self.state.clock.now()))

    def limit(
        self,
        provider: str,
        preset: str = "rate_limit",
        *,
        requests: int | None = None,
        tokens: int | None = None,
        seconds: float = 60.0,
    ) -> None:
        """Admit so many requests or tokens in a window of virtual seconds, then refuse until it has passed.

        Args:
            provider: Whose chat requests.
            preset: The row of the vendor's error table that refuses, for example "rate_limit", "quota", "throttle".
            requests: Requests in a window.
            tokens: Tokens of prompts and replies in a window.
            seconds: Length of a window, from its first request.

        Raises:
            LookupError: The vendor has no such row in its error table.
        """
        self._check_preset(provider, preset)
        self.state.meters.add(Meter(provider, preset, seconds, requests, tokens))

    def _check_preset(self, provider: str | None, preset: str) -> None:
        if provider is not None and provider not in PERSONAS:
            raise LookupError(f"there is no provider {provider!r}; there are {', '.join(PERSONAS)}")
        if provider is not None and preset and preset not in PERSONAS[provider].table:
            raise LookupError(f"{provider} has no fault {preset!r}; it has {', '.join(PERSONAS[provider].table)}")

    def advance(self, seconds: float) -> None:
        """Let virtual time pass at once, for jobs, quotas and rate limits."""
        self.state.clock.advance(seconds)

    def reset(self) -> None:
        """Forget requests, scripts, faults, limits and remembered reasoning."""
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
