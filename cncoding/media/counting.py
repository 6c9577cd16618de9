"""More pictures than a model makes at once: several calls under one order, each a purchase of its own."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from cncoding.errors import CncodingError, ConfigError
from cncoding.exchange.retry import Flow
from cncoding.media.inputs import find_rules
from cncoding.media.journal import Purchase
from cncoding.media.make import finish, name_place
from cncoding.media.orders import Made
from cncoding.media.pieces import Work, buy_piece, close_order, leave_order, open_order, stand_for, tell_piece
from cncoding.media.prices import Estimate
from cncoding.media.routes import MediaRoute
from cncoding.media.rules import Between, MediaModel, OneOf
from cncoding.media.selection import list_choices
from cncoding.media.values import Asset, Done, MediaRequest
from cncoding.profile import Provider

MOST = 16
"""Pictures of one order of ours."""


def find_most(route: MediaRoute, model: MediaModel | None) -> int | None:
    """Return how many pictures a model makes at once, None where no page says."""
    rules = find_rules("count", route, model)
    if rules is None:
        return None
    numbers = [int(rule.most) for rule in rules if isinstance(rule, Between) and isfinite(rule.most)]
    numbers += [value for rule in rules if isinstance(rule, OneOf) for value in rule.values if isinstance(value, int)]
    return max(numbers, default=None if rules else 1)


def split_count(request: MediaRequest, provider: Provider) -> tuple[MediaRequest, ...]:
    """Return the requests that together make so many pictures: one if the model makes them at once.

    A seed is counted up from call to call, because the same seed would draw the same picture.

    Raises:
        ConfigError: There are too many, or the provider makes no such medium.
    """
    count = request.n
    if request.kind != "image" or request.as_task or not isinstance(count, int) or count < 2:
        return (request,)
    route, name = list_choices(request, provider)[0]
    model = route.model(name, request.options)
    most = find_most(route, model)
    if most is None or count <= most:
        return (request,)
    if count > MOST:
        raise ConfigError(
            f"count={count}: {name} makes {most} at once, and one order makes at most {MOST}; order twice"
        )
    named = find_rules("count", route, model) != ()
    sizes = [min(most, count - begun) for begun in range(0, count, most)]
    return tuple(
        replace(request, n=size if named else None, seed=_move_seed(request.seed, index * most))
        for index, size in enumerate(sizes)
    )


def _move_seed(seed: int | None, by: int) -> int | None:
    return seed + by if isinstance(seed, int) else seed


def make_pictures(work: Work) -> Flow[Made]:
    """Make pictures in several calls. What is made when one of them fails is kept, and the note says what is missing.

    Raises:
        As `make`, if the first call fails; the same order goes on where it was left.
    """
    purchase, made = yield from open_order(work)
    if made is not None:
        return made
    calls: list[Made] = []
    place = name_place(work.place, purchase)
    try:
        for number in range(len(work.requests)):
            piece, reused = yield from buy_piece(work, purchase, number)
            calls.append((yield from finish(piece, place, work.setup, None, reused=reused)))
            yield from tell_piece(work, purchase, number + 1)
    except GeneratorExit:
        raise
    except BaseException as error:
        said = str(error)
        yield from leave_order(error, work, purchase, len(calls), "calls")
        if not calls or not isinstance(error, CncodingError):
            raise
        return _gather(work, replace(purchase, note=_say_missing(work, calls, said)), calls)
    whole = _gather(work, purchase, calls)
    purchase = yield from close_order(work, purchase, whole.job)
    return replace(whole, purchase=purchase if work.journal else None)


def _say_missing(work: Work, calls: list[Made], why: str) -> str:
    made = sum(len(one.done) for one in calls)
    return f"{made} of {work.order.request.n} pictures were made; then: {why}"


def _gather(work: Work, purchase: Purchase, calls: list[Made]) -> Made:
    assets: tuple[Asset, ...] = tuple(asset for one in calls for asset in one.done)
    job = stand_for(work, purchase, assets, [one.done.raw for one in calls])
    done = Done(assets, usage=job.usage, raw=job.raw, job=job, cost=_add_costs(purchase, calls), note=purchase.note)
    reused = all(one.reused for one in calls)
    return Made(done, job, purchase if work.journal else None, reused)


def _add_costs(purchase: Purchase, calls: list[Made]) -> Estimate:
    amounts = [one.done.cost.amount for one in calls if one.done.cost is not None]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(calls):
        return purchase.price
    return replace(purchase.price, amount=sum(known))
