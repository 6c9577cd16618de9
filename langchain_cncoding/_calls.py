"""Calls of a chat model: whole, streamed, as chunks and as protocol events, for threads and for event loops."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import RunnableConfig
from typing_extensions import override

from cncoding import ChatResponse, Event, remember_caller
from langchain_cncoding._errors import dual_errors
from langchain_cncoding._events import Chunks, EventReader, whole_message
from langchain_cncoding._fences import FencedProgress
from langchain_cncoding._model import ModelBase
from langchain_cncoding._protocol import ProtocolEvents
from langchain_cncoding._requests import Call, read_call


class CallingModel(ModelBase):
    """What every chat model of this package does when it is asked."""

    @override
    async def ainvoke(
        self,
        input: LanguageModelInput,
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Ask, and return the reply; LangChain asks in a task of its own, and warnings still name your line."""
        with remember_caller():
            return await super().ainvoke(input, config, stop=stop, **kwargs)

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
        with dual_errors(self._lower_limits):
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
        with dual_errors(self._lower_limits):
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
        with closing(self._events(call, chunks)) as events:
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
        async with aclosing(self._aevents(call, chunks)) as events:
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
        with closing(self._events(call, protocol)) as events:
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
        async with aclosing(self._aevents(call, protocol)) as events:
            async for event in events:
                if run_manager and run_manager.handlers and (chunk := protocol.token(event)):
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                for told in protocol.feed(event):
                    yield told

    def _events(self, call: Call, reader: EventReader) -> Generator[Event, None, None]:
        """Yield the events of a reply to `reader`; the HTTP stream is closed with the generator."""
        tidier = call.tidier()
        with dual_errors(self._lower_limits), closing(self._client(call.client).stream(call.request)) as events:
            reader.follow(events if tidier is None else FencedProgress(events))
            for event in events:
                if tidier is None:
                    yield event
                else:
                    yield from tidier.feed(event)

    async def _aevents(self, call: Call, reader: EventReader) -> AsyncGenerator[Event, None]:
        """Yield the events of a reply to `reader`; the HTTP stream is closed with the generator."""
        tidier = call.tidier()
        with dual_errors(self._lower_limits):
            async with aclosing(self._async_client(call.client).stream(call.request)) as events:
                reader.follow(events if tidier is None else FencedProgress(events))
                async for event in events:
                    for kept in (event,) if tidier is None else tidier.feed(event):
                        yield kept
