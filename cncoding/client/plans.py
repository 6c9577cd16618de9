"""Several clients as one: they perform the policy of `plans/policy.py`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from typing_extensions import Unpack

from cncoding.cards import ModelCard
from cncoding.chat.fold import Fold
from cncoding.chat.request import ChatSettings, Prompt, build_request
from cncoding.client.aio import AsyncClient
from cncoding.client.base import BaseClient
from cncoding.client.hedge import race, race_async
from cncoding.client.limits import Watch
from cncoding.client.plan_left import ask_left, ask_left_async
from cncoding.client.plan_memory import PlanMemory, plan_id
from cncoding.client.plan_terms import remind_of_terms
from cncoding.client.stream import AsyncStream, Stream
from cncoding.client.sync import Client
from cncoding.errors import CncodingError
from cncoding.plans.joining import Order, check_abilities, check_members, overlay, weakest
from cncoding.plans.left import PlanLeft, find_fullest
from cncoding.plans.policy import AskLeft, Attempt, Chosen, LoadSpent, Plan, SaveSpent, Try, choose
from cncoding.target import Target
from cncoding.types import ChatRequest, ChatResponse, Event, Thinking

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

    def read_left(self, several: Sequence[PlanLeft]) -> PlanLeft:
        """Show what is left to whoever wants to know, and return what decides."""
        if self.show is not None:
            for one in several:
                self.show(one)
        return find_fullest(several)

    @property
    def plan(self) -> Plan:
        """Return the plan that is asked."""
        target = self.client.target
        model = self.own.model or target.model
        return Plan(plan_id(*_list_targets(self.client)), target.provider.id, target.endpoint.name, model, self.floor)


def _list_targets(client: BaseClient) -> list[Target]:
    if not isinstance(client, _Group):
        return [client.target]
    return [target for one in client.members for target in _list_targets(one.client)]


class _Group(Generic[_C]):
    """What both groups know without I/O."""

    members: Sequence[Member[_C]]
    order: Order
    memory: PlanMemory
    hedge_after: float | None
    own: ChatRequest

    def _gather(
        self,
        members: Sequence[Member[_C]],
        order: Order,
        memory: PlanMemory | None,
        hedge_after: float | None,
        own: ChatRequest | None,
    ) -> None:
        check_members(len(members), order, hedge_after, [one.floor for one in members])
        self.hedge_after = hedge_after
        if len(members) > 1:
            remind_of_terms([one.client.target for one in members])
        self.members, self.order, self.own = tuple(members), order, own or ChatRequest(())
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

    def _teach(self, flow: Any) -> Any:
        """Leave errors as they are: the client of the plan that failed has taught them."""
        return flow

    def _build_request(self, request: Prompt, settings: Mapping[str, Any]) -> ChatRequest:
        asked = build_request(request, settings)
        asked = overlay(asked, self.own, asked.model or self.own.model)
        for index in range(len(self.members)):
            self._request(index, asked)  # what one of them cannot do is said before any is asked
        return asked

    def _choose(self, asked: ChatRequest, *, stream: bool) -> Generator[Any, Any, Chosen]:
        attempts = [Attempt(index, self._request(index, asked), stream) for index in range(len(self.members))]
        return choose([one.plan for one in self.members], attempts, self.order, self.hedge_after)

    def _request(self, index: int, asked: ChatRequest) -> ChatRequest:
        member = self.members[index]
        request = overlay(asked, member.own, self._choose_model(index, asked.model))
        if not isinstance(member.client, _Group):
            check_abilities(request, member.client.card(request.model), member.client._setup)
            return request
        for inner in range(len(member.client.members)):
            member.client._request(inner, request)
        return request

    def _choose_model(self, index: int, named: str | None) -> str | None:
        """Return the member's own model, or the one that a call names if the member, or nobody, knows it."""
        own = self.members[index].own.model
        if named is None or named in (own, self.members[0].client.target.model):
            return own
        knows = [one.client.card(named).known for one in self.members]
        return named if knows[index] or not any(knows) else own


