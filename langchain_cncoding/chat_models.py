"""The chat models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import httpx
from cncoding import AsyncClient, Client, Event, ModelCard, Thinking, __version__, providers
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput, ModelProfile
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator, model_validator
from typing_extensions import Self, override

from langchain_cncoding._binding import ToolLike, choice_form, tool_dict
from langchain_cncoding._blocks import model_provider
from langchain_cncoding._errors import CNCodingConfigError, dual_errors
from langchain_cncoding._events import Chunks, ProtocolEvents, whole_message
from langchain_cncoding._profiles import profile_of
from langchain_cncoding._requests import Call, read_call, settle_choice
from langchain_cncoding._settings import CLIENT_FIELDS, REQUEST_FIELDS, refuse_unknown, rename
from langchain_cncoding._structured import Method, structured
from langchain_cncoding._tokens import count_messages, count_text

_C = TypeVar("_C", Client, AsyncClient)
_UNFORCED = (None, "auto", "none")


class ChatCNCoding(BaseChatModel):
    """Chat with any provider of `cncoding`: `ChatCNCoding(provider="glm")`.

    The classes beside this one (`ChatGLM`, `ChatKimi`, ...) only preset the provider. Every field that says what
    is asked, and most that say whom, may be given per call too; the call wins over the instance, the instance over
    the provider's default, and None means "not sent".

    Reasoning is in `message.additional_kwargs["reasoning_content"]` and in the `reasoning` blocks of
    `message.content_blocks`; it goes back to the vendor unchanged in tool loops.

    Example:
        ```python
        model = ChatCNCoding(provider="kimi", thinking=True)
        model.invoke("Why is the sky blue?")
        ```

    Raises:
        CNCodingConfigError: At construction, when the key is missing or belongs elsewhere, or an argument is
            unknown; the text names the remedy.
    """

    provider: str
    """Id of the provider: glm, kimi, minimax, qwen, deepseek, wcode, unified, or one that a package registers."""
    model: str | None = None
    """Name of the model; filled in with the endpoint's default one. `model_name=` is understood too."""
    api_key: SecretStr | None = Field(default=None, repr=False)
    """The key. Without it the provider's environment variable is read, and never stored here."""
    endpoint: str | None = None
    """`coding`, `coding-global`, `api`, `api-global` ...; without it the key decides."""
    base_url: str | None = None
    """What the vendor's own SDK takes for this wire, instead of an endpoint's address."""
    wire: Literal["openai", "anthropic"] | None = None
    """Which protocol to speak, where the vendor has both."""
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    """Most tokens of the reply, reasoning included."""
    stop: list[str] | None = None
    """Texts that end the reply. `stop_sequences=` is understood too."""
    seed: int | None = None
    timeout: float | None = None
    """Seconds without a byte before giving up."""
    max_retries: int = 2
    """How often a request that failed before its reply began is sent again."""
    thinking: bool | None = None
    """Switch thinking on or off; None leaves it to the model."""
    thinking_budget: int | None = None
    """Most tokens to think with."""
    reasoning_effort: str | None = None
    """How hard to think, in one of the model's levels."""
    search: bool = False
    """Let the vendor search the web for the answer."""
    extra_body: dict[str, Any] | None = None
    """Members merged into the request as they are."""
    default_headers: dict[str, str] | None = Field(default=None, repr=False)
    """Headers sent with every request."""
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

        def __init__(self, **settings: Any) -> None:
            settings = rename(settings)
            refuse_unknown(settings, type(self).model_fields, type(self).__name__)
            try:
                super().__init__(**settings)
            except ValidationError as error:
                raise CNCodingConfigError(_explain(error, type(self).__name__)) from error
            with dual_errors():
                client = self._client()
            if self.model is None:
                self.model = client.model

    @field_validator("stop", mode="before")
    @classmethod
    def _one_stop(cls, stop: Any) -> Any:
        return [stop] if isinstance(stop, str) else stop

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
        if call:
            return make(**{**settings, **call}, framework="langchain")
        held = self._held.get(make.__name__)
        if held is None or held[0] != settings:
            self._held[make.__name__] = held = (settings, make(**settings, framework="langchain"))
        return held[1]  # type: ignore[no-any-return]

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

    def _get_llm_string(self, stop: list[str] | None = None, **kwargs: Any) -> str:
        """Make the cache key say where the answer comes from, also when the environment decided that."""
        own = sorted((name, repr(value)) for name, value in self._identifying_params.items())
        return f"{super()._get_llm_string(stop=stop, **kwargs)}---{own}"

    @override
    def _resolve_model_profile(self) -> ModelProfile | None:
        return profile_of(self.model_card(), self.tool_choices())

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

    # ------------------------------------------------------------ calls

    def _call(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]) -> Call:
        with dual_errors():
            call = read_call(self.__dict__, messages, stop, kwargs, type(self).__name__)
            request = call.request
            if request.tool_choice not in _UNFORCED:
                accepted = self._client(call.client).tool_choices(request.model, request.thinking)
                call = replace(call, request=settle_choice(request, accepted))
            return call

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call = self._call(messages, stop, kwargs)
        with dual_errors():
            return self._result(call, self._client(call.client).chat(call.request))

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call = self._call(messages, stop, kwargs)
        with dual_errors():
            return self._result(call, await self._async_client(call.client).chat(call.request))

    def _result(self, call: Call, reply: Any) -> ChatResult:
        message = whole_message(call.tidy(reply), self.provider, call.request.model, listed=call.listed)
        return ChatResult(generations=[ChatGeneration(message=message)])

    @override
    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        call = self._call(messages, stop, kwargs)
        chunks = Chunks(self.provider, call.request.model, listed=call.listed, usage=call.usage)
        for event in self._events(call):
            if chunk := chunks.feed(event):
                if run_manager:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call = self._call(messages, stop, kwargs)
        chunks = Chunks(self.provider, call.request.model, listed=call.listed, usage=call.usage)
        async with aclosing(self._aevents(call)) as events:
            async for event in events:
                if chunk := chunks.feed(event):
                    if run_manager:
                        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk

    def _stream_chat_model_events(
        self,
        messages: list[BaseMessage],
        *,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Yield native protocol events; LangChain looks this method up by its name."""
        call = self._call(messages, stop, kwargs)
        protocol = ProtocolEvents(self.provider, call.request.model)
        for event in self._events(call):
            yield from protocol.feed(event)

    async def _astream_chat_model_events(
        self,
        messages: list[BaseMessage],
        *,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """Yield native protocol events; LangChain looks this method up by its name."""
        call = self._call(messages, stop, kwargs)
        protocol = ProtocolEvents(self.provider, call.request.model)
        async with aclosing(self._aevents(call)) as events:
            async for event in events:
                for told in protocol.feed(event):
                    yield told

    def _events(self, call: Call) -> Iterator[Event]:
        """Yield the events of a reply; the HTTP stream is closed with the generator."""
        tidier = call.tidier()
        with dual_errors(), closing(self._client(call.client).stream(call.request)) as events:
            for event in events:
                if tidier is None:
                    yield event
                else:
                    yield from tidier.feed(event)

    async def _aevents(self, call: Call) -> AsyncIterator[Event]:
        """Yield the events of a reply; the HTTP stream is closed with the generator."""
        tidier = call.tidier()
        with dual_errors():
            async with aclosing(self._async_client(call.client).stream(call.request)) as events:
                async for event in events:
                    for kept in (event,) if tidier is None else tidier.feed(event):
                        yield kept

    # ------------------------------------------------------------ tools and structured output

    @override
    def bind_tools(
        self,
        tools: Sequence[ToolLike],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools to the model.

        Args:
            tools: Pydantic classes, functions, LangChain tools, OpenAI or Anthropic tool dicts, JSON Schemas with
                a title, or a vendor's own tools as JSON (those are passed on unchanged).
            tool_choice: `"auto"`, `"none"`, `"any"` (also `"required"` and `True`), a tool's name, or a dict in
                OpenAI's or Anthropic's form. A forced choice that the endpoint refuses while the model thinks is
                degraded to auto, per call and with a warning.
            strict: Ask for arguments that fit the schema exactly; sent only where the endpoint takes it.
            parallel_tool_calls: Whether the model may call several tools at once.
            **kwargs: Anything else to bind, for example `response_format`.

        Raises:
            CNCodingConfigError: `tool_choice` names a tool that is not bound.
        """
        forms = [tool_dict(tool, strict) for tool in tools]
        bound: dict[str, Any] = {"tools": forms}
        if (choice := choice_form(tool_choice, forms)) is not None:
            bound["tool_choice"] = choice
        if parallel_tool_calls is not None:
            bound["parallel_tool_calls"] = parallel_tool_calls
        return self.bind(**bound, **kwargs)

    @override
    def with_structured_output(
        self,
        schema: Any = None,
        *,
        method: Method | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]:
        """Return a runnable that answers with an object instead of a message.

        Args:
            schema: A Pydantic class (1 or 2), a `TypedDict`, a JSON Schema or an OpenAI tool; may be left out with
                `method="json_mode"`.
            method: `function_calling`, `json_schema` or `json_mode`; None takes the first that works, in this
                order: a forced tool call, a native JSON schema, a tool call that the model may also refuse.
            include_raw: Answer with `{"raw", "parsed", "parsing_error"}` instead, and never raise for the parsing.
            strict: Ask for output that fits the schema exactly, where the endpoint takes it.
            **kwargs: Anything else to bind.
        """
        return structured(self, schema, method, include_raw=include_raw, strict=strict, **kwargs)


def _explain(error: ValidationError, where: str) -> str:
    """Name the wrong fields without their values: one may be a key."""
    wrong = "; ".join(f"{'.'.join(str(step) for step in item['loc'])}: {item['msg']}" for item in error.errors())
    return f"{where} got a wrong argument: {wrong}"


class ChatGLM(ChatCNCoding):
    """Chat with GLM (Zhipu, Z.ai). Key: `ZAI_API_KEY`."""

    provider: str = "glm"


class ChatKimi(ChatCNCoding):
    """Chat with Kimi (Moonshot AI). Key: `KIMI_API_KEY` for the plan, `MOONSHOT_API_KEY` for the api endpoints."""

    provider: str = "kimi"


class ChatMiniMax(ChatCNCoding):
    """Chat with MiniMax. Key: `MINIMAX_API_KEY`."""

    provider: str = "minimax"
    vision: Literal["vlm", "native", "error"] | None = None
    """What becomes of an image: described by the plan's vision model, sent as it is, or refused."""


class ChatQwen(ChatCNCoding):
    """Chat with Qwen (Alibaba Cloud Model Studio). Key: `ALIBABA_CODING_PLAN_API_KEY` or `DASHSCOPE_API_KEY`."""

    provider: str = "qwen"


class ChatDeepSeek(ChatCNCoding):
    """Chat with DeepSeek. Key: `DEEPSEEK_API_KEY`."""

    provider: str = "deepseek"


class ChatWCode(ChatCNCoding):
    """Chat through the wcode gateway. Key: `WCODE_API_KEY`."""

    provider: str = "wcode"


class ChatUnified(ChatCNCoding):
    """Chat through the unified gateway. Key: `UNIFIED_API_KEY`; base URL: `UNIFIED_BASE_URL`."""

    provider: str = "unified"
