"""What the encoders of both wires share: the frame around a body, tool choices, and what is refused."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from typing import ClassVar

from cncoding.chat.caching import MARK, settle_cache_marks
from cncoding.chat.choice import settle_tool_choice
from cncoding.chat.history import Manners
from cncoding.errors import ConfigError
from cncoding.exchange.json_values import write_json
from cncoding.exchange.steps import Request
from cncoding.hints import table
from cncoding.hints.hint import list_names
from cncoding.profile import ModelCard, thinks
from cncoding.target import Target
from cncoding.types import ChatRequest, JsonObject, Media, Tool, Warned

_BOTH = ("openai", "anthropic")
_COMMON: Mapping[str, Mapping[str, str]] = {
    "temperature": dict.fromkeys(_BOTH, "temperature"),
    "top_p": dict.fromkeys(_BOTH, "top_p"),
    "seed": {"openai": "seed"},
    "stop": {"openai": "stop", "anthropic": "stop_sequences"},
}
"""Settings of a `ChatRequest` that are members of the body, and what each wire calls them."""
_RARE: Mapping[str, Mapping[str, str]] = {
    "top_k": dict.fromkeys(_BOTH, "top_k"),
    "frequency_penalty": {"openai": "frequency_penalty"},
    "presence_penalty": {"openai": "presence_penalty"},
    "logprobs": {"openai": "logprobs"},
    "top_logprobs": {"openai": "top_logprobs"},
}
"""Likewise those that go only to a vendor whose dialect names them in `rare`; elsewhere they are left out, with a
warning."""


class Writer(ABC):
    """Write one request; lives as long as `encode` runs."""

    route: ClassVar[str]
    """What is appended to the base URL."""
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, request: ChatRequest, target: Target) -> None:
        request, warnings = settle_tool_choice(request, target)
        cached = settle_cache_marks(request, target)
        self.request = request = cached.request
        self.one_mark = cached.whole
        self.target = target
        self.card = target.card(request.model)
        self.thinks = thinks(request.thinking, self.card)
        self.warnings: list[Warned] = [*warnings, *cached.warnings, *_name_collisions(request)]

    def warn(self, setting: str, why: str) -> None:
        """Remember that a setting was changed or left out."""
        self.warnings.append(Warned(setting, why))

    def encode(self) -> tuple[Request, list[Warned]]:
        """Return the request, and what was changed or left out on the way.

        Raises:
            ConfigError: The vendor is documented to refuse this, or the history cannot be sent.
        """
        request, endpoint = self.request, self.target.endpoint
        self._check_card()
        endpoint.check(request, self.card)
        body = {**self.body(), **self.target.wire.dialect.members}
        if self.one_mark:
            body["cache_control"] = dict(MARK)
        body = endpoint.finalize(body, request, self.card, self.warn)
        body = merge(body, request.extra)
        headers = {
            **self.headers,
            **self._link_headers(),
            **self.target.headers,
            **request.headers,
            "Content-Type": "application/json",
            "Accept": "text/event-stream" if request.stream else "application/json",
        }
        url = self.target.base_url + self.route
        return Request("POST", url, headers, dump(body), stream=request.stream), self.warnings

    def _link_headers(self) -> Mapping[str, str]:
        """Return the headers that links of the vendor's own ask for."""
        known = self.target.wire.dialect.link_headers
        schemes = {(one.url or "").partition("://")[0] for one in self.request.media} if known else set()
        return {name: value for scheme in schemes & known.keys() for name, value in known[scheme].items()}

    def _check_card(self) -> None:
        request, card = self.request, self.card
        if card.temperature is not None and request.temperature is not None:
            least, most = card.temperature
            if not least <= request.temperature <= most:
                raise ConfigError(f"temperature={request.temperature}: {card.id} takes {least:g} to {most:g}")
        images = sum(one.kind == "image" for one in request.media)
        if card.max_images is not None and images > card.max_images:
            raise ConfigError(f"image: {card.id} takes at most {card.max_images}, not {images}; drop earlier ones")
        if missing := [f"{name}, as {example}" for name, example in card.requires if name not in request.extra]:
            raise ConfigError(f"extra_body: {card.id} needs {'; '.join(missing)}")

    @abstractmethod
    def body(self) -> JsonObject:
        """Write the body, before the endpoint's last word and the user's `extra`."""

    @property
    def manners(self) -> Manners:
        """What this wire takes of a history."""
        native = (self.request.vision or self.card.vision) == "native"
        return Manners(
            sees=lambda medium: native or medium.kind in self.card.input,
            system_alone=self.target.wire.dialect.system_alone,
            warn=self.warn_once,
        )

    def warn_once(self, setting: str, why: str) -> None:
        """Remember a change that many messages may need."""
        if (warned := Warned(setting, why)) not in self.warnings:
            self.warnings.append(warned)

    def takes(self, setting: str) -> bool:
        """Tell whether endpoint, wire and model take a setting; warn that it is left out if one does not."""
        dialect, who = self.target.wire.dialect, None
        if setting in self.card.omits:
            who = self.card.id
        elif setting in dialect.omits or (setting in _RARE and setting not in dialect.rare):
            who = f"{self.target.provider.id} on the {self.target.wire_name} wire"
        if who is not None:
            self.warn(setting, f"{who} does not take it; left out")
        return who is None

    def write_sampling(self, body: JsonObject) -> None:
        """Write the settings that are members of the body, those left out that the vendor does not take."""
        for setting, names in (*_COMMON.items(), *_RARE.items()):
            value = getattr(self.request, setting)
            if value is None or value == ():
                continue
            if (name := names.get(self.target.wire_name)) is None:
                self.warn(setting, f"the {self.target.wire_name} wire has no such field; left out")
            elif self.takes(setting):
                body[name] = list(value) if isinstance(value, tuple) else value

    def write_search(self, body: JsonObject) -> None:
        """Switch the vendor's own web search on.

        Raises:
            ConfigError: The vendor documents none on this wire, or none for this model.
        """
        dialect = self.target.wire.dialect
        where = f"{self.card.id} on {self.target.provider.id}"
        if dialect.search is None:
            others = [name for name, wire in self.target.endpoint.wires.items() if wire.dialect.search is not None]
            remedy = f"pass wire={others[0]!r}, or use" if others else "use"
            raise ConfigError(
                f"search=True: {self.target.provider.id} documents no web search in chat on the "
                f"{self.target.wire_name} wire; {remedy} the web_search tool"
            )
        if self.card.search == "refused":
            able = [card.id for card in self.target.endpoint.models if card.search == "works"]
            raise ConfigError(
                f"search=True: {where} has no web search in chat; choose {', '.join(able[:3]) or 'another model'}, "
                "or use the web_search tool"
            )
        if self.card.search == "ignored":
            self.warn("search", f"it has no effect on {where}; left out")
            return
        if self.card.search == "stops_thinking" and self.request.thinking and self.thinks:
            self.warn("thinking", f"the web search turns the thinking of {where} off")
        members = dict(dialect.search)
        if tools := members.pop("tools", None):
            body["tools"] = [*body.get("tools", []), *tools]
        body.update(members)


