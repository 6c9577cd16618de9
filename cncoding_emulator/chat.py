"""One chat request from caller to bytes: admission, reading, rules, decision, template, delivery."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from . import anthropic_api, bench, ids, openai_api, vision
from .count import check_context, fit
from .deliver import Delivered
from .endpoints import Endpoint
from .errors import Failure, Refusal, Refused, refuse
from .memory import check_reasoning, keep_reasoning
from .pace import pace_frames
from .persona import Caller, Persona
from .reply import Call, Draft, Pause, Segment, Turn
from .request import ChatRequest
from .request_types import check_types
from .responder import Prompt
from .responder import respond as answer_prompt
from .state import State
from .wires import Json

NO_SUCH_MODEL = "no-such-model"
T = TypeVar("T")
LARGE_BODY = 128 * 1024
"""Bytes from which a request is worked on beside the loop, so that it does not hold other streams."""


def respond(refusal: Refusal, stream: bool = False) -> Response:
    """Make a response of a refusal; a failure inside HTTP 200 becomes an event when a stream was asked for."""
    content, media = refusal.content, refusal.media_type
    if refusal.framed:
        # DashScope (anomalyco/opencode 23722): an error status whose body is an event.
        content = b"id:1\nevent:error\n:HTTP_STATUS/%d\ndata:%b\n\n" % (refusal.status, content)
        media = "text/event-stream;charset=UTF-8"
    elif stream and refusal.status == 200:
        content, media = b"data: " + content + b"\n\n", "text/event-stream"
    response = Response(content, refusal.status, headers=refusal.headers)
    response.headers["content-type"] = media
    return response


def chat_routes(state: State, persona: Persona) -> list[Route]:
    """Return the chat routes of a persona, below ``/<provider>``."""
    routes = []
    for endpoint in persona.endpoints:
        for path in (endpoint.base + endpoint.path, *endpoint.also):
            full = f"/{persona.name}{path}"
            if full in state.chat_endpoints:
                continue
            state.chat_endpoints[full] = endpoint
            routes.append(Route(full, ChatHandler(state, persona, endpoint).handle, methods=["POST"]))
    return routes


class ChatHandler:
    """Answer the chat requests of one endpoint."""

    more_fields: frozenset[str] = frozenset()

    def __init__(self, state: State, persona: Persona, endpoint: Endpoint) -> None:
        self.state, self.persona, self.endpoint = state, persona, endpoint

    async def handle(self, request: Request) -> ASGIApp:
        """Answer, or refuse in the vendor's words."""
        try:
            return await self._answer(request)
        except Refused as refused:
            return self.refuse(refused.failure)

    def admit(self, caller: Caller) -> None:
        """Refuse wrong keys and clients."""
        self.persona.admit(caller)

    def translate(self, body: Json, request: Request) -> Json:
        """Return the body in the form of the endpoint's wire; other forms override this."""
        return body

    def refuse(self, failure: Failure, stream: bool = False) -> Response:
        """Say no in the vendor's words."""
        request_id = ids.token_hex(16)
        return respond(self.persona.refuse(failure, self.endpoint.wire, request_id), stream)

    async def _answer(self, request: Request) -> ASGIApp:
        number: int = request.scope["emulator.number"]
        self.admit(Caller(dict(request.headers), self.endpoint, self.state))
        meters, name = self.state.meters, self.persona.name
        spent = meters.admit(name) or meters.admit(name, request.url.path)
        if spent is not None:
            raise Refused(spent)
        raw = await request.body()
        run = _run_beside if len(raw) > LARGE_BODY else _run_here
        body = await run(partial(_parse, raw))
        unknown = tuple(sorted(body.keys() - self.persona.facts.fields - self.more_fields))
        self.state.log.update(number, unknown_fields=unknown)
        door = self.state.interceptors.get(request.url.path)
        elsewhere = await door(request, body) if door is not None else None
        if elsewhere is not None:
            return elsewhere
        body = self.translate(body, request)
        chat, thinking, notes = await run(partial(self._read, body))
        if chat.model.startswith("bench-"):
            return bench.response(chat)
        for note in notes:
            self.state.log.note(number, note)
        draft = self.state.take_script(self.persona.name, chat)
        if draft is not None and draft.fault is not None:
            return self.refuse(draft.fault, chat.stream)
        seen = await self._look(chat)
        turn = await run(partial(self._decide, chat, thinking, seen, draft))
        self.state.meters.count(self.persona.name, turn.usage.total)
        return self.send(chat, turn, notes)

    def _read(self, body: Json) -> tuple[ChatRequest, bool, list[str]]:
        """Read a body and hold it against the vendor's rules."""
        check_types(body)
        chat = openai_api.read(body) if self.endpoint.wire == "openai" else anthropic_api.read(body)
        if chat.model.startswith("bench-"):
            return chat, False, []
        for rule in self.persona.rules:
            rule(chat, self.endpoint, self.state)
        if chat.model.startswith(NO_SUCH_MODEL):
            raise refuse("unknown_model", chat.model)
        chat = self.persona.reads(chat)
        check_context(chat, self.persona)
        thinking = self.persona.thinks(chat, self.endpoint)
        return chat, thinking, check_reasoning(self.state, self.persona, chat, thinking)

    def _decide(self, chat: ChatRequest, thinking: bool, seen: list[vision.Seen], draft: Draft | None) -> Turn:
        if draft is None:
            prompt = Prompt(chat, thinking, tuple(seen), self.persona.parallel_default)
            draft = answer_prompt(self.state.responder, prompt)
        turn = self._turn(chat, draft, len(seen))
        keep_reasoning(self.state, self.persona, chat, turn)
        return turn

    async def _look(self, chat: ChatRequest) -> list[vision.Seen]:
        sight = self.persona.sight(chat) if chat.pictures else "drops"
        if sight == "refuses":
            raise refuse("no_vision", chat.model)
        if sight == "drops":
            return []
        return [await vision.look(p) for p in chat.pictures]

    def _turn(self, chat: ChatRequest, draft: Draft, pictures: int) -> Turn:
        earlier = sum(len(m.calls) for m in chat.messages)
        segments: list[Segment] = []
        for segment in draft.segments:
            if isinstance(segment, Call) and segment.name == "*":
                segment = replace(segment, name=chat.tools[0].name if chat.tools else "tool")
            if isinstance(segment, Call) and not segment.id:
                made = self.persona.call_id(segment.name, earlier, ids.token_hex(12))
                segment, earlier = replace(segment, id=made), earlier + 1
            segments.append(segment)
        fitted = fit(chat, tuple(segments), draft, self.persona, pictures)
        return Turn(
            id=ids.token_hex(16),
            created=int(time.time()),
            model=self.persona.name_served(chat.model),
            segments=fitted.segments,
            finish=fitted.finish,
            usage=fitted.usage,
            shape=draft.shape,
            delivery=draft.delivery,
            stop_sequence=fitted.stop_sequence,
        )

    def _frames(self, chat: ChatRequest, turn: Turn) -> Iterator[bytes | Pause]:
        if self.endpoint.wire == "anthropic":
            assert self.persona.messages is not None
            yield from anthropic_api.sse(self.persona.messages, turn, chat)
        else:
            yield from openai_api.sse(self.persona.template, turn, chat)

    def send(self, chat: ChatRequest, turn: Turn, notes: list[str]) -> ASGIApp:
        """Return the reply, streamed or whole."""
        headers = self.persona.template.headers(turn)
        if notes:
            headers = {**headers, "X-Emulator-Note": "; ".join(notes)}
        delivery = self.state.pace.slow(turn.delivery)
        if chat.stream:
            frames: Iterator[bytes | Pause] = self._frames(chat, turn)
            if delivery.rate:
                frames = pace_frames(frames, turn.usage.completion / delivery.rate)
            if delivery.error is not None:
                frames = self._break_off(frames, delivery.error)
            comment = f"{self.persona.template.comment}\n\n".encode()
            delivery = replace(delivery, blank_lines=0)
            opening = comment if self.persona.template.opens_with_comment else b""
            return Delivered(frames, delivery, "text/event-stream", headers, 200, comment, opening)
        if delivery.error is not None:
            return self.refuse(delivery.error)
        if self.endpoint.wire == "anthropic":
            assert self.persona.messages is not None
            whole = self.persona.messages.whole(turn, chat)
        else:
            whole = self.persona.template.whole(turn, chat)
        content = openai_api.dump(whole).encode()
        if delivery.broken_json:
            content = content[: len(content) // 2]
        if not delivery.blank_lines and self.endpoint.wire == "openai":
            delivery = replace(delivery, blank_lines=self.persona.template.blank_lines)
        written = turn.usage.completion / delivery.rate if delivery.rate else 0.0
        delivery = replace(delivery, keepalive=0, delay=delivery.delay + turn.pause + written, cut_events=None)
        return Delivered([content], delivery, "application/json", headers)

    def _break_off(self, frames: Iterator[bytes | Pause], failure: Failure) -> Iterator[bytes | Pause]:
        """Send everything but the end, then the vendor's error as an event."""
        kept = list(frames)
        tail = 3 if self.endpoint.wire == "anthropic" else 2
        yield from kept[:-tail]
        body = self.persona.refuse(failure, self.endpoint.wire, ids.token_hex(16)).content
        prefix = b"event: error\n" if self.endpoint.wire == "anthropic" else b""
        yield prefix + b"data: " + body + b"\n\n"


async def _run_here(work: Callable[[], T]) -> T:
    return work()


async def _run_beside(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)


def _parse(raw: bytes) -> Json:
    try:
        body = json.loads(raw)
    except ValueError:
        raise refuse("bad_json", raw[:200].decode("utf-8", "replace")) from None
    if not isinstance(body, dict):
        raise refuse("bad_json", "body")
    return body
