"""What a pasted error means: whose it is, which class, what ran out until when, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cncoding import errors
from cncoding.errors import ApiError, CncodingError, ConfigError, Hint, QuotaExhaustedError, RateLimitedError
from cncoding.evidence import Source
from cncoding.exchange.failures import FailureRules, failure_of, find_rule
from cncoding.exchange.quota_texts import find_reset_time, find_window
from cncoding.hints.find import remedy
from cncoding.hints.links import name_topic
from cncoding.hints.topics import find_topic
from cncoding.profile import Endpoint, Provider
from cncoding_cli.pasted import Pasted


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
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """By endpoint, the class that it is there, where that is another one and the text does not say which it is of."""
    cause: str = ""
    """Topic of the cause, where it is an error of ours whose words are known."""

    @property
    def topic(self) -> str:
        """The entry of the troubleshooting page."""
        return self.cause or name_topic(self.kind.__name__)


_NOBODY = Provider(id="", title="", docs="", endpoints=(), base_url_env="")
"""The rules that hold for everybody."""


_SPENT = re.compile(
    r"使用上限|用量上限|额度.{0,6}(用完|用尽|耗尽)|usage limit|limit exhausted|quota.{0,12}(exceeded|exhausted)",
    re.I,
)
"""How a used-up window is told in words, where neither a code nor a vendor is known."""
_THROTTLED = re.compile(r"quota|throttl|rate.?limit|too many|限流|频率|并发", re.I)
"""Words of an HTTP 429 whose status was not pasted."""


_SHORT_CODE = 7
"""Codes in letters no longer than this are words that may mean anything."""


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
    rules = _choose_rules(pasted, provider)
    body = _read_body(pasted, rules)
    error = _classify(body, pasted, rules)
    network = pasted.network
    named = _find_own_class(text) or (ConfigError if find_topic(text) else None)
    if type(error) is ApiError and pasted.body is None and pasted.status is None:
        if network is None and named is None:
            raise ConfigError("text: nothing in it looks like an error of a vendor, an SDK or ours; paste more of it")
        kind = network or named or ApiError
        vendor = provider.id if provider else None
        cause = find_topic(text) if kind is ConfigError else ""
        return Explanation(kind, vendor, None, None, None, pasted.message, remedy=remedy(kind), cause=cause)
    source = find_rule(body, rules, status=pasted.status or 200).source
    found = _explain(error, pasted, provider, source)
    elsewhere = _compare_endpoints(pasted, provider, type(error)) if provider else {}
    return replace(found, others=tuple(one.id for one in ranked[1:]), elsewhere=elsewhere)


def _classify(body: Any, pasted: Pasted, rules: FailureRules) -> ApiError:
    error = failure_of(body, rules, status=pasted.status or 200)
    if type(error) is not ApiError or pasted.status is not None:
        return error
    if rules is not _NOBODY or not _SPENT.search(error.message):
        throttled = _THROTTLED.search(f"{error.code} {error.message}")
        return failure_of(body, rules, status=429) if throttled else error
    return QuotaExhaustedError(
        error.message,
        window=find_window(error.message),
        resets_at=find_reset_time(error.message),
        code=error.code,
        hint=error.hint,
    )


def _explain(error: ApiError, pasted: Pasted, provider: Provider | None, source: Source | None) -> Explanation:
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
        source=f"{source} ({source.kind})" if source else provider.docs if provider else None,
    )


def _read_body(pasted: Pasted, rules: FailureRules) -> Any:
    """Return what the text holds in a form that the tables of failures read."""
    body = pasted.body
    if body is None:
        code = pasted.code or _find_code(pasted.text, rules)
        return {"code": code, "message": pasted.message} if code else pasted.message
    if failure_of(body, rules, status=200).code is None and pasted.code in rules.error_codes:
        return {"code": pasted.code, "message": failure_of(body, rules, status=200).message}
    return body


def _choose_rules(pasted: Pasted, provider: Provider | None) -> FailureRules:
    if provider is None:
        return _NOBODY
    return provider.rules(_find_endpoint(pasted.text, provider) or provider.endpoint(None))


def _compare_endpoints(pasted: Pasted, provider: Provider, kind: type[ApiError]) -> dict[str, str]:
    """Return what it means at the endpoints where it means something else, if the text does not say which it is of."""
    throttled = issubclass(kind, (QuotaExhaustedError, RateLimitedError))
    if not throttled or _find_endpoint(pasted.text, provider) is not None:
        return {}
    found = {}
    for endpoint in provider.endpoints:
        rules = provider.rules(endpoint)
        rule = find_rule(_read_body(pasted, rules), rules, status=pasted.status or 429)
        if rule.kind is not kind:
            found[endpoint.name] = rule.kind.__name__
    return found


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
    if any(phrase in text for phrase in provider.phrases):
        weight += 5
    error = failure_of(pasted.body if pasted.body is not None else pasted.message, provider, status=200)
    code = error.code or pasted.code or _find_code(text, provider)
    if code in provider.error_codes or any(code in endpoint.error_codes for endpoint in provider.endpoints):
        weight += 4
    if any(pattern.search(error.message) for pattern, _ in provider.error_texts):
        weight += 3
    return weight


def _find_code(text: str, rules: FailureRules) -> str | None:
    """Return a code of the vendor that stands in the text as a word."""
    words = (code for code in rules.error_codes if len(code) > _SHORT_CODE and not code.isdigit())
    return next((code for code in words if re.search(rf"\b{re.escape(code)}\b", text)), None)


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
