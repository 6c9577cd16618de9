"""Media of every vendor: pictures, films, speech, transcripts, search, files and the jobs behind them.

``<vendor>*.py`` hold routes (:class:`.endpoint.MediaEndpoint`) over :mod:`.tasks` (jobs and what was paid for) and
:mod:`.links` (signed results that expire). Results are real files of the wanted size and length.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import count

from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Send

from ..errors import Failure
from ..persona import OtherRoute, Persona
from ..state import State
from . import deepseek, glm, kimi, links, minimax, qwen, unified
from .endpoint import HANG_UP

__all__ = ["HANG_UP", "evidence", "hang_up", "refusal", "routes"]

VENDORS = {"deepseek": deepseek, "glm": glm, "kimi": kimi, "minimax": minimax, "qwen": qwen, "unified": unified}


def routes(state: State) -> list[Route]:
    """Return the media routes of all vendors and of the media host."""
    found = [route for vendor in VENDORS.values() for route in vendor.routes(state)]
    return [*found, *links.routes(state)]


def evidence(persona: Persona) -> Sequence[OtherRoute]:
    """Return how the non-chat addresses of a vendor are known."""
    vendor = VENDORS.get(persona.name)
    return (*persona.others, *(vendor.OTHERS if vendor else ()))


def refusal(provider: str, path: str, failure: Failure) -> Response | None:
    """Say a queued fault as the media routes of a vendor do; None where its chat routes speak the same way."""
    vendor = VENDORS.get(provider)
    access = vendor.access_for(path) if vendor else None
    return access.say(failure) if access else None


async def hang_up(send: Send) -> None:
    """Drop the connection under a reply that has not begun; uvicorn offers no message for it."""
    cycle = getattr(send, "__self__", None)
    if cycle is None:
        return
    cycle.transport.close()
    for turn in count():
        # Until uvicorn has noticed; else it would answer 500 for an application that said nothing.
        if cycle.disconnected:
            return
        await asyncio.sleep(0 if turn < 1000 else 0.01)
