"""Several clients as one: the drivers of the policy in `plans/policy.py`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeAlias, TypeVar

from typing_extensions import Unpack

from cncoding.cards import ModelCard
from cncoding.chat.fold import Fold
from cncoding.chat.request import ChatSettings, Prompt, build_request
from cncoding.client.aio import AsyncClient
from cncoding.client.base import BaseClient
from cncoding.client.hedge import race, race_async
from cncoding.client.plan_left import ask_left, ask_left_async
from cncoding.client.plan_memory import PlanMemory, plan_id
from cncoding.client.plan_terms import remind_of_terms
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
    Tried,
    Try,
    check_members,
    choose,
    overlay,
    weakest,
)
from cncoding.types import ChatRequest, ChatResponse, Event, Started, Thinking, Warned

_C = TypeVar("_C", bound=BaseClient)
_S = TypeVar("_S", Stream, AsyncStream)
Outcomes: TypeAlias = Sequence[tuple[int, CncodingError | None]]


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
    hedge_after: float | None

    def _gather(
        self, members: Sequence[Member[_C]], order: Order, memory: PlanMemory | None, hedge_after: float | None
    ) -> None:
        check_members(len(members), order, hedge_after)
        self.hedge_after = hedge_after
        remind_of_terms([one.client.target for one in members])
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

    def _build_request(self, request: Prompt, settings: Mapping[str, Any]) -> ChatRequest:
        asked = build_request(request, settings)
        for index in range(len(self.members)):
            self._request(index, asked)  # what one of them cannot do is said before any is asked
        return asked

    def _request(self, index: int, asked: ChatRequest) -> ChatRequest:
        request = overlay(asked, self.members[index].own, self._choose_model(index, asked.model))
        if request.tools and not self.members[index].client.card(request.model).tools:
            raise ConfigError(
                f"tools: {request.model} of {self.members[index].client.provider_id} takes none; leave it out"
            )
        return request

    def _choose_model(self, index: int, named: str | None) -> str | None:
        """Return the member's own model, or the one that a call names if the member, or nobody, knows it."""
        own = self.members[index].own.model
        if named is None or named in (own, self.members[0].client.target.model):
            return own
        knows = [one.client.card(named).known for one in self.members]
        return named if knows[index] or not any(knows) else own

    @staticmethod
    def _mark(event: Event, provider: str, tried: Tried) -> Event:
        return replace(event, provider=provider, tried=tried) if isinstance(event, Started) else event


@dataclass(frozen=True, slots=True)
class _Begun(Generic[_S]):
    """A reply that has begun."""

    index: int
    stream: _S
    head: list[Event]


def _hang_up(begun: _Begun[Stream]) -> None:
    begun.stream.close()


async def _hang_up_async(begun: _Begun[AsyncStream]) -> None:
    await begun.stream.aclose()


