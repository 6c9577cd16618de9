"""Every way in which a call can fail.

CncodingError(retryable=False)
|- ConfigError                    our caller is wrong; raised before any I/O
|- TransportError   retryable     the network failed; `.sent` says whether the request may have run
|   |- ConnectFailedError -> TooManyConnectionsError
|   |- RequestTimeoutError -> StalledError, DeadlineExceededError (NOT retryable)
|   '- ConnectionLostError
|- ProtocolError                  they sent what we cannot read
|   |- ReplyTooLargeError
|   |- TruncatedStreamError       retryable; ended without a finish; carries the partial ChatResponse
|   '- EmptyReplyError            retryable; finished without text, reasoning or tool call
|- ApiError(provider, status, code, message, request_id, body, retry_after)
|   |- BadRequestError -> ContextOverflowError
|   |- AuthenticationError
|   |- PermissionDeniedError -> ClientRefusedError   the plan accepts only some clients
|   |- NotFoundError
|   |- RateLimitedError  retryable, retry_after
|   |- QuotaExhaustedError(window, resets_at)        NOT retryable: the plan's window or the balance is used up
|   |- ContentBlockedError
|   '- ServerError       retryable
|- BudgetSpentError(budget, used, limit, unit, resets_at)   the user's own budget is used up; nothing was sent
'- JobError(job) -> JobFailedError | JobDeadlineError | JobCancelledError | UnconfirmedPurchaseError |
                    BudgetExceededError | PurchaseDeclinedError
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cncoding.hints.hint import Hint as Hint
from cncoding.hints.hint import find_language
from cncoding.hints.links import link_topic, name_topic, note_topic
from cncoding.hints.topics import find_cause, find_topic

if TYPE_CHECKING:
    from cncoding.types import ChatResponse


class CncodingError(Exception):
    """Base of every error that this package raises on purpose."""

    retryable: bool = False
    hint: Hint | str | None = None
    """What to do about it; the end of the text."""
    taught: bool = False
    """Whether the hint is all that is known."""
    tries: int = 1
    """How often the request was sent: a caller that tries again on top of that multiplies it."""
    partial: ChatResponse | None = None
    """The reply so far, where this happened after the first event of a stream."""
    job: Any = None
    """The media job that was submitted before this happened, if one was: it can be stored and asked for again."""
    tried: tuple[dict[str, Any], ...] = ()
    """Plans that were asked before this one, where several are one model."""
    purchase: str | None = None
    """Handle of the purchase in the journal, if there is one."""

    def __init__(self, *args: object, hint: Hint | str | None = None) -> None:
        super().__init__(*args)
        if hint is not None:
            self.hint = hint
        self.note_help()

    @property
    def topic(self) -> str:
        """The entry of the troubleshooting page: of the cause where it is known, else of the class."""
        if isinstance(self.hint, Hint) and self.hint.topic:
            return self.hint.topic
        own = next(kind for kind in type(self).__mro__ if kind.__module__ == __name__)
        return name_topic(own.__name__)

    @property
    def help_url(self) -> str:
        """Where the documentation says more, in the language of the environment."""
        return link_topic(self.topic, find_language())

    def note_help(self) -> None:
        """Let a traceback end with `help_url` (Python 3.11 and newer); the text of the error stays as it is."""
        note_topic(self, self.topic)

    def __str__(self) -> str:
        """Return what happened, and the hint in brackets."""
        text, hint = super().__str__(), str(self.hint or "")
        if not hint:
            return text
        chinese = any("\u4e00" <= character <= "\u9fff" for character in hint)
        return f"{text}（{hint}）" if chinese else f"{text} ({hint})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by state: subclasses take keyword arguments that `Exception` would lose."""
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[CncodingError], args: tuple[Any, ...], state: dict[str, Any]) -> CncodingError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class CncodingWarning(UserWarning):
    """A setting was changed or left out because the vendor does not take it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a rule of a vendor's page refused."""

    field: str
    """By the vendor's name."""
    value: Any
    text: str
    """What is taken instead, by whom, and where that stands."""


class ConfigError(CncodingError, ValueError):
    """A setting or an input is wrong. Nothing was sent. The text names the field and the remedy.

    Attributes:
        refusal: What the rule of a vendor's page refused, None where it was no such rule.
    """

    refusal: Refusal | None = None

    def __str__(self) -> str:
        """Return what happened and the hint; in Chinese also what that is and what to do, where no hint says it."""
        text = super().__str__()
        if isinstance(self.hint, Hint) or find_language() != "zh":
            return text
        cause = find_cause(" ".join(map(str, self.args)))
        return f"{text}（{cause.explanation.zh}）" if cause is not None else text

    @property
    def topic(self) -> str:
        """The entry of the troubleshooting page: of the cause where it is known, else of the class."""
        return find_topic(" ".join(map(str, self.args))) or super().topic


class TransportError(CncodingError):
    """The network failed.

    Attributes:
        sent: Whether the vendor may have received, run and charged the request.
        begun: Whether the reply had begun, so that the vendor surely had.
    """

    retryable = True

    def __init__(self, message: str, *, sent: bool, begun: bool = False) -> None:
        super().__init__(message)
        self.sent = sent
        self.begun = begun


class ConnectFailedError(TransportError):
    """No connection was made, so nothing was sent."""


class TooManyConnectionsError(ConnectFailedError):
    """All connections were in use, `limit` of them, and none came free in time."""

    limit: int = 0


