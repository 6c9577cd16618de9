"""Random ids, reproducible where a seed was given: the same for the n-th request of a run, whatever runs beside it."""

from __future__ import annotations

import base64
import random
from contextvars import ContextVar

_SOURCE: ContextVar[random.Random | None] = ContextVar("cncoding_emulator_ids", default=None)
_FREE = random.SystemRandom()


def start_request(seed: int | None, number: int) -> None:
    """Choose where the ids of the running request come from."""
    _SOURCE.set(None if seed is None else random.Random(f"{seed}:{number}"))


def _bytes(count: int) -> bytes:
    return (_SOURCE.get() or _FREE).randbytes(count)


def token_hex(count: int) -> str:
    """Return so many random bytes as hex digits."""
    return _bytes(count).hex()


def token_urlsafe(count: int) -> str:
    """Return so many random bytes in URL-safe Base64."""
    return base64.urlsafe_b64encode(_bytes(count)).rstrip(b"=").decode()


def randbelow(limit: int) -> int:
    """Return a random number from 0 to ``limit`` - 1."""
    return (_SOURCE.get() or _FREE).randrange(limit)
