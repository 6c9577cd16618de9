"""The vocabulary of cncoding: messages, requests, events and replies.

Frozen values only. Nothing here knows a vendor, a wire or a framework; of ours, only token counts and how a reply
looks in a notebook stand below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from cncoding.markup import Passage, write_reply
from cncoding.usage import Usage

JsonObject: TypeAlias = dict[str, Any]
Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
MediaKind: TypeAlias = Literal["image", "video", "audio", "file"]
FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "error", "cut", "other"]
ThinkTagSetting: TypeAlias = bool | Literal["open"]
ToolMode: TypeAlias = Literal["auto", "none", "required"]
OnCut: TypeAlias = Literal["raise", "return"]
Vision: TypeAlias = Literal["vlm", "native", "error"]


# ---------------------------------------------------------------- content parts


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text of a message."""

    text: str
    cache: bool = False
    """Whether the prompt up to here is worth keeping for the next call; see `chat/caching.py`."""


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What a model thought before or between its answers.

    An empty `text` is kept: vendors with preserved thinking tell "reasoned, empty" from "did not reason".
    """

    text: str
    signature: str | None = None
    """Opaque proof that the Anthropic wire wants back unchanged. `""` (Qwen) is a value, None is absence."""
    redacted: str | None = None
    """Encrypted reasoning of a `redacted_thinking` block."""
    details: tuple[JsonObject, ...] = ()
    """Vendor objects that carry the reasoning (`reasoning_details` of MiniMax), to be replayed as they came."""
    provider: str | None = None
    """Id of the provider that reasoned, None if unknown. Foreign signatures are not sent to another vendor."""


@dataclass(frozen=True, slots=True)
class Media:
    """An image, video, audio clip or file: exactly one of `url`, `data`, `path` and `file_id`."""

    kind: MediaKind
    url: str | None = None
    """An http(s) URL or a vendor's own scheme (`ms://`, `mm_file://`, `oss://`)."""
    data: str | None = None
    """Base64 text without a `data:` prefix."""
    path: str | None = None
    """A local file that the user named; the client reads it just before the request leaves."""
    file_id: str | None = None
    media_type: str | None = None
    """For example `image/png`; None is filled in from the bytes."""
    name: str | None = None
    detail: str | None = None
    options: JsonObject = field(default_factory=dict)
    """Vendor fields beside the part, for example `fps` or `max_pixels`."""
    cache: bool = False

    @property
    def size(self) -> int:
        """Bytes of inline data, 0 for a medium that is named by address."""
        data = self.data or ""
        return len(data) * 3 // 4 - data[-2:].count("=")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants run. `arguments` is JSON text, parsed once by whoever runs the tool.

    A call without arguments has `{}`. An empty text says that the reply was cut before they came: it must not run.
    """

    id: str
    name: str
    arguments: str
    extras: JsonObject | None = None
    """Unknown members of the vendor's tool call, sent back unchanged (`extras` of Kimi)."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool returned, in answer to the call `call_id`."""

    call_id: str
    parts: tuple[Text | Media, ...]
    is_error: bool = False
    name: str | None = None
    cache: bool = False


@dataclass(frozen=True, slots=True)
class Opaque:
    """A content block of one vendor that nobody else understands; it goes back to that vendor unchanged."""

    payload: JsonObject
    provider: str


Part: TypeAlias = Text | Reasoning | Media | ToolCall | ToolResult | Opaque


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    prefix: bool = False
    """Whether the reply is to go on from this text; it counts on an assistant's turn that is the last message."""

    @property
    def text(self) -> str:
        """The text parts, joined without a separator."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def reasoning(self) -> str | None:
        """The reasoning parts, joined; None if there are none."""
        found = [part.text for part in self.parts if isinstance(part, Reasoning)]
        return "".join(found) if found else None

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls of the turn, in order."""
        return tuple(part for part in self.parts if isinstance(part, ToolCall))

    def passages(self) -> Iterator[Passage]:
        """List what there is to read, in order."""
        for part in self.parts:
            if isinstance(part, Text | Reasoning):
                yield ("text" if isinstance(part, Text) else "reasoning"), part.text
            elif isinstance(part, ToolCall):
                yield "call", f"{part.name}({part.arguments})"


def user(*parts: str | Text | Media) -> Message:
    """Make a user message from strings and media."""
    return Message("user", tuple(Text(part) if isinstance(part, str) else part for part in parts))


def system(text: str) -> Message:
    """Make a system message."""
    return Message("system", (Text(text),))


# ---------------------------------------------------------------- request


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call. `parameters` is a JSON Schema object."""

    name: str
    description: str = ""
    parameters: JsonObject = field(default_factory=lambda: {"type": "object", "properties": {}})
    strict: bool | None = None
    cache: bool = False


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool that the vendor runs itself, given as the vendor's own JSON, passed through untouched."""

    payload: JsonObject


@dataclass(frozen=True, slots=True)
class NamedTool:
    """A tool choice: this tool and no other."""

    name: str


