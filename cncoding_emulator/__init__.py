"""A local stand-in for the APIs of GLM, Kimi, MiniMax, Qwen, DeepSeek, wcode and the unified gateway.

    with Emulator() as emulator:
        os.environ.update(emulator.env())

A request goes recorder -> chat (rules of a persona) -> responder or script -> wire template -> deliver. What is known
of a vendor stands in ``personas/*.toml``. Nothing here imports ``cncoding``: it knows the vendors, not us.
"""

from .breaking import cancel_at_every_await, cut_at_every_write, kill_at_every_write
from .cli import main
from .listener import PortTakenError
from .remote import RemoteEmulator
from .reply import Call, Draft, Say, Think
from .request_log import RequestRecord
from .responder import Prompt, Responder
from .script import ScriptError
from .server import Emulator

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
