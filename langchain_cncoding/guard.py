"""Middleware for `create_agent` that keeps an eye on the plan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

from cncoding import (
    BudgetSpentError,
    ConfigError,
    PlanLeft,
    QuotaExhaustedError,
    check_guard,
    find_fullest,
    list_left,
    list_left_async,
)
from langchain_cncoding._calls import CallingModel
from langchain_cncoding._errors import dual_errors
from langchain_cncoding.plans import PlanModel

try:
    from langchain.agents.middleware import AgentMiddleware
    from langgraph.types import interrupt
except ImportError as missing:
    raise ImportError('PlanGuard needs LangChain\'s agents: pip install "cncoding[langchain]"') from missing

_Spent: TypeAlias = QuotaExhaustedError | BudgetSpentError

if TYPE_CHECKING:
    from langchain.agents.middleware.types import ModelRequest, ModelResponse
    from langchain_core.language_models import BaseChatModel

    Handler = Callable[[ModelRequest[Any]], ModelResponse[Any]]
    AsyncHandler = Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]


class PlanGuard(AgentMiddleware[Any, Any, Any]):
    """Show the user what is left of the plan, never the model, and stop or switch before it is gone.

    A spent plan, or a budget of your own that is used up, becomes an interrupt of LangGraph that carries `resets_at`;
    whoever resumes the run asks again. Several plans as one model pass over those at the floor, and the guard acts when
    all are. A model of another package is let through.

    Example:
        ```python
        agent = create_agent(ChatGLM(), tools, middleware=[PlanGuard(then="switch", switch_to=ChatDeepSeek())])
        ```
    """

    def __init__(
        self,
        *,
        floor: float = 0.05,
        then: Literal["stop", "switch", "interrupt"] = "stop",
        switch_to: BaseChatModel | None = None,
        show: Callable[[PlanLeft], object] | None = None,
    ) -> None:
        """Set what happens at the floor.

        Args:
            floor: Share of the scarcest window, 0 to 1; at or below it no further call is made.
            then: `stop` raises `CNCodingQuotaExhaustedError`, `switch` goes on with `switch_to`, `interrupt` asks the
                user; resuming goes on.
            switch_to: The chat model to go on with, also when the plan is spent.
            show: Is told what each plan has left, before each call; by default a custom event of the graph's stream,
                `{"type": "plan_left", ...}`.

        Raises:
            CNCodingConfigError: A setting is wrong.
        """
        super().__init__()
        with dual_errors():
            check_guard(floor, then, switch_to)
            if show is not None and not callable(show):
                raise ConfigError("show: give a function that takes a PlanLeft")
        self.floor, self.then, self.switch_to, self.show = floor, then, switch_to, show

    def wrap_model_call(self, request: ModelRequest[Any], handler: Handler) -> Any:
        """Look at the plan, ask the model, and wait where the plan is spent."""
        if not isinstance(request.model, CallingModel):
            return handler(request)
        with dual_errors():
            left = list_left(request.model._client())
        request = self._heed(request, left)
        try:
            return handler(request)
        except (QuotaExhaustedError, BudgetSpentError) as error:
            other = self._replace_model(request, error)
        try:
            return handler(other)
        except (QuotaExhaustedError, BudgetSpentError) as error:
            _wait(error)

    async def awrap_model_call(self, request: ModelRequest[Any], handler: AsyncHandler) -> Any:
        """Look at the plan, ask the model, and wait where the plan is spent."""
        if not isinstance(request.model, CallingModel):
            return await handler(request)
        with dual_errors():
            left = await list_left_async(request.model._async_client())
        request = self._heed(request, left)
        try:
            return await handler(request)
        except (QuotaExhaustedError, BudgetSpentError) as error:
            other = self._replace_model(request, error)
        try:
            return await handler(other)
        except (QuotaExhaustedError, BudgetSpentError) as error:
            _wait(error)

    def _heed(self, request: ModelRequest[Any], left: tuple[PlanLeft, ...]) -> ModelRequest[Any]:
        """Show what is left, and return the request to go on with."""
        for one in left:
            self._show(request, one)
        fullest = find_fullest(left)
        if fullest.share is None or fullest.share > self.floor:
            if isinstance(request.model, PlanModel):
                floor = max(self.floor, request.model.floor or 0.0)
                return request.override(model=request.model.model_copy(update={"floor": floor}))
            return request
        if self.switch_to is not None:
            return request.override(model=self.switch_to)
        if self.then == "stop" and fullest.share > 0:
            with dual_errors():
                raise fullest.refuse(self.floor)
        kind = "plan_floor" if fullest.share > 0 else "plan_spent"
        interrupt({"type": kind, "floor": self.floor, **fullest.as_object(), "text": str(fullest)})
        return request

    def _show(self, request: ModelRequest[Any], left: PlanLeft) -> None:
        if self.show is not None:
            self.show(left)
        else:
            request.runtime.stream_writer({"type": "plan_left", **left.as_object(), "text": str(left)})

    def _replace_model(self, request: ModelRequest[Any], error: _Spent) -> ModelRequest[Any]:
        """Return the request for the other model, and wait if there is none."""
        if self.switch_to is None or request.model is self.switch_to:
            _wait(error)
        return request.override(model=self.switch_to)


def _wait(error: _Spent) -> NoReturn:
    """Interrupt the run until it is resumed.

    LangGraph runs the node again from its beginning, so the model has been asked anew when this is called again:
    answers to earlier interrupts are passed over until the new one is raised.
    """
    until = error.resets_at.isoformat() if error.resets_at else None
    told: dict[str, Any] = {"resets_at": until, "text": str(error)}
    if isinstance(error, BudgetSpentError):
        told |= {"type": "budget_spent", "budget": error.budget, "used": error.used, "limit": error.limit}
    else:
        told |= {"type": "plan_spent", "provider": error.provider, "window": error.window}
    while True:
        interrupt(told)
