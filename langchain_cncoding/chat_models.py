"""The chat models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import Runnable
from pydantic import create_model
from typing_extensions import Unpack, override

from cncoding import Provider
from langchain_cncoding._binding import ToolLike, choice_form, tool_dict
from langchain_cncoding._calls import CallingModel
from langchain_cncoding._errors import CNCodingConfigError
from langchain_cncoding._structured import Method, structured
from langchain_cncoding.plans import PlanModel, join_models, read_model

if TYPE_CHECKING:
    from langchain_cncoding._signature import MiniMaxArguments, ModelArguments

_S = TypeVar("_S")


class ChatCNCoding(CallingModel):
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

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str, **more: Unpack[ModelArguments]) -> None:
            """Make a chat model; see the fields."""

    # ------------------------------------------------------------ several as one

    @classmethod
    def over(cls, models: Sequence[Any], **settings: Any) -> ChatCNCoding:
        """Return several chat models as one, which moves on when a plan is spent, refuses, or cannot be reached.

        Args:
            models: Chat models of this package, the first is asked first; each keeps its own settings.
            **settings: `order` (`listed`, `most_left`, `cheapest`), `hedge_after` (seconds after which the next is
                asked too, off by default because it costs), `floor` (share at which a plan is left alone), and
                settings of the request for all of them.

        Raises:
            CNCodingConfigError: The list is empty, or one of them is no chat model of this package.
        """
        return join_models(ChatPlans, models, **settings)

    @classmethod
    def from_config(cls, name: str | None = None, file: Any = None) -> ChatCNCoding:
        """Return a model of `cncoding.yaml`, by its name there.

        Args:
            name: The file's default model if None.
            file: The file; by default `CNCODING_CONFIG`, or the nearest `cncoding.yaml` from the working folder up.

        Raises:
            CNCodingConfigError: The file is missing or wrong; the text names file, line, column and field.
        """
        model = read_model(name, file, find_chat_class, ChatPlans)
        assert isinstance(model, ChatCNCoding)
        return model

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
        if isinstance(tools, str | Mapping | type) or not isinstance(tools, Iterable):
            raise CNCodingConfigError(f"tools: is {type(tools).__name__}; give a list of them, also of one")
        forms = [tool_dict(tool, strict) for tool in tools]
        bound: dict[str, Any] = {"tools": forms}
        if (choice := choice_form(tool_choice, forms)) is not None:
            bound["tool_choice"] = choice
        if parallel_tool_calls is not None:
            bound["parallel_tool_calls"] = parallel_tool_calls
        return self.bind(**bound, **kwargs)

    @overload
    def with_structured_output(
        self,
        schema: type[_S],
        *,
        method: Method | None = None,
        include_raw: Literal[False] = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, _S]: ...

    @overload
    def with_structured_output(
        self,
        schema: dict[str, Any] | None = None,
        *,
        method: Method | None = None,
        include_raw: Literal[False] = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any]]: ...

    @overload
    def with_structured_output(
        self,
        schema: dict[str, Any] | type[Any] | None = None,
        *,
        method: Method | None = None,
        include_raw: Literal[True],
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, dict[str, Any]]: ...

    @overload
    def with_structured_output(
        self,
        schema: dict[str, Any] | type[Any] | None = None,
        *,
        method: Method | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, Any]: ...

    def with_structured_output(
        self,
        schema: dict[str, Any] | type[Any] | None = None,
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


class ChatPlans(PlanModel, ChatCNCoding):
    """Several chat models that answer as one, made by `ChatCNCoding.over([...])`."""


class ChatGLM(ChatCNCoding):
    """Chat with GLM (Zhipu, Z.ai). Key: `ZAI_API_KEY`."""

    provider: str = "glm"
    """Id of the provider."""

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[ModelArguments]) -> None:
            """Make a chat model; see the fields."""


class ChatKimi(ChatCNCoding):
    """Chat with Kimi (Moonshot AI). Key: `KIMI_API_KEY` for the plan, `MOONSHOT_API_KEY` for the api endpoints."""

    provider: str = "kimi"
    """Id of the provider."""

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[ModelArguments]) -> None:
            """Make a chat model; see the fields."""


class ChatMiniMax(ChatCNCoding):
    """Chat with MiniMax. Key: `MINIMAX_API_KEY`."""

    provider: str = "minimax"
    """Id of the provider."""
    vision: Literal["vlm", "native", "error"] | None = None
    """What becomes of an image: described by the plan's vision model, sent as it is, or refused."""

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[MiniMaxArguments]) -> None:
            """Make a chat model; see the fields."""


class ChatQwen(ChatCNCoding):
    """Chat with Qwen (Alibaba Cloud Model Studio). Key: `ALIBABA_CODING_PLAN_API_KEY` or `DASHSCOPE_API_KEY`."""

    provider: str = "qwen"
    """Id of the provider."""

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[ModelArguments]) -> None:
            """Make a chat model; see the fields."""


class ChatDeepSeek(ChatCNCoding):
    """Chat with DeepSeek. Key: `DEEPSEEK_API_KEY`."""

    provider: str = "deepseek"
    """Id of the provider."""

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[ModelArguments]) -> None:
            """Make a chat model; see the fields."""


class ChatWCode(ChatCNCoding):
    """Chat through the wcode gateway. Key: `WCODE_API_KEY`."""

    provider: str = "wcode"
    """Id of the provider."""

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[ModelArguments]) -> None:
            """Make a chat model; see the fields."""


class ChatUnified(ChatCNCoding):
    """Chat through the unified gateway. Key: `UNIFIED_API_KEY`; base URL: `UNIFIED_BASE_URL`."""

    provider: str = "unified"
    """Id of the provider."""

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[ModelArguments]) -> None:
            """Make a chat model; see the fields."""


def find_chat_class(provider: Provider) -> type[ChatCNCoding]:
    """Return the class of a provider, `Chat` and its stem; one is made for a provider that has none above."""
    name = f"Chat{provider.stem}"
    known = globals().get(name)
    if isinstance(known, type) and issubclass(known, ChatCNCoding):
        return known
    made: type[ChatCNCoding] = create_model(
        name,
        __base__=ChatCNCoding,
        __module__=__name__,
        __doc__=f"Chat with {provider.title}.",
        provider=(str, provider.id),
    )
    globals()[name] = made
    return made
