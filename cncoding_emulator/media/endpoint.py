"""The counter of a media route: key, body, refusals in the vendor's words, and connections that break."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from .. import ids
from ..chat import respond
from ..endpoints import Endpoint, Evidence
from ..errors import Failure, Refused, refuse
from ..persona import Caller, OtherRoute, Persona
from ..state import Interceptor, State
from ..wires import Json
from .files import Upload, read_form
from .tasks import MediaState, Severed, media_state

HANG_UP = "emulator.hang_up"


@dataclass(frozen=True)
class Access:
    """How a family of routes admits callers and says no."""

    persona: Persona
    endpoint: Endpoint
    say: Callable[[Failure], Response]
    admit: Callable[[Caller], None]


def use_chat_access(persona: Persona, endpoint: str) -> Access:
    """Return the access of routes on an endpoint (by name) that refuse as the vendor's chat does."""

    def say(failure: Failure) -> Response:
        return respond(persona.refuse(failure, "openai", ids.token_hex(16)))

    return Access(persona, persona.endpoint(endpoint, "openai"), say, persona.admit)


@dataclass(frozen=True)
class MediaRequest:
    """One request at the counter: its JSON body or form fields, uploaded files, and the state to work on."""

    request: Request
    data: Json
    uploads: dict[str, Upload]
    media: MediaState
    state: State
    key: str

    @property
    def path(self) -> dict[str, str]:
        """Return the path parameters."""
        return dict(self.request.path_params)


Work = Callable[[MediaRequest], Awaitable[ASGIApp]]


def intercept(state: State, access: Access, serves: Callable[[str], bool], work: Work) -> Interceptor:
    """Return who answers the models that ``serves`` picks on a chat path, after chat has let the caller in."""

    async def answer(request: Request, body: Json) -> ASGIApp | None:
        model = body.get("model")
        if not isinstance(model, str) or not serves(model):
            return None
        key = Caller(dict(request.headers), access.endpoint, state).key
        try:
            return await work(MediaRequest(request, body, {}, media_state(state), state, key))
        except Severed:
            return Severance()

    return answer


class Severance:
    """A reply that is none: the connection breaks before the first byte."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hang up."""
        await send({"type": HANG_UP})


@dataclass(frozen=True)
class MediaEndpoint:
    """One media address.

    Attributes:
        path: Below ``/<provider>``.
        fields: Body fields that the vendor documents; others are noted in the request log and ignored.
    """

    method: str
    path: str
    work: Work
    access: Access
    evidence: Evidence
    fields: frozenset[str] = field(default_factory=frozenset)

    @property
    def other(self) -> OtherRoute:
        """Return the row for ``/__persona__``."""
        return OtherRoute(self.method, self.path, self.evidence)

    def route(self, state: State) -> Route:
        """Return the route."""

        async def handle(request: Request) -> ASGIApp:
            try:
                return await self._serve(state, request)
            except Refused as refused:
                return self.access.say(refused.failure)
            except Severed:
                return Severance()

        return Route(f"/{self.access.persona.name}{self.path}", handle, methods=[self.method])

    async def _serve(self, state: State, request: Request) -> ASGIApp:
        caller = Caller(dict(request.headers), self.access.endpoint, state)
        self.access.admit(caller)
        spent = state.meters.admit(self.access.persona.name, request.url.path)
        if spent is not None:
            raise Refused(spent)
        data, uploads = await _body(request)
        if self.fields:
            unknown = tuple(sorted(data.keys() - self.fields))
            state.log.update(request.scope["emulator.number"], unknown_fields=unknown)
        return await self.work(MediaRequest(request, data, uploads, media_state(state), state, caller.key))


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


async def linger(call: MediaRequest, provider: str, task_id: str) -> None:
    """Let a query of a job with the fault "slow_poll" take its time."""
    task = call.media.tasks.get((provider, task_id))
    if task is not None and task.fault.kind == "slow_poll":
        await asyncio.sleep(float(task.fault.options.get("seconds", 1)))
