"""What may be done to a running emulator: one set of commands for the Python class and the control API."""

from __future__ import annotations

from typing import Any

from . import hostile
from .errors import Failure
from .meters import Meter
from .personas import PERSONAS
from .script import parse
from .state import State, Target


class Control:
    """The commands, each with keyword arguments of JSON types."""

    state: State

    def script(self, text: str, provider: str | None = None) -> None:
        """Queue replies written in the language of :mod:`cncoding_emulator.script`.

        Raises:
            ScriptError: The text has an unknown command or a bad value; names line and column.
            LookupError: There is no such provider.
        """
        self._check_preset(provider, "")
        self.state.add_script(provider, parse(text))

    def fault(
        self, provider: str | None = None, preset: str = "", *, times: int | None = 1, on: str = "chat", **more: Any
    ) -> None:
        """Queue a refusal.

        Args:
            provider: Whose requests; None means any.
            preset: A name of the vendor's table, for example "quota" (see ``/__persona__/<provider>``).
            times: For how many requests; None for all from now on.
            on: "chat", "any", or a part of the path.
            more: ``status, code, type, message, retry_after, reset, headers, detail, limit, framed`` override the
                table.

        Raises:
            LookupError: The vendor has no such row in its error table.
            TypeError: There is no such override.
        """
        if more.get("code") is not None:
            more["code"] = str(more["code"])
        if isinstance(more.get("headers"), dict):
            more["headers"] = tuple(more["headers"].items())
        self._check_preset(provider, preset)
        self.state.add_fault(Target(provider, on), Failure(preset, **more), times)

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
        on: str = "chat",
    ) -> None:
        """Admit so many requests or tokens in a window of virtual seconds, then refuse until it has passed.

        Args:
            provider: Whose requests.
            preset: The row of the vendor's error table that refuses, for example "rate_limit", "quota", "throttle".
            requests: Requests in a window.
            tokens: Tokens of prompts and replies in a window.
            seconds: Length of a window, from its first request.
            on: "chat", or a part of the path of a media endpoint, for example "image_generation".

        Raises:
            LookupError: The vendor has no such row in its error table.
        """
        self._check_preset(provider, preset)
        self.state.meters.add(Meter(provider, preset, seconds, requests, tokens, on=on))

    def advance(self, seconds: float) -> None:
        """Let virtual time pass at once, for jobs, quotas and rate limits."""
        self.state.clock.advance(seconds)

    def pace(self, *, latency: float | tuple[float, float] | list[float] = 0.0, tokens_per_second: float = 0.0) -> None:
        """Answer every chat request at a pace.

        Args:
            latency: Seconds before the head, or the least and the most.
            tokens_per_second: Tokens a second after it, 0 for as fast as it goes.

        Raises:
            ValueError: A figure is negative.
        """
        least, most = (latency, latency) if isinstance(latency, int | float) else latency
        self.state.set_pace((float(least), float(most)), float(tokens_per_second))

    def hostile(self, scenario: str, provider: str | None = None, *, times: int | None = 1, on: str = "chat") -> None:
        """Treat the next requests badly; see :mod:`cncoding_emulator.hostile` for the scenarios.

        Args:
            scenario: Its name, for example "drip-headers".
            provider: Whose requests; None means any.
            times: How many requests; None for all from now on.
            on: "chat", "any", or a part of the path.

        Raises:
            LookupError: There is no such scenario or provider.
        """
        self._check_preset(provider, "")
        if scenario in hostile.DRAFTS:
            drafts = parse(f"{hostile.DRAFTS[scenario][1]}\ntimes {'any' if times is None else times}")
            self.state.add_script(provider, drafts)
        elif scenario in hostile.FAULTS:
            _, preset, more = hostile.FAULTS[scenario]
            self.fault(provider, preset, times=times, on=on, **more)
        elif scenario in hostile.SCENARIOS:
            self.state.add_hostile(Target(provider, on), scenario, times)
        else:
            raise LookupError(f"there is no hostile scenario {scenario!r}; there are {', '.join(hostile.describe())}")

    def reset(self) -> None:
        """Forget requests, scripts, faults, limits, pace, hostility and remembered reasoning."""
        self.state.reset()

    def _check_preset(self, provider: str | None, preset: str) -> None:
        if provider is not None and provider not in PERSONAS:
            raise LookupError(f"there is no provider {provider!r}; there are {', '.join(PERSONAS)}")
        if provider is not None and preset and preset not in PERSONAS[provider].table:
            raise LookupError(f"{provider} has no fault {preset!r}; it has {', '.join(PERSONAS[provider].table)}")