@dataclass(frozen=True, slots=True)
class Thinking:
    """How hard to think. None leaves a setting to the vendor."""

    enabled: bool | None = None
    effort: str | None = None
    budget: int | None = None
    """Upper bound in tokens."""

    def __bool__(self) -> bool:
        """Tell whether anything is set."""
        return self.enabled is not None or self.effort is not None or self.budget is not None


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """A constraint on the answer: any JSON object, or one that fits `schema`."""

    kind: Literal["json_object", "json_schema"]
    name: str = "response"
    schema: JsonObject | None = None
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """Everything that one chat call says. None means "not sent"."""

    messages: tuple[Message, ...]
    model: str | None = None
    tools: tuple[Tool | ServerTool, ...] = ()
    tool_choice: ToolMode | NamedTool | None = None
    force_without_thinking: bool = False
    """Whether thinking may be switched off for this request, if the endpoint takes its forced choice only then."""
    parallel_tool_calls: bool | None = None
    thinking: Thinking = Thinking()
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    logprobs: bool | None = None
    """Whether the reply tells how likely its tokens were, in `ChatResponse.vendor`."""
    top_logprobs: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    response_format: ResponseFormat | None = None
    search: bool = False
    think_tags: ThinkTagSetting | None = None
    """Whether `<think>` at the head of the content is reasoning; None is what the vendor is known for."""
    prompt_cache: Literal["auto"] | None = None
    """`auto` marks the prefix that calls have in common, and warns when something breaks it."""
    stream: bool = False
    vision: Vision | None = None
    """What becomes of an image when the model has no eyes. None: what the model's card says."""
    extra: JsonObject = field(default_factory=dict)
    """The user's escape hatch: merged into the body last, unchecked."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def media(self) -> tuple[Media, ...]:
        """Every medium of the messages, those in tool results included."""
        parts = [part for message in self.messages for part in message.parts]
        inner = [one for part in parts for one in (part.parts if isinstance(part, ToolResult) else (part,))]
        return tuple(one for one in inner if isinstance(one, Media))


# ---------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class Started:
    """The vendor began to answer. `id` and `model` are the vendor's."""

    id: str | None
    model: str | None
    provider: str | None = None
    """Who answers, where several plans are one model."""
    tried: tuple[JsonObject, ...] = ()
    """Plans that were asked before, and why they did not answer."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer. `block` numbers the content blocks of the reply densely from 0."""

    block: int
    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of reasoning; `signature`, `redacted` and `details` come with any piece or none."""

    block: int
    text: str
    signature: str | None = None
    redacted: str | None = None
    details: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call. The first piece of a call has `id` and `name`, later ones only `arguments`.

    `index` numbers the tool calls of the reply densely from 0, `block` all of its content blocks.
    """

    block: int
    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""
    extras: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class OpaqueDelta:
    """A whole content block that only the vendor understands."""

    block: int
    payload: JsonObject


@dataclass(frozen=True, slots=True)
class VendorData:
    """Members of the reply, its choice and its message that have no place elsewhere, for example `logprobs`."""

    data: JsonObject


@dataclass(frozen=True, slots=True)
class Warned:
    """A setting was changed or dropped on the way, and why."""

    setting: str
    why: str


@dataclass(frozen=True, slots=True)
class Finish:
    """The reply is complete. `native` is the vendor's own word for the reason."""

    reason: FinishReason
    native: str | None = None


Event: TypeAlias = (
    Started | TextDelta | ReasoningDelta | ToolCallDelta | OpaqueDelta | VendorData | Usage | Warned | Finish
)


@dataclass(frozen=True, slots=True)
class ChatResponse:
    """A whole reply: the fold of its events."""

    message: Message
    finish: FinishReason | None = None
    native_finish: str | None = None
    usage: Usage | None = None
    id: str | None = None
    model: str | None = None
    provider: str | None = None
    tried: tuple[JsonObject, ...] = ()
    """Plans that were asked before, and why they did not answer."""
    warnings: tuple[Warned, ...] = ()
    vendor: JsonObject = field(default_factory=dict)
    """Every member of the reply, its choice and its message that has no place elsewhere, by the vendor's name."""

    @property
    def text(self) -> str:
        """The answer without the reasoning."""
        return self.message.text

    @property
    def reasoning(self) -> str | None:
        """The reasoning, None if the reply has none."""
        return self.message.reasoning

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tool calls of the reply."""
        return self.message.tool_calls

    def _repr_html_(self, *, unfolded: bool = False) -> str:
        """Show the reply in a notebook: reasoning folded, text, tool calls, and who said it for how many tokens."""
        counts = self.usage.describe() if self.usage else None
        about = [one for one in (self.model, self.finish, counts) if one]
        warned = [f"{one.setting}: {one.why}" for one in self.warnings]
        return write_reply(self.message.passages(), "\n".join([*warned, ", ".join(about)]), unfolded=unfolded)
