"""Going on from a given beginning: a chat whose last turn is the assistant's, and completion between two texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cncoding.chat.encoder import dump, merge
from cncoding.chat.openai_stream import OpenAIDecoder
from cncoding.errors import ConfigError
from cncoding.exchange.retry import Flow, send
from cncoding.exchange.steps import Request
from cncoding.profile import OpenAIDialect, thinks
from cncoding.target import Setup, Target
from cncoding.types import ChatRequest, Event, JsonObject

_SETTINGS = ("model", "max_tokens", "temperature", "top_p", "stop", "extra_body")
MOST_TOKENS = 4096
"""Of a completion between two texts (DeepSeek's FIM guide, 2026)."""


def settle_prefix(request: ChatRequest, target: Target) -> Target:
    """Return where a request goes: one that asks for a continuation may need another endpoint of the vendor.

    Raises:
        ConfigError: The vendor continues no turn here, or not with these settings.
    """
    if not (request.messages and request.messages[-1].role == "assistant" and request.messages[-1].prefix):
        return target
    dialect, provider = target.wire.dialect, target.provider.id
    if not isinstance(dialect, OpenAIDialect) or dialect.prefix is None:
        others = [
            name
            for name, wire in target.endpoint.wires.items()
            if isinstance(wire.dialect, OpenAIDialect) and wire.dialect.prefix
        ]
        remedy = f"pass wire={others[0]!r}" if others else "deepseek, kimi and qwen do"
        raise ConfigError(
            f"prefix: {provider} on the {target.wire_name} wire continues no turn of the assistant; {remedy}"
        )
    if not request.messages[-1].text:
        raise ConfigError("prefix: the last message has no text to go on from")
    card = target.card(request.model)
    if not dialect.prefix_thinking and card.known and thinks(request.thinking, card):
        raise ConfigError(f"prefix: {provider} continues a turn only without thinking; pass thinking=False")
    if request.response_format is not None and not dialect.prefix_json:
        raise ConfigError(f"prefix: {provider} does not take it together with response_format; leave one out")
    return target if dialect.prefix_endpoint is None else _move(target, dialect.prefix_endpoint)


def _move(target: Target, name: str) -> Target:
    """Return the same target at another endpoint of the vendor, on the host that it has."""
    endpoint = target.provider.endpoint(name)
    wire = endpoint.wires[target.wire_name]
    return replace(target, endpoint=endpoint, wire=wire, base_url=target.root + wire.path)


def complete(prompt: str, suffix: str | None, settings: Mapping[str, Any], setup: Setup) -> Flow[list[Event]]:
    """Ask for the text between `prompt` and `suffix`.

    Raises:
        ConfigError: The vendor documents no such completion, or a setting is wrong.
    """
    target = setup.target
    if target.provider.completions is None:
        raise ConfigError(f"complete: {target.provider.id} documents no completion between two texts; deepseek does")
    if target.wire_name != "openai":
        raise ConfigError("complete: it goes over the openai wire; pass wire='openai'")
    request = Request(
        "POST",
        target.root + target.provider.completions,
        {**target.headers, "Content-Type": "application/json", "Accept": "application/json"},
        dump(_write_body(prompt, suffix, settings, target)),
    )
    reply = yield from send(request, target.provider, setup.retry)
    decoder = OpenAIDecoder(target, target.card(settings.get("model")), setup.make_id, may_be_empty=True)
    return decoder.whole(reply.body)


def _write_body(prompt: str, suffix: str | None, settings: Mapping[str, Any], target: Target) -> JsonObject:
    for name, text in {"prompt": prompt, "suffix": suffix}.items():
        if not isinstance(text, str) and not (name == "suffix" and text is None):
            raise ConfigError(f"complete: {name} is {type(text).__name__}; give text")
    if unknown := sorted(settings.keys() - set(_SETTINGS)):
        raise ConfigError(f"complete: {unknown[0]} is no setting of it; there are {', '.join(_SETTINGS)}")
    from cncoding.settings import read_settings  # it needs pydantic, which a plain question does not

    fields = read_settings(settings, "complete")
    most = fields["max_tokens"]
    if most is not None and most > MOST_TOKENS:
        raise ConfigError(f"complete: max_tokens={most} is more than the {MOST_TOKENS} that the vendor takes")
    body: JsonObject = {"model": fields["model"] or target.model, "prompt": prompt, "suffix": suffix}
    body |= {name: fields[name] for name in ("max_tokens", "temperature", "top_p")}
    body["stop"] = list(fields["stop"]) or None
    return merge({name: value for name, value in body.items() if value is not None}, fields["extra"])
