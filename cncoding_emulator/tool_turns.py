"""Whether each tool call has its result, the rule of every vendor that has one."""

from __future__ import annotations

from .errors import refuse
from .request import ChatRequest


def check_tool_turns(chat: ChatRequest, orphan: str, unanswered: str, *, inferred: bool = False) -> None:
    """Refuse results without a call (kind ``orphan``) and calls without a result (kind ``unanswered``)."""
    waiting: list[str] = []
    for message in chat.messages:
        if message.role == "tool":
            if message.answers not in waiting:
                raise refuse(orphan, message.answers, inferred=inferred)
            waiting.remove(message.answers)
            continue
        if waiting:
            raise refuse(unanswered, ", ".join(waiting), inferred=inferred)
        waiting = [c.id for c in message.calls]
    if waiting:
        raise refuse(unanswered, ", ".join(waiting), inferred=inferred)
