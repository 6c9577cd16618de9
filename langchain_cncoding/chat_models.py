"""The chat models."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Sequence
from contextlib import aclosing, closing
from typing import Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from typing_extensions import override

from cncoding import ChatResponse, Event
from langchain_cncoding._binding import ToolLike, choice_form, tool_dict
from langchain_cncoding._errors import dual_errors
from langchain_cncoding._events import Chunks, ProtocolEvents, whole_message
from langchain_cncoding._model import ModelBase
from langchain_cncoding._requests import Call, read_call
from langchain_cncoding._structured import Method, structured


class ChatCNCoding(ModelBase):
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

    # ------------------------------------------------------------ calls

    def _call(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: dict[str, Any]) -> Call:
        with dual_errors():
            return read_call(self.__dict__, messages, stop, kwargs, type(self).__name__)

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

    def _result(self, call: Call, reply: ChatResponse) -> ChatResult:
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
        with closing(self._events(call)) as events:
            for event in events:
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
        protocol = ProtocolEvents(self.provider, call.request.model, usage=call.usage)
        with closing(self._events(call)) as events:
            for event in events:
                if run_manager and run_manager.handlers and (chunk := protocol.token(event)):
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
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
        protocol = ProtocolEvents(self.provider, call.request.model, usage=call.usage)
        async with aclosing(self._aevents(call)) as events:
            async for event in events:
                if run_manager and run_manager.handlers and (chunk := protocol.token(event)):
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                for told in protocol.feed(event):
                    yield told

    def _events(self, call: Call) -> Generator[Event, None, None]:
        """Yield the events of a reply; the HTTP stream is closed with the generator."""
        tidier = call.tidier()
        with dual_errors(), closing(self._client(call.client).stream(call.request)) as events:
            for event in events:
                if tidier is None:
                    yield event
                else:
                    yield from tidier.feed(event)

    async def _aevents(self, call: Call) -> AsyncGenerator[Event, None]:
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


class ChatGLM(ChatCNCoding):
    """Chat with GLM (Zhipu, Z.ai). Key: `ZAI_API_KEY`."""

    provider: str = "glm"
    """Id of the provider."""


class ChatKimi(ChatCNCoding):
    """Chat with Kimi (Moonshot AI). Key: `KIMI_API_KEY` for the plan, `MOONSHOT_API_KEY` for the api endpoints."""

    provider: str = "kimi"
    """Id of the provider."""


class ChatMiniMax(ChatCNCoding):
    """Chat with MiniMax. Key: `MINIMAX_API_KEY`."""

    provider: str = "minimax"
    """Id of the provider."""
    vision: Literal["vlm", "native", "error"] | None = None
    """What becomes of an image: described by the plan's vision model, sent as it is, or refused."""


class ChatQwen(ChatCNCoding):
    """Chat with Qwen (Alibaba Cloud Model Studio). Key: `ALIBABA_CODING_PLAN_API_KEY` or `DASHSCOPE_API_KEY`."""

    provider: str = "qwen"
    """Id of the provider."""


class ChatDeepSeek(ChatCNCoding):
    """Chat with DeepSeek. Key: `DEEPSEEK_API_KEY`."""

    provider: str = "deepseek"
    """Id of the provider."""


class ChatWCode(ChatCNCoding):
    """Chat through the wcode gateway. Key: `WCODE_API_KEY`."""

    provider: str = "wcode"
    """Id of the provider."""


class ChatUnified(ChatCNCoding):
    """Chat through the unified gateway. Key: `UNIFIED_API_KEY`; base URL: `UNIFIED_BASE_URL`."""

    provider: str = "unified"
    """Id of the provider."""
