"""Speech that is heard while it is made, each piece of a long text as a purchase of its own.

A purchase is written down before its request leaves and again when its first sound has come: from then on it is paid
for and delivered, whoever hangs up. Its sound is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any, TypeAlias

from cncoding.errors import CncodingError, ConfigError, ProtocolError, TruncatedStreamError
from cncoding.exchange.counting import count_call, is_free
from cncoding.exchange.failures import read_failure
from cncoding.exchange.retry import Flow
from cncoding.exchange.sse import SSEDecoder
from cncoding.exchange.steps import Now, Read, Reply, Step
from cncoding.media.buying import (
    Part,
    Wait,
    confirm,
    intend,
    limit_order,
    open_purchase,
    recover,
    take_part,
)
from cncoding.media.jobs import Prepared
from cncoding.media.journal import Purchase, PurchaseState, RecordPurchase, record
from cncoding.media.leaving import name_lost
from cncoding.media.long_text import split_stream
from cncoding.media.money import check_journal
from cncoding.media.orders import Order
from cncoding.media.pieces import prepare_all
from cncoding.media.rates import Waiting, find_end
from cncoding.media.routes import MediaRoute
from cncoding.media.selection import choose_route
from cncoding.media.sending import guard_reading, send_once
from cncoding.media.shapes import check_shape
from cncoding.media.sound.streams import SoundKind, StreamJoiner
from cncoding.media.spelling import spell_request
from cncoding.media.unknown_voices import name_voices
from cncoding.media.values import MediaRequest
from cncoding.profile import Provider
from cncoding.target import Setup

SoundFlow: TypeAlias = "Generator[Step | bytes, Any, None]"
"""Yields steps and, between them, pieces of sound."""


def describe_stream(request: MediaRequest, provider: Provider) -> SoundKind:
    """Return what the pieces of a stream will be.

    Raises:
        ConfigError: The provider does not stream speech.
    """
    check_shape(request)
    route, name = choose_route(request, provider)
    if route.piece is None:
        raise ConfigError(f"provider={provider.id!r}: streams no speech; synthesize_speech waits for it")
    return route.streams(spell_request(request, route, route.model(name)))


def stream_speech(order: Order, setup: Setup, *, journal: bool) -> SoundFlow:
    """Ask for speech and yield its sound as it comes.

    Raises:
        ConfigError: The provider does not stream speech, or does not take a setting; nothing was sent or charged.
        UnconfirmedPurchaseError: It may have been bought before; nothing was bought now.
        TruncatedStreamError: The stream ended before the vendor said that it was the end.
        TransportError, ApiError, ProtocolError: It failed; never repeated once it may have been charged.
    """
    kind = describe_stream(order.request, setup.target.provider)
    prepared = yield from _prepare(order.request, setup)
    if order.reuse:
        raise ConfigError("reuse: a stream is not kept; synthesize_speech takes what was made before")
    check_journal(order, journal=journal)
    yield from _ask_person(order, prepared, setup, journal=journal)
    joiner = StreamJoiner(kind)
    for number, one in enumerate(prepared):
        asked = _name_part(order, one, number, len(prepared))
        joiner.begin()
        yield from _stream_part(asked, take_part("", prepared, number, setup), joiner, setup, journal=journal)


def _prepare(request: MediaRequest, setup: Setup) -> Flow[tuple[Prepared, ...]]:
    """Check every piece before the first one is paid for."""
    route, _ = choose_route(request, setup.target.provider)
    # A format that was asked for stands, so that the route says whether it streams it.
    own = route.names.get("format", ()) if request.format is not None else ()
    streaming = {name: value for name, value in route.streaming.items() if name not in own}
    asked = replace(request, options={**streaming, **request.options})
    found = yield from prepare_all(split_stream(asked, setup.target.provider), setup)
    return tuple(replace(one, wire=replace(one.wire, stream=True)) for one in found)


def _ask_person(order: Order, prepared: tuple[Prepared, ...], setup: Setup, *, journal: bool) -> Flow[None]:
    whole = replace(prepared[0], request=order.request)
    wanted = replace(intend(order, whole, setup, (yield Now())), pieces=len(prepared))
    yield from confirm(order, whole, wanted, setup, journal=journal)


def _name_part(order: Order, prepared: Prepared, number: int, count: int) -> Order:
    identity = order.identity
    if identity is not None and count > 1:
        identity = identity.piece(number)
    return replace(order, request=prepared.request, identity=identity)


def _stream_part(order: Order, part: Part, joiner: StreamJoiner, setup: Setup, *, journal: bool) -> SoundFlow:
    """Buy one piece and yield its sound."""
    purchase = intend(order, part.prepared, setup, (yield Now()))
    if journal:
        purchase = yield from _open(order, purchase, part, setup)
    flow = _hear(part.prepared, purchase, joiner, setup, journal=journal)
    yield from count_call(flow, setup.budgets, cost=(purchase.cost, purchase.currency))


def _open(order: Order, wanted: Purchase, part: Part, setup: Setup) -> Flow[Purchase]:
    purchase = yield from open_purchase(order, part.prepared, wanted, limit_order(order, wanted.created_at, part))
    if purchase.state in ("intended", "waiting"):
        return purchase
    if purchase.state == "unconfirmed":
        yield from recover(purchase, part.prepared.route, setup)  # raises: a stream is no job that could be looked up
    yield RecordPurchase(replace(purchase, owner=None))
    raise ConfigError(
        f"this speech was streamed before ({purchase.handle}), and a stream is not kept; ask under another call, or "
        "with synthesize_speech, which keeps what it makes"
    )


def _hear(prepared: Prepared, purchase: Purchase, joiner: StreamJoiner, setup: Setup, *, journal: bool) -> SoundFlow:
    """Send the request and yield the sound of its reply; write down what came of it whatever that is."""
    heard, route, wait = False, prepared.route, Wait(purchase, False, journal)

    def note_sound() -> Flow[None]:
        nonlocal heard
        if journal and not heard:
            yield from record(replace(purchase, state="done", owner=None))
        heard = True

    try:
        until = find_end(route.rate, (yield Now()), None, route.deadline)
        waiting = Waiting(route.rate, until, wait.note)
        reply: Reply = yield from send_once(prepared.wire, setup.target.rules, setup.retry, waiting)
        if not reply.headers.get("content-type", "").startswith("text/event-stream"):
            yield from _explain(reply, setup)
        yield from _read_pieces(reply, route, joiner, note_sound, setup)
        yield from note_sound()
    except GeneratorExit:
        raise
    except BaseException as error:
        yield from _lose(error, purchase, heard=heard, waits=wait.waits, journal=journal)
        yield from name_voices(error, prepared, setup)
        raise


def _lose(error: BaseException, purchase: Purchase, *, heard: bool, waits: bool, journal: bool) -> Flow[None]:
    """Write down that a stream failed: before its sound it may not have been bought, with its sound it was."""
    lost = not (waits or is_free(error, purchase=True))
    state: PurchaseState = "done" if heard else "unconfirmed" if lost else "refused"
    if isinstance(error, CncodingError):
        error.retryable = error.retryable and not heard and not lost
    if lost:
        name_lost(error, purchase)
    if journal:
        yield from record(replace(purchase, state=state, error=str(error)[:500], owner=None))


def _read_pieces(
    reply: Reply, route: MediaRoute, joiner: StreamJoiner, note_sound: Callable[[], Flow[None]], setup: Setup
) -> SoundFlow:
    decoder, over = SSEDecoder(), False
    assert route.piece is not None
    while not over:
        data: bytes = yield Read(reply.raw)
        for frame in decoder.feed(data) if data else decoder.finish():
            with guard_reading(setup.target.provider, frame.data):
                piece, over = route.piece(frame.data)
            if piece:
                yield from note_sound()
            if piece and (sound := joiner.feed(piece)):
                yield sound
            if over:
                break
        if not data and not over:
            raise TruncatedStreamError("the stream of sound ended before its end was said")
    if sound := joiner.finish():
        yield sound


def _explain(reply: Reply, setup: Setup) -> SoundFlow:
    """Raise what a reply says that is no stream."""
    body = b""
    while data := (yield Read(reply.raw)):
        body += data
    whole = Reply(reply.status, reply.headers, body)
    raise read_failure(whole, setup.target.rules) or ProtocolError("the reply is no stream", payload=repr(body[:500]))
