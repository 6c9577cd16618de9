"""Keep an eye on the plan: show what is left, stop or switch at a floor, wait for a spent plan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Literal, TypeVar

from llama_index.core.agent.workflow import AgentOutput, FunctionAgent
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent
from llama_index_instrumentation import get_dispatcher

from cncoding import (
    AsyncPlanClient,
    Client,
    ConfigError,
    PlanClient,
    PlanLeft,
    QuotaExhaustedError,
    check_guard,
)
from llamaindex_cncoding._base import ConnectedLLM
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


class GuardedLLM(PlansLLM):
    """An LLM whose plan is not used below a floor, made by `guard_llm`."""

    floor: float = 0.05

    @classmethod
    def class_name(cls) -> str:
        """Return the id of this class in dumps."""
        return "cncoding_guarded_multi_modal_llm"

    def _connect(self, kind: Any) -> Any:
        first, *others = self.llms
        guarded = self._make_member(first, kind, floor=self.floor, show=_tell)
        rest = [self._make_member(llm, kind) for llm in others]
        group = PlanClient if kind is Client else AsyncPlanClient
        return group([guarded, *rest], order=self.order, hedge_after=self.hedge_after)


def guard_llm(
    llm: ConnectedLLM,
    *,
    floor: float = 0.05,
    then: Literal["stop", "switch"] = "stop",
    switch_to: ConnectedLLM | None = None,
) -> GuardedLLM:
    """Return an LLM that stops or switches when its plan is nearly used up.

    Before each call a `PlanLeftEvent` tells what is left (asked once a minute); `PlanObserver` shows it.

    Args:
        llm: An LLM of this package.
        floor: Share of the scarcest window, 0 to 1; at or below it no further call is made.
        then: `stop` raises `QuotaExhaustedError` with `resets_at`; `switch` goes on with `switch_to`.
        switch_to: The LLM to go on with, also when the plan is spent, refuses or cannot be reached.

    Raises:
        ConfigError: A setting is wrong.
    """
    if then not in ("stop", "switch"):
        raise ConfigError(f"then={then!r}: choose one of stop, switch")
    check_guard(floor, then, switch_to)
    for one in (llm, *([switch_to] if switch_to is not None else [])):
        if not isinstance(one, ConnectedLLM) or isinstance(one, PlansLLM):
            raise ConfigError(f"guard_llm: {type(one).__name__} is no single LLM of cncoding; give GLM(), Kimi(), ...")
    llms = [llm] if switch_to is None else [llm, switch_to]
    return GuardedLLM(llms=llms, provider=llm.provider, model=llm.model, floor=floor)


class PlanSpentEvent(InputRequiredEvent):
    """A plan is spent: answer with a `HumanResponseEvent` to ask it again, best after `resets_at`."""


async def wait_for_plan(context: Context[Any], ask: Callable[[], Awaitable[_T]]) -> _T:
    """Return what `ask` returns; while the plan is spent, wait for the user in a step of a workflow.

    Args:
        context: The context of the running step, which LlamaIndex runs again from its beginning.
        ask: Asks the LLM.
    """
    times = 0
    while True:
        try:
            return await ask()
        except QuotaExhaustedError as error:
            until = error.resets_at.isoformat() if error.resets_at else None
            event = PlanSpentEvent(prefix=str(error), provider=error.provider, resets_at=until)  # type: ignore[call-arg]  # its events take any field
            times += 1
            await context.wait_for_event(HumanResponseEvent, event, f"plan-spent-{times}", timeout=None)


class PlanAgent(FunctionAgent):
    """A `FunctionAgent` that waits for a spent plan instead of failing.

    It streams a `PlanSpentEvent` with `resets_at`; `handler.ctx.send_event(HumanResponseEvent(response="go on"))` asks
    again.
    """

    async def take_step(self, ctx: Any, llm_input: list[Any], tools: Sequence[Any], memory: Any) -> AgentOutput:
        """Take a step; wait where the plan is spent."""
        step = super().take_step
        return await wait_for_plan(ctx, lambda: step(ctx, llm_input, tools, memory))
