"""Make the target of a provider without an environment."""

from __future__ import annotations

from cncoding.registry import Settings, own_providers, resolve
from cncoding.target import Target

PROVIDERS = tuple(own_providers())
WIRES = tuple(
    (provider.id, wire)
    for provider in own_providers().values()
    for wire in dict.fromkeys(name for endpoint in provider.endpoints for name in endpoint.wires)
)
"""Every provider on every wire that it speaks."""
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
