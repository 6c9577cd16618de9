"""The vendors: ``<id>.toml`` says what is known, ``<id>.py`` how it behaves.

A persona builds on ``persona.py`` and the wire templates, never on the server; each vendor stands alone.
To add one: write both files; every module here with a ``PERSONA`` is served.
"""

from importlib import import_module
from pkgutil import iter_modules

from ..persona import Persona

_MODULES = tuple(import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
ALL: tuple[Persona, ...] = tuple(
    module.PERSONA for module in _MODULES if isinstance(getattr(module, "PERSONA", None), Persona)
)
PERSONAS: dict[str, Persona] = {persona.name: persona for persona in ALL}
