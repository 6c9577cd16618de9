"""A class for each provider that we know; each is `CNCodingLLM` with its provider set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import create_model
from typing_extensions import Unpack

from cncoding import Provider
from llamaindex_cncoding.llm import CNCodingLLM

if TYPE_CHECKING:
    from llamaindex_cncoding._signature import LLMArguments


class GLM(CNCodingLLM):
    """GLM of Zhipu (Z.ai). The key is read from `ZAI_API_KEY`, `ZHIPUAI_API_KEY`, `ZHIPU_API_KEY`, `GLM_API_KEY`.

    Examples:
        ```python
        from llamaindex_cncoding import GLM

        llm = GLM(model="glm-5.3", thinking=True)
        ```
    """

    provider: Literal["glm"] = "glm"

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[LLMArguments]) -> None:
            """Make an LLM; see the fields."""


class Kimi(CNCodingLLM):
    """Kimi of Moonshot. The key is read from `KIMI_API_KEY` (plan) or `MOONSHOT_API_KEY` (`endpoint="api"`)."""

    provider: Literal["kimi"] = "kimi"

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[LLMArguments]) -> None:
            """Make an LLM; see the fields."""


class MiniMax(CNCodingLLM):
    """MiniMax. The key is read from `MINIMAX_API_KEY`."""

    provider: Literal["minimax"] = "minimax"

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[LLMArguments]) -> None:
            """Make an LLM; see the fields."""


class Qwen(CNCodingLLM):
    """Qwen of Alibaba. The key is read from `ALIBABA_CODING_PLAN_API_KEY` or `DASHSCOPE_API_KEY`."""

    provider: Literal["qwen"] = "qwen"

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[LLMArguments]) -> None:
            """Make an LLM; see the fields."""


class DeepSeek(CNCodingLLM):
    """DeepSeek. The key is read from `DEEPSEEK_API_KEY`."""

    provider: Literal["deepseek"] = "deepseek"

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[LLMArguments]) -> None:
            """Make an LLM; see the fields."""


class WCode(CNCodingLLM):
    """The wcode gateway. The key is read from `WCODE_API_KEY`."""

    provider: Literal["wcode"] = "wcode"

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[LLMArguments]) -> None:
            """Make an LLM; see the fields."""


class Unified(CNCodingLLM):
    """The unified gateway. The key is read from `UNIFIED_API_KEY`, the base URL from `UNIFIED_BASE_URL`."""

    provider: Literal["unified"] = "unified"

    if TYPE_CHECKING:

        def __init__(self, model: str | None = None, *, provider: str = ..., **more: Unpack[LLMArguments]) -> None:
            """Make an LLM; see the fields."""


def find_llm_class(provider: Provider) -> type[CNCodingLLM]:
    """Return the class of a provider, named by its stem; one is made for a provider that has none above."""
    known = globals().get(provider.stem)
    if isinstance(known, type) and issubclass(known, CNCodingLLM):
        return known
    made: type[CNCodingLLM] = create_model(
        provider.stem,
        __base__=CNCodingLLM,
        __module__=__name__,
        __doc__=f"{provider.title}.",
        provider=(str, provider.id),
    )
    globals()[provider.stem] = made
    return made