def _name_collisions(request: ChatRequest) -> list[Warned]:
    """Warn of tools that share a name: a call means one of them, and nobody knows which."""
    names = Counter(tool.name for tool in request.tools if isinstance(tool, Tool))
    why = "{} tools are called {!r}, and a call reaches one of them; rename them, or give their toolkits a prefix="
    return [Warned("tools", why.format(count, name)) for name, count in names.items() if count > 1]


def dump(body: JsonObject) -> bytes:
    """Write JSON without escapes: escaped Chinese triples the bytes, and the tokens where a vendor echoes it."""
    return write_json(body, "messages", "tools, extra_body and tool arguments")


def merge(body: JsonObject, extra: JsonObject) -> JsonObject:
    """Lay the user's members over the body; objects are merged, None removes a member."""
    for key, value in extra.items():
        if value is None:
            body.pop(key, None)
        elif isinstance(value, dict) and isinstance(body.get(key), dict):
            body[key] = merge(dict(body[key]), value)
        else:
            body[key] = value
    return body


def mark(part: JsonObject, cache: bool) -> JsonObject:
    """Return a content part or a tool, with a cache mark if it is to have one."""
    if cache:
        part["cache_control"] = dict(MARK)
    return part


def check_modality(media: Media, card: ModelCard, request: ChatRequest, target: Target) -> None:
    """Refuse a medium that the model is known not to read.

    Raises:
        ConfigError: With the remedy.
    """
    if media.kind in card.input or (request.vision or card.vision) == "native":
        return
    readable = ", ".join(sorted(card.input))
    readers = [one.id for one in target.endpoint.models if media.kind in one.input]
    known = table.READERS.fill(provider=target.provider.id, kind=media.kind, models=list_names(readers[:4]))
    raise ConfigError(
        f"{media.kind}: {card.id} on {target.provider.id} reads {readable} only; "
        f"choose a model that takes {media.kind} input"
        + (", or pass vision='native' to send it all the same" if media.kind == "image" else ""),
        hint=known if readers else None,
    )
