"""Chinese coding-plan models for LangChain.

from langchain_cncoding import ChatKimi
ChatKimi(thinking=True).invoke("Why is the sky blue?")
"""

from typing import TYPE_CHECKING

import langchain_cncoding._framework  # first: says in one line what is missing
import langchain_cncoding._pretty  # noqa: F401  # says how `cncoding.pretty` reads chunks
from langchain_cncoding._errors import (
    CNCodingApiError,
    CNCodingAuthenticationError,
    CNCodingBadRequestError,
    CNCodingBudgetSpentError,
    CNCodingClientRefusedError,
    CNCodingConfigError,
    CNCodingConnectError,
    CNCodingConnectionLostError,
    CNCodingContentBlockedError,
    CNCodingContextOverflowError,
    CNCodingDeadlineExceededError,
    CNCodingEmptyReplyError,
    CNCodingNotFoundError,
    CNCodingPermissionDeniedError,
    CNCodingProtocolError,
    CNCodingQuotaExhaustedError,
    CNCodingRateLimitedError,
    CNCodingReplyTooLargeError,
    CNCodingServerError,
    CNCodingStalledError,
    CNCodingTimeoutError,
    CNCodingTooManyConnectionsError,
    CNCodingTransportError,
    CNCodingTruncatedStreamError,
)
from langchain_cncoding.chat_models import (
    ChatCNCoding,
    ChatDeepSeek,
    ChatGLM,
    ChatKimi,
    ChatMiniMax,
    ChatPlans,
    ChatQwen,
    ChatUnified,
    ChatWCode,
)
from langchain_cncoding.factory import create_chat_model, register
from langchain_cncoding.tools import (
    CancelMediaJobTool,
    CheckMediaJobTool,
    CloneVoiceTool,
    CNCodingJobCancelledError,
    CNCodingJobDeadlineError,
    CNCodingJobError,
    CNCodingJobFailedError,
    CNCodingToolkit,
    DeleteVoiceTool,
    DesignVoiceTool,
    EditImageTool,
    GenerateImageTool,
    GenerateVideoTool,
    ListVoicesTool,
    SubmitImageTool,
    SubmitVideoTool,
    SynthesizeSpeechTool,
    TranscribeTool,
    UnderstandImageTool,
    UnderstandVideoTool,
    WebSearchTool,
)

if TYPE_CHECKING:
    from langchain_cncoding.pages import PageDocument, PageRetriever, PageToolkit, create_page_qa_chain

__all__ = [
    "CNCodingApiError",
    "CNCodingAuthenticationError",
    "CNCodingBadRequestError",
    "CNCodingBudgetSpentError",
    "CNCodingClientRefusedError",
    "CNCodingConfigError",
    "CNCodingConnectError",
    "CNCodingConnectionLostError",
    "CNCodingContentBlockedError",
    "CNCodingContextOverflowError",
    "CNCodingDeadlineExceededError",
    "CNCodingEmptyReplyError",
    "CNCodingJobCancelledError",
    "CNCodingJobDeadlineError",
    "CNCodingJobError",
    "CNCodingJobFailedError",
    "CNCodingNotFoundError",
    "CNCodingPermissionDeniedError",
    "CNCodingProtocolError",
    "CNCodingQuotaExhaustedError",
    "CNCodingRateLimitedError",
    "CNCodingReplyTooLargeError",
    "CNCodingServerError",
    "CNCodingStalledError",
    "CNCodingTimeoutError",
    "CNCodingTooManyConnectionsError",
    "CNCodingToolkit",
    "CNCodingTransportError",
    "CNCodingTruncatedStreamError",
    "CancelMediaJobTool",
    "ChatCNCoding",
    "ChatDeepSeek",
    "ChatGLM",
    "ChatKimi",
    "ChatMiniMax",
    "ChatPlans",
    "ChatQwen",
    "ChatUnified",
    "ChatWCode",
    "CheckMediaJobTool",
    "CloneVoiceTool",
    "DeleteVoiceTool",
    "DesignVoiceTool",
    "EditImageTool",
    "GenerateImageTool",
    "GenerateVideoTool",
    "ListVoicesTool",
    "PageDocument",
    "PageRetriever",
    "PageToolkit",
    "SubmitImageTool",
    "SubmitVideoTool",
    "SynthesizeSpeechTool",
    "TranscribeTool",
    "UnderstandImageTool",
    "UnderstandVideoTool",
    "WebSearchTool",
    "create_chat_model",
    "create_page_qa_chain",
    "register",
]


def __getattr__(name: str) -> object:
    """Import the names of `pages` when they are first asked for, and find the class of a registered provider."""
    if name in __all__:
        from langchain_cncoding import pages

        return getattr(pages, name)
    from cncoding import providers
    from langchain_cncoding.chat_models import find_chat_class

    for provider in providers().values():
        if name == f"Chat{provider.stem}":
            return find_chat_class(provider)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
