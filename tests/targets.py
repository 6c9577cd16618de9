"""Make the target of a provider without an environment."""

from __future__ import annotations

from cncoding.registry import Settings, resolve
from cncoding.target import Target

KEYS = {
    "kimi": "sk-kimi-test",
    "qwen": "sk-sp-test",
    "minimax": "sk-cp-test",
}


def target(provider: str, **settings: str) -> Target:
    """Resolve `provider` with a made-up key of the right kind."""
    if provider == "unified":
        settings.setdefault("base_url", "http://127.0.0.1:9/v1")
    settings.setdefault("api_key", KEYS.get(provider, "test-key"))
    return resolve(Settings(provider, **settings), {})  # type: ignore[arg-type]
