"""The signature for type checkers; tests/langchain/test_typing.py has them read `typing_program.py`."""

from __future__ import annotations

from cncoding import ALIASES
from llamaindex_cncoding import GLM
from llamaindex_cncoding._signature import LLMArguments


def test_the_signature_for_type_checkers_has_every_field() -> None:
    fields = set(GLM.model_fields) - {"provider", "model"}
    told = LLMArguments.__annotations__.keys()
    assert fields <= told
    assert told - fields <= ALIASES.keys()