class PlanClient(_Group[Client], Client):
    """Several clients that answer as one."""

    def __init__(
        self,
        members: Sequence[Member[Client]],
        *,
        order: Order = "listed",
        memory: PlanMemory | None = None,
        hedge_after: float | None = None,
    ) -> None:
        self._gather(members, order, memory, hedge_after)

    def chat(self, request: Prompt, **settings: Unpack[ChatSettings]) -> ChatResponse:
        """Ask the plans in order and return the first reply."""
        asked = self._build_request(request, settings)
        if self.hedge_after is not None:  # who begins first is seen in a stream
            return self.stream(asked).drain()
        found: list[ChatResponse] = []

        def attempt(step: Try) -> Outcomes:
            try:
                reply = self.members[step.index].client.chat(self._request(step.index, asked))
            except CncodingError as error:
                return [(step.index, error)]
            found.append(reply)
            return [(step.index, None)]

        tried = self._follow(attempt)
        return replace(found[0], tried=tried)

    def stream(self, request: Prompt, **settings: Unpack[ChatSettings]) -> Stream:
        """Ask the plans in order and return the events of the first reply that begins."""
        asked = self._build_request(request, settings)
        progress = Fold(self.provider_id)
        return Stream(self._plan_events(asked, progress), progress)

    def _plan_events(self, asked: ChatRequest, progress: Fold) -> Generator[Event, None, None]:
        opened: list[_Begun[Stream]] = []

        def begin(index: int) -> _Begun[Stream] | CncodingError:
            stream = self.members[index].client.stream(self._request(index, asked))
            head: list[Event] = []
            try:
                for event in stream:
                    head.append(event)
                    if not isinstance(event, Warned):
                        break
            except CncodingError as error:
                stream.close()
                return error
            return _Begun(index, stream, head)

        def attempt(step: Try) -> Outcomes:
            if step.spare is None or self.hedge_after is None:
                outcomes = [(step.index, begin(step.index))]
            else:
                outcomes = race(begin, step.index, step.spare, self.hedge_after, _hang_up)
            opened.extend(one for _, one in outcomes if isinstance(one, _Begun))
            return [(index, one if isinstance(one, CncodingError) else None) for index, one in outcomes]

        tried = self._follow(attempt)
        begun = opened[0]
        provider = self.members[begun.index].client.provider_id
        progress.provider = provider
        with begun.stream:
            for event in begun.head:
                event = self._mark(event, provider, tried)
                progress.add(event)
                yield event
            for event in begun.stream:
                event = self._mark(event, provider, tried)
                progress.add(event)
                yield event

    def _follow(self, attempt: Callable[[Try], Outcomes]) -> Tried:
        flow = choose([one.plan for one in self.members], self.order, self.hedge_after)
        try:
            step = next(flow)
            while True:
                step = flow.send(self._perform_plan(step, attempt))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # a flow's return value is typed by its caller

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
        self,
        members: Sequence[Member[AsyncClient]],
        *,
        order: Order = "listed",
        memory: PlanMemory | None = None,
        hedge_after: float | None = None,
    ) -> None:
        self._gather(members, order, memory, hedge_after)

    async def chat(self, request: Prompt, **settings: Unpack[ChatSettings]) -> ChatResponse:
        """Ask the plans in order and return the first reply."""
        asked = self._build_request(request, settings)
        if self.hedge_after is not None:  # who begins first is seen in a stream
            return await self.stream(asked).drain()
        found: list[ChatResponse] = []

        async def attempt(step: Try) -> Outcomes:
            try:
                reply = await self.members[step.index].client.chat(self._request(step.index, asked))
            except CncodingError as error:
                return [(step.index, error)]
            found.append(reply)
            return [(step.index, None)]

        tried = await self._follow(attempt)
        return replace(found[0], tried=tried)

    def stream(self, request: Prompt, **settings: Unpack[ChatSettings]) -> AsyncStream:
        """Ask the plans in order and return the events of the first reply that begins."""
        asked = self._build_request(request, settings)
        progress = Fold(self.provider_id)
        return AsyncStream(self._plan_events(asked, progress), progress)

    async def _plan_events(self, asked: ChatRequest, progress: Fold) -> AsyncGenerator[Event, None]:
        opened: list[_Begun[AsyncStream]] = []

        async def begin(index: int) -> _Begun[AsyncStream] | CncodingError:
            stream = self.members[index].client.stream(self._request(index, asked))
            head: list[Event] = []
            try:
                async for event in stream:
                    head.append(event)
                    if not isinstance(event, Warned):
                        break
            except CncodingError as error:
                await stream.aclose()
                return error
            except asyncio.CancelledError:
                await stream.aclose()
                raise
            return _Begun(index, stream, head)

        async def attempt(step: Try) -> Outcomes:
            if step.spare is None or self.hedge_after is None:
                outcomes = [(step.index, await begin(step.index))]
            else:
                outcomes = await race_async(begin, step.index, step.spare, self.hedge_after, _hang_up_async)
            opened.extend(one for _, one in outcomes if isinstance(one, _Begun))
            return [(index, one if isinstance(one, CncodingError) else None) for index, one in outcomes]

        tried = await self._follow(attempt)
        begun = opened[0]
        provider = self.members[begun.index].client.provider_id
        progress.provider = provider
        async with begun.stream:
            for event in begun.head:
                event = self._mark(event, provider, tried)
                progress.add(event)
                yield event
            async for event in begun.stream:
                event = self._mark(event, provider, tried)
                progress.add(event)
                yield event

    async def _follow(self, attempt: Callable[[Try], Awaitable[Outcomes]]) -> Tried:
        flow = choose([one.plan for one in self.members], self.order, self.hedge_after)
        try:
            step = next(flow)
            while True:
                step = flow.send(await self._perform_plan(step, attempt))
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]  # a flow's return value is typed by its caller

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
