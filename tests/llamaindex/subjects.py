"""The integrations that the conformance suite is run against."""

from __future__ import annotations

import importlib
from typing import Any

from llama_index.core.llms.function_calling import FunctionCallingLLM

from cncoding_emulator import Emulator
from llamaindex_cncoding import CNCodingLLM
from tests.llamaindex.suite.kit import Door, Subject, key_for


def _ours(emulator: Emulator, door: Door, settings: dict[str, Any]) -> FunctionCallingLLM:
    return CNCodingLLM(
        provider=door.provider,
        wire=door.wire,
        base_url=emulator.base_url(door.provider, None, door.wire),  # type: ignore[arg-type]
        api_key=key_for(emulator, door.provider),
        max_retries=0,
        **settings,
    )


def _openai_like(emulator: Emulator, door: Door, settings: dict[str, Any]) -> FunctionCallingLLM:
    """The usual way to use these vendors from LlamaIndex: everything by hand, thinking as the vendor likes."""
    module = importlib.import_module("llama_index.llms.openai_like")
    known = {name: value for name, value in settings.items() if name in ("model", "max_tokens")}
    made: FunctionCallingLLM = module.OpenAILike(
        **{"model": door.model, **known},
        api_base=emulator.base_url(door.provider),
        api_key=key_for(emulator, door.provider),
        context_window=128_000,
        is_chat_model=True,
        is_function_calling_model=True,
        temperature=1.0,  # its own default is 0.1, which Kimi refuses
        max_retries=0,
    )
    return made


OURS = Subject("cncoding", _ours)
OPENAI_LIKE = Subject("OpenAILike", _openai_like, wires=("openai",))
