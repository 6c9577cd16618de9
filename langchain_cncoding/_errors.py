"""Errors that are both ours and LangChain's, so that its middleware decides rightly about them.

`ModelRetryMiddleware`, `SummarizationMiddleware` and `.with_retry` look at `langchain_core.exceptions`;
users of the core look at `cncoding.errors`. Every class here is one of each:

    ConfigError, BadRequestError -> ModelInvalidRequestError      AuthenticationError -> ModelAuthenticationError
    PermissionDeniedError, ClientRefusedError -> ModelPermissionDeniedError      NotFoundError -> ModelNotFoundError
    RateLimitedError -> ModelRateLimitError (retryable)           ServerError -> ModelAPIError (retryable)
    QuotaExhaustedError -> ModelRateLimitError, but NOT retryable: the plan's window or the balance is used up
    BudgetSpentError -> ModelRateLimitError, but NOT retryable: the user's own budget is used up
    ContentBlockedError -> ModelInvalidRequestError               ContextOverflowError -> ContextOverflowError
    ConnectFailedError, ConnectionLostError, TruncatedStreamError -> ModelConnectionError (retryable)
    RequestTimeoutError, StalledError -> ModelTimeoutError (retryable; DeadlineExceededError is NOT)
            EmptyReplyError -> ModelAPIError (retryable)
    ProtocolError -> ModelAPIError, but NOT retryable
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from langchain_core import exceptions as lc
from langchain_core.exceptions import ModelError

import cncoding


class CNCodingConfigError(cncoding.ConfigError, lc.ModelInvalidRequestError):
    """A setting or an input is wrong. Nothing was sent."""


class CNCodingTransportError(cncoding.TransportError, lc.ModelConnectionError):
    """The network failed."""


class CNCodingConnectError(cncoding.ConnectFailedError, lc.ModelConnectionError):
    """No connection was made."""


class CNCodingTooManyConnectionsError(cncoding.TooManyConnectionsError, lc.ModelConnectionError):
    """All connections were in use, and none came free in time."""


class CNCodingTimeoutError(cncoding.RequestTimeoutError, lc.ModelTimeoutError):
    """Nothing came for longer than the timeout."""


class CNCodingStalledError(cncoding.StalledError, lc.ModelTimeoutError):
    """Nothing but heartbeats came for `stall_after` seconds."""


class CNCodingDeadlineExceededError(cncoding.DeadlineExceededError, lc.ModelTimeoutError):
    """The whole call took longer than its `deadline`: there is no time left to try again in."""

    is_retryable = False


class CNCodingConnectionLostError(cncoding.ConnectionLostError, lc.ModelConnectionError):
    """The connection broke before the reply began."""


class CNCodingProtocolError(cncoding.ProtocolError, lc.ModelAPIError):
    """The vendor sent bytes that cannot be read."""

    is_retryable = False


class CNCodingReplyTooLargeError(cncoding.ReplyTooLargeError, lc.ModelAPIError):
    """The reply is larger than `max_reply_bytes`."""

    is_retryable = False


class CNCodingTruncatedStreamError(cncoding.TruncatedStreamError, lc.ModelConnectionError):
    """A stream ended without a finish; `partial` is the reply so far."""


class CNCodingEmptyReplyError(cncoding.EmptyReplyError, lc.ModelAPIError):
    """The vendor finished without saying anything."""


class CNCodingApiError(cncoding.ApiError, lc.ModelError):
    """The vendor refused or failed the request in a way that has no class of its own."""


class CNCodingBadRequestError(cncoding.BadRequestError, lc.ModelInvalidRequestError):
    """The vendor found the request malformed."""


class CNCodingContextOverflowError(cncoding.ContextOverflowError, lc.ModelInvalidRequestError, lc.ContextOverflowError):
    """The conversation is longer than the model's context; summarization middleware shortens it."""


class CNCodingAuthenticationError(cncoding.AuthenticationError, lc.ModelAuthenticationError):
    """The key is missing, wrong, expired or belongs to another endpoint."""


class CNCodingPermissionDeniedError(cncoding.PermissionDeniedError, lc.ModelPermissionDeniedError):
    """The key is right, but may not do this."""


class CNCodingClientRefusedError(cncoding.ClientRefusedError, lc.ModelPermissionDeniedError):
    """The plan accepts only some clients, and not this one."""


class CNCodingNotFoundError(cncoding.NotFoundError, lc.ModelNotFoundError):
    """No such model, route or object."""


class CNCodingRateLimitedError(cncoding.RateLimitedError, lc.ModelRateLimitError):
    """Too many requests or a busy server: try again after `retry_after`."""


class CNCodingQuotaExhaustedError(cncoding.QuotaExhaustedError, lc.ModelRateLimitError):
    """The plan's window or the balance is used up until `resets_at`; another model may still answer."""

    is_retryable = False


class CNCodingBudgetSpentError(cncoding.BudgetSpentError, lc.ModelRateLimitError):
    """A budget of your own is used up until `resets_at`; nothing was sent, and another model may answer."""

    is_retryable = False


class CNCodingContentBlockedError(cncoding.ContentBlockedError, lc.ModelInvalidRequestError):
    """The vendor's moderation blocked the input or the output."""


class CNCodingServerError(cncoding.ServerError, lc.ModelAPIError):
    """The vendor failed."""


DUAL: tuple[type[cncoding.CncodingError], ...] = (
    CNCodingConfigError,
    CNCodingTooManyConnectionsError,
    CNCodingConnectError,
    CNCodingStalledError,
    CNCodingDeadlineExceededError,
    CNCodingTimeoutError,
    CNCodingConnectionLostError,
    CNCodingTransportError,
    CNCodingReplyTooLargeError,
    CNCodingTruncatedStreamError,
    CNCodingEmptyReplyError,
    CNCodingProtocolError,
    CNCodingContextOverflowError,
    CNCodingBadRequestError,
    CNCodingAuthenticationError,
    CNCodingClientRefusedError,
    CNCodingPermissionDeniedError,
    CNCodingNotFoundError,
    CNCodingRateLimitedError,
    CNCodingQuotaExhaustedError,
    CNCodingBudgetSpentError,
    CNCodingContentBlockedError,
    CNCodingServerError,
    CNCodingApiError,
)
"""The classes, special before general."""


def dual(error: cncoding.CncodingError) -> cncoding.CncodingError:
    """Return `error` as the class here that is also LangChain's, with all its attributes.

    A kind of error that has no twin (a media job's) comes back as it is. One that the core has tried again already is
    not retryable for LangChain's middleware: tries on top of tries multiply.
    """
    for twin in DUAL:
        if isinstance(error, twin):
            return error
    for twin in DUAL:
        if isinstance(error, twin.__bases__[0]):
            again = twin.__new__(twin)
            again.args = error.args
            again.__dict__.update(error.__dict__)
            if error.tries > 1 and isinstance(again, ModelError):
                again.is_retryable = False
            return again
    return error


class dual_errors:
    """Raise the core's errors from the block as their twins here.

    Args:
        refused: Called when the vendor refused a request, which may have told a ceiling of the model.
    """

    def __init__(self, refused: Callable[[], None] | None = None) -> None:
        self._refused = refused

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise the twin of a core error."""
        if isinstance(error, cncoding.BadRequestError) and self._refused is not None:
            self._refused()
        if isinstance(error, cncoding.CncodingError):
            twin = dual(error)
            if twin is not error:
                raise twin from error
