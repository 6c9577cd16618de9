"""From a draft to a reply: what costs money is sent once, and a reply that cannot be read says so."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlencode

from cncoding.errors import (
    CncodingError,
    ConnectFailedError,
    ProtocolError,
    RateLimitedError,
    TransportError,
)
from cncoding.exchange.failures import FailureRules
from cncoding.exchange.retry import Flow, Retry, send
from cncoding.exchange.steps import Reply, Request
from cncoding.media.routes import Draft
from cncoding.profile import Provider
from cncoding.target import Target

QUERY_RETRIES = Retry(times=4, first=1.0, cap=15.0)
"""A question about a job costs nothing, so it is asked again patiently."""


def build_request(draft: Draft, base: str, target: Target, *, repeatable: bool) -> Request:
    """Put base, key and User-Agent to a draft. The user's own headers win."""
    told = {name.lower() for name in target.headers}
    own = {name: value for name, value in draft.headers.items() if name.lower() not in told}
    headers = {**own, **target.headers}
    content = draft.content
    if draft.body is not None:
        content = json.dumps(draft.body, ensure_ascii=False, separators=(",", ":")).encode()
        headers.setdefault("Content-Type", "application/json")
    path = draft.path if draft.path.startswith("/") else f"/{draft.path}"
    url = f"{base}{path}" + (f"?{urlencode(draft.query)}" if draft.query else "")
    return Request(draft.method, url, headers, content, form=draft.form, repeatable=repeatable, timeout=draft.timeout)


@contextmanager
def guard_reading(provider: Provider, payload: object) -> Generator[None, None, None]:
    """Turn whatever a reader stumbles over into a `ProtocolError` that shows what the vendor sent."""
    try:
        yield
    except ProtocolError as error:
        error.provider = error.provider or provider.id
        raise
    except CncodingError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        shown = payload[:2000].decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)
        raise ProtocolError(f"the reply cannot be read: {error!r}", provider=provider.id, payload=shown) from error


def send_once(request: Request, provider: FailureRules, retry: Retry) -> Flow[Reply]:
    """Send what costs money: again only where the vendor certainly did not take it.

    That is a connection that was never made, and an answer that says "too many requests". Everything else that may
    have run is raised with `retryable` off, so that nobody above repeats it either.

    Raises:
        TransportError: The network failed; `sent` says whether the vendor may have received it.
        ApiError: The vendor refused or failed.
    """
    try:
        return (yield from send(request, provider, retry, again=_was_not_taken))
    except CncodingError as failure:
        if not _was_not_taken(failure):
            failure.retryable = False
        raise


def _was_not_taken(failure: CncodingError) -> bool:
    if isinstance(failure, TransportError):
        return isinstance(failure, ConnectFailedError) or not failure.sent
    return isinstance(failure, RateLimitedError)
