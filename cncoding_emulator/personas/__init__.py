"""The vendors, one file each."""

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
