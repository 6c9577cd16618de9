"""Keep an eye on the plan: show what is left, stop or switch at a floor, wait for a spent plan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, NoReturn, TypeVar

from llama_index.core.agent.workflow import AgentOutput, FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ChatResponseAsyncGen
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.workflow import HumanResponseEvent, InputRequiredEvent
from llama_index_instrumentation import get_dispatcher
from workflows.runtime.types.results import AddWaiter, InternalContextVar, StepWorkerStateContextVar, WaitingForEvent

from cncoding import (
    AsyncClient,
    AsyncPlanClient,
    BudgetSpentError,
    Client,
    ConfigError,
    PlanClient,
    PlanLeft,
    QuotaExhaustedError,
    check_guard,
    find_fullest,
    list_left_async,
)
from llamaindex_cncoding._base import ConnectedLLM
from llamaindex_cncoding._stream import AsyncChunks
from llamaindex_cncoding.plans import PlansLLM

_dispatcher = get_dispatcher(__name__)
_T = TypeVar("_T")


class PlanLeftEvent(BaseEvent):
    """What a plan has left, told before a call of a guarded LLM."""

    left: PlanLeft

    @classmethod
    def class_name(cls) -> str:
        """Return the id of this class."""
        return "PlanLeftEvent"


class PlanObserver(BaseEventHandler):
    """Show the user what is left; add it to a dispatcher of LlamaIndex.

    Example:
        ```python
        get_dispatcher().add_event_handler(PlanObserver(show=print))
        ```
    """

    _show: Callable[[PlanLeft], object] = PrivateAttr()

    def __init__(self, show: Callable[[PlanLeft], object] = print) -> None:
        """Take the function that is told a `PlanLeft`."""
        super().__init__()
        self._show = show

    @classmethod
    def class_name(cls) -> str:
        """Return the id of this class."""
        return "PlanObserver"

    def handle(self, event: BaseEvent, **kwargs: Any) -> None:
        """Show the event if it tells what is left."""
        if isinstance(event, PlanLeftEvent):
            self._show(event.left)


def _tell(left: PlanLeft) -> None:
    _dispatcher.event(PlanLeftEvent(left=left))


class PlanFloorEvent(InputRequiredEvent):
    """A plan is at its floor: answer with a `HumanResponseEvent` to ask it nevertheless."""


class PlanSpentEvent(InputRequiredEvent):
    """A plan, or a budget, is used up: answer with a `HumanResponseEvent` to ask again, best after `resets_at`."""


class GuardedLLM(PlansLLM):
    """An LLM whose plan is not used below a floor, made by `guard_llm`."""

    floor: float = 0.05
    then: Literal["stop", "switch", "interrupt"] = "stop"

    @classmethod
    def class_name(cls) -> str:
        """Return the id of this class in dumps."""
        return "cncoding_guarded_multi_modal_llm"

    def _connect(self, kind: Any) -> Any:
        first, *others = self.llms
        floor = None if self._find_step() else self.floor  # there the user is asked instead
        members = [self._make_member(first, kind, floor=floor, show=_tell)]
        members += [self._make_member(llm, kind) for llm in others]
        group = PlanClient if kind is Client else AsyncPlanClient
        return group(members, order=self.order, hedge_after=self.hedge_after)

    async def _achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        ask = super()._achat
        return await self._guard(lambda: ask(messages, **kwargs))

    async def _astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        ask = super()._astream_chat

        async def begin() -> Any:
            chunks = await ask(messages, **kwargs)
            return await chunks.begin() if isinstance(chunks, AsyncChunks) else chunks

        return await self._guard(begin)

    async def _guard(self, ask: Callable[[], Awaitable[_T]]) -> _T:
        """Ask; in a step of a workflow wait for the user where that is wanted."""
        step = self._find_step()
        if step is None:
            return await ask()
        several = await list_left_async(self._connect(AsyncClient))
        for one in several:
            _tell(one)
        left = find_fullest(several)
        if left.share is not None and left.share <= self.floor and not await _read_answer(step):
            kind = PlanFloorEvent if left.share > 0 else PlanSpentEvent
            event = kind(prefix=str(left), floor=self.floor, **left.as_object())  # type: ignore[call-arg]  # its events take any field
            await _wait_for_user(step, event, again=False)
        return await wait_for_plan(step, ask)

    def _find_step(self) -> Any:
        """Return what waits in the step of a workflow that runs now, None outside of one or where nobody is asked."""
        if self.then != "interrupt":
            return None
        found = InternalContextVar.get(None)
        return None if found is None else found()


def guard_llm(
    llm: ConnectedLLM,
    *,
    floor: float = 0.05,
    then: Literal["stop", "switch", "interrupt"] = "stop",
    switch_to: ConnectedLLM | None = None,
) -> GuardedLLM:
    """Return an LLM that stops, switches or asks the user when its plan is nearly used up.

    Before each call a `PlanLeftEvent` tells what is left (asked once a minute); `PlanObserver` shows it. Several LLMs
    as one pass over those at the floor, and the guard acts when all are.

    Args:
        llm: An LLM of this package, also several as one.
        floor: Share of the scarcest window, 0 to 1; at or below it no further call is made.
        then: `stop` raises `QuotaExhaustedError` with `resets_at`; `switch` goes on with `switch_to`; `interrupt` asks
            the user in a step of a workflow or an agent: a `PlanFloorEvent`, or a `PlanSpentEvent` for a plan that is
            spent, is answered with a `HumanResponseEvent`. Outside of a step, and in calls that are not awaited, it
            stops.
        switch_to: The LLM to go on with, also when the plan is spent, refuses or cannot be reached.

    Raises:
        ConfigError: A setting is wrong.
    """
    check_guard(floor, then, switch_to)
    for one in (llm, *([switch_to] if switch_to is not None else [])):
        if not isinstance(one, ConnectedLLM) or isinstance(one, GuardedLLM):
            raise ConfigError(f"guard_llm: {type(one).__name__} is no LLM that can be guarded; give GLM(), Kimi(), ...")
    if isinstance(llm, PlansLLM) and then != "interrupt":
        llm = type(llm)(**{**llm.__dict__, "floor": max(floor, llm.floor or 0.0)})
    llms = [llm] if switch_to is None else [llm, switch_to]
    return GuardedLLM(llms=llms, provider=llm.provider, model=llm.model, floor=floor, then=then)


async def wait_for_plan(context: Any, ask: Callable[[], Awaitable[_T]]) -> _T:
    """Return what `ask` returns; while the plan is spent, wait for the user in a step of a workflow.

    LlamaIndex runs the step again from its beginning for each answer, and the plan is asked once in each run.

    Args:
        context: The context of the running step.
        ask: Asks the LLM.
    """
    answered = await _read_answer(context)
    try:
        return await ask()
    except (QuotaExhaustedError, BudgetSpentError) as error:
        event = _describe(error)
    await _wait_for_user(context, event, again=answered)


_WAITER = "cncoding-plan"
"""A step has one waiter, also for its second wait: LlamaIndex keeps those that are answered until the step has ended,
and would run it again for each of them."""


async def _read_answer(context: Any) -> bool:
    """Tell whether the user has answered in this step, and let the answer be forgotten when it ends."""
    step = StepWorkerStateContextVar.get(None)
    waiters = step.state.collected_waiters if step is not None else ()
    if all(one.waiter_id != _WAITER for one in waiters):
        return False
    await context.wait_for_event(HumanResponseEvent, None, _WAITER, timeout=None)
    return True


async def _wait_for_user(context: Any, event: InputRequiredEvent, *, again: bool) -> NoReturn:
    """Leave the step until the user answers."""
    if again:
        context.write_event_to_stream(event)
    raise WaitingForEvent(AddWaiter(waiter_id=_WAITER, waiter_event=event, event_type=HumanResponseEvent))


def _describe(error: QuotaExhaustedError | BudgetSpentError) -> PlanSpentEvent:
    until = error.resets_at.isoformat() if error.resets_at else None
    who = {"budget": error.budget} if isinstance(error, BudgetSpentError) else {"provider": error.provider}
    return PlanSpentEvent(prefix=str(error), resets_at=until, **who)  # type: ignore[call-arg]  # as above


class PlanAgent(FunctionAgent):
    """A `FunctionAgent` that waits for a spent plan instead of failing.

    It streams a `PlanSpentEvent` with `resets_at`; `handler.ctx.send_event(HumanResponseEvent(response="go on"))` asks
    again.
    """

    async def take_step(self, ctx: Any, llm_input: list[Any], tools: Sequence[Any], memory: Any) -> AgentOutput:
        """Take a step; wait where the plan is spent."""
        step = super().take_step
        return await wait_for_plan(ctx, lambda: step(ctx, llm_input, tools, memory))
