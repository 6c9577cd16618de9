"""Chinese coding-plan models, without a framework: `Client` and `AsyncClient`, and the values they speak in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cncoding._version import __version__
from cncoding.arguments import LimitArguments, RequestArguments
from cncoding.budget import NamedBudget
from cncoding.chat.choice import read_call_in_words, settle_tool_choice
from cncoding.chat.fold import Fold, fold
from cncoding.client import (
    AsyncClient,
    AsyncSoundStream,
    AsyncStream,
    Client,
    Journal,
    SoundStream,
    Stream,
    as_wav,
    call_for_key,
    forget_frames,
)
from cncoding.client.arguments import AliasArguments, ConnectionArguments
from cncoding.client.configuration import build_model, load_configuration, reveal_for_tools
from cncoding.client.configuration import reveal as reveal_entry
from cncoding.client.configuration import show as show_configuration
from cncoding.client.folders import as_journal, read_folders
from cncoding.client.named import open_named
from cncoding.client.panel import read_plans
from cncoding.client.plans import AsyncPlanClient, PlanClient, list_left, list_left_async
from cncoding.client.plans import Member as PlanMember
from cncoding.display.chunks import register_chunks
from cncoding.display.plans import watch_plans
from cncoding.display.pretty import Shown, pretty
from cncoding.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    BudgetExceededError,
    BudgetSpentError,
    ClientRefusedError,
    CncodingError,
    CncodingWarning,
    ConfigError,
    ConnectFailedError,
    ConnectionLostError,
    ContentBlockedError,
    ContextOverflowError,
    DeadlineExceededError,
    EmptyReplyError,
    Hint,
    JobCancelledError,
    JobDeadlineError,
    JobError,
    JobFailedError,
    NotFoundError,
    PermissionDeniedError,
    ProtocolError,
    PurchaseDeclinedError,
    QuotaExhaustedError,
    RateLimitedError,
    Refusal,
    ReplyTooLargeError,
    RequestTimeoutError,
    ServerError,
    StalledError,
    TooManyConnectionsError,
    TransportError,
    TruncatedStreamError,
    UnconfirmedPurchaseError,
)
from cncoding.evidence import Source
from cncoding.exchange.json_values import parse_arguments
from cncoding.facts import Fact, list_facts
from cncoding.frameworks import require_framework
from cncoding.media.file_routes import VendorFile
from cncoding.media.journal import CallIdentity, Purchase
from cncoding.media.money import Budget, as_budget, as_limit, means_yes
from cncoding.media.orders import Made, MediaEvent
from cncoding.media.orders import Order as MediaOrder
from cncoding.media.orders import Place as MediaPlace
from cncoding.media.orders import Question as PurchaseQuestion
from cncoding.media.polling import Patience
from cncoding.media.prices import Estimate, Price
from cncoding.media.sound.segments import Segment
from cncoding.media.sound.streams import SoundKind
from cncoding.media.sound.transcript import Gap, Transcript
from cncoding.media.tools.arguments import build_arguments_model, read_models, read_options, write_schema
from cncoding.media.tools.calls import ToolCall as MediaToolCall
from cncoding.media.tools.calls import ToolOutcome as MediaToolOutcome
from cncoding.media.tools.calls import ToolSettings as MediaToolSettings
from cncoding.media.tools.catalog import ARGUMENTS as TOOL_ARGUMENTS
from cncoding.media.tools.catalog import CATALOG as TOOLS
from cncoding.media.tools.catalog import ArgumentCard as MediaArgumentCard
from cncoding.media.tools.catalog import ToolCard as MediaToolCard
from cncoding.media.tools.describing import ToolArgument
from cncoding.media.tools.dispatch import explain_failure
from cncoding.media.tools.texts import name_tools
from cncoding.media.values import (
    Asset,
    Cancelled,
    Done,
    Failed,
    ListedModel,
    McpServer,
    MediaJob,
    MediaRequest,
    MediaStatus,
    Queued,
    Running,
    SearchHit,
    SearchResult,
)
from cncoding.media.voices import Voice, VoiceRequest, check_consent
from cncoding.names import ALIASES, read_switch, refuse_unknown, rename_settings, spread_thinking
from cncoding.notices import remember_caller, show_warning
from cncoding.plans.configuration import Configuration, Entry
from cncoding.plans.joining import read_members
from cncoding.plans.left import PlanLeft, check_guard, find_fullest
from cncoding.plans.panel import PlanAccount, PlanPanel
from cncoding.profile import ModelCard, Provider, ThinkingSupport
from cncoding.quota import Balance, Quota, QuotaWindow
from cncoding.registry import providers
from cncoding.types import (
    ChatRequest,
    ChatResponse,
    Event,
    Finish,
    FinishReason,
    JsonObject,
    Media,
    MediaKind,
    Message,
    NamedTool,
    OnCut,
    Opaque,
    OpaqueDelta,
    Part,
    Reasoning,
    ReasoningDelta,
    ResponseFormat,
    Role,
    ServerTool,
    Started,
    Text,
    TextDelta,
    Thinking,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolMode,
    ToolResult,
    VendorData,
    Vision,
    Warned,
    system,
    user,
)
from cncoding.usage import Usage

if TYPE_CHECKING:
    from cncoding.settings import (
        MASK,
        LimitSettings,
        RequestSettings,
        SecretHeaders,
        explain_invalid,
        read_settings,
        refuse_flag,
        wrap_secrets,
    )

__all__ = [
    "ALIASES",
    "AliasArguments",
    "ApiError",
    "Asset",
    "AsyncClient",
    "AsyncPlanClient",
    "AsyncSoundStream",
    "AsyncStream",
    "AuthenticationError",
    "BadRequestError",
    "Balance",
    "Budget",
    "BudgetExceededError",
    "BudgetSpentError",
    "CallIdentity",
    "Cancelled",
    "ChatRequest",
    "ChatResponse",
    "Client",
    "ClientRefusedError",
    "CncodingError",
    "CncodingWarning",
    "ConfigError",
    "Configuration",
    "ConnectFailedError",
    "ConnectionArguments",
    "ConnectionLostError",
    "ContentBlockedError",
    "ContextOverflowError",
    "DeadlineExceededError",
    "Done",
    "EmptyReplyError",
    "Entry",
    "Estimate",
    "Event",
    "Fact",
    "Failed",
    "Finish",
    "FinishReason",
    "Fold",
    "Gap",
    "Hint",
    "JobCancelledError",
    "JobDeadlineError",
    "JobError",
    "JobFailedError",
    "Journal",
    "JsonObject",
    "LimitArguments",
    "LimitSettings",
    "ListedModel",
    "MASK",
    "Made",
    "McpServer",
    "Media",
    "MediaArgumentCard",
    "MediaEvent",
    "MediaJob",
    "MediaKind",
    "MediaOrder",
    "MediaPlace",
    "MediaRequest",
    "MediaStatus",
    "MediaToolCall",
    "MediaToolCard",
    "MediaToolOutcome",
    "MediaToolSettings",
    "Message",
    "ModelCard",
    "NamedBudget",
    "NamedTool",
    "NotFoundError",
    "OnCut",
    "Opaque",
    "OpaqueDelta",
    "Part",
    "Patience",
    "PermissionDeniedError",
    "PlanAccount",
    "PlanClient",
    "PlanLeft",
    "PlanMember",
    "PlanPanel",
    "Price",
    "ProtocolError",
    "Provider",
    "Purchase",
    "PurchaseDeclinedError",
    "PurchaseQuestion",
    "Queued",
    "Quota",
    "QuotaExhaustedError",
    "QuotaWindow",
    "RateLimitedError",
    "Reasoning",
    "ReasoningDelta",
    "Refusal",
    "ReplyTooLargeError",
    "RequestArguments",
    "RequestSettings",
    "RequestTimeoutError",
    "ResponseFormat",
    "Role",
    "Running",
    "SearchHit",
    "SearchResult",
    "SecretHeaders",
    "Segment",
    "ServerError",
    "ServerTool",
    "Shown",
    "SoundKind",
    "SoundStream",
    "Source",
    "StalledError",
    "Started",
    "Stream",
    "TOOLS",
    "TOOL_ARGUMENTS",
    "Text",
    "TextDelta",
    "Thinking",
    "ThinkingSupport",
    "TooManyConnectionsError",
    "Tool",
    "ToolArgument",
    "ToolCall",
    "ToolCallDelta",
    "ToolMode",
    "ToolResult",
    "Transcript",
    "TransportError",
    "TruncatedStreamError",
    "UnconfirmedPurchaseError",
    "Usage",
    "VendorData",
    "VendorFile",
    "Vision",
    "Voice",
    "VoiceRequest",
    "Warned",
    "__version__",
    "as_budget",
    "as_journal",
    "as_limit",
    "as_wav",
    "build_arguments_model",
    "build_model",
    "call_for_key",
    "check_consent",
    "check_guard",
    "explain_failure",
    "explain_invalid",
    "find_fullest",
    "fold",
    "forget_frames",
    "list_facts",
    "list_left",
    "list_left_async",
    "load_configuration",
    "means_yes",
    "name_tools",
    "open_named",
    "parse_arguments",
    "pretty",
    "providers",
    "read_call_in_words",
    "read_folders",
    "read_members",
    "read_models",
    "read_options",
    "read_plans",
    "read_settings",
    "read_switch",
    "refuse_flag",
    "refuse_unknown",
    "register_chunks",
    "remember_caller",
    "rename_settings",
    "require_framework",
    "reveal_entry",
    "reveal_for_tools",
    "settle_tool_choice",
    "show_configuration",
    "show_warning",
    "spread_thinking",
    "system",
    "user",
    "watch_plans",
    "wrap_secrets",
    "write_schema",
]

_LAZY = frozenset(
    {
        "LimitSettings",
        "MASK",
        "RequestSettings",
        "SecretHeaders",
        "explain_invalid",
        "read_settings",
        "refuse_flag",
        "wrap_secrets",
    }
)
"""Names that need pydantic, which takes a quarter of the time of an import: the frameworks load it anyway."""


def __getattr__(name: str) -> object:
    """Load what needs pydantic when it is asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cncoding import settings

    return getattr(settings, name)
