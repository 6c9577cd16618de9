"""Several clients as one: the drivers of the policy in `plans/policy.py`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from typing_extensions import Unpack

from cncoding.cards import ModelCard
from cncoding.chat.fold import Fold
from cncoding.chat.request import ChatSettings, Prompt
from cncoding.client.aio import AsyncClient
from cncoding.client.base import BaseClient
from cncoding.client.plan_left import ask_left, ask_left_async
from cncoding.client.plan_memory import PlanMemory, plan_id
from cncoding.client.stream import AsyncStream, Stream
from cncoding.client.sync import Client
from cncoding.errors import CncodingError, ConfigError
from cncoding.exchange.steps import Now
from cncoding.plans.left import PlanLeft
from cncoding.plans.policy import (
    AskLeft,
    LoadSpent,
    Order,
    Plan,
    SaveSpent,
    Try,
    check_members,
    choose,
    overlay,
    weakest,
)
from cncoding.types import ChatRequest, ChatResponse, Event, JsonObject, Started, Thinking, Warned

_C = TypeVar("_C", bound=BaseClient)


@dataclass(frozen=True, slots=True)
class Member(Generic[_C]):
    """One model of several: its client, and what it says where a call says nothing."""

    client: _C
    own: ChatRequest = field(default_factory=lambda: ChatRequest(()))
    floor: float | None = None
    """The share of the plan that is left alone; None asks nobody what is left."""
    show: Callable[[PlanLeft], object] | None = None
    """Is told what is left whenever that was asked."""

    def tell(self, left: PlanLeft) -> PlanLeft:
        """Show what is left to whoever wants to know."""
        if self.show is not None:
            self.show(left)
        return left

    @property
    def plan(self) -> Plan:
        """Return the plan that is asked."""
        target = self.client.target
        model = self.own.model or target.model
        return Plan(plan_id(target), target.provider.id, target.endpoint.name, model, self.floor)


class _Group(Generic[_C]):
    """What both groups know without I/O."""

    members: Sequence[Member[_C]]
    order: Order
    memory: PlanMemory

    def _gather(self, members: Sequence[Member[_C]], order: Order, memory: PlanMemory | None) -> None:
        check_members(len(members), order)
        self.members, self.order = tuple(members), order
        self.memory = memory or PlanMemory()
        self.__dict__.update({**self.members[0].client.__dict__, **self.__dict__})

    def card(self, model: str | None = None) -> ModelCard:
        """Return what every member can do."""
        return weakest([one.client.card(one.own.model) for one in self.members])

    def tool_choices(self, model: str | None = None, thinking: Thinking | None = None) -> frozenset[str]:
        """Return the tool choices that every member takes."""
        return frozenset.intersection(
            *(one.client.tool_choices(one.own.model, thinking or one.own.thinking) for one in self.members)
        )

    def _request(self, index: int, asked: ChatRequest) -> ChatRequest:
        request = overlay(asked, self.members[index].own)
        if request.tools and not self.members[index].client.card(request.model).tools:
            raise ConfigError(f"tools: {request.model} of {self.members[index].client.provider_id} takes none")
        return request

    def _answer(self, reply: ChatResponse, tried: tuple[JsonObject, ...]) -> ChatResponse:
        return replace(reply, tried=tried)

    @staticmethod
    def _mark(event: Event, provider: str, tried: tuple[JsonObject, ...]) -> Event:
        return replace(event, provider=provider, tried=tried) if isinstance(event, Started) else event


class PlanClient(_Group[Client], Client):
    """Several clients that answer as one."""

    def __init__(
        self, members: Sequence[Member[Client]], *, order: Order = "listed", memory: PlanMemory | None = None
    ) -> None:
        self._gather(members, order, memory)

    def chat(self, request: Prompt, **settings: Unpack[ChatSettings]) -> ChatResponse:
        """Ask the plans in order and return the first reply."""
        asked = self._build_request(request, settings)
        found: list[ChatResponse] = []

        def attempt(step: Try) -> CncodingError | None:
            try:
                reply = self.members[step.index].client.chat(self._request(step.index, asked))
            except CncodingError as error:
                return error
            found.append(self._answer(reply, step.tried))
            return None

        self._follow(attempt)
        return found[0]

    def stream(self, request: Prompt, **settings: Unpack[ChatSettings]) -> Stream:
        """Ask the plans in order and return the events of the first reply that begins."""
        asked = self._build_request(request, settings)
        progress = Fold(self.provider_id)
        return Stream(self._plan_events(asked, progress), progress)

    def _plan_events(self, asked: ChatRequest, progress: Fold) -> Generator[Event, None, None]:
        opened: list[tuple[Stream, list[Event], Try]] = []

        def attempt(step: Try) -> CncodingError | None:
            stream = self.members[step.index].client.stream(self._request(step.index, asked))
            head: list[Event] = []
            try:
                for event in stream:
                    head.append(event)
                    if not isinstance(event, Warned):
                        break
            except CncodingError as error:
                stream.close()
                return error
            opened.append((stream, head, step))
            return None

        self._follow(attempt)
        stream, head, step = opened[0]
        provider = self.members[step.index].client.provider_id
        progress.provider = provider
        with stream:
            for event in head:
                event = self._mark(event, provider, step.tried)
                progress.add(event)
                yield event
            for event in stream:
                event = self._mark(event, provider, step.tried)
                progress.add(event)
                yield event

    def _follow(self, attempt: Any) -> None:
        flow = choose([one.plan for one in self.members], self.order)
        try:
            step = next(flow)
            while True:
                step = flow.send(self._perform_plan(step, attempt))
        except StopIteration:
            return

    def _perform_plan(self, step: Any, attempt: Any) -> Any:
        if isinstance(step, Try):
            return attempt(step)
        if isinstance(step, LoadSpent):
            return self.memory.load()
        if isinstance(step, SaveSpent):
            return self.memory.save(step.id, step.spent)
        if isinstance(step, AskLeft):
            return self._ask_left(step.index)
        assert isinstance(step, Now)
        return time.time()

    def _ask_left(self, index: int) -> PlanLeft:
        return self.members[index].tell(ask_left(self.members[index].client))


class AsyncPlanClient(_Group[AsyncClient], AsyncClient):
    """Several clients that answer as one, in an event loop; see `PlanClient`."""

    def __init__(
        self, members: Sequence[Member[AsyncClient]], *, order: Order = "listed", memory: PlanMemory | None = None
    ) -> None:
        self._gather(members, order, memory)

    async def chat(self, request: Prompt, **settings: Unpack[ChatSettings]) -> ChatResponse:
        """Ask the plans in order and return the first reply."""
        asked = self._build_request(request, settings)
        found: list[ChatResponse] = []

        async def attempt(step: Try) -> CncodingError | None:
            try:
                reply = await self.members[step.index].client.chat(self._request(step.index, asked))
            except CncodingError as error:
                return error
            found.append(self._answer(reply, step.tried))
            return None

        await self._follow(attempt)
        return found[0]

    def stream(self, request: Prompt, **settings: Unpack[ChatSettings]) -> AsyncStream:
        """Ask the plans in order and return the events of the first reply that begins."""
        asked = self._build_request(request, settings)
        progress = Fold(self.provider_id)
        return AsyncStream(self._plan_events(asked, progress), progress)

    async def _plan_events(self, asked: ChatRequest, progress: Fold) -> AsyncGenerator[Event, None]:
        opened: list[tuple[AsyncStream, list[Event], Try]] = []

        async def attempt(step: Try) -> CncodingError | None:
            stream = self.members[step.index].client.stream(self._request(step.index, asked))
            head: list[Event] = []
            try:
                async for event in stream:
                    head.append(event)
                    if not isinstance(event, Warned):
                        break
            except CncodingError as error:
                await stream.aclose()
                return error
            opened.append((stream, head, step))
            return None

        await self._follow(attempt)
        stream, head, step = opened[0]
        provider = self.members[step.index].client.provider_id
        progress.provider = provider
        async with stream:
            for event in head:
                event = self._mark(event, provider, step.tried)
                progress.add(event)
                yield event
            async for event in stream:
                event = self._mark(event, provider, step.tried)
                progress.add(event)
                yield event

    async def _follow(self, attempt: Any) -> None:
        flow = choose([one.plan for one in self.members], self.order)
        try:
            step = next(flow)
            while True:
                step = flow.send(await self._perform_plan(step, attempt))
        except StopIteration:
            return

    async def _perform_plan(self, step: Any, attempt: Any) -> Any:
        if isinstance(step, Try):
            return await attempt(step)
        if isinstance(step, LoadSpent):
            return await asyncio.to_thread(self.memory.load)
        if isinstance(step, SaveSpent):
            return await asyncio.to_thread(self.memory.save, step.id, step.spent)
        if isinstance(step, AskLeft):
            return await self._ask_left(step.index)
        assert isinstance(step, Now)
        return time.time()

    async def _ask_left(self, index: int) -> PlanLeft:
        return self.members[index].tell(await ask_left_async(self.members[index].client))


def list_left(client: Client) -> tuple[PlanLeft, ...]:
    """Return what each plan of a client has left; each is asked once a minute."""
    clients = [one.client for one in client.members] if isinstance(client, PlanClient) else [client]
    return tuple(ask_left(one) for one in clients)


async def list_left_async(client: AsyncClient) -> tuple[PlanLeft, ...]:
    """Return what each plan of a client has left; see `list_left`."""
    clients = [one.client for one in client.members] if isinstance(client, AsyncPlanClient) else [client]
    return tuple([await ask_left_async(one) for one in clients])
