"""What a vendor is, as data: providers, endpoints, model cards and the two dialects.

A fact about a vendor stands in `vendors/`; this module only says which facts can be stated. Every field of a
dialect is a quirk that at least two vendors show; a quirk of one vendor is a hook in its file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from cncoding.errors import ApiError, ConfigError
from cncoding.exchange.failures import ErrorRule
from cncoding.types import ChatRequest, FinishReason, JsonObject, Media, Thinking, Tool, Usage, Vision

if TYPE_CHECKING:
    from cncoding.exchange.steps import Request

WireName: TypeAlias = Literal["openai", "anthropic"]
Warn: TypeAlias = Callable[[str, str], None]
"""Called with a setting and the reason why it was changed or dropped."""

ALL_INPUTS = frozenset({"text", "image", "video", "audio", "file"})
ANY_CHOICE = frozenset({"auto", "none", "required", "named"})

EFFORT_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Effort words from least to most; a model's own levels are a subset."""


# ---------------------------------------------------------------- models


@dataclass(frozen=True, slots=True)
class ThinkingSupport:
    """How a model thinks on one endpoint."""

    default: bool = True
    """Whether it thinks when the request does not say."""
    can_disable: bool = True
    levels: tuple[str, ...] = ()
    """Effort words that the endpoint accepts; empty where it has no such setting."""
    default_level: str | None = None
    max_budget: int | None = None
    """Largest thinking budget in tokens, where there is one."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of a model on one endpoint. A hint: it never blocks a request to an unknown model."""

    id: str
    context: int | None = None
    """Tokens of input and output together."""
    max_output: int | None = None
    input: frozenset[str] = frozenset({"text"})
    """Subset of text, image, video, audio, file."""
    inline_files: bool = False
    """Whether a file may come as bytes; no model that we know takes it so, only by URL."""
    tools: bool = True
    tool_choice: frozenset[str] | None = None
    """Overrides the dialect's set for this model."""
    thinking: ThinkingSupport | None = None
    """None: the model does not think."""
    structured: frozenset[str] = frozenset({"json_object"})
    """Which of json_object and json_schema `response_format` takes."""
    tool_images: bool = False
    """Whether a tool result may hold images."""
    stream_only: bool = False
    cumulative: bool = False
    """Whether every streamed piece repeats all text so far."""
    omit: frozenset[str] = frozenset()
    """Settings that the model fixes and refuses to be told, for example temperature."""
    vision: Vision = "error"
    """What to do with an image if `input` has none."""
    known: bool = True
    note: str = ""
    """Source and date of the row, and what is inferred."""


def unknown_card(model: str) -> ModelCard:
    """Make the card of a model that no row describes: it is assumed able to do everything."""
    return ModelCard(
        id=model,
        input=ALL_INPUTS,
        inline_files=True,
        thinking=ThinkingSupport(),
        structured=frozenset({"json_object", "json_schema"}),
        vision="native",
        known=False,
    )


def nearest_level(effort: str, support: ThinkingSupport, warn: Warn) -> str:
    """Return the level of `support` that is nearest to `effort`, with a warning when it differs.

    Words outside `EFFORT_ORDER`, and models without known levels, pass unchanged.
    """
    if not support.levels or effort in support.levels or effort not in EFFORT_ORDER:
        return effort
    place = EFFORT_ORDER.index(effort)
    ranked = sorted(
        (level for level in support.levels if level in EFFORT_ORDER),
        key=lambda level: (abs(EFFORT_ORDER.index(level) - place), -EFFORT_ORDER.index(level)),
    )
    if not ranked:
        return effort
    warn(
        "reasoning_effort",
        f"{effort!r} is not a level of this model, {ranked[0]!r} is sent; levels: {support.levels}",
    )
    return ranked[0]


