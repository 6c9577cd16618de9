"""A local stand-in for the chat APIs of GLM, Kimi, MiniMax, Qwen, DeepSeek, wcode and the unified gateway.

It knows the vendors, not this project's client: replies are literal templates written from vendor pages and
captures (see ``spec/``), requests are checked by the vendors' own rules.

    with Emulator() as emulator:
        os.environ.update(emulator.env())
"""

from .reply import Call, Draft, Say, Think
from .responder import Prompt, Responder
from .script import ScriptError
from .server import Emulator, serve
from .state import RequestRecord

__all__ = ["Call", "Draft", "Emulator", "Prompt", "RequestRecord", "Responder", "Say", "ScriptError", "Think", "serve"]
