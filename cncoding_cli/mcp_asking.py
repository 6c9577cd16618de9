"""Ask the person behind an MCP client before something is bought: the protocol's elicitation.

Up to revision 2025-11-25 the server asks while it works. From 2026-07-28 on it answers with its question, and the
client calls again with the person's answer and the state that the server gave it.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from typing import Any

from cncoding import PurchaseDeclinedError, PurchaseQuestion
from cncoding_cli.mcp_calls import Call

_FIELD = "buy"
_OPEN = 256
"""So many questions may be open at once."""


class InputNeededError(Exception):
    """Somebody must be asked before a call can go on; `result` says what."""

    def __init__(self, result: Any) -> None:
        super().__init__("a person must be asked")
        self.result = result


class Person:
    """Whoever can be asked by the clients of this server."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, str] = OrderedDict()

    async def agree(self, question: PurchaseQuestion, call: Call, context: Any, params: Any) -> bool:
        """Tell whether the person wants it.

        Raises:
            InputNeededError: The client is to ask and to call again.
            PurchaseDeclinedError: The client cannot ask.
        """
        from mcp_types.version import MODERN_PROTOCOL_VERSIONS

        if self._close(params.request_state, call.asked.words):
            return _is_yes((params.input_responses or {}).get(_FIELD))
        _check_client(question, context)
        if context.protocol_version in MODERN_PROTOCOL_VERSIONS:
            raise InputNeededError(self._ask_later(question, call.asked.words))
        call.is_asking = True
        try:
            return await _ask_now(question, context)
        finally:
            call.is_asking = False

    def _close(self, state: str | None, words: str) -> bool:
        """Tell whether a call brings the answer to a question about the same call; each counts once."""
        return state is not None and self._open.pop(state, None) == words

    def _ask_later(self, question: PurchaseQuestion, words: str) -> Any:
        import mcp_types as types

        state = secrets.token_urlsafe(24)
        self._open[state] = words
        while len(self._open) > _OPEN:
            self._open.popitem(last=False)
        form = types.ElicitRequestFormParams(message=str(question), requested_schema=_write_form())
        return types.InputRequiredResult(input_requests={_FIELD: types.ElicitRequest(params=form)}, request_state=state)


def _write_form() -> dict[str, Any]:
    asked = {"type": "boolean", "title": "Buy it", "description": "Whether to pay for it.", "default": False}
    return {"type": "object", "properties": {_FIELD: asked}, "required": [_FIELD]}


def _check_client(question: PurchaseQuestion, context: Any) -> None:
    known = context.session.client_capabilities
    elicitation = None if known is None else known.elicitation
    if elicitation is None or (elicitation.form is None and elicitation.url is not None):
        raise _refuse(question, "this MCP client cannot ask a person: it has no elicitation by form")


async def _ask_now(question: PurchaseQuestion, context: Any) -> bool:
    from mcp.shared.exceptions import MCPError

    try:
        found = await context.session.elicit_form(str(question), _write_form(), context.request_id)
    except MCPError as error:
        raise _refuse(question, f"the MCP client did not ask ({error})") from error
    return _is_yes(found)


def _is_yes(answer: Any) -> bool:
    content = getattr(answer, "content", None) or {}
    return getattr(answer, "action", None) == "accept" and content.get(_FIELD) is True


def _refuse(question: PurchaseQuestion, why: str) -> PurchaseDeclinedError:
    return PurchaseDeclinedError(
        f"--confirm-above: {why}. Nothing was bought; use a client that has it, or start the server with a higher "
        f"--confirm-above or none. The question was: {question}"
    )
