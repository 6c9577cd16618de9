"""A local stand-in for the chat APIs of GLM, Kimi, MiniMax, Qwen, DeepSeek, wcode and the unified gateway.

It knows the vendors, not this project's client: replies are literal templates written from vendor pages and
captures (see ``spec/``), requests are checked by the vendors' own rules.

    with Emulator() as emulator:
        os.environ.update(emulator.env())
"""

from .listener import PortTakenError
from .remote import RemoteEmulator
from .reply import Call, Draft, Say, Think
from .request_log import RequestRecord
from .responder import Prompt, Responder
from .script import ScriptError
from .server import Emulator, serve

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
    "serve",
]
