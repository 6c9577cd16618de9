"""Make any medium: at once, or as an order of several purchases where one call of the vendor does not do."""

from __future__ import annotations

from dataclasses import replace

from cncoding.exchange.retry import Flow
from cncoding.media.buying import estimate_request
from cncoding.media.counting import make_pictures, split_count
from cncoding.media.long_text import split_request
from cncoding.media.make import check_place, make
from cncoding.media.orders import Made, Order, Place
from cncoding.media.pieces import Work, add_estimates, prepare_all
from cncoding.media.prices import Estimate
from cncoding.media.shapes import check_shape
from cncoding.media.speaking import speak_long
from cncoding.media.values import MediaRequest
from cncoding.target import Setup


def make_any(order: Order, place: Place, setup: Setup, *, journal: bool) -> Flow[Made]:
    """Buy a medium, wait for it and put it in its place.

    A long text is spoken in pieces, and more pictures than a model makes at once are made by several calls.

    Raises:
        As `make`; after an error in the middle of several calls the same order goes on where it was left.
    """
    requests = _split(order.request, setup)
    if len(requests) == 1:
        return (yield from make(replace(order, request=requests[0]), place, setup, journal=journal))
    yield from check_place(place)
    work = Work(order, place, setup, journal, requests, (yield from prepare_all(requests, setup)))
    return (yield from (speak_long if order.request.kind == "speech" else make_pictures)(work))


def estimate(request: MediaRequest, setup: Setup) -> Flow[Estimate]:
    """Check a request as if it were to be sent, and return what it would cost, all calls together.

    Raises:
        ConfigError: The request cannot be sent, by the page of its model.
    """
    requests = _split(request, setup)
    if len(requests) == 1:
        return (yield from estimate_request(requests[0], setup))
    return add_estimates((yield from prepare_all(requests, setup)), setup)


def _split(request: MediaRequest, setup: Setup) -> tuple[MediaRequest, ...]:
    check_shape(request)
    return (split_request if request.kind == "speech" else split_count)(request, setup.target.provider)
