"""A local stand-in for the chat APIs of GLM, Kimi, MiniMax, Qwen, DeepSeek, wcode and the unified gateway.

It knows the vendors, not this project's client: replies are literal templates written from vendor pages and
captures (see ``spec/``), requests are checked by the vendors' own rules.

    with Emulator() as emulator:
        os.environ.update(emulator.env())
"""

from .script import ScriptError
from .server import Emulator, serve
from .state import RequestRecord

__all__ = ["Emulator", "RequestRecord", "ScriptError", "serve"]
