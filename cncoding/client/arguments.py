"""Settings of a model of a framework by keyword, for type checkers; `base.py` and the adapters check them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import httpx
from typing_extensions import TypedDict

from cncoding.client.base import Secret


class ConnectionArguments(TypedDict, total=False):
    """Whom to ask and how."""

    api_key: str | Secret | Callable[[], str] | None
    endpoint: str | None
    base_url: str | None
    wire: Literal["openai", "anthropic"] | None
    timeout: float | tuple[float | None, ...] | httpx.Timeout | None
    max_retries: int | None
    default_headers: Mapping[str, str] | None
    user_agent: str | None
    http_client: httpx.Client | None
    http_async_client: httpx.AsyncClient | None


class AliasArguments(TypedDict, total=False):
    """The same and settings of a request by the names that other packages give them."""

    model_name: str | None
    api_base: str | None
    request_timeout: float | tuple[float | None, ...] | httpx.Timeout | None
    stop_sequences: str | Sequence[str] | None
    max_completion_tokens: int | None
    model_kwargs: Mapping[str, Any] | None
    extra_headers: Mapping[str, str] | None
    enable_thinking: bool
    enable_search: bool
