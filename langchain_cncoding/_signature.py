"""What the constructors take, for type checkers and editors; at run time the fields of the models say it.

Pydantic's own signature would refuse `api_key="..."`, `stop="a"`, a positional model and the names of other packages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import httpx
from langchain_core.caches import BaseCache
from langchain_core.callbacks import Callbacks
from langchain_core.language_models import ModelProfile
from langchain_core.rate_limiters import BaseRateLimiter
from pydantic import SecretStr

from cncoding import LimitArguments, RequestArguments


class ModelArguments(RequestArguments, LimitArguments, total=False):
    """Keyword arguments of every chat model; the fields of `ModelBase` tell what they mean."""

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
    streaming: bool
    stream_usage: bool
    # of LangChain
    output_version: str | None
    profile: ModelProfile | None
    rate_limiter: BaseRateLimiter | None
    disable_streaming: bool | Literal["tool_calling"]
    cache: BaseCache | bool | None
    verbose: bool
    callbacks: Callbacks
    tags: list[str] | None
    metadata: dict[str, Any] | None
    name: str | None
    custom_get_token_ids: Callable[[str], list[int]] | None
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


class MiniMaxArguments(ModelArguments, total=False):
    """Those of MiniMax."""

    vision: Literal["vlm", "native", "error"] | None
