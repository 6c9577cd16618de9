"""The settings of an LLM, how they are kept, and the clients made of them."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, Literal, TypeVar

from llama_index.core.base.llms.types import LLMMetadata
from llama_index.core.bridge.pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_serializer,
)
from llama_index.core.llms.function_calling import FunctionCallingLLM
from typing_extensions import Self

from cncoding import AsyncClient, Client, CncodingWarning, ConfigError, ModelCard, Thinking
from cncoding.types import Vision
from llamaindex_cncoding._errors import invalid_settings, unknown_argument
from llamaindex_cncoding._request import CONNECTION
from llamaindex_cncoding._structured import StructuredMode

DEFAULT_CONTEXT = 128_000
"""Tokens, for models that nobody described."""
_OF_THE_PROCESS = ("http_client", "http_async_client", "callback_manager", "rate_limiter")
"""Fields that hold live objects: copies share them, pickles leave them out."""
_SECRET_HEADERS = ("authorization", "api-key", "x-api-key", "cookie", "proxy-authorization")
_Kind = TypeVar("_Kind", Client, AsyncClient)

_lenient: ContextVar[bool] = ContextVar("cncoding_lenient", default=False)


@contextmanager
def _without_key_check() -> Iterator[None]:
    """Let an LLM be made without its key, which dumps do not hold; the first call will ask for it."""
    token = _lenient.set(True)
    try:
        yield
    finally:
        _lenient.reset(token)


class ConnectedLLM(FunctionCallingLLM):
    """Hold the settings of one LLM and the clients that they make; the endpoints are in `llm.py`."""

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
    rate_limiter: Any = Field(default=None, description="Throttles calls.", exclude=True, repr=False)

    own_settings: ClassVar[tuple[str, ...]] = ()
    """Request settings that only a subclass has; it has a field for each."""

    _clients: dict[type, tuple[Any, Any]] = PrivateAttr(default_factory=dict)

    def __init__(self, model: str | None = None, **settings: Any) -> None:
        """Check the settings and find the endpoint and the key; nothing is sent.

        Args:
            model: Model id, None for the endpoint's default.
            **settings: The fields.

        Raises:
            ConfigError: A setting is unknown or wrong, or there is no key.
        """
        owner = type(self).__name__
        settings.pop("class_name", None)  # dumps of LlamaIndex carry it
        for name in settings:
            if name not in type(self).model_fields:
                raise unknown_argument(owner, name, type(self).model_fields)
        try:
            super().__init__(model=model, **{k: v for k, v in settings.items() if v is not None})
        except ValidationError as error:
            raise invalid_settings(owner, error) from None
        for name in ("http_client", "http_async_client"):
            if (own := getattr(self, name)) is not None and not hasattr(own, "send"):
                raise ConfigError(f"{owner}: {name}: is {type(own).__name__}; give a client of httpx")
        try:
            self.model = self._connect(Client).model
            if self.http_async_client is not None:
                self._connect(AsyncClient)
        except ConfigError:
            if not _lenient.get():
                raise

    @classmethod
    def class_name(cls) -> str:
        """Return the id of this class in dumps; LlamaIndex looks for "multi" in it."""
        field = cls.model_fields.get("provider")
        provider = f"{field.default}_" if field is not None and not field.is_required() else ""
        return f"cncoding_{provider}multi_modal_llm"

    # ------------------------------------------------------------ dumps and copies

    @field_serializer("default_headers")
    def _without_secrets(self, headers: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in headers.items() if name.lower() not in _SECRET_HEADERS}

    @classmethod
    def from_dict(cls, data: dict[str, Any], **kwargs: Any) -> Self:
        """Make an LLM from `to_dict()`; the key comes from the environment, or as `api_key=`."""
        with _without_key_check():
            return super().from_dict(data, **kwargs)

    def __getstate__(self) -> dict[str, Any]:
        """Leave live objects out of pickles; a key that was passed by hand stays in."""
        for name in ("http_client", "http_async_client"):
            if getattr(self, name) is not None:
                warnings.warn(f"{name}: a pickle cannot hold it; set it again", CncodingWarning, stacklevel=2)
        return {"__dict__": {k: v for k, v in self.__dict__.items() if k not in _OF_THE_PROCESS}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make the LLM again from its settings."""
        with _without_key_check():
            self.__init__(**state["__dict__"])  # type: ignore[misc]  # how BaseComponent restores, too

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy the settings; live objects are shared."""
        with _without_key_check():
            return type(self)(
                **{k: v if k in _OF_THE_PROCESS else copy.deepcopy(v, memo) for k, v in self.__dict__.items()}
            )

    # ------------------------------------------------------------ clients and what is known of the model

    def _for_call(self, call: dict[str, Any]) -> tuple[Self, dict[str, Any]]:
        """Return the LLM that a call asks, which has the call's connection settings, and the call's other arguments."""
        own = {name: call[name] for name in CONNECTION if call.get(name) is not None}
        rest = {name: value for name, value in call.items() if name not in CONNECTION}
        return (type(self)(**{**self.__dict__, **own}) if own else self), rest

    def _connect(self, kind: type[_Kind]) -> _Kind:
        """Return a client of that kind for the present settings; it is kept until they change."""
        http = self.http_client if kind is Client else self.http_async_client
        settings: dict[str, Any] = {
            "model": self.model,
            "api_key": self.api_key,
            "endpoint": self.endpoint,
            "base_url": self.base_url,
            "wire": self.wire,
            "timeout": self.timeout,
            "max_retries": self.max_retries,
            "user_agent": self.user_agent,
            "default_headers": dict(self.default_headers),
            "http_client": http,
        }
        kept = self._clients.get(kind)
        if kept is not None and kept[0] == (self.provider, settings):
            client: _Kind = kept[1]
            return client
        client = kind(self.provider, framework="llamaindex", **settings)
        self._clients[kind] = ((self.provider, settings), client)
        return client

    def card(self, model: str | None = None) -> ModelCard:
        """Return what is known of a model, of this LLM's if none is named; never raises."""
        try:
            return self._connect(Client).card(model)
        except ConfigError:
            return ModelCard(id=model or self.model or "unknown", known=False)

    def tool_choices(self, model: str | None = None, thinking: Thinking | None = None) -> frozenset[str]:
        """Return the tool choices that the endpoint takes: subset of auto, none, required, named.

        Raises:
            ConfigError: There is no key.
        """
        return self._connect(Client).tool_choices(model, thinking)

    @property
    def metadata(self) -> LLMMetadata:
        """Tell LlamaIndex what the model can do; never raises and never asks anybody."""
        card = self.card()
        return LLMMetadata(
            context_window=self.context_window or card.context or DEFAULT_CONTEXT,
            num_output=self.max_tokens or -1,
            is_chat_model=True,
            is_function_calling_model=card.tools,
            model_name=self.model or card.id,
        )
