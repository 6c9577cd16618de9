"""Fields, construction and copies of a chat model: everything about the object, nothing about a call."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, cast

import httpx
from langchain_core.language_models import ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import BaseMessage
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_serializer,
    model_validator,
)
from typing_extensions import Self, override

from cncoding import (
    MASK,
    AsyncClient,
    Client,
    ConfigError,
    LimitSettings,
    ModelCard,
    RequestSettings,
    SecretHeaders,
    Thinking,
    __version__,
    call_for_key,
    explain_invalid,
    forget_frames,
    providers,
    refuse_flag,
    refuse_unknown,
    rename_settings,
    wrap_secrets,
)
from langchain_cncoding._binding import ToolLike
from langchain_cncoding._blocks import model_provider
from langchain_cncoding._errors import CNCodingConfigError, dual_errors
from langchain_cncoding._profiles import profile_of
from langchain_cncoding._settings import CLIENT_FIELDS, OTHERWISE, REQUEST_FIELDS
from langchain_cncoding._tokens import count_messages, count_text

_C = TypeVar("_C", Client, AsyncClient)


def _read_retries(times: Any) -> Any:
    return 2 if times is None else refuse_flag(times)


_HEADERS = ("default_headers", "extra_headers")


def _wrap_headers(kwargs: dict[str, Any], instead: str | None = None) -> dict[str, Any]:
    """Return the arguments of a call with the values of headers in a wrapper, or with `instead` in their place."""
    return {
        name: {key: instead or _secret(one) for key, one in value.items()}
        if name in _HEADERS and isinstance(value, Mapping)
        else value
        for name, value in kwargs.items()
    }


def _secret(value: Any) -> SecretStr:
    return value if isinstance(value, SecretStr) else SecretStr(value)


def _plain(headers: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    return sorted((name, _secret(value).get_secret_value()) for name, value in (headers or {}).items())


class ModelBase(RequestSettings, LimitSettings, BaseChatModel):
    """What every chat model of this package is, before it is asked anything."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    provider: str
    """Id of the provider: glm, kimi, minimax, qwen, deepseek, wcode, unified, or one that a package registers."""
    api_key: SecretStr | Callable[[], str] | None = Field(default=None, repr=False)
    """The key, or a function that returns it. Without one the provider's environment variable is read, never stored."""
    endpoint: str | None = None
    """`coding`, `coding-global`, `api`, `api-global` ...; without it the key decides."""
    base_url: str | None = None
    """What the vendor's own SDK takes for this wire, instead of an endpoint's address."""
    wire: Literal["openai", "anthropic"] | None = None
    """Which protocol to speak, where the vendor has both."""
    timeout: float | tuple[float | None, ...] | httpx.Timeout | None = None
    """Seconds without a byte before giving up; also `(connect, read)` or an `httpx.Timeout`."""
    max_retries: Annotated[int, BeforeValidator(_read_retries)] = 2
    """How often a request that failed before its reply began is sent again."""
    default_headers: SecretHeaders = Field(default=None, repr=False)
    """Headers sent with every request. They are masked in dumps, because one may be a key."""
    user_agent: str | None = None
    """How the client names itself, instead of `cncoding/<version> langchain`."""
    http_client: httpx.Client | None = Field(default=None, exclude=True, repr=False)
    """Your own HTTP client, for `invoke` and `stream`."""
    http_async_client: httpx.AsyncClient | None = Field(default=None, exclude=True, repr=False)
    """Your own HTTP client, for `ainvoke` and `astream`."""
    streaming: bool = False
    """Stream under `invoke` too."""
    stream_usage: bool = True
    """Tell the token counts at the end of a stream."""

    _held: dict[str, Any] = PrivateAttr(default_factory=dict)
    """The core's clients with the settings that they were made for; made anew when those change."""

    # ------------------------------------------------------------ construction

    if not TYPE_CHECKING:  # type checkers see the fields instead

        def __init__(self, model: str | None = None, **settings: Any) -> None:
            if model is not None:
                settings["model"] = model
            known, owner = type(self).model_fields, type(self).__name__
            settings = wrap_secrets(rename_settings(settings, known))
            try:
                with dual_errors():
                    refuse_unknown(settings, known, owner, OTHERWISE)
                super().__init__(**settings)
                with dual_errors():
                    client = self._client()
            except ValidationError as error:
                # Not chained: pydantic's text shows what was given, and that may be a key.
                raise CNCodingConfigError(explain_invalid(error, owner)) from None
            except ConfigError as error:
                raise forget_frames(error) from None
            if self.model is None:
                self.model = client.model

        def bind(self, **kwargs: Any) -> Any:
            """Bind arguments of a call; headers among them are kept out of dumps and traces."""
            return super().bind(**_wrap_headers(kwargs))

    @field_serializer("timeout", when_used="json")
    def _write_timeout(self, timeout: Any) -> Any:
        return list(timeout.as_dict().values()) if isinstance(timeout, httpx.Timeout) else timeout

    @field_serializer("api_key", when_used="json")
    def _mask_key(self, key: Any) -> str | None:
        return None if key is None else MASK

    @model_validator(mode="after")
    def _set_cncoding_version(self) -> Self:
        self._add_version("cncoding", __version__)
        return self

    def _client(self, call: Mapping[str, Any] | None = None) -> Client:
        return self._reuse(Client, self.http_client, call)

    def _async_client(self, call: Mapping[str, Any] | None = None) -> AsyncClient:
        return self._reuse(AsyncClient, self.http_async_client, call)

    def _reuse(self, make: type[_C], http_client: Any, call: Mapping[str, Any] | None) -> _C:
        """Return the core's client for the settings as they are now."""
        settings = {name: self.__dict__[name] for name in (*CLIENT_FIELDS, "provider", "api_key", "model")}
        settings["http_client"] = http_client
        if callable(key := settings["api_key"]):
            settings["api_key"] = call_for_key(key)
        if call:
            if isinstance(more := call.get("default_headers"), Mapping):
                call = {**call, "default_headers": {**(self.default_headers or {}), **more}}
            return make(**{**settings, **call}, framework="langchain")
        held = self._held.get(make.__name__)
        if held is None or held[0] != settings:
            self._held[make.__name__] = held = (settings, make(**settings, framework="langchain"))
        return held[1]

    # ------------------------------------------------------------ copies, pickles, dumps

    def __copy__(self) -> Self:
        """Copy without the clients, so that a copy with other settings makes its own."""
        copy = super().__copy__()
        copy._held = {}
        copy.__dict__.pop("_serialized", None)
        return copy

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """Copy deeply, but share what holds sockets or locks: your HTTP clients and the rate limiter."""
        memo = {} if memo is None else memo
        for shared in (self.http_client, self.http_async_client, self.rate_limiter):
            if shared is not None:
                memo[id(shared)] = shared
        memo[id(self._held)] = {}
        return super().__deepcopy__(memo)

    def __getstate__(self) -> dict[Any, Any]:
        """Leave the clients out: they hold sockets, and a key that may come from the environment."""
        state = dict(super().__getstate__())
        state["__dict__"] = {name: value for name, value in self.__dict__.items() if name != "_serialized"}
        state["__pydantic_private__"] = {**(self.__pydantic_private__ or {}), "_held": {}}
        return state

    @override
    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy with other settings; a profile that was not given by hand follows the new model."""
        followed = "profile" not in (update or {}) and self.profile == self._resolve_model_profile()
        copy = super().model_copy(update=update, deep=deep)
        if update and followed:
            copy.profile = copy._resolve_model_profile()
        return copy

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @property
    @override
    def lc_attributes(self) -> dict[str, Any]:
        """What a dump says of settings that are secret, or that JSON cannot hold."""
        said: dict[str, Any] = {}
        if self.default_headers:
            said["default_headers"] = dict.fromkeys(self.default_headers, MASK)
        if isinstance(self.timeout, httpx.Timeout):
            said["timeout"] = list(self.timeout.as_dict().values())
        return said

    @property
    @override
    def lc_secrets(self) -> dict[str, str]:
        endpoint = providers()[self.provider].endpoint(self._client().endpoint_name)
        return {"api_key": endpoint.key_env[0].partition(":")[0]} if endpoint.key_env else {}

    # ------------------------------------------------------------ what the model is

    @property
    def model_name(self) -> str:
        """The model's name, as other chat models call it."""
        return self.model or ""

    @property
    @override
    def _llm_type(self) -> str:
        return model_provider(self.provider)

    @property
    @override
    def _identifying_params(self) -> dict[str, Any]:
        client = self._client()
        asked = {name: self.__dict__.get(name) for name in REQUEST_FIELDS}
        return {
            "provider": self.provider,
            "endpoint": client.endpoint_name,
            "wire": client.wire_name,
            "base_url": client.base_url,
            **{name: value for name, value in asked.items() if value is not None},
        }

    @override
    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop or self.stop, **kwargs)
        params["ls_provider"] = model_provider(self.provider)
        return params

    @override
    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        return super()._get_invocation_params(stop=stop, **_wrap_headers(kwargs, MASK))

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        """Make the cache key say where the answer comes from, also when the environment decided that.

        Headers may name another account: they are told apart by a digest.
        """
        own = sorted((name, repr(value)) for name, value in self._identifying_params.items())
        headers = [self.default_headers, *(kwargs.get(name) for name in _HEADERS)]
        digest = hashlib.blake2b(repr([_plain(one) for one in headers]).encode(), digest_size=8).hexdigest()
        return f"{super()._get_llm_string(stop=stop, **_wrap_headers(kwargs, MASK))}---{own}---{digest}"

    @override
    def _resolve_model_profile(self) -> ModelProfile | None:
        return profile_of(self.model_card(), self.tool_choices())

    def _lower_limits(self) -> None:
        """Take a ceiling that an error told into the profile, so that trimming knows it; none is ever raised."""
        card, told = self.model_card(), dict(self.profile or {})
        for name, limit in (("max_input_tokens", card.input_limit), ("max_output_tokens", card.max_output)):
            known = told.get(name)
            ours = "name" in told  # a profile given by hand may say only some things, and keeps to them
            if limit is not None and (known > limit if isinstance(known, int) else ours):
                told[name] = limit
        if told != (self.profile or {}):
            self.profile = cast("ModelProfile", told)

    def model_card(self) -> ModelCard:
        """Return what the core knows of the model on its endpoint."""
        return self._client().card(self.model)

    def tool_choices(self) -> frozenset[str]:
        """Return which of auto, none, required and named the endpoint takes for the model as it thinks here."""
        return self._client().tool_choices(self.model, self._thinking())

    def _thinking(self) -> Thinking:
        return Thinking(self.thinking, self.reasoning_effort, self.thinking_budget)

    @override
    def get_num_tokens(self, text: str) -> int:
        """Return about how many tokens a text is, without a tokenizer: within 15 % on Chinese and English."""
        return super().get_num_tokens(text) if self.custom_get_token_ids else count_text(text)

    @override
    def get_num_tokens_from_messages(
        self, messages: Sequence[BaseMessage], tools: Sequence[ToolLike] | None = None
    ) -> int:
        """Return about how many tokens a conversation is, with its reasoning, tool calls, tools and media."""
        return count_messages(messages, tools)
