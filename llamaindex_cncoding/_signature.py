"""What the constructors take, for type checkers and editors; at run time the fields of the LLMs say it.

Pydantic's own signature would refuse `api_key="..."`, `stop="a"`, a positional model and the names of other packages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import httpx
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager
from llama_index.core.types import BaseOutputParser, PydanticProgramMode
from pydantic import SecretStr

from cncoding import LimitArguments, RequestArguments
from llamaindex_cncoding._settings import StructuredMode


class LLMArguments(RequestArguments, LimitArguments, total=False):
    """Keyword arguments of every LLM; the fields of `LLMSettings` tell what they mean."""

    api_key: str | SecretStr | Callable[[], str] | None
    endpoint: str | None
    base_url: str | None
    wire: Literal["openai", "anthropic"] | None
    timeout: float | tuple[float | None, ...] | httpx.Timeout | None
    max_retries: int | None
    default_headers: Mapping[str, str] | None
    user_agent: str | None
    http_client: httpx.Client | None
    http_async_client: httpx.AsyncClient | None
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
    # names of other packages
    model_name: str | None
    api_base: str | None
    request_timeout: float | tuple[float | None, ...] | httpx.Timeout | None
    stop_sequences: str | Sequence[str] | None
    max_completion_tokens: int | None
    model_kwargs: Mapping[str, Any] | None
    extra_headers: Mapping[str, str] | None
    enable_thinking: bool
    enable_search: bool
