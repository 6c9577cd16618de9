"""The LlamaIndex LLM of every provider; a thin class for each one that we know is in `_providers.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from llama_index.core.base.llms.generic_utils import (
    achat_to_completion_decorator,
    astream_chat_to_completion_decorator,
    chat_to_completion_decorator,
    stream_chat_to_completion_decorator,
)
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    MessageRole,
)
from llama_index.core.chat_engine.types import AgentChatResponse
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.llm import ToolSelection
from llama_index.core.tools import BaseTool
from typing_extensions import Unpack

from cncoding import AsyncClient, ChatRequest, Client, JsonObject
from llamaindex_cncoding._messages import read_tool_calls
from llamaindex_cncoding._objects import PredictingLLM
from llamaindex_cncoding._reply import ReplyReader
from llamaindex_cncoding._request import BEST_EFFORT, make_request, make_tool_arguments
from llamaindex_cncoding._secrets import hide_headers
from llamaindex_cncoding._stream import AsyncChunks, ReplyView
from llamaindex_cncoding._toolcalls import read_selections

if TYPE_CHECKING:
    from llamaindex_cncoding._signature import LLMArguments


class CNCodingLLM(PredictingLLM):
    """A model of any provider that cncoding knows: chat, streaming, tools, thinking, images, objects.

    Settings of the request and of the connection may also be given to a single call, where they win:
    `llm.chat(messages, thinking=False, timeout=20)`.
    Failures are the errors of `cncoding.errors`.

    Examples:
        `pip install "cncoding[llamaindex]"`

        ```python
        from llamaindex_cncoding import CNCodingLLM

        llm = CNCodingLLM(provider="glm", thinking=True)  # the key is read from ZAI_API_KEY
        print(llm.complete("What is the capital of Sichuan?"))
        ```
    """

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str, **more: Unpack[LLMArguments]) -> None:
            """Make an LLM; see the fields."""

    _join: ClassVar[Callable[..., CNCodingLLM]]
    """Makes one of several; `plans.py`, whose class derives from this one, fills it in."""
    _read: ClassVar[Callable[..., CNCodingLLM]]
    """Makes one of a file; filled in like `_join`."""

    @classmethod
    def over(cls, llms: Sequence[Any], **settings: Any) -> CNCodingLLM:
        """Return several LLMs as one, which moves on when a plan is spent, refuses, or cannot be reached.

        Args:
            llms: LLMs of this package, the first is asked first; each keeps its own settings.
            **settings: `order` (`listed`, `most_left`, `cheapest`), `hedge_after` (seconds after which the next is
                asked too, off by default because it costs), `floor` (share at which a plan is left alone), and
                settings of the request for all of them.

        Raises:
            ConfigError: The list is empty, or one of them is no LLM of this package.
        """
        return cls._join(llms, **settings)

    @classmethod
    def from_config(cls, name: str | None = None, file: Any = None) -> CNCodingLLM:
        """Return a model of `cncoding.yaml`, by its name there.

        Args:
            name: The file's default model if None.
            file: The file; by default `CNCODING_CONFIG`, or the nearest `cncoding.yaml` from the working folder up.

        Raises:
            ConfigError: The file is missing or wrong; the text names file, line, column and field.
        """
        return cls._read(name, file)

    # ------------------------------------------------------------ chat

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation.

        Args:
            messages: The conversation; it is not changed.
            **kwargs: Settings of this call, besides the fields `tools`, `tool_choice`, `parallel_tool_calls`,
                `response_format` and `extra_headers`.

        Raises:
            ConfigError: Something is wrong with the input; nothing was sent.
            ApiError: The vendor refused.
        """
        return self._chat(messages, **kwargs)

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Answer a conversation piece by piece; the last chunk is the whole answer with its usage."""
        return self._stream_chat(messages, **kwargs)

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer a conversation, see `chat`."""
        return await self._achat(messages, **kwargs)

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Answer a conversation piece by piece, see `stream_chat`."""
        return await self._astream_chat(messages, **kwargs)

    def _chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        llm, call = self._apply_call(kwargs)
        request = make_request(llm, messages, call)
        return self._make_reader(request, call).read(llm._connect(Client).chat(request))

    async def _achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        llm, call = self._apply_call(kwargs)
        request = make_request(llm, messages, call)
        return self._make_reader(request, call).read(await llm._connect(AsyncClient).chat(request))

    def _stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        llm, call = self._apply_call(kwargs)
        client, request = llm._connect(Client), make_request(llm, messages, call)

        def chunks() -> ChatResponseGen:
            with client.stream(request) as events:
                view = ReplyView(client.provider_id, events, self._make_reader(request, call))
                for event in events:
                    if (chunk := view.add(event)) is not None:
                        yield chunk

        return chunks()

    async def _astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        llm, call = self._apply_call(kwargs)
        client, request = llm._connect(AsyncClient), make_request(llm, messages, call)
        events = client.stream(request)
        return AsyncChunks(events, ReplyView(client.provider_id, events, self._make_reader(request, call)))

    def _make_reader(self, request: ChatRequest, call: JsonObject) -> ReplyReader:
        choice = call.get("tool_choice")
        best_effort = isinstance(choice, dict) and bool(choice.get(BEST_EFFORT))
        return ReplyReader(request, self.promote_reasoning_when_empty, best_effort)

    # ------------------------------------------------------------ completion

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer a prompt, sent as one user message; arguments as in `chat`."""
        return chat_to_completion_decorator(self._chat)(self._format_prompt(prompt, formatted), **kwargs)

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Answer a prompt piece by piece."""
        return stream_chat_to_completion_decorator(self._stream_chat)(self._format_prompt(prompt, formatted), **kwargs)

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer a prompt, sent as one user message; arguments as in `chat`."""
        return await achat_to_completion_decorator(self._achat)(self._format_prompt(prompt, formatted), **kwargs)

    @llm_completion_callback()
    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """Answer a prompt piece by piece."""
        stream = astream_chat_to_completion_decorator(self._astream_chat)
        return await stream(self._format_prompt(prompt, formatted), **kwargs)

    def _format_prompt(self, prompt: str, formatted: bool) -> str:
        return prompt if formatted or self.completion_to_prompt is None else self.completion_to_prompt(prompt)

    # ------------------------------------------------------------ tools

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        tool_choice: Any = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Make the arguments of `chat`; the history is copied, not changed."""
        messages = list(chat_history or ())
        if user_msg is not None:
            asked = ChatMessage(role=MessageRole.USER, content=user_msg) if isinstance(user_msg, str) else user_msg
            messages.append(asked)
        return {
            "messages": messages,
            **make_tool_arguments(tools, tool_choice, tool_required, allow_parallel_tool_calls),
            **kwargs,
        }

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """Return the tool calls of a reply, also of one that is still arriving.

        Raises:
            ValueError: There is none and `error_on_no_tool_call` is set.
        """
        found = read_selections(response)
        if not found and error_on_no_tool_call:
            invalid = read_tool_calls(response.message, "invalid_")
            why = f"one that cannot be run: {invalid[0].get('error')}" if invalid else "none"
            raise ValueError(f"Expected at least one tool call, but the model made {why}.")
        return found

    def predict_and_call(self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any) -> AgentChatResponse:
        """Have the model choose a tool and run it; a call is asked for as strictly as the model takes that.

        Args:
            tools: To choose from.
            *args: As of LlamaIndex: user_msg, chat_history, verbose, allow_parallel_tool_calls,
                error_on_no_tool_call, error_on_tool_error.
            **kwargs: The same by name, and settings of this call.

        Raises:
            ValueError: The model called no tool, and `error_on_no_tool_call` is not switched off.
        """
        return super().predict_and_call(tools, *args, **self._require_call(args, kwargs))

    async def apredict_and_call(self, tools: Sequence[BaseTool], *args: Any, **kwargs: Any) -> AgentChatResponse:
        """Have the model choose a tool and run it, see `predict_and_call`."""
        return await super().apredict_and_call(tools, *args, **self._require_call(args, kwargs))

    def _require_call(self, args: tuple[Any, ...], kwargs: JsonObject) -> JsonObject:
        """Force a call where none would be an error; `error_on_no_tool_call` is the fifth argument after the tools."""
        needed = args[4] if len(args) > 4 else kwargs.get("error_on_no_tool_call", True)
        if not needed or not self.metadata.is_function_calling_model or kwargs.get("tool_choice") is not None:
            return kwargs
        return {"tool_required": True, **kwargs}


_ASKING = (
    "chat", "stream_chat", "complete", "stream_complete", "chat_with_tools", "stream_chat_with_tools",
    "predict_and_call", "structured_predict", "stream_structured_predict",
)  # fmt: skip
hide_headers(CNCodingLLM, (*_ASKING, *(f"a{name}" for name in _ASKING)))