def thinks(thinking: Thinking, card: ModelCard) -> bool:
    """Tell whether a request with these settings makes this model think."""
    support = card.thinking
    if support is None:
        return False
    if thinking.enabled is False or (thinking.effort == "none" and thinking.enabled is None):
        return not support.can_disable
    return support.default or thinking.enabled is True or thinking.effort is not None or thinking.budget is not None


# ---------------------------------------------------------------- dialects


def _send_nothing(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    if thinking:
        warn("thinking", "this provider has no documented switch for it; use extra_body")
    return {}


def _keep(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    return body


def _accept(request: ChatRequest, card: ModelCard) -> None:
    return None


ThinkingHook: TypeAlias = Callable[[Thinking, ModelCard, Warn], JsonObject]
FinalizeHook: TypeAlias = Callable[[JsonObject, ChatRequest, ModelCard, Warn], JsonObject]
CheckHook: TypeAlias = Callable[[ChatRequest, ModelCard], None]


@dataclass(frozen=True, slots=True)
class OpenAIDialect:
    """How one vendor speaks `POST /chat/completions`."""

    thinking: ThinkingHook = _send_nothing
    """Turns thinking settings into members of the body."""
    reasoning_fields: tuple[str, ...] = ("reasoning_content", "reasoning")
    """Where reasoning stands in a message or delta; the first that is a string wins."""
    echo: Literal["never", "tool_turns", "always"] = "always"
    """Which assistant turns carry their reasoning back."""
    echo_field: str = "reasoning_content"
    echo_details: str | None = None
    """Member that takes `Reasoning.details` back; where details exist they go instead of the text."""
    backfill: str | None = None
    """Reasoning to state for a tool-call turn of foreign origin while thinking is on; None leaves it out."""
    think_tags: bool = False
    """Whether reasoning may come as `<think>` inside the content."""
    marks: tuple[str, ...] = ()
    """Marks inside the content that are not part of the answer."""
    snapshots: bool = False
    """Whether `content` may arrive as all text so far instead of as a piece."""
    max_tokens_field: str = "max_tokens"
    usage_in_stream: bool = True
    """Whether `stream_options.include_usage` is sent."""
    tool_choice: frozenset[str] = ANY_CHOICE
    """Choices that the endpoint accepts: auto, none, required, named."""
    thinking_tool_choice: frozenset[str] | None = None
    """Choices accepted while the model thinks; None is the same set."""
    parallel_field: bool = True
    """Whether `parallel_tool_calls` is a field of the vendor."""
    seed_field: bool = True
    strict_tools: bool = False
    """Whether `function.strict` is accepted."""
    tool: Callable[[Tool, JsonObject], JsonObject] | None = None
    """Gets a tool and its OpenAI form, returns what is sent."""
    empty_content: Literal["empty", "null", "omit"] = "empty"
    """How an assistant turn with tool calls and no text says so."""
    image_urls: bool = True
    """False where images must be inlined as data URLs."""
    media_part: Callable[[Media, str], JsonObject] | None = None
    """Gets a medium and its URL or data URL, returns the content part; None is the OpenAI form."""
    json_word: bool = False
    """Whether `json_object` is refused unless a message contains the word "json"."""
    search: JsonObject | None = None
    """Members that switch the built-in web search on; None where there is none."""
    finish_reasons: Mapping[str, FinishReason] = field(default_factory=dict)
    usage: Callable[[JsonObject], Usage] | None = None
    vendor_fields: tuple[str, ...] = ()
    """Top-level members of the reply that are kept as `VendorData`."""
    choice_fields: tuple[str, ...] = ()
    """The same, of `choices[0]`."""
    check: CheckHook = _accept
    """Raises `ConfigError` for what the vendor is documented to refuse."""
    finalize: FinalizeHook = _keep
    """Last word on the body, before the user's `extra`."""


@dataclass(frozen=True, slots=True)
class AnthropicDialect:
    """How one vendor speaks `POST /v1/messages`."""

    thinking: ThinkingHook = _send_nothing
    max_tokens: int = 8192
    """Sent when the user gives none, because the wire requires the field."""
    tool_choice: frozenset[str] = ANY_CHOICE
    thinking_tool_choice: frozenset[str] | None = None
    image_urls: bool = True
    video: bool = False
    backfill: str | None = None
    """Thinking text to state for a tool-call turn of foreign origin; None leaves it out."""
    structured: frozenset[str] = frozenset()
    """What `output_config.format` takes, out of json_schema."""
    ignored: frozenset[str] = frozenset()
    """Settings that the vendor ignores or does not document: of temperature, top_p, stop, parallel_tool_calls."""
    finish_reasons: Mapping[str, FinishReason] = field(default_factory=dict)
    check: CheckHook = _accept
    finalize: FinalizeHook = _keep


Dialect: TypeAlias = OpenAIDialect | AnthropicDialect


# ---------------------------------------------------------------- endpoints and providers


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire of one endpoint: `path` after the host, and the dialect spoken there."""

    path: str
    dialect: Dialect
    also: tuple[str, ...] = ()
    """Other paths that lead to the same service, for base URLs in the user's environment."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A door of a vendor: a plan or pay as you go, in one region."""

    name: str
    host: str
    """Scheme and host, without a path; empty where the user must give the base URL."""
    wires: Mapping[str, Wire]
    """By name: openai, anthropic."""
    models: tuple[ModelCard, ...]
    default_model: str
    key_env: tuple[str, ...]
    """Environment variables that hold its key, in order. `NAME:prefix` counts only with that key prefix."""
    key_prefixes: tuple[str, ...] = ()
    """Key prefixes that mean this endpoint and no other kind."""
    foreign_keys: re.Pattern[str] | None = None
    """Keys that plainly belong to another endpoint of the vendor."""
    foreign_hint: str = ""
    """What to do about such a key."""

    def card(self, model: str) -> ModelCard:
        """Return the card of `model`, or one that allows everything."""
        wanted = model.lower()
        for card in self.models:
            if card.id.lower() == wanted:
                return card
        return unknown_card(model)


def _no_identity(environ: Mapping[str, str]) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Provider:
    """A vendor: everything that is true of all its endpoints."""

    id: str
    title: str
    docs: str
    endpoints: tuple[Endpoint, ...]
    """The first is the default."""
    base_url_env: str
    host_env: str | None = None
    """Environment variable with scheme and host alone."""
    default_wire: WireName = "openai"
    error_codes: Mapping[str, ErrorRule] = field(default_factory=dict)
    error_texts: tuple[tuple[re.Pattern[str], ErrorRule], ...] = ()
    """Searched in order when the code says nothing; decides before the HTTP status does."""
    code_patterns: tuple[re.Pattern[str], ...] = ()
    """Find the vendor's code inside an error text; group 1 is the code."""
    hints: Mapping[type[ApiError], str] = field(default_factory=dict)
    """A remedy to add to an error of that class."""
    identity: Callable[[Mapping[str, str]], str | None] = _no_identity
    """The User-Agent that the environment asks for, if any."""
    vlm: Callable[[str, str, str], Request] | None = None
    """Builds the request that describes an image: root URL, prompt, data URL. The key is added later."""
    read_vlm: Callable[[JsonObject], str] | None = None
    media: tuple[Any, ...] = ()
    """Media routes, see `media.py`."""
    quota: Any = None
    """Quota route, see `media.py`."""

    def endpoint(self, name: str | None) -> Endpoint:
        """Return the endpoint called `name`, the default one for None.

        Raises:
            ConfigError: The provider has no such endpoint.
        """
        if name is None:
            return self.endpoints[0]
        for endpoint in self.endpoints:
            if endpoint.name == name:
                return endpoint
        names = ", ".join(repr(endpoint.name) for endpoint in self.endpoints)
        raise ConfigError(f"endpoint={name!r}: {self.id} has no such endpoint; choose one of {names}")
