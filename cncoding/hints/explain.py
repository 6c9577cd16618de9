"""What a pasted error means: whose it is, which class, what ran out until when, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from cncoding import errors
from cncoding.errors import ApiError, CncodingError, ConfigError, Hint, QuotaExhaustedError
from cncoding.exchange.failures import failure_of
from cncoding.exchange.quota_texts import find_reset_time, find_window
from cncoding.hints.find import remedy
from cncoding.hints.pasted import Pasted
from cncoding.profile import Endpoint, Provider


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a pasted error means. None is what the text does not tell."""

    kind: type[CncodingError]
    provider: str | None
    endpoint: str | None
    status: int | None
    code: str | None
    message: str
    window: str | None = None
    resets_at: datetime | None = None
    retry_after: float | None = None
    request_id: str | None = None
    remedy: Hint | None = None
    source: str | None = None
    """Where it stands what the code or the text means."""
    others: tuple[str, ...] = ()
    """Providers that it may be of as well."""


_NOBODY = Provider(id="", title="", docs="", endpoints=(), base_url_env="")
"""The rules that hold for everybody."""


_SPENT = re.compile(
    r"使用上限|用量上限|额度.{0,6}(用完|用尽|耗尽)|usage limit|limit exhausted|quota.{0,12}(exceeded|exhausted)",
    re.I,
)
"""How a used-up window is told in words, where neither a code nor a vendor is known."""


def explain(text: str, known: Iterable[Provider]) -> Explanation:
    """Say what a pasted error means: a body, the text of an SDK's error, a traceback or a line of a log.

    Args:
        text: As it was pasted.
        known: The providers that it may be of.

    Raises:
        ConfigError: Nothing in it looks like an error.
    """
    pasted = Pasted(text)
    if not text.strip():
        raise ConfigError("text: empty; paste an error, JSON, a traceback or a line of a log")
    ranked = _rank(pasted, tuple(known))
    provider = ranked[0] if ranked else None
    error = _classify(pasted, provider)
    if type(error) is ApiError and _SPENT.search(error.message):
        error = QuotaExhaustedError(
            error.message,
            window=find_window(error.message),
            resets_at=find_reset_time(error.message),
            code=error.code,
            hint=error.hint,
        )
    network = pasted.network
    named = _find_own_class(text)
    if type(error) is ApiError and pasted.body is None and pasted.status is None:
        if network is None and named is None:
            raise ConfigError("text: nothing in it looks like an error of a vendor, an SDK or ours; paste more of it")
        kind = network or named or ApiError
        return Explanation(
            kind, provider.id if provider else None, None, None, None, pasted.message, remedy=remedy(kind)
        )
    return _explain(error, pasted, provider, tuple(one.id for one in ranked[1:]))


def _explain(error: ApiError, pasted: Pasted, provider: Provider | None, others: tuple[str, ...]) -> Explanation:
    endpoint = _find_endpoint(pasted.text, provider) if provider else None
    spent = error if isinstance(error, QuotaExhaustedError) else None
    hint = error.hint if isinstance(error.hint, Hint) else None
    general = remedy(type(error))
    return Explanation(
        kind=type(error),
        provider=provider.id if provider else None,
        endpoint=endpoint.name if endpoint else None,
        status=pasted.status,
        code=error.code,
        message=error.message,
        window=spent.window if spent else None,
        resets_at=spent.resets_at if spent else None,
        retry_after=pasted.retry_after,
        request_id=error.request_id or pasted.request_id,
        remedy=general + hint if general and hint else general or hint,
        source=provider.docs if provider else None,
        others=others,
    )


def _classify(pasted: Pasted, provider: Provider | None) -> ApiError:
    rules = provider.rules(_find_endpoint(pasted.text, provider) or provider.endpoint(None)) if provider else _NOBODY
    body = pasted.body
    if body is None:
        body = {"code": pasted.code, "message": pasted.message} if pasted.code else pasted.message
    error = failure_of(body, rules, status=pasted.status or 200)
    if error.code is None and pasted.code in rules.error_codes:
        error = failure_of({"code": pasted.code, "message": error.message}, rules, status=pasted.status or 200)
    return error


def _rank(pasted: Pasted, known: tuple[Provider, ...]) -> list[Provider]:
    """Return the providers that the text may be of, likeliest first; only those with as much evidence as the first."""
    weights = {provider.id: _weigh(pasted, provider) for provider in known}
    best = max(weights.values(), default=0)
    if best <= 0:
        return []
    return [provider for provider in known if weights[provider.id] == best]


def _weigh(pasted: Pasted, provider: Provider) -> int:
    text = pasted.text
    weight = 0
    if pasted.own is not None and pasted.own["provider"] == provider.id:
        weight += 20
    if _find_endpoint(text, provider) is not None:
        weight += 10
    names = (provider.id, *provider.also_called)
    if any(re.search(rf"(?<![A-Za-z]){re.escape(name)}", text, re.I) for name in names):
        weight += 6
    error = failure_of(pasted.body if pasted.body is not None else pasted.message, provider, status=200)
    code = error.code or pasted.code
    if code in provider.error_codes or any(code in endpoint.error_codes for endpoint in provider.endpoints):
        weight += 3
    if any(pattern.search(error.message) for pattern, _ in provider.error_texts):
        weight += 3
    return weight


def _find_endpoint(text: str, provider: Provider) -> Endpoint | None:
    """Return the endpoint whose address stands in the text, path and all if it does, else one of the same host."""
    exact = [
        (len(wire.path), endpoint)
        for endpoint in provider.endpoints
        for wire in endpoint.wires.values()
        if endpoint.host and wire.path and endpoint.host.partition("://")[2] + wire.path in text
    ]
    if exact:
        return max(exact, key=lambda pair: pair[0])[1]
    hosts = ((urlsplit(endpoint.host).hostname, endpoint) for endpoint in provider.endpoints if endpoint.host)
    return next((endpoint for host, endpoint in hosts if host and host in text), None)


def _find_own_class(text: str) -> type[CncodingError] | None:
    """Return the class of ours that a traceback ends with."""
    found = [
        (text.rfind(name), kind)
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, CncodingError) and name in text
    ]
    return max(found, key=lambda pair: (pair[0], len(pair[1].__name__)))[1] if found else None
