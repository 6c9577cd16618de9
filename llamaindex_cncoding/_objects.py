"""The methods of an LLM that predict objects, whole and growing, sync and async."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import Any

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.instrumentation.events.llm import (
    LLMStructuredPredictEndEvent,
    LLMStructuredPredictStartEvent,
)
from llama_index.core.prompts import BasePromptTemplate
from llama_index.core.types import PydanticProgramMode
from llama_index_instrumentation import get_dispatcher

from cncoding import JsonObject, rename_settings
from llamaindex_cncoding._base import ConnectedLLM
from llamaindex_cncoding._settings import CALL_ONLY, CONNECTION, REQUEST
from llamaindex_cncoding._structured import GrowingOutput, make_plan, read_output

dispatcher = get_dispatcher(__name__)


class PredictingLLM(ConnectedLLM):
    """Predict objects with the chat endpoints, which are in `llm.py`."""

    @dispatcher.span
    def structured_predict(
        self,
        output_cls: type[Any],
        prompt: BasePromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Any:
        """Answer a prompt with an `output_cls`, asked for as `structured_output_mode` says.

        Raises:
            StructuredOutputError: The answer does not fit.
        """
        if self.pydantic_program_mode != PydanticProgramMode.DEFAULT:
            return super().structured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
        self._note_start(output_cls, prompt, prompt_args)
        messages, arguments = self._structured_call(output_cls, prompt, llm_kwargs, prompt_args)
        result = read_output(output_cls, self.chat(messages, **arguments))
        dispatcher.event(LLMStructuredPredictEndEvent(output=result))
        return result

    @dispatcher.span
    async def astructured_predict(
        self,
        output_cls: type[Any],
        prompt: BasePromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Any:
        """Answer a prompt with an `output_cls`, see `structured_predict`."""
        if self.pydantic_program_mode != PydanticProgramMode.DEFAULT:
            return await super().astructured_predict(output_cls, prompt, llm_kwargs, **prompt_args)
        self._note_start(output_cls, prompt, prompt_args)
        messages, arguments = self._structured_call(output_cls, prompt, llm_kwargs, prompt_args)
        result = read_output(output_cls, await self.achat(messages, **arguments))
        dispatcher.event(LLMStructuredPredictEndEvent(output=result))
        return result

    def _structured_stream_call(
        self,
        output_cls: type[Any],
        prompt: BasePromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> Generator[Any, None, None]:
        if self.pydantic_program_mode != PydanticProgramMode.DEFAULT:
            yield from super()._structured_stream_call(output_cls, prompt, llm_kwargs, **prompt_args)  # type: ignore[arg-type]
            return
        messages, arguments = self._structured_call(output_cls, prompt, llm_kwargs, prompt_args)
        growing = GrowingOutput(output_cls)
        with closing(self.stream_chat(messages, **arguments)) as responses:
            for response in responses:
                if (shown := growing.add(response)) is not None:
                    yield shown
        yield growing.result()

    async def _structured_astream_call(
        self,
        output_cls: type[Any],
        prompt: BasePromptTemplate,
        llm_kwargs: dict[str, Any] | None = None,
        **prompt_args: Any,
    ) -> AsyncGenerator[Any, None]:
        if self.pydantic_program_mode != PydanticProgramMode.DEFAULT:
            return await super()._structured_astream_call(output_cls, prompt, llm_kwargs, **prompt_args)  # type: ignore[arg-type]
        messages, arguments = self._structured_call(output_cls, prompt, llm_kwargs, prompt_args)

        async def objects() -> AsyncGenerator[Any, None]:
            growing = GrowingOutput(output_cls)
            async with aclosing(await self.astream_chat(messages, **arguments)) as responses:
                async for response in responses:
                    if (shown := growing.add(response)) is not None:
                        yield shown
            yield growing.result()

        return objects()

    def _structured_call(
        self, output_cls: type[Any], prompt: BasePromptTemplate, llm_kwargs: JsonObject | None, prompt_args: JsonObject
    ) -> tuple[list[ChatMessage], JsonObject]:
        """Make the arguments of the chat call that asks for an object."""
        decided_here = ("tool_required", "tool_choice", "allow_parallel_tool_calls")
        named = rename_settings(llm_kwargs or {}, (*REQUEST, *CONNECTION, *CALL_ONLY))
        call = {name: value for name, value in named.items() if name not in decided_here}
        plan = make_plan(self, output_cls, call)
        messages = self._extend_messages(prompt.format_messages(llm=self, **prompt_args))
        return plan.messages(messages), plan.arguments | call

    def _note_start(self, output_cls: type[Any], prompt: BasePromptTemplate, prompt_args: JsonObject) -> None:
        dispatcher.event(
            LLMStructuredPredictStartEvent(output_cls=output_cls, template=prompt, template_args=prompt_args)
        )
