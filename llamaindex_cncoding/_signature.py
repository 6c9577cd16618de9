"""What the constructors take, for type checkers and editors; at run time the fields of the LLMs say it.

Pydantic's own signature would refuse `api_key="..."`, `stop="a"`, a positional model and the names of other packages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager
from llama_index.core.types import BaseOutputParser, PydanticProgramMode

from cncoding import AliasArguments, ConnectionArguments, LimitArguments, RequestArguments
from llamaindex_cncoding._settings import StructuredMode


class LLMArguments(RequestArguments, LimitArguments, ConnectionArguments, AliasArguments, total=False):
    """Keyword arguments of every LLM; the fields of `LLMSettings` tell what they mean."""

    context_window: int | None
    vision: Literal["vlm", "native", "error"] | None
    promote_reasoning_when_empty: bool
    additional_kwargs: Mapping[str, Any] | None
    structured_output_mode: StructuredMode
    rate_limiter: Any
    # of LlamaIndex
    callback_manager: CallbackManager | None
    system_prompt: str | None
    messages_to_prompt: Callable[[Sequence[ChatMessage]], str] | None
    completion_to_prompt: Callable[[str], str] | None
    output_parser: BaseOutputParser | None
    pydantic_program_mode: PydanticProgramMode
    query_wrapper_prompt: Any
