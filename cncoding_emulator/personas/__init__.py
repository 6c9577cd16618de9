"""The vendors, one file each."""

from ..persona import Persona
from . import deepseek, glm, kimi

ALL: tuple[Persona, ...] = (
    glm.PERSONA,
    kimi.PERSONA,
    deepseek.PERSONA,
)