class RequestTimeoutError(TransportError):
    """Nothing came for longer than the timeout."""


class StalledError(RequestTimeoutError):
    """Nothing but heartbeats, or nothing at all, came for `stall_after` seconds."""


class DeadlineExceededError(RequestTimeoutError):
    """The whole call took longer than its `deadline`: there is no time left to try again in."""

    retryable = False


class ConnectionLostError(TransportError):
    """The connection broke; while a stream is read this becomes a `TruncatedStreamError`."""


class ProtocolError(CncodingError):
    """The vendor sent bytes that cannot be read. `payload` is the beginning of them."""

    def __init__(self, message: str, *, provider: str | None = None, payload: str = "") -> None:
        super().__init__(message)
        self.provider = provider
        self.payload = payload[:2000]


class ReplyTooLargeError(ProtocolError):
    """The reply is larger than `max_reply_bytes`, unpacked."""


class TruncatedStreamError(ProtocolError):
    """A stream ended without a finish. `partial` is the reply so far."""

    retryable = True


class EmptyReplyError(ProtocolError):
    """The vendor finished without saying anything (seen at DeepSeek; documented in its own client)."""

    retryable = True


class ApiError(CncodingError):
    """The vendor refused or failed the request.

    Attributes:
        provider: Id of the provider that answered.
        status: HTTP status; 200 where the vendor reports failures inside a success.
        code: The vendor's own code or error type.
        message: The vendor's own words.
        request_id: What the vendor's support asks for.
        body: The decoded body, or its text.
        retry_after: Seconds that the vendor asked to wait.
        url: What was asked, without its query.
        model: The model that was asked, where one was.
        known_models: Those that are known there, where that is another list than the chat models.
    """

    url: str | None = None
    model: str | None = None
    known_models: tuple[str, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        provider: str | None = None,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        body: Any = None,
        retry_after: float | None = None,
        hint: Hint | str | None = None,
    ) -> None:
        where = " ".join(str(bit) for bit in (provider, status, code and f"[{code}]") if bit)
        super().__init__(f"{where}: {message}", hint=hint)
        self.provider = provider
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        self.body = body
        self.retry_after = retry_after


class BadRequestError(ApiError):
    """The vendor found the request malformed."""


class ContextOverflowError(BadRequestError):
    """The conversation is longer than the model's context."""


class AuthenticationError(ApiError):
    """The key is missing, wrong, expired or belongs to another endpoint."""


class PermissionDeniedError(ApiError):
    """The key is right, but may not do this."""


class ClientRefusedError(PermissionDeniedError):
    """The plan accepts only some clients, and not this one."""


class NotFoundError(ApiError):
    """No such model, route or object."""


class RateLimitedError(ApiError):
    """Too many requests or a busy server: try again after `retry_after`."""

    retryable = True


class QuotaExhaustedError(ApiError):
    """The plan's window or the balance is used up; trying again before `resets_at` is useless.

    Attributes:
        window: What ran out, for example `5h`, `week`, `month` or `balance`; None if the vendor does not say.
        resets_at: When it fills again, timezone-aware; None if the vendor does not say or it is a balance.
    """

    def __init__(
        self, message: str, *, window: str | None = None, resets_at: datetime | None = None, **details: Any
    ) -> None:
        super().__init__(message, **details)
        self.window = window
        self.resets_at = resets_at


class ContentBlockedError(ApiError):
    """The vendor's moderation blocked the input or the output."""


class ServerError(ApiError):
    """The vendor failed. Trying again may help."""

    retryable = True


class BudgetSpentError(CncodingError):
    """A budget that the user set is used up, not the vendor's quota. Nothing was sent.

    Attributes:
        budget: Its name: the file and the model in it.
        used: How much was spent in its span.
        limit: How much may be.
        unit: `calls`, `tokens` or a currency.
        resets_at: When it opens again, timezone-aware; None if it does not.
    """

    def __init__(
        self, message: str, *, budget: str, used: float, limit: float, unit: str, resets_at: datetime | None = None
    ) -> None:
        super().__init__(message)
        self.budget = budget
        self.used = used
        self.limit = limit
        self.unit = unit
        self.resets_at = resets_at


class JobError(CncodingError):
    """A media job went wrong. `job` is plain data: it can be stored and asked for again."""

    def __init__(self, message: str, *, job: Any) -> None:
        super().__init__(message)
        self.job = job


class JobFailedError(JobError):
    """The vendor gave up on the job; `code` and `message` are its words."""

    def __init__(self, message: str, *, job: Any, code: str | None = None) -> None:
        super().__init__(f"{message} [{code}]" if code else message, job=job)
        self.code = code
        self.message = message


class JobDeadlineError(JobError):
    """The job was not done in time; it may still finish at the vendor."""


class JobCancelledError(JobError):
    """The job was cancelled."""


class UnconfirmedPurchaseError(JobError):
    """It may have been bought before, and nobody read the answer. Nothing was bought now."""

    def __init__(self, message: str, *, job: Any = None, purchase: str | None = None) -> None:
        super().__init__(message, job=job)
        self.purchase = purchase


class BudgetExceededError(JobError):
    """The kit may not spend any more. Nothing was bought."""

    def __init__(self, message: str, *, job: Any = None, left: float = 0) -> None:
        super().__init__(message, job=job)
        self.left = left


class PurchaseDeclinedError(JobError):
    """A person was asked and said no. Nothing was bought."""

    def __init__(self, message: str, *, job: Any = None) -> None:
        super().__init__(message, job=job)
