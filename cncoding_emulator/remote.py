"""An emulator in another process, steered through its control API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any


class ControlError(RuntimeError):
    """Raised when the control API refuses a command; carries its sentence."""


class RemoteEmulator:
    """Steer a running emulator: the methods and arguments of :class:`cncoding_emulator.Emulator`.

    Args:
        url: Its root, for example ``http://127.0.0.1:8900``.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        # No proxy: the emulator stands on this machine or beside it.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def _call(self, path: str, data: dict[str, Any] | None = None) -> Any:
        body = None if data is None else json.dumps(data).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/__emulator__/{path}", body, headers)
        try:
            with self._opener.open(request, timeout=10) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            raise ControlError(json.load(error).get("error", str(error))) from None

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Return what arrived, oldest first, as JSON objects without keys."""
        found: list[dict[str, Any]] = self._call("requests")["requests"]
        return found

    def health(self) -> dict[str, Any]:
        """Return the state of the emulator."""
        found: dict[str, Any] = self._call("health")
        return found

    def script(self, text: str, provider: str | None = None) -> None:
        """Queue replies."""
        self._call("script", {"text": text, "provider": provider})

    def fault(self, provider: str | None = None, preset: str = "", **more: Any) -> None:
        """Queue a refusal."""
        self._call("fault", {"provider": provider, "preset": preset, **more})

    def spend(self, provider: str, preset: str = "quota", **more: Any) -> None:
        """Spend a quota until its reset."""
        self._call("spend", {"provider": provider, "preset": preset, **more})

    def limit(self, provider: str, preset: str = "rate_limit", **more: Any) -> None:
        """Admit so many requests or tokens a window."""
        self._call("limit", {"provider": provider, "preset": preset, **more})

    def pace(self, **more: Any) -> None:
        """Set latency and token rate."""
        self._call("pace", more)

    def hostile(self, scenario: str, provider: str | None = None, **more: Any) -> None:
        """Treat the next requests badly."""
        self._call("hostile", {"scenario": scenario, "provider": provider, **more})

    def advance(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._call("clock", {"advance": seconds})

    def reset(self) -> None:
        """Forget everything."""
        self._call("reset", {})
