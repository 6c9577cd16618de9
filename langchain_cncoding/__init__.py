"""Chinese coding-plan models for LangChain.

from langchain_cncoding import ChatKimi
ChatKimi(thinking=True).invoke("Why is the sky blue?")
"""

from langchain_cncoding._errors import (
    CNCodingApiError,
    CNCodingAuthenticationError,
    CNCodingBadRequestError,
    CNCodingClientRefusedError,
    CNCodingConfigError,
    CNCodingConnectError,
    CNCodingConnectionLostError,
    CNCodingContentBlockedError,
    CNCodingContextOverflowError,
    CNCodingEmptyReplyError,
    CNCodingNotFoundError,
    CNCodingPermissionDeniedError,
    CNCodingProtocolError,
    CNCodingQuotaExhaustedError,
    CNCodingRateLimitedError,
    CNCodingServerError,
    CNCodingTimeoutError,
    CNCodingTransportError,
    CNCodingTruncatedStreamError,
)
from langchain_cncoding.chat_models import (
    ChatCNCoding,
    ChatDeepSeek,
    ChatGLM,
    ChatKimi,
    ChatMiniMax,
    ChatQwen,
    ChatUnified,
    ChatWCode,
)
from langchain_cncoding.factory import create_chat_model, register

__all__ = [
    "CNCodingApiError",
    "CNCodingAuthenticationError",
    "CNCodingBadRequestError",
    "CNCodingClientRefusedError",
    "CNCodingConfigError",
    "CNCodingConnectError",
    "CNCodingConnectionLostError",
    "CNCodingContentBlockedError",
    "CNCodingContextOverflowError",
    "CNCodingEmptyReplyError",
    "CNCodingNotFoundError",
    "CNCodingPermissionDeniedError",
    "CNCodingProtocolError",
    "CNCodingQuotaExhaustedError",
    "CNCodingRateLimitedError",
    "CNCodingServerError",
    "CNCodingTimeoutError",
    "CNCodingTransportError",
    "CNCodingTruncatedStreamError",
    "ChatCNCoding",
    "ChatDeepSeek",
    "ChatGLM",
    "ChatKimi",
    "ChatMiniMax",
    "ChatQwen",
    "ChatUnified",
    "ChatWCode",
    "create_chat_model",
    "register",
]
