"""What is left on a plan, and which models it lists."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any, TypeVar

from cncoding.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    CncodingError,
    ConfigError,
    ProtocolError,
    QuotaExhaustedError,
)
from cncoding.exchange.json_values import read_json
from cncoding.exchange.retry import Flow, Retry, send
from cncoding.limits import learn_limits, read_limits
from cncoding.media.routes import Draft
from cncoding.media.sending import build_request, guard_reading
from cncoding.media.values import ListedModel
from cncoding.quota import Quota, QuotaWindow
from cncoding.target import Setup

Y = TypeVar("Y")
T = TypeVar("T")

LOOKUP_TIMEOUT = 5.0
"""Seconds that a look-up of a spent quota may take; the error waits for it."""


# ---------------------------------------------------------------- what failures teach


def heed_failures(flow: Generator[Y, Any, T], setup: Setup) -> Generator[Y | Any, Any, T]:
    """Run a flow; learn the ceilings that an error names, and look a spent quota up where its error says too little."""
    try:
        return (yield from flow)
    except QuotaExhaustedError as error:
        if setup.quota_lookup and _says_too_little(error):
            yield from _fill_in(error, setup)
        raise
    except BadRequestError as error:
        target = setup.target
        learn_limits(target.provider.id, target.endpoint.name, error.model or target.model, read_limits(error.message))
        raise


def _says_too_little(error: QuotaExhaustedError) -> bool:
    return error.window is None or (error.resets_at is None and error.window != "balance")


def _fill_in(error: QuotaExhaustedError, setup: Setup) -> Flow[None]:
    """Ask once what is left, and write window and time into the error; it stays as it is if that fails."""
    once = replace(setup, retry=Retry(times=0))
    try:
        found = yield from quota(once, timeout=LOOKUP_TIMEOUT)
    except CncodingError:
        return  # the error that is on its way is the one to tell
    window = _find_spent(found, error.window)
    if window is not None:
        error.window = error.window or window.name
        error.resets_at = error.resets_at or window.resets_at
    elif error.window is None and found.balances and all(money.total <= 0 for money in found.balances):
        error.window = "balance"


def _find_spent(found: Quota, named: str | None) -> QuotaWindow | None:
    """Return the window that an error means: the named one, else the spent one that fills again last."""
    if named is not None:
        return next((window for window in found.windows if window.name == named), None)
    spent = [window for window in found.windows if _is_spent(window)]
    timed = [(window.resets_at, place) for place, window in enumerate(spent) if window.resets_at is not None]
    return spent[max(timed)[1] if timed else 0] if spent else None


def _is_spent(window: QuotaWindow) -> bool:
    if window.unlimited:
        return False
    if window.remaining_ratio is not None:
        return window.remaining_ratio < 0.005
    if window.remaining is not None:
        return window.remaining <= 0
    return window.used is not None and window.limit is not None and window.used >= window.limit


# ---------------------------------------------------------------- what is left


def quota(setup: Setup, *, timeout: float | None = None) -> Flow[Quota]:
    """Ask what is left on the plan or the account.

    Args:
        setup: Whose plan.
        timeout: Seconds without a byte before giving up; None is the route's own.

    Raises:
        ConfigError: The provider does not tell.
        ApiError, TransportError, ProtocolError: It failed.
    """
    target = setup.target
    provider, name = target.provider, target.endpoint.name
    route = provider.quota
    asks = route.asks.get(name, ()) if route is not None else ()
    if not asks:
        why = (route.otherwise if route is not None else "") or "the vendor documents no way to ask"
        raise ConfigError(f"quota of {provider.id} at endpoint {name!r}: not available by API; {why}")
    empty = Quota(provider.id, name)
    first: ApiError | None = None
    for ask in asks:
        draft = ask.draft if timeout is None else replace(ask.draft, timeout=timeout)
        request = build_request(draft, ask.base(target), target, repeatable=True)
        try:
            reply = yield from send(request, target.rules, setup.retry)
        except ApiError as error:
            # The older address of MiniMax takes over where the newer is missing or wants a cookie.
            if error.status != 404 and not isinstance(error, AuthenticationError):
                raise
            first = first or error
            continue
        body = read_json(reply, provider.id)
        with guard_reading(provider, body):
            return ask.read(body, empty)
    assert first is not None
    raise first


def models(setup: Setup) -> Flow[tuple[ListedModel, ...]]:
    """List the models of the endpoint; where it lists none, those of our table, marked so.

    Raises:
        ApiError, TransportError, ProtocolError: It failed.
    """
    target = setup.target
    wire = target.endpoint.wires.get("openai", target.wire)
    base = target.base_url if target.wire_name == "openai" else f"{target.root}{wire.path}"
    request = build_request(Draft("/models", method="GET"), base, target, repeatable=True)
    try:
        body = read_json((yield from send(request, target.rules, setup.retry)), target.provider.id)
    except ApiError as error:
        if error.status not in (404, 405, 501):
            raise
        return tuple(ListedModel(card.id, listed=False, context=card.context) for card in target.endpoint.models)
    rows = body.get("data")
    if not isinstance(rows, list):
        raise ProtocolError("the reply lists no models", provider=target.provider.id, payload=str(body))
    return tuple(_read_model(row, setup) for row in rows if isinstance(row, dict) and row.get("id"))


def _read_model(row: dict[str, Any], setup: Setup) -> ListedModel:
    context = row.get("context_length") or setup.target.endpoint.card(str(row["id"])).context
    return ListedModel(str(row["id"]), context=context if isinstance(context, int) else None, raw=row)
