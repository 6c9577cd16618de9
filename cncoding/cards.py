"""What is known of a model on one endpoint, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cncoding.evidence import Source
from cncoding.types import Thinking, Vision

Warn: TypeAlias = Callable[[str, str], None]
"""Called with a setting and the reason why it was changed or dropped."""

Search: TypeAlias = Literal["works", "refused", "ignored", "stops_thinking"]

ALL_INPUTS = frozenset({"text", "image", "video", "audio", "file"})

EFFORT_ORDER = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Effort words from least to most; a model's own levels are a subset."""


@dataclass(frozen=True, slots=True)
class ThinkingSupport:
    """How a model thinks on one endpoint."""

    default: bool = True
    """Whether it thinks when the request does not say."""
    can_disable: bool = True
    levels: tuple[str, ...] = ()
    """Effort words that the endpoint accepts; empty where it has no such setting."""
    default_level: str | None = None
    budget: bool = True
    """Whether a thinking budget is a setting of this model."""
    max_budget: int | None = None
    """Largest thinking budget in tokens, where there is one."""
    default_budget: int | None = None
    """Budget that the endpoint assumes where the request names none."""


@dataclass(frozen=True, slots=True)
class PictureForm:
    """What a vendor takes of a picture that it is given. None is what its page does not say."""

    types: tuple[str, ...] = ()
    """Such as `image/png`; none if the page names none."""
    megabytes: int | None = None
    sides: tuple[int, int] | None = None
    """Least and most of width and height, in pixels."""
    ratio: tuple[float, float] | None = None
    """Least and most of width by height."""
    source: Source | None = None

    def __str__(self) -> str:
        """Return the types in words."""
        return ", ".join(kind.partition("/")[2] for kind in self.types) or "any"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of a model on one endpoint. A hint: it never blocks a request to an unknown model."""

    id: str
    context: int | None = None
    """Tokens of input and output together."""
    max_output: int | None = None
    max_input: int | None = None
    """Most tokens of input, where the vendor counts them apart."""
    input: frozenset[str] = frozenset({"text"})
    """Subset of text, image, video, audio, file."""
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
    omits: frozenset[str] = frozenset()
    """Settings that this model does not take, for example temperature: left out with a warning."""
    temperature: tuple[float, float] | None = None
    """Least and most that this model takes, where it is not what the vendor takes."""
    max_images: int | None = None
    """Most images of one request."""
    search: Search = "works"
    """What the built-in web search does with this model, where the vendor has one."""
    requires: tuple[tuple[str, str], ...] = ()
    """Members of `extra_body` without which the model is refused, each with an example."""
    tool_stream: bool = False
    """Whether tool arguments come in pieces only where `tool_stream` asks for it (OpenAI wire)."""
    vision: Vision = "error"
    """What to do with an image if `input` has none."""
    known: bool = True
    source: Source | None = None
    """Where the row comes from; None for a model that no row describes."""

    @property
    def input_limit(self) -> int | None:
        """Most tokens of input, None if nobody says."""
        known = [limit for limit in (self.max_input, self.context) if limit is not None]
        return min(known, default=None)


def unknown_card(model: str) -> ModelCard:
    """Make the card of a model that no row describes: it is assumed able to do everything."""
    return ModelCard(
        id=model,
        input=ALL_INPUTS,
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


def share_for_thinking(limit: int) -> int:
    """Return how much of a reply of at most `limit` tokens the thinking may take, so that an answer has room."""
    return limit - max(1, limit // 4)


def thinks(thinking: Thinking, card: ModelCard) -> bool:
    """Tell whether a request with these settings makes this model think."""
    support = card.thinking
    if support is None:
        return False
    if thinking.enabled is False or (thinking.effort == "none" and thinking.enabled is None):
        return not support.can_disable
    return support.default or thinking.enabled is True or thinking.effort is not None or thinking.budget is not None
