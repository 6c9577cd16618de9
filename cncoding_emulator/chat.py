"""One chat request from knock to bytes: admission, reading, rules, decision, template, delivery."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from . import anthropic_api, bench, brain, openai_api, vision
from .ask import Ask
from .count import fit
from .deliver import Delivered
from .forms import check_types
from .memory import check_reasoning, keep_reasoning
from .persona import Endpoint, Knock, Persona
from .reply import Call, Draft, Json, Pause, Segment, Turn
from .trouble import Refusal, Refused, Trouble, refuse
from .world import World

NO_SUCH_MODEL = "no-such-model"


def respond(refusal: Refusal, stream: bool = False) -> Response:
    """Make a response of a refusal; a failure inside HTTP 200 becomes an event when a stream was asked for."""
    content, media = refusal.content, refusal.media_type
    if stream and refusal.status == 200:
        content, media = b"data: " + content + b"\n\n", "text/event-stream"
    response = Response(content, refusal.status, headers=refusal.headers)
    response.headers["content-type"] = media
    return response


def chat_routes(world: World, persona: Persona) -> list[Route]:
    """Return the chat routes of a persona, below ``/<provider>``."""
    routes = []
    for endpoint in persona.endpoints:
        for path in (endpoint.base + endpoint.path, *endpoint.also):
            full = f"/{persona.name}{path}"
            if full in world.chat_endpoints:
                continue
            world.chat_endpoints[full] = endpoint
            routes.append(Route(full, ChatHandler(world, persona, endpoint).handle, methods=["POST"]))
    return routes


class ChatHandler:
    """Answer the chat requests of one endpoint."""

    def __init__(self, world: World, persona: Persona, endpoint: Endpoint) -> None:
        self.world, self.persona, self.endpoint = world, persona, endpoint

    async def handle(self, request: Request) -> ASGIApp:
        """Answer, or refuse in the vendor's words."""
        try:
            return await self._answer(request)
        except Refused as refused:
            return self._refuse(refused.trouble)

    def _refuse(self, trouble: Trouble, stream: bool = False) -> Response:
        request_id = secrets.token_hex(16)
        return respond(self.persona.refuse(trouble, self.endpoint.wire, request_id), stream)

    async def _answer(self, request: Request) -> ASGIApp:
        number: int = request.scope["emulator.number"]
        self.persona.admit(Knock(dict(request.headers), self.endpoint, self.world))
        body = _parse(await request.body())
        unknown = tuple(sorted(body.keys() - self.persona.known_fields))
        self.world.log.update(number, unknown_fields=unknown)
        door = self.world.side_doors.get(request.url.path)
        elsewhere = await door(request, body) if door is not None else None
        if elsewhere is not None:
            return elsewhere
        check_types(body)
        ask = openai_api.read(body) if self.endpoint.wire == "openai" else anthropic_api.read(body)
        if ask.model.startswith("bench-"):
            return bench.response(ask)
        for rule in self.persona.rules:
            rule(ask, self.endpoint, self.world)
        if ask.model.startswith(NO_SUCH_MODEL):
            raise refuse("unknown_model", ask.model)
        ask = self.persona.reads(ask)
        thinking = self.persona.thinks(ask, self.endpoint)
        check_reasoning(self.world, self.persona, ask, thinking)
        draft = self.world.take_script(self.persona.name)
        if draft is not None and draft.fault is not None:
            return self._refuse(draft.fault, ask.stream)
        seen = await self._look(ask)
        if draft is None:
            draft = brain.decide(ask, thinking, seen, self.persona.parallel_default)
        turn = self._turn(ask, draft, len(seen))
        keep_reasoning(self.world, self.persona.name, ask, turn)
        return self._send(ask, turn)

    async def _look(self, ask: Ask) -> list[vision.Seen]:
        sight = self.persona.sight(ask) if ask.pictures else "drops"
        if sight == "refuses":
            raise refuse("no_vision", ask.model)
        if sight == "drops":
            return []
        return [await vision.look(p) for p in ask.pictures]

    def _turn(self, ask: Ask, draft: Draft, pictures: int) -> Turn:
        earlier = sum(len(m.calls) for m in ask.messages)
        segments: list[Segment] = []
        for segment in draft.segments:
            if isinstance(segment, Call) and not segment.id:
                made = self.persona.call_id(segment.name, earlier, secrets.token_hex(12))
                segment, earlier = replace(segment, id=made), earlier + 1
            segments.append(segment)
        fitted = fit(ask, tuple(segments), draft, self.persona, pictures)
        return Turn(
            id=secrets.token_hex(16),
            created=int(time.time()),
            model=self.persona.served(ask.model),
            segments=fitted.segments,
            finish=fitted.finish,
            usage=fitted.usage,
            shape=draft.shape,
            delivery=draft.delivery,
            stop_sequence=fitted.stop_sequence,
        )

    def _frames(self, ask: Ask, turn: Turn) -> Iterator[bytes | Pause]:
        if self.endpoint.wire == "anthropic":
            assert self.persona.messages is not None
            yield from anthropic_api.sse(self.persona.messages, turn, ask)
        else:
            yield from openai_api.sse(self.persona.template, turn, ask)

    def _send(self, ask: Ask, turn: Turn) -> ASGIApp:
        headers = self.persona.template.headers(turn)
        delivery = turn.delivery
        if ask.stream:
            frames: Iterator[bytes | Pause] = self._frames(ask, turn)
            if delivery.error is not None:
                frames = self._broken_off(frames, delivery.error)
            comment = f"{self.persona.template.comment}\n\n".encode()
            delivery = replace(delivery, blank_lines=0)
            opening = comment if self.persona.template.opens_with_comment else b""
            return Delivered(frames, delivery, "text/event-stream", headers, 200, comment, opening)
        if delivery.error is not None:
            return self._refuse(delivery.error)
        if self.endpoint.wire == "anthropic":
            assert self.persona.messages is not None
            whole = self.persona.messages.whole(turn, ask)
        else:
            whole = self.persona.template.whole(turn, ask)
        content = openai_api.dump(whole).encode()
        if delivery.broken_json:
            content = content[: len(content) // 2]
        if not delivery.blank_lines and self.endpoint.wire == "openai":
            delivery = replace(delivery, blank_lines=self.persona.template.blank_lines)
        delivery = replace(delivery, keepalive=0, delay=delivery.delay + turn.pause, cut_events=None)
        return Delivered([content], delivery, "application/json", headers)

    def _broken_off(self, frames: Iterator[bytes | Pause], trouble: Trouble) -> Iterator[bytes | Pause]:
        """Send everything but the end, then the vendor's error as an event."""
        kept = list(frames)
        tail = 3 if self.endpoint.wire == "anthropic" else 2
        yield from kept[:-tail]
        body = self.persona.refuse(trouble, self.endpoint.wire, secrets.token_hex(16)).content
        prefix = b"event: error\n" if self.endpoint.wire == "anthropic" else b""
        yield prefix + b"data: " + body + b"\n\n"


def _parse(raw: bytes) -> Json:
    try:
        body = json.loads(raw)
    except ValueError:
        raise refuse("bad_json", raw.decode("utf-8", "replace")) from None
    if not isinstance(body, dict):
        raise refuse("bad_json", "body")
    return body
