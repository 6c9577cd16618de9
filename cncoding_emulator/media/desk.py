"""The counter of a media route: key, body, refusals in the vendor's words, and connections that break."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ..chat import respond
from ..persona import Endpoint, Evidence, Knock, OtherRoute, Persona
from ..reply import Json
from ..trouble import Refused, Trouble, refuse
from ..world import World
from .shelf import Upload, read_form
from .tasks import Severed, Studio, studio

if TYPE_CHECKING:
    from ..world import SideDoor

HANG_UP = "emulator.hang_up"


@dataclass(frozen=True)
class Voice:
    """How a family of routes admits callers and says no."""

    persona: Persona
    endpoint: Endpoint
    say: Callable[[Trouble], Response]
    admit: Callable[[Knock], None]


def plain_voice(persona: Persona, endpoint: str) -> Voice:
    """Return the voice of routes on an endpoint (by name) that refuse as the vendor's chat does."""

    def say(trouble: Trouble) -> Response:
        return respond(persona.refuse(trouble, "openai", secrets.token_hex(16)))

    return Voice(persona, persona.endpoint(endpoint, "openai"), say, persona.admit)


@dataclass(frozen=True)
class Visit:
    """One request at the counter: its JSON body or form fields, uploaded files, and the state to work on."""

    request: Request
    data: Json
    uploads: dict[str, Upload]
    studio: Studio
    world: World
    key: str

    @property
    def path(self) -> dict[str, str]:
        """Return the path parameters."""
        return dict(self.request.path_params)


Work = Callable[[Visit], Awaitable[ASGIApp]]


def side_door(world: World, voice: Voice, serves: Callable[[str], bool], work: Work) -> SideDoor:
    """Return who answers the models that ``serves`` picks on a chat path, after chat has let the caller in."""

    async def answer(request: Request, body: Json) -> ASGIApp | None:
        model = body.get("model")
        if not isinstance(model, str) or not serves(model):
            return None
        key = Knock(dict(request.headers), voice.endpoint, world).key
        try:
            return await work(Visit(request, body, {}, studio(world), world, key))
        except Severed:
            return Severance()

    return answer


class Severance:
    """A reply that is none: the connection breaks before the first byte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hang up."""
        await send({"type": HANG_UP})


@dataclass(frozen=True)
class Counter:
    """One media address.

    Attributes:
        path: Below ``/<provider>``.
        fields: Body fields that the vendor documents; others are noted in the request log and ignored.
    """

    method: str
    path: str
    work: Work
    voice: Voice
    evidence: Evidence
    fields: frozenset[str] = field(default_factory=frozenset)

    @property
    def other(self) -> OtherRoute:
        """Return the row for ``/__persona__``."""
        return OtherRoute(self.method, self.path, self.evidence)

    def route(self, world: World) -> Route:
        """Return the route."""

        async def handle(request: Request) -> ASGIApp:
            try:
                return await self._serve(world, request)
            except Refused as refused:
                return self.voice.say(refused.trouble)
            except Severed:
                return Severance()

        return Route(f"/{self.voice.persona.name}{self.path}", handle, methods=[self.method])

    async def _serve(self, world: World, request: Request) -> ASGIApp:
        knock = Knock(dict(request.headers), self.voice.endpoint, world)
        self.voice.admit(knock)
        data, uploads = await _body(request)
        if self.fields:
            unknown = tuple(sorted(data.keys() - self.fields))
            world.log.update(request.scope["emulator.number"], unknown_fields=unknown)
        return await self.work(Visit(request, data, uploads, studio(world), world, knock.key))


async def _body(request: Request) -> tuple[Json, dict[str, Upload]]:
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await read_form(request)
    raw = await request.body()
    if request.method in ("GET", "DELETE", "HEAD") or not raw:
        return dict(request.query_params), {}
    try:
        data = json.loads(raw)
    except ValueError:
        raise refuse("bad_json", raw.decode("utf-8", "replace")[:80]) from None
    if not isinstance(data, dict):
        raise refuse("bad_json", "body")
    return data, {}


async def linger(visit: Visit, provider: str, task_id: str) -> None:
    """Let a query of a job with the fate "slow_poll" take its time."""
    task = visit.studio.tasks.get((provider, task_id))
    if task is not None and task.fate.kind == "slow_poll":
        await asyncio.sleep(float(task.fate.options.get("seconds", 1)))
