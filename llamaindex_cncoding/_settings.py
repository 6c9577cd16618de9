"""The settings of an LLM: its fields, and which of them a single call may override."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

import httpx
from llama_index.core.llms.function_calling import FunctionCallingLLM
from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, field_serializer

from cncoding import (
    MASK,
    ConfigError,
    JsonObject,
    LimitSettings,
    RequestSettings,
    SecretHeaders,
    Vision,
    refuse_flag,
    refuse_unknown,
)

StructuredMode: TypeAlias = Literal["auto", "json_schema", "json_object", "function", "prompt"]
REQUEST = (*RequestSettings.model_fields, "vision")
"""Fields of the LLM that say what is asked; a call may override them."""
CONNECTION = (
    *("endpoint", "base_url", "wire", "timeout", "max_retries", "user_agent", "default_headers"),
    *LimitSettings.model_fields,
)
"""Fields that say whom is asked and how; a call may override them, too."""
CALL_ONLY = ("tools", "tool_choice", "parallel_tool_calls", "response_format", "extra_headers")
_OTHERWISE = "vendor fields go into extra_body="


def _read_retries(times: Any) -> Any:
    return 2 if times is None else refuse_flag(times)


class LLMSettings(RequestSettings, LimitSettings, FunctionCallingLLM):
    """Hold the settings of one LLM; what they connect to is in `_base.py`, the endpoints are in `llm.py`."""

    model_config = ConfigDict(
        arbitrary_types_allowed=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    provider: str
    """Id of the provider: glm, kimi, minimax, qwen, deepseek, wcode, unified, or one that a package registers."""
    api_key: SecretStr | Callable[[], str] | None = Field(default=None, exclude=True, repr=False)
    """The key, or a function that returns it. Without one the provider's environment variable is read, never stored."""
    endpoint: str | None = None
    """`coding`, `coding-global`, `api`, `api-global` ...; without it the key decides."""
    base_url: str | None = None
    """What the vendor's own SDK takes for this wire, instead of an endpoint's address."""
    wire: Literal["openai", "anthropic"] | None = None
    """Which protocol to speak, where the vendor has both."""
    timeout: float | tuple[float | None, ...] | httpx.Timeout | None = None
    """Seconds without a byte before giving up; also `(connect, read)` or an `httpx.Timeout`."""
    max_retries: Annotated[int, BeforeValidator(_read_retries)] = Field(default=2, ge=0)
    """How often a request that failed before its reply began is sent again."""
    default_headers: SecretHeaders = Field(default=None, repr=False)
    """Headers sent with every request. They are masked in dumps, because one may be a key."""
    user_agent: str | None = None
    """How the client names itself, instead of `cncoding/<version> llamaindex`."""
    http_client: Any = Field(default=None, exclude=True, repr=False)
    """Your own `httpx.Client`, for the methods that are not awaited."""
    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    """Your own `httpx.AsyncClient`, for the methods that are awaited."""
    context_window: int | None = Field(default=None, gt=0)
    """Tokens of input and output together; None is what is known of the model."""
    vision: Vision | None = None
    """What becomes of an image that the model cannot see: described (vlm), sent (native) or refused (error)."""
    promote_reasoning_when_empty: bool = False
    """Whether reasoning becomes the answer where a model ends without another one."""
    additional_kwargs: dict[str, Any] = Field(default_factory=dict)
    """Defaults of call arguments; names that are none go into the body."""
    structured_output_mode: StructuredMode = "auto"
    """How objects are asked for: auto, json_schema, json_object, function or prompt."""
    rate_limiter: Any = Field(default=None, exclude=True, repr=False)
    """Throttles calls."""

    @field_serializer("default_headers")
    def _mask_headers(self, headers: dict[str, str] | None) -> dict[str, str] | None:
        return None if headers is None else dict.fromkeys(headers, MASK)

    @field_serializer("timeout")
    def _list_timeout(self, timeout: Any) -> Any:
        return list(timeout.as_dict().values()) if isinstance(timeout, httpx.Timeout) else timeout


def refuse_unknown_settings(given: Iterable[str], owner: type[LLMSettings]) -> None:
    """Refuse arguments that the constructor does not have.

    Raises:
        ConfigError: For the first one; with the nearest name.
    """
    refuse_unknown(given, owner.model_fields, owner.__name__, _OTHERWISE)


def refuse_unknown_arguments(given: Iterable[str], owner: type[LLMSettings]) -> None:
    """Refuse arguments that a call does not have.

    Raises:
        ConfigError: For the first one; with the nearest name, or where a setting of the LLM belongs.
    """
    names = (*REQUEST, *CALL_ONLY)
    for name in given:
        if name in owner.model_fields and name not in names:
            raise ConfigError(f"{owner.__name__}.chat: {name} is a setting of the LLM; {owner.__name__}({name}=...)")
    refuse_unknown(given, names, f"{owner.__name__}.chat", _OTHERWISE)


def merge(base: Mapping[str, Any], more: Mapping[str, Any]) -> JsonObject:
    """Merge two JSON objects, the second wins; objects inside them are merged too."""
    merged = dict(base)
    for name, value in more.items():
        old = merged.get(name)
        merged[name] = merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
