"""The vendors: ``<id>.toml`` says what is known, ``<id>.py`` how it behaves.

A persona builds on ``persona.py`` and the wire templates, never on the server; each vendor stands alone.
To add one: write both files and name it below.
"""

from ..persona import Persona
from . import deepseek, glm, kimi, minimax, qwen, unified, wcode

ALL: tuple[Persona, ...] = (
    glm.PERSONA,
    kimi.PERSONA,
    minimax.PERSONA,
    qwen.PERSONA,
    deepseek.PERSONA,
    wcode.PERSONA,
    unified.PERSONA,
)
PERSONAS: dict[str, Persona] = {persona.name: persona for persona in ALL}
