"""How a vendor speaks a wire, as data.

Every field is a quirk that at least two vendors show; a quirk of one vendor is a hook in its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from cncoding.cards import ModelCard, PictureForm, Warn
from cncoding.evidence import Source
from cncoding.types import ChatRequest, FinishReason, JsonObject, Media, Thinking, Tool

ANY_CHOICE = frozenset({"auto", "none", "required", "named"})


def send_nothing(thinking: Thinking, card: ModelCard, warn: Warn) -> JsonObject:
    """Send no thinking settings, and say so."""
    if thinking:
        warn("thinking", "this provider has no documented switch for it; use extra_body")
    return {}


def keep(body: JsonObject, request: ChatRequest, card: ModelCard, warn: Warn) -> JsonObject:
    """Return the body as it is."""
    return body


def accept(request: ChatRequest, card: ModelCard) -> None:
    """Refuse nothing."""
    return None


ThinkingHook: TypeAlias = Callable[[Thinking, ModelCard, Warn], JsonObject]
FinalizeHook: TypeAlias = Callable[[JsonObject, ChatRequest, ModelCard, Warn], JsonObject]
CheckHook: TypeAlias = Callable[[ChatRequest, ModelCard], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dialect:
    """What can be said of a vendor's way on either wire."""

    thinking: ThinkingHook = send_nothing
    """Turns thinking settings into members of the body."""
    omits: frozenset[str] = frozenset()
    """Settings that the endpoint does not take on this wire: left out with a warning."""
    rare: frozenset[str] = frozenset()
    """Rare settings (`chat/encoder.py`) that the vendor documents on this wire."""
    members: Mapping[str, object] = field(default_factory=dict)
    """Members that every body has."""
    tool_choice: frozenset[str] = ANY_CHOICE
    """Choices that the endpoint accepts: auto, none, required, named."""
    thinking_tool_choice: frozenset[str] | None = None
    """Choices accepted while the model thinks; None is the same set."""
    reserved_names: frozenset[str] = frozenset()
    """Names that a tool may not have here; it goes out under another."""
    cache: Literal["none", "automatic", "top", "messages", "marks"] = "none"
    """Which cache marks are taken: none, none because it caches by itself, one for the whole body, those on system
    and messages, or those on tools too."""
    system_alone: bool = True
    """False where a system message that is all there is must go out as a user's."""
    image_urls: bool = True
    """False where images must be inlined as data URLs."""
    link_headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Headers of a request that names a link of a scheme of the vendor's own, by scheme."""
    pictures: PictureForm | None = None
    """What is taken of an image that is sent inline; only its types are looked at."""
    backfill: str | None = None
    """Reasoning to state for a tool-call turn of foreign origin while thinking is on; None leaves it out."""
    search: JsonObject | None = None
    """Members that switch the built-in web search on; None where there is none."""
    read: Callable[[JsonObject], JsonObject] | None = None
    """Gets each JSON object of a reply (a chunk, an event, a whole reply) and returns it in the wire's own form."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """The evidence of every field that is not at its default, by the field's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIDialect(_Dialect):
    """How one vendor speaks `POST /chat/completions`."""

    reasoning_fields: tuple[str, ...] = ("reasoning_content", "reasoning")
    """Where reasoning stands in a message or delta; the first that is a string wins."""
    echo_field: str = "reasoning_content"
    """Member of an assistant turn that takes its reasoning back."""
    echo_details: str | None = None
    """Member that takes `Reasoning.details` back; where details exist they go instead of the text."""
    think_tags: bool = False
    """Whether reasoning may come as `<think>` inside the content."""
    marks: tuple[str, ...] = ()
    """Marks inside the content that are not part of the answer."""
    reasoning_marks: tuple[str, ...] = ()
    """Marks inside the reasoning that nobody should see; they go back where `echo_details` holds them."""
    snapshots: bool = False
    """Whether `content` may arrive as all text so far instead of as a piece."""
    max_tokens_field: str = "max_tokens"
    tool: Callable[[Tool, JsonObject], JsonObject] | None = None
    """Gets a tool and its OpenAI form, returns what is sent."""
    empty_content: Literal["empty", "omit"] = "empty"
    """How an assistant turn with tool calls and no text says so."""
    media_part: Callable[[Media, str], JsonObject] | None = None
    """Gets a medium and its URL or data URL, returns the content part; None is the OpenAI form."""
    prefix: str | None = None
    """Member of the last assistant turn that asks for its continuation; None where the vendor documents none."""
    prefix_endpoint: str | None = None
    """Endpoint that continues turns, where this one does not."""
    prefix_thinking: bool = True
    """Whether a turn is continued while the model thinks."""
    prefix_json: bool = True
    """Whether a turn is continued in a response format."""
    json_word: bool = False
    """Whether `json_object` is refused unless a message contains the word "json"."""
    finish_reasons: Mapping[str, FinishReason] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnthropicDialect(_Dialect):
    """How one vendor speaks `POST /v1/messages`."""

    max_tokens: int = 8192
    """Sent when the user gives none, because the wire requires the field."""
    system_alone: bool = False
    video: bool = False
    structured: frozenset[str] = frozenset()
    """What `output_config.format` takes, out of json_schema."""


Dialect: TypeAlias = OpenAIDialect | AnthropicDialect
