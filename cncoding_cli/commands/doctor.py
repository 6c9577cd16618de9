"""`cncoding doctor`: what is ready to use, and what an error means."""

from __future__ import annotations

import os

from cncoding import Client, ConfigError, providers
from cncoding_cli import show
from cncoding_cli.options import AsJson
from cncoding_cli.secrets import scrub

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def doctor(as_json: AsJson = False) -> None:
    """Tell which providers are ready to use, and where their requests would go. Sends nothing."""
    found = [_examine(name) for name in providers()]
    proxies = [name for name in _PROXIES if os.environ.get(name) or os.environ.get(name.lower())]
    if as_json:
        show.data({"providers": found, "proxies": proxies})
        return
    rows = [
        (one["provider"], one["ready"] or "no", one["endpoint"], one["model"], one["base_url"] or one["missing"])
        for one in found
    ]
    show.table(("provider", "ready", "endpoint", "model", "goes to, or what is missing"), rows)
    if proxies:
        show.note(f"Requests go through the proxy of {', '.join(proxies)}.")


def _examine(name: str) -> dict[str, str]:
    row = {"provider": name, "ready": "", "endpoint": "", "model": "", "base_url": "", "missing": ""}
    try:
        with Client(name) as client:
            return row | {
                "ready": "yes", "endpoint": client.endpoint_name, "model": client.model, "base_url": client.base_url,
            }  # fmt: skip
    except ConfigError as error:
        return row | {"missing": scrub(str(error))}
