"""The settings of an LLM: its fields, and which of them a single call may override."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias

from llama_index.core.bridge.pydantic import ConfigDict, Field, SecretStr
from llama_index.core.llms.function_calling import FunctionCallingLLM

from cncoding import Vision

StructuredMode: TypeAlias = Literal["auto", "json_schema", "json_object", "function", "prompt"]
REQUEST = (
    "model", "temperature", "top_p", "max_tokens", "stop", "seed", "thinking", "thinking_budget",
    "reasoning_effort", "search", "vision", "force_without_thinking",
)  # fmt: skip
"""Fields of the LLM that say what is asked; a call may override them."""
CONNECTION = ("endpoint", "base_url", "wire", "timeout", "max_retries", "user_agent", "default_headers")
"""Fields that say whom is asked and how; a call may override them, too."""


class LLMSettings(FunctionCallingLLM):
    """Hold the settings of one LLM; what they connect to is in `_base.py`, the endpoints are in `llm.py`."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid", hide_input_in_errors=True)

    provider: str = Field(description="Id of the provider, for example kimi.")
    model: str | None = Field(default=None, description="Model id; None is the endpoint's default.")
    api_key: SecretStr | None = Field(
        default=None, description="Key; None reads the provider's environment variable.", exclude=True, repr=False
    )
    endpoint: str | None = Field(default=None, description="Endpoint by name; None lets the key decide.")
    base_url: str | None = Field(default=None, description="What the vendor's own SDK of that wire takes.")
    wire: Literal["openai", "anthropic"] | None = Field(default=None, description="None is the provider's usual wire.")
    temperature: float | None = Field(default=None, description="None is not sent.")
    top_p: float | None = Field(default=None, description="None is not sent.")
    max_tokens: int | None = Field(default=None, description="Most tokens of output.", gt=0)
    stop: str | list[str] | None = Field(default=None, description="Texts that end the answer.")
    seed: int | None = Field(default=None, description="None is not sent.")
    timeout: float | None = Field(default=None, description="Seconds of silence that are too many.")
    max_retries: int = Field(default=2, description="Retries before the first byte of an answer.", ge=0)
    thinking: bool | None = Field(default=None, description="Whether to think; None leaves it to the vendor.")
    thinking_budget: int | None = Field(default=None, description="Most tokens of thinking.")
    reasoning_effort: str | None = Field(default=None, description="How hard to think, for example high.")
    search: bool = Field(default=False, description="Whether the vendor's built-in web search is on.")
    extra_body: dict[str, Any] = Field(default_factory=dict, description="Merged into the body last, unchecked.")
    default_headers: dict[str, str] = Field(default_factory=dict, description="Sent with every request.", repr=False)
    user_agent: str | None = Field(default=None, description="None says cncoding and its version.")
    http_client: Any = Field(default=None, description="An httpx.Client to use.", exclude=True, repr=False)
    http_async_client: Any = Field(default=None, description="An httpx.AsyncClient to use.", exclude=True, repr=False)
    context_window: int | None = Field(default=None, description="Tokens; None is what is known of the model.", gt=0)
    vision: Vision | None = Field(
        default=None, description="What becomes of images: vlm, native or error; None is what the model's card says."
    )
    promote_reasoning_when_empty: bool = Field(
        default=False, description="Whether reasoning becomes the answer where a model ends without another one."
    )
    additional_kwargs: dict[str, Any] = Field(
        default_factory=dict, description="Defaults of call arguments; names that are none go into the body."
    )
    structured_output_mode: StructuredMode = Field(
        default="auto", description="How objects are asked for: auto, json_schema, json_object, function or prompt."
    )
    force_without_thinking: bool = Field(
        default=False,
        description="Whether thinking may be off for a call that forces a tool, where the model takes that only then.",
    )
    rate_limiter: Any = Field(default=None, description="Throttles calls.", exclude=True, repr=False)

    own_settings: ClassVar[tuple[str, ...]] = ()
    """Request settings that only a subclass has; it has a field for each."""
