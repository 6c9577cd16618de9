"""Speech that is heard while it is made."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any, TypeAlias

from cncoding.errors import CncodingError, ConfigError, ProtocolError, TruncatedStreamError
from cncoding.exchange.counting import count_call
from cncoding.exchange.failures import read_failure
from cncoding.exchange.sse import SSEDecoder
from cncoding.exchange.steps import Now, Read, Reply, Step
from cncoding.media.jobs import prepare
from cncoding.media.money import estimate
from cncoding.media.rates import Waiting, find_end
from cncoding.media.routes import MediaRoute
from cncoding.media.selection import choose_route
from cncoding.media.sending import guard_reading, send_once
from cncoding.media.values import MediaRequest
from cncoding.target import Setup

SoundFlow: TypeAlias = "Generator[Step | bytes, Any, None]"
"""Yields steps and, between them, pieces of sound."""


def stream_speech(request: MediaRequest, setup: Setup) -> SoundFlow:
    """Ask for speech and yield its pieces as they come.

    Raises:
        ConfigError: The provider does not stream speech, or does not take a setting; nothing was sent or charged.
        TruncatedStreamError: The stream ended before the vendor said that it was the end.
        TransportError, ApiError, ProtocolError: It failed; never repeated once it may have been charged.
    """
    route, model = choose_route(request, setup.target.provider)
    price = estimate(request, model, setup.target.endpoint.name, setup.target.provider.prices)
    yield from count_call(_stream(request, route, setup), setup.budgets, cost=(price.amount, price.currency))


def _stream(request: MediaRequest, route: MediaRoute, setup: Setup) -> SoundFlow:
    if route.piece is None:
        raise ConfigError(f"provider={setup.target.provider.id!r}: streams no speech; synthesize_speech waits for it")
    prepared = yield from prepare(replace(request, options={**route.streaming, **request.options}), setup)
    wire = replace(prepared.wire, stream=True)
    until = find_end(route.rate, (yield Now()), None, route.deadline)
    reply: Reply = yield from send_once(wire, setup.target.rules, setup.retry, Waiting(route.rate, until))
    try:
        if reply.headers.get("content-type", "").startswith("text/event-stream"):
            yield from _read_pieces(reply, route, setup)
        else:
            yield from _explain(reply, setup)
    except CncodingError as error:
        error.retryable = False
        raise


def _read_pieces(reply: Reply, route: MediaRoute, setup: Setup) -> SoundFlow:
    decoder, over = SSEDecoder(), False
    assert route.piece is not None
    while not over:
        data: bytes = yield Read(reply.raw)
        for frame in decoder.feed(data) if data else decoder.finish():
            with guard_reading(setup.target.provider, frame.data):
                piece, over = route.piece(frame.data)
            if piece:
                yield piece
            if over:
                break
        if not data and not over:
            raise TruncatedStreamError("the stream of sound ended before its end was said")


def _explain(reply: Reply, setup: Setup) -> SoundFlow:
    """Raise what a reply says that is no stream."""
    body = b""
    while data := (yield Read(reply.raw)):
        body += data
    whole = Reply(reply.status, reply.headers, body)
    raise read_failure(whole, setup.target.rules) or ProtocolError("the reply is no stream", payload=repr(body[:500]))
