"""The tools of a spec as agents call them: with the workflow's context, which names the call and asks people."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from llama_index.core.tools.function_tool import FunctionTool
from llama_index.core.tools.types import ToolOutput
from llama_index.core.workflow import Context

from cncoding import CallIdentity, PurchaseQuestion
from llamaindex_cncoding._errors import explain_to_model
from llamaindex_cncoding._invocations import Invocation
from llamaindex_cncoding._memory import recall, remember
from llamaindex_cncoding._questions import make_asker
from llamaindex_cncoding._steps import find_item, find_step, find_tool_call

_CONVERSATION = ("user_msg_str", "scratchpad", "current_reasoning")
"""What LlamaIndex's agents keep in a context that tells one call of a conversation from another. Their count of
iterations does not: a resumed workflow may run the step that raises it again."""
_THREAD = "cncoding_thread"
"""Where a context keeps the name of its conversation, from the first call on."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls a tool: the call's name, whom to ask, and the workflow that hears of progress."""

    identity: CallIdentity | None = None
    approve: Callable[[PurchaseQuestion], Any] | None = None
    context: Context | None = None


caller: ContextVar[Caller | None] = ContextVar("caller", default=None)
"""The caller of the tool that runs now."""


class MediaTool(FunctionTool):
    """A function tool that is given the workflow's context where there is one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.requires_context, self.ctx_param_name = True, "ctx"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the spec and the name: the class of the arguments has no name that a pickle could keep."""
        method: Any = self._fn
        return _restore, (method.__self__, method.__name__, self.metadata.name, self.metadata.description)

    def __deepcopy__(self, memo: dict[int, Any]) -> MediaTool:
        """Copy with a copy of the spec."""
        return MediaTool(
            fn=copy.deepcopy(self._fn, memo),
            async_fn=copy.deepcopy(self._async_fn, memo),
            metadata=self.metadata,
            partial_params=dict(self.partial_params),
        )

    def call(self, *args: Any, ctx: Any = None, **kwargs: Any) -> ToolOutput:
        """Call the tool outside of a workflow."""
        with explain_to_model():
            return self._plain().call(*args, **{**self.partial_params, **kwargs})

    async def acall(self, *args: Any, ctx: Context | None = None, **kwargs: Any) -> ToolOutput:
        """Call the tool; a context makes the call one that may be resumed."""
        if ctx is None:
            return await self._acall(*args, **kwargs)
        with Invocation(ctx):
            token = caller.set(await _find_caller(ctx, self.metadata.get_name(), kwargs))
            try:
                return await self._acall(*args, **kwargs)
            finally:
                caller.reset(token)

    async def _acall(self, *args: Any, **kwargs: Any) -> ToolOutput:
        with explain_to_model():
            return await self._plain().acall(*args, **{**self.partial_params, **kwargs})

    def _plain(self) -> FunctionTool:
        return FunctionTool(fn=self._fn, async_fn=self._async_fn, metadata=self.metadata)


def _restore(spec: Any, method: str, name: str, description: str) -> FunctionTool:
    (tool,) = spec.to_tool_list([method])
    tool.metadata.name, tool.metadata.description = name, description
    return tool  # type: ignore[no-any-return]


async def _find_caller(ctx: Context, tool: str, arguments: dict[str, Any]) -> Caller:
    known = [_plain(await ctx.store.get(name, default=None)) for name in _CONVERSATION]
    step = find_step()
    call = find_tool_call(step)
    thread = await recall(ctx, _THREAD)
    if thread is None:
        # The same after a resume from a context that was saved before.
        thread = _digest([*known, None if known[1] else call])
        await remember(ctx, _THREAD, thread)
    item = _name_item(step) if call is None else None
    identity = CallIdentity(thread, _digest([*known, call, tool, arguments, *([] if item is None else [item])]))
    return Caller(identity, make_asker(ctx, identity.call), ctx)


def _name_item(step: Any) -> str | None:
    """Return what the running step of a workflow of one's own works on, None where nobody tells."""
    item = find_item(step)
    return None if item is None else f"{step.state.step_name} {item}"


def _digest(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