class PlanClient(_Group[Client], Client):
    """Several clients that answer as one."""

    def __init__(
        self,
        members: Sequence[Member[Client]],
        *,
        order: Order = "listed",
        memory: PlanMemory | None = None,
        hedge_after: float | None = None,
        own: ChatRequest | None = None,
    ) -> None:
        self._gather(members, order, memory, hedge_after, own)

    def chat(self, request: Prompt, **settings: Unpack[ChatSettings]) -> ChatResponse:
        """Ask the plans in order and return the first reply."""
        asked = self._build_request(request, settings)
        if self.hedge_after is not None:  # who begins first is seen in a stream
            return self.stream(asked).drain()
        return self._run(self._choose(asked, stream=False)).read()

    def stream(self, request: Prompt, **settings: Unpack[ChatSettings]) -> Stream:
        """Ask the plans in order and return the events of the first reply that begins."""
        asked = self._build_request(request, settings)
        progress = Fold(self.provider_id)
        return Stream(self._plan_events(asked, progress), progress)

    def _plan_events(self, asked: ChatRequest, progress: Fold) -> Generator[Event, None, None]:
        chosen = self._run(self._choose(asked, stream=True))
        with chosen.answer as events:
            for event in events:
                progress.add(marked := chosen.mark(event))
                yield marked

    def _perform(self, step: Any, watch: Watch) -> Any:
        if isinstance(step, Try):
            return race(self._begin, step)
        if isinstance(step, AskLeft):
            member = self.members[step.index]
            return member.read_left(list_left(member.client))
        return self.memory.perform(step) if isinstance(step, (LoadSpent, SaveSpent)) else super()._perform(step, watch)

    def _begin(self, attempt: Attempt) -> Stream | ChatResponse | CncodingError:
        client = self.members[attempt.index].client
        try:
            return client.stream(attempt.request).begin() if attempt.stream else client.chat(attempt.request)
        except CncodingError as error:
            return error


class AsyncPlanClient(_Group[AsyncClient], AsyncClient):
    """Several clients that answer as one, in an event loop; see `PlanClient`."""

    def __init__(
        self,
        members: Sequence[Member[AsyncClient]],
        *,
        order: Order = "listed",
        memory: PlanMemory | None = None,
        hedge_after: float | None = None,
        own: ChatRequest | None = None,
    ) -> None:
        self._gather(members, order, memory, hedge_after, own)

    async def chat(self, request: Prompt, **settings: Unpack[ChatSettings]) -> ChatResponse:
        """Ask the plans in order and return the first reply."""
        asked = self._build_request(request, settings)
        if self.hedge_after is not None:  # as above
            return await self.stream(asked).drain()
        return (await self._run(self._choose(asked, stream=False))).read()

    def stream(self, request: Prompt, **settings: Unpack[ChatSettings]) -> AsyncStream:
        """Ask the plans in order and return the events of the first reply that begins."""
        asked = self._build_request(request, settings)
        progress = Fold(self.provider_id)
        return AsyncStream(self._plan_events(asked, progress), progress)

    async def _plan_events(self, asked: ChatRequest, progress: Fold) -> AsyncGenerator[Event, None]:
        chosen = await self._run(self._choose(asked, stream=True))
        async with chosen.answer as events:
            async for event in events:
                progress.add(marked := chosen.mark(event))
                yield marked

    async def _perform(self, step: Any, watch: Watch) -> Any:
        if isinstance(step, Try):
            return await race_async(self._begin, step)
        if isinstance(step, AskLeft):
            member = self.members[step.index]
            return member.read_left(await list_left_async(member.client))
        if isinstance(step, (LoadSpent, SaveSpent)):
            return await asyncio.to_thread(self.memory.perform, step)
        return await super()._perform(step, watch)

    async def _begin(self, attempt: Attempt) -> AsyncStream | ChatResponse | CncodingError:
        client = self.members[attempt.index].client
        try:
            return await (client.stream(attempt.request).begin() if attempt.stream else client.chat(attempt.request))
        except CncodingError as error:
            return error


def list_left(client: Client) -> tuple[PlanLeft, ...]:
    """Return what each plan of a client has left; each is asked once a minute."""
    if not isinstance(client, PlanClient):
        return (ask_left(client),)
    return tuple(left for one in client.members for left in list_left(one.client))


async def list_left_async(client: AsyncClient) -> tuple[PlanLeft, ...]:
    """Return what each plan of a client has left; see `list_left`."""
    if not isinstance(client, AsyncPlanClient):
        return (await ask_left_async(client),)
    return tuple([left for one in client.members for left in await list_left_async(one.client)])
