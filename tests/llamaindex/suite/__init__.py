"""A conformance suite for LlamaIndex LLMs, which LlamaIndex itself does not have.

An integration joins with one factory function, see `Subject`; what it then has to do is in the modules of this
package, one function per behaviour. Replies come from a scripted server over real sockets.
"""

from tests.llamaindex.suite import agents, multimodal, reasoning, structured, surface, tools
from tests.llamaindex.suite.kit import BEHAVIOURS, Behaviour, Door, Kit, Mode, Subject, doors

BEHAVIOURS.sort(key=lambda behaviour: behaviour.id)

__all__ = [
    "BEHAVIOURS", "Behaviour", "Door", "Kit", "Mode", "Subject",
    "agents", "doors", "multimodal", "reasoning", "structured", "surface", "tools",
]  # fmt: skip
