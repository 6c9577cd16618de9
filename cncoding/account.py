"""What is left on a plan, and which models it lists."""

from __future__ import annotations

from typing import Any

from cncoding.errors import ApiError, AuthenticationError, ConfigError, ProtocolError
from cncoding.exchange.json_values import read_json
from cncoding.exchange.retry import Flow, send
from cncoding.media.routes import Draft
from cncoding.media.sending import build_request, guard_reading
from cncoding.media.values import ListedModel, Quota
from cncoding.target import Setup


def quota(setup: Setup) -> Flow[Quota]:
    """Ask what is left on the plan or the account.

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
        request = build_request(ask.draft, ask.base(target), target, repeatable=True)
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
