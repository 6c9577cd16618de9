"""Policy, said once: what to send, when to try again, what to do first.

A flow is a generator that yields steps and is sent their outcome. It decides everything and does nothing; the two
drivers of `client/` perform the steps.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from cncoding.chat import anthropic, completion, openai
from cncoding.chat.caching import compare_prefix
from cncoding.chat.completion import settle_prefix
from cncoding.chat.documents import settle_file
from cncoding.chat.fold import Fold
from cncoding.chat.naming import decode_names, encode_names
from cncoding.chat.resuming import Splice, build_continuation
from cncoding.errors import (
    BadRequestError,
    CncodingError,
    ConfigError,
    ConnectionLostError,
    ProtocolError,
    TransportError,
    TruncatedStreamError,
)
from cncoding.exchange.counting import count_call
from cncoding.exchange.failures import name_model
from cncoding.exchange.fetching import fetch, from_data_url, inline, with_bytes
from cncoding.exchange.json_values import read_json
from cncoding.exchange.media_types import address
from cncoding.exchange.retry import Flow, send
from cncoding.exchange.steps import Read, Reply, Request, Step
from cncoding.media.pictures import fit_type
from cncoding.media.selection import find_sight_route
from cncoding.media.sending import build_request, guard_reading
from cncoding.profile import AnthropicDialect, ModelCard
from cncoding.target import Setup, Target
from cncoding.types import ChatRequest, Event, Finish, Media, Message, Part, Text, ToolResult, Warned
from cncoding.usage import Usage

StreamFlow: TypeAlias = Generator["Step | Event", Any, None]
"""A flow whose driver performs the steps and hands the events out."""

STREAM_ONLY = re.compile(r"only support(s)? stream|stream mode|non-streaming calls", re.I)
"""How Qwen says that a model must be streamed (documented; several texts)."""


@dataclass(frozen=True, slots=True)
class Call:
    """A chat request that is ready to leave, and the decoder for its reply."""

    request: Request
    decoder: openai.Decoder | anthropic.Decoder
    warnings: tuple[Warned, ...]
    names: Mapping[str, str] = field(default_factory=dict)
    """Real names of tools by those that went out."""

    def rename(self, events: Iterable[Event]) -> Iterable[Event]:
        """Return events with the real names of tools."""
        return decode_names(events, self.names) if self.names else events


def prepare(chat: ChatRequest, setup: Setup) -> Flow[Call]:
    """Bring a chat request into the vendor's form: media first, because that takes I/O, then the wire.

    Raises:
        ConfigError: The request cannot be sent.
    """
    target = settle_prefix(chat, setup.target)
    if target is not setup.target:
        setup = replace(setup, target=target)
    card = target.card(chat.model)
    if chat.vision is None and setup.vision is not None:
        chat = replace(chat, vision=setup.vision)
    chat, media_warnings = yield from _settle_media(chat, card, setup)
    chat, names = encode_names(chat, target.wire.dialect.reserved_names)
    codec = anthropic if isinstance(target.wire.dialect, AnthropicDialect) else openai
    try:
        request, warnings = codec.encode(chat, target)
    except RecursionError as error:
        raise ConfigError("tools, extra_body: a value contains itself or is nested too deep; flatten it") from error
    if chat.prompt_cache == "auto" and target.wire.dialect.cache != "none":
        warnings += compare_prefix(json.loads(request.body or b"{}"), setup.prefixes)
    decoder: openai.Decoder | anthropic.Decoder
    if codec is anthropic:
        decoder = anthropic.Decoder(target, card, setup.make_id, may_be_empty=bool(chat.stop))
    else:
        tags = chat.think_tags
        decoder = openai.Decoder(target, card, setup.make_id, may_be_empty=bool(chat.stop), think_tags=tags)
    return Call(request, decoder, (*media_warnings, *warnings), names)


def chat(request: ChatRequest, setup: Setup) -> Flow[list[Event]]:
    """Ask once and return the events of the whole reply. Models that only stream are streamed."""
    return (yield from count_call(_chat(request, setup), setup.budgets, read_tokens))


def read_tokens(events: Sequence[Event]) -> int | None:
    """Return the tokens that a reply used, None where it does not tell; the last count is the whole one."""
    usage = next((one for one in reversed(events) if isinstance(one, Usage)), None)
    return usage.total if usage else None


def _chat(request: ChatRequest, setup: Setup) -> Flow[list[Event]]:
    call = yield from prepare(replace(request, stream=False), setup)
    with name_model(request.model or setup.target.model):
        reply = yield from send(call.request, setup.target.rules, setup.retry)
        return [*call.warnings, *call.rename(call.decoder.whole(reply.body))]


def complete(prompt: str, suffix: str | None, settings: Mapping[str, Any], setup: Setup) -> Flow[list[Event]]:
    """Ask for the text between two texts; see `completion.complete`."""
    flow = completion.complete(prompt, suffix, settings, setup)
    return (yield from count_call(flow, setup.budgets, read_tokens))


def must_stream(request: ChatRequest, target: Target) -> bool:
    """Tell whether the model is known to answer streams only."""
    return target.card(request.model).stream_only


def asks_for_stream(error: BadRequestError) -> bool:
    """Tell whether the vendor refused a request because the model only streams; nothing was run or charged."""
    return bool(STREAM_ONLY.search(error.message))


def open_stream(request: ChatRequest, setup: Setup) -> Flow[tuple[Call, Reply]]:
    """Ask for a stream and return it opened: its head is a success."""
    call = yield from prepare(replace(request, stream=True), setup)
    reply = yield from send(call.request, setup.target.rules, setup.retry)
    return call, reply


def stream(request: ChatRequest, setup: Setup, progress: Fold) -> StreamFlow:
    """Ask for a stream and yield its events between the steps; each is added to `progress` once, before it is seen.

    Raises:
        CncodingError: Of any kind; once the stream is open, with the reply so far as its `partial`.
    """
    with name_model(request.model or setup.target.model):
        yield from count_call(_stream(request, setup, progress), setup.budgets, lambda _: _count_tokens(progress))


def _count_tokens(progress: Fold) -> int | None:
    usage = progress.response().usage
    return usage.total if usage else None


def _stream(request: ChatRequest, setup: Setup, progress: Fold) -> StreamFlow:
    call, reply = yield from open_stream(request, setup)
    failure = yield from _read(call, reply, progress, None, setup)
    tries = _CONTINUATIONS if setup.resume_cut else 0
    while failure is not None and tries > 0:
        so_far, tries = progress.response(), tries - 1
        again = build_continuation(request, so_far, failure, setup.target)
        if again is None:
            break
        try:
            call, reply = yield from open_stream(again, setup)
        except CncodingError:
            break  # what is told is the cut: the continuation was our own idea
        yield from _tell(progress, Warned("resume_cut", f"the reply was cut and is continued: {failure}"))
        failure = yield from _read(call, reply, progress, Splice(so_far), setup)
    if failure is None:
        return
    failure.partial = progress.response()
    if setup.on_cut == "raise" or not failure.partial.message.parts:
        raise failure
    yield from _tell(progress, Warned("on_cut", f"the reply was cut: {failure}"))
    yield from _tell(progress, Finish("cut", "cut"))


_CONTINUATIONS = 2


def _tell(progress: Fold, event: Event) -> StreamFlow:
    progress.add(event)
    yield event


def _wait_for_end(decoder: openai.Decoder | anthropic.Decoder) -> float | None:
    """Return the seconds that the rest of a stream is worth: the counts behind a finish, then nothing."""
    return (1.0 if decoder.closed else 10.0) if decoder.finished else None


def _read(
    call: Call, reply: Reply, progress: Fold, splice: Splice | None, setup: Setup
) -> Generator[Step | Event, Any, CncodingError | None]:
    """Hand out the events of an open stream and return what cut it, None for a reply that is whole."""
    try:
        for warning in () if splice else call.warnings:
            yield from _tell(progress, warning)
        try:
            while data := (yield Read(reply.raw, _wait_for_end(call.decoder))):
                for event in call.rename(call.decoder.feed(data)):
                    if (placed := splice.place(event) if splice else event) is not None:
                        progress.add(placed)
                        yield placed
        except (TransportError, ProtocolError):
            if not call.decoder.finished:
                raise  # behind a finish nothing is lost any more
        for event in call.rename(call.decoder.finish()):
            if (placed := splice.place(event) if splice else event) is not None:
                progress.add(placed)
                yield placed
    except ConnectionLostError as error:
        cut = TruncatedStreamError(f"the stream was cut: {error}", provider=setup.target.provider.id)
        cut.__cause__ = error
        return cut
    except CncodingError as error:
        return error
    return None


# ---------------------------------------------------------------- media


def _settle_media(chat: ChatRequest, card: ModelCard, setup: Setup) -> Flow[tuple[ChatRequest, list[Warned]]]:
    """Read paths, fetch what the vendor does not fetch, and describe what the model cannot see."""
    if not any(_has_media(part) for message in chat.messages for part in message.parts):
        return chat, []
    warnings: list[Warned] = []
    messages: list[Message] = []
    for message in chat.messages:
        parts: list[Part] = []
        for part in message.parts:
            parts += yield from _settle(part, message, chat, card, setup, warnings)
        messages.append(replace(message, parts=tuple(parts)))
    return replace(chat, messages=tuple(messages)), warnings


def _has_media(part: Part) -> bool:
    return isinstance(part, Media) or (
        isinstance(part, ToolResult) and any(isinstance(one, Media) for one in part.parts)
    )


def _settle(
    part: Part, message: Message, chat: ChatRequest, card: ModelCard, setup: Setup, warnings: list[Warned]
) -> Flow[tuple[Part, ...]]:
    """Return what takes the place of a part: a document becomes several."""
    if isinstance(part, ToolResult):
        settled: list[Part] = []
        for one in part.parts:
            settled += yield from _settle(one, message, chat, card, setup, warnings)
        return (replace(part, parts=tuple(one for one in settled if isinstance(one, (Text, Media)))),)
    if not isinstance(part, Media):
        return (part,)
    vision = chat.vision or card.vision
    if part.kind == "image" and "image" not in card.input and vision == "vlm" and find_sight_route(setup) is not None:
        warnings.append(
            Warned("vision", f"{card.id} cannot see; the plan's vision endpoint described the image in words")
        )
        return ((yield from _describe(part, message.text, setup)),)
    media = yield from _reachable(part, card, setup)
    if media.kind == "image":
        return ((yield from _fit(media, card, vision, setup, warnings)),)
    if media.kind != "file" or media.data is None:
        return (media,)
    found: list[Part] = []
    for one in (yield from settle_file(media, card, vision)):
        is_picture = isinstance(one, Media) and one.kind == "image"
        found += (yield from _settle(one, message, chat, card, setup, warnings)) if is_picture else (one,)
    return tuple(found)


def _fit(media: Media, card: ModelCard, vision: str, setup: Setup, warnings: list[Warned]) -> Flow[Media]:
    """Return a picture in a type that the vendor takes, unless the user said to send it as it is."""
    form = setup.target.wire.dialect.pictures
    if form is None or vision == "native" or "image" not in card.input:
        return media
    fitted, warned = yield from fit_type(media, form, "image", setup.target.provider.id)
    warnings += warned
    return fitted


def _reachable(media: Media, card: ModelCard, setup: Setup) -> Flow[Media]:
    """Return the medium in a form that the vendor can read."""
    dialect = setup.target.wire.dialect
    if media.path is not None:
        name = media.name or (media.path.replace("\\", "/").rpartition("/")[2] if media.kind == "file" else None)
        return (yield from inline(replace(media, name=name), setup.fetching))
    if media.url is None:
        return media
    if media.url.startswith("data:"):
        return from_data_url(media)
    if "://" not in media.url[:16]:
        local = f"Media({media.kind!r}, path={media.url[:60]!r})"
        raise ConfigError(f"{media.kind}: url={media.url[:60]!r} is no URL; a local file is {local}")
    if media.kind == "file" and "file" not in card.input and media.url.startswith(("http://", "https://")):
        return with_bytes(media, (yield from fetch(media.url, setup.fetching)))
    if media.kind == "image" and not dialect.image_urls and media.url.startswith(("http://", "https://")):
        return (yield from inline(media, setup.fetching))
    return media


def _describe(media: Media, question: str, setup: Setup) -> Flow[Text]:
    """Have the plan's vision endpoint put an image into words, which take its place."""
    target = setup.target
    image = yield from inline(media, setup.fetching)
    if image.data is None:
        raise ConfigError("image: the vision endpoint needs the data; pass url, data or path")
    route = find_sight_route(setup)
    if route is not None:
        image, _ = yield from fit_type(image, route.pictures, "image", f"the vision endpoint of {target.provider.id}")
    prompt = _PROMPT + (f"\nThe question about it is: {question}" if question else "")
    key = hashlib.sha256(f"{target.root}\0{prompt}\0{image.data}".encode()).hexdigest()
    if (known := setup.descriptions.get(key)) is None:
        known = yield from describe_image(prompt, address(image), setup)
        setup.descriptions[key] = known
    return Text(f"[image, described by a vision model]\n{known}\n[end of image]")


_PROMPT = (
    "Describe this image for a reader who cannot see it: "
    "every text and number in it literally, layout, objects, colours."
)


def describe_image(prompt: str, data_url: str, setup: Setup) -> Flow[str]:
    """Ask the plan's vision endpoint about one image.

    Raises:
        ConfigError: The provider has no such endpoint.
        ProtocolError: It answered without a description.
    """
    target, provider, route = setup.target, setup.target.provider, find_sight_route(setup)
    if route is None:
        raise ConfigError(f"vision='vlm': {provider.id} has no vision endpoint; choose a model that reads images")
    request = build_request(route.encode(prompt, data_url), route.base(target), target, repeatable=True)
    reply = yield from send(request, target.rules, setup.retry)
    body = read_json(reply, provider.id)
    with guard_reading(provider, body):
        text = route.read(body)
    if not text:
        raise ProtocolError("the vision endpoint gave no description", provider=provider.id, payload=str(body))
    return text
