"""From a draft to a reply: what costs money is sent once, and a reply that cannot be read says so."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from math import ceil
from urllib.parse import urlencode, urlsplit

from cncoding.errors import (
    CncodingError,
    ConnectFailedError,
    ProtocolError,
    RateLimitedError,
    TransportError,
)
from cncoding.exchange.failures import FailureRules
from cncoding.exchange.fetching import FetchPolicy
from cncoding.exchange.json_values import write_json
from cncoding.exchange.retry import Flow, Retry, send
from cncoding.exchange.steps import JITTER, Now, Reply, Request, Sleep
from cncoding.media.rates import Waiting
from cncoding.media.routes import Draft
from cncoding.profile import Provider
from cncoding.target import Setup, Target

QUERY_RETRIES = Retry(times=4, first=1.0, cap=15.0)
"""A question about a job costs nothing, so it is asked again patiently."""


def build_request(draft: Draft, base: str, target: Target, *, repeatable: bool) -> Request:
    """Put base, key and User-Agent to a draft. The user's own headers win."""
    told = {name.lower() for name in target.headers}
    own = {name: value for name, value in draft.headers.items() if name.lower() not in told}
    headers = {**own, **target.headers}
    content = draft.content
    if draft.body is not None:
        content = write_json(draft.body, "prompt", "options and extra")
        headers.setdefault("Content-Type", "application/json")
    path = draft.path if draft.path.startswith("/") else f"/{draft.path}"
    query = f"?{urlencode(draft.query, errors='replace')}" if draft.query else ""
    url = f"{base}{path}{query}"
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


def link_policy(url: str, setup: Setup) -> FetchPolicy:
    """Let a link lead to the very origin that the user pointed the client at, even if that is not public."""
    own, origin = _find_origin(setup.target.root), _find_origin(url)
    if own is not None and own == origin:
        return FetchPolicy((*setup.fetching.allow, own[1]))
    return setup.fetching


def _find_origin(url: str) -> tuple[str, str, int | None] | None:
    """Return scheme, host and port of a link, None for one that leads nowhere."""
    try:
        parts = urlsplit(url)
        return (parts.scheme, parts.hostname, parts.port) if parts.hostname else None
    except ValueError:  # no port, or brackets that are no IPv6 address
        return None


def send_once(request: Request, provider: FailureRules, retry: Retry, waiting: Waiting | None = None) -> Flow[Reply]:
    """Send what costs money: again only where the vendor certainly did not take it.

    That is a connection that was never made, and an answer that says "too many requests". Everything else that may
    have run is raised with `retryable` off, so that nobody above repeats it either.

    Args:
        request: What to send.
        provider: Whose failures are read.
        retry: How often it is sent again at once; with `times=0` nothing is waited for.
        waiting: How a busy vendor is waited for after that; None does not wait.

    Raises:
        TransportError: The network failed; `sent` says whether the vendor may have received it.
        ApiError: The vendor refused or failed.
    """
    begun: float = yield Now()
    for attempt in count():
        tries = retry if attempt == 0 else replace(retry, times=0)
        try:
            return (yield from send(request, provider, tries, again=_was_not_taken))
        except CncodingError as failure:
            if not _was_not_taken(failure):
                failure.retryable = False
            if waiting is None or not retry.times or not isinstance(failure, RateLimitedError):
                raise
            busy = failure
        yield from _wait(busy, attempt, begun, waiting)
    raise AssertionError("the last attempt returns or raises")


def _wait(busy: RateLimitedError, attempt: int, begun: float, waiting: Waiting) -> Flow[None]:
    """Wait for a busy vendor.

    Raises:
        RateLimitedError: There is no time left.
    """
    pause = waiting.rate.pause(busy, attempt)
    now: float = yield Now()
    if now + pause > waiting.until:
        busy.retry_after = busy.retry_after or pause
        waited = f" after {now - begun:.0f} s of waiting" if now - begun >= 1 else ""
        busy.args = (f"{busy.args[0]}; it is busy{waited}: ask again in {ceil(pause)} s", *busy.args[1:])
        raise busy
    if waiting.note is not None:
        yield from waiting.note(True)
    yield Sleep(pause / (1 - JITTER), jitter=True)
    if waiting.note is not None:
        yield from waiting.note(False)


def _was_not_taken(failure: CncodingError) -> bool:
    if isinstance(failure, TransportError):
        return isinstance(failure, ConnectFailedError) or not failure.sent
    return isinstance(failure, RateLimitedError)
