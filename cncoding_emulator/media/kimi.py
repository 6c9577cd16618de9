"""Media routes."""

from __future__ import annotations

from starlette.routing import Route

from ..persona import OtherRoute
from ..world import World
from .desk import Voice

OTHERS: tuple[OtherRoute, ...] = ()


def voice_of(path: str) -> Voice | None:
    """Return the voice of a path."""
    return None


def routes(world: World) -> list[Route]:
    """Return the routes."""
    return []
