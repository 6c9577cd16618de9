"""One call of a chat model: its arguments, and the request that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage

from cncoding import ChatRequest, ChatResponse, read_settings, read_switch, spread_thinking
from langchain_cncoding._binding import core_choice, core_format, core_tools
from langchain_cncoding._fences import FenceEvents, bare_reply
from langchain_cncoding._messages import to_core
from langchain_cncoding._settings import CLIENT_FIELDS, REQUEST_FIELDS, call_arguments


@dataclass(frozen=True, slots=True)
class Call:
    """What one call asks, whom, and in which form it wants the reply."""

    request: ChatRequest
    client: Mapping[str, Any]
    """Settings of the client that this call overrides."""
    listed: bool
    """Whether content is to be a list of v1 blocks."""
    usage: bool
    """Whether a stream tells the token counts."""

    def tidy(self, reply: ChatResponse) -> ChatResponse:
        """Return the reply with fences and think tags off where a response format was asked for."""
        return bare_reply(reply) if self.request.response_format else reply

    def tidier(self) -> FenceEvents | None:
        """Return what does the same to events, None if nothing is to be done."""
        return FenceEvents() if self.request.response_format else None


def read_call(
    fields: Mapping[str, Any],
    messages: Sequence[BaseMessage],
    stop: Sequence[str] | None,
    kwargs: Mapping[str, Any],
    where: str,
) -> Call:
    """Make the call that a model's fields and the arguments of this one call describe.

    Args:
        fields: The model's own fields.
        messages: The conversation.
        stop: Stop sequences of this call, None for the model's own.
        kwargs: What was bound or given with the call; it wins over `fields`.
        where: The model's class, for error texts.

    Raises:
        CNCodingConfigError: An argument is unknown or wrong.
        ConfigError: A message cannot be sent.
    """
    call = call_arguments(kwargs, where)
    if stop is not None:
        call["stop"] = stop
    wanted = {name: call[name] if name in call else fields.get(name) for name in REQUEST_FIELDS}
    wanted = spread_thinking({name: value for name, value in wanted.items() if value is not None})
    if isinstance(more := wanted.get("extra_body"), Mapping):
        wanted["extra_body"] = {**(fields.get("extra_body") or {}), **more}
    tools = core_tools(call.get("tools"), read_switch(call.get("strict"), "strict"))
    request = ChatRequest(
        messages=to_core(messages, fields["provider"]),
        tools=tools,
        tool_choice=core_choice(call.get("tool_choice"), tools),
        parallel_tool_calls=read_switch(call.get("parallel_tool_calls"), "parallel_tool_calls"),
        response_format=core_format(call.get("response_format")),
        **read_settings(wanted, where),
    )
    return Call(
        request=request,
        client={name: call[name] for name in CLIENT_FIELDS if name in call},
        listed=call.get("output_version", fields.get("output_version")) == "v1",
        usage=bool(read_switch(call.get("stream_usage", fields.get("stream_usage")), "stream_usage")),
    )
