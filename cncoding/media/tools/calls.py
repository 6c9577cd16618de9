"""Values of a tool's call: what a kit is told once, what a model asks, what it gets back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cncoding.errors import ConfigError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Locate, Tell
from cncoding.media.journal import CallIdentity
from cncoding.media.money import Budget
from cncoding.media.orders import Approve, Listener
from cncoding.media.polling import Patience
from cncoding.media.values import Asset
from cncoding.media.voices import check_consent
from cncoding.target import Setup
from cncoding.types import JsonObject, Media, MediaKind


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """What the tools of one kit are told once."""

    folder: str | None = None
    read_folders: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    """By tool name."""
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Fields of the vendor by tool name; the name `*` means every tool."""
    patience: Patience = field(default_factory=Patience)
    reuse: bool = False
    budget: Budget | None = None
    since: float | None = None
    """When the kit was made, in seconds since the epoch; a budget of a kit counts from there."""
    confirm_above: float | None = None
    show: bool = False
    """Whether the model is shown a small picture of every picture that was made."""
    prefix: str = ""
    """What stands before the names of the tools where an agent has those of several providers, for example `glm_`."""
    consent: str | None = None
    """Who agreed that their voice is cloned, how and when; the tools that make voices are offered only with it. A model
    cannot say it."""

    def __post_init__(self) -> None:
        """Refuse a consent that says nothing.

        Raises:
            ConfigError: It says too little.
        """
        if self.consent is not None:
            check_consent(self.consent)

    def model(self, tool: str) -> str | None:
        """Return the model that a tool is to ask, None for the one that fits its inputs."""
        return self.models.get(tool)

    def options_of(self, tool: str) -> JsonObject:
        """Return the vendor's fields for a tool."""
        return {**self.options.get("*", {}), **self.options.get(tool, {})}


class AgentFiles(Protocol):
    """The file system of an agent that has one of its own, with names of its own.

    An event loop's client awaits what the methods return.
    """

    def find(self, name: str) -> Any:
        """Return the path or the data URL of the file that the agent calls so, None if it has none."""

    def show(self, asset: Asset) -> Any:
        """Put a made file where the agent finds it, and return its name there; None if that cannot be."""


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool."""

    tool: str
    arguments: Mapping[str, Any]
    """As the model wrote them."""
    identity: CallIdentity | None = None
    again: bool = False
    listener: Listener | None = None
    approve: Approve | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """Arguments where the model gives none."""
    files: AgentFiles | None = None


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """What a tool gives back."""

    text: str
    """For the model."""
    artifact: JsonObject = field(default_factory=dict)
    """For the program, as plain JSON without bytes."""
    assets: tuple[Asset, ...] = ()
    previews: tuple[Media, ...] = ()
    """Small pictures for a model that is to look at what was made."""


@dataclass(frozen=True, slots=True)
class ToolSetup:
    """Where a kit's tools send their requests: media may live at another endpoint than chat."""

    media: Setup
    chat: Setup
    settings: ToolSettings
    journal: bool


def find_source(source: str | Media, kind: MediaKind, call: ToolCall, settings: ToolSettings) -> Flow[Media]:
    """Return what a program gave, a link, a file of the agent's own, or a file in a folder that the agent may read."""
    if isinstance(source, Media):
        return source
    if call.files is not None and not _is_link(source):
        own: str | None = yield Tell(call.files.find, source)
        if own is not None:
            return _as_media(own, kind)
    try:
        found: str = yield Locate(source, (settings.folder, *settings.read_folders))
    except ConfigError:
        if call.files is None:
            raise
        raise ConfigError(f"{source[:200]!r}: is none of your files; give a link, or the path of one of them") from None
    return _as_media(found, kind)


def _is_link(source: str) -> bool:
    return "://" in source[:12] or source.startswith("data:")


def _as_media(source: str, kind: MediaKind) -> Media:
    return Media(kind, url=source) if _is_link(source) else Media(kind, path=source)
