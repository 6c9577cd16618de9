"""A local stand-in for the APIs of GLM, Kimi, MiniMax, Qwen, DeepSeek, wcode and the unified gateway.

A request goes recorder -> chat (rules of a persona) -> responder or script -> wire template -> deliver. What is known
of a vendor stands in ``personas/*.toml``. Nothing here imports ``cncoding``: it knows the vendors, not us.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .breaking import cancel_at_every_await, cut_at_every_write, kill_at_every_write
    from .cli import main
    from .listener import PortTakenError
    from .remote import RemoteEmulator
    from .reply import Call, Draft, Say, Think
    from .request_log import RequestRecord
    from .responder import Prompt, Responder
    from .script import ScriptError
    from .server import Emulator

# Imported when first used: pytest loads the plugin in every run of every project that has this package.
_HOMES = {
    "Call": "reply",
    "Draft": "reply",
    "Emulator": "server",
    "PortTakenError": "listener",
    "Prompt": "responder",
    "RemoteEmulator": "remote",
    "RequestRecord": "request_log",
    "Responder": "responder",
    "Say": "reply",
    "ScriptError": "script",
    "Think": "reply",
    "cancel_at_every_await": "breaking",
    "cut_at_every_write": "breaking",
    "kill_at_every_write": "breaking",
    "main": "cli",
}
__all__ = [
    "Call",
    "Draft",
    "Emulator",
    "PortTakenError",
    "Prompt",
    "RemoteEmulator",
    "RequestRecord",
    "Responder",
    "Say",
    "ScriptError",
    "Think",
    "cancel_at_every_await",
    "cut_at_every_write",
    "kill_at_every_write",
    "main",
]


def __getattr__(name: str) -> Any:
    """Import a name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
