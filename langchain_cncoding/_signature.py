"""What the constructors take, for type checkers and editors; at run time the fields of the models say it.

Pydantic's own signature would refuse `api_key="..."`, `stop="a"`, a positional model and the names of other packages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from langchain_core.caches import BaseCache
from langchain_core.callbacks import Callbacks
from langchain_core.language_models import ModelProfile
from langchain_core.rate_limiters import BaseRateLimiter

from cncoding import AliasArguments, ConnectionArguments, LimitArguments, RequestArguments


class ModelArguments(RequestArguments, LimitArguments, ConnectionArguments, AliasArguments, total=False):
    """Keyword arguments of every chat model; the fields of `ModelBase` tell what they mean."""

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


class MiniMaxArguments(ModelArguments, total=False):
    """Those of MiniMax."""

    vision: Literal["vlm", "native", "error"] | None
