"""Kimi: Kimi Code (plan) and the Moonshot open platform, both wires.

Facts stand in ``kimi.toml``; platform replies follow the fixtures of vercel/ai (ed857f50), plan replies the source of
MoonshotAI/kimi-cli (kosong 0.56.0).
"""

from __future__ import annotations

import re
from typing import Any

from ..anthropic_api import AnthropicTemplate
from ..endpoints import Endpoint
from ..errors import refuse
from ..facts import load
from ..openai_api import OpenAITemplate, dump
from ..persona import Caller, Persona
from ..reply import Turn
from ..request import ChatRequest
from ..state import State
from ..tool_turns import check_tool_turns
from ..wires import Json
from . import kimi_account
from .kimi_errors import body

FACTS = load("kimi")


def admit(caller: Caller) -> None:
    """Want the key space of the product, and on the plan a client the vendor knows."""
    key = caller.key
    if not key:
        raise refuse("no_key")
    if "invalid" in key or key.startswith("sk-kimi-") != caller.endpoint.plan or not key.startswith("sk-"):
        raise refuse("auth" if caller.endpoint.plan else "no_key")
    admitted = caller.state.options.kimi_user_agents
    if caller.endpoint.plan and (not caller.agent or (admitted is not None and not caller.agent.startswith(admitted))):
        raise refuse("client_refused")


RETIRED = re.compile(r"kimi-k2\.5|moonshot-v1-|kimi-k2-|kimi-latest")
TOOL_NAME = re.compile(r"\$?[a-zA-Z_][a-zA-Z0-9_-]{0,127}\Z")
EFFORTS = {"ultra", "max", "xhigh", "high", "medium", "low", "minimum", "minimal", "light", "none"}


def thinks(chat: ChatRequest, endpoint: Endpoint) -> bool:
    """Think unless ``thinking.type`` is disabled and the model can stop."""
    if FACTS.find_model(chat.model).thinks == "always":
        return True
    switch = chat.body.get("thinking")
    if isinstance(switch, dict) and switch.get("type") == "disabled":
        return False
    effort = (chat.body.get("output_config") or {}).get("effort", chat.body.get("reasoning_effort"))
    return effort != "none"


def check_model(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse retired and foreign ids; unknown ids of the family pass."""
    known = chat.model.startswith(("kimi", "k2", "k3") if endpoint.plan else ("kimi-",))
    claude = chat.wire == "anthropic" and chat.model.startswith("claude-")
    if not (known or claude) or (not endpoint.plan and RETIRED.match(chat.model)):
        raise refuse("unknown_model", chat.model)


def check_parameters(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse other values of what is fixed."""
    data = chat.body
    temperature = data.get("temperature")
    allowed = 0.6 if not endpoint.plan and chat.model.startswith("kimi-k2.6") and not thinks(chat, endpoint) else 1
    if temperature is not None and temperature != allowed and chat.wire == "openai":
        raise refuse("temperature", f"{allowed:g}")
    for name, fixed in (("top_p", 0.95), ("n", 1), ("presence_penalty", 0), ("frequency_penalty", 0)):
        if data.get(name) not in (None, fixed) and chat.wire == "openai":
            raise refuse("fixed", f"{name}: only {fixed:g} is allowed")
    effort = data.get("reasoning_effort")
    thinking = data.get("thinking")
    off = isinstance(thinking, dict) and thinking.get("type") == "disabled"
    if off and chat.model.startswith("kimi-k2.7-code"):
        raise refuse("thinking_type", "enabled")
    if endpoint.plan:
        inner = thinking.get("effort") if isinstance(thinking, dict) else None
        if any(e is not None and e not in EFFORTS for e in (effort, inner)):
            raise refuse("effort", str(effort or inner))
    elif effort is not None and not isinstance(effort, str):
        raise refuse("effort", dump(effort))
    if len(chat.stop) > 5 or any(len(word.encode()) > 32 for word in chat.stop):
        raise refuse("bad_parameter", "stop")
    if "functions" in data:
        raise refuse("bad_parameter", "functions is not supported")


def check_messages(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse empty contents, broken tool turns and images by URL."""
    if chat.wire == "openai":
        for position, message in enumerate(chat.messages):
            content = (message.raw or {}).get("content")
            parts = content if isinstance(content, list) else ()
            if any(p.get("type") == "text" and not p.get("text") for p in parts if isinstance(p, dict)):
                raise refuse("empty_text")
            spoken = message.text or message.pictures or parts or message.calls or message.role == "tool"
            if not spoken and not (message.raw or {}).get("tools"):
                raise refuse("empty_message", f"the message at position {position} with role '{message.role}'")
    for picture in chat.pictures:
        if picture.source.startswith(("http://", "https://")):
            raise refuse("image_url", picture.source[:80])
    check_tool_turns(chat, "orphan_tool", "unanswered")


def check_tools(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse tool names, untyped properties, and a forced choice while thinking."""
    for raw in chat.body.get("tools") or ():
        if chat.wire == "openai" and raw.get("type") not in ("function", "plugin", "builtin_function"):
            raise refuse("tool_type", str(raw.get("type", "")))
    for tool in chat.tools:
        if not TOOL_NAME.match(tool.name):
            raise refuse("tool_name")
        # MoonshotAI/Kimi-K2 141: the Anthropic wire takes loose schemas.
        path = _find_untyped(tool.schema, "") if chat.wire == "openai" else None
        if path:
            raise refuse("schema", path)
    forced = chat.choice in ("required", "named")
    hard = chat.model.startswith(("kimi-k2.6", "kimi-k2.7")) and chat.choice == "required"
    if forced and (hard or thinks(chat, endpoint)):
        raise refuse("forced_tool", "required" if chat.choice == "required" else "specified")


def _find_untyped(schema: Any, path: str) -> str | None:
    """Return the path of the first property without a type ("MFJS" rule)."""
    if not isinstance(schema, dict):
        return None
    for name, child in (schema.get("properties") or {}).items():
        here = f"{path}properties.{name}"
        typed = isinstance(child, dict) and (child.keys() & {"type", "$ref", "anyOf", "oneOf", "allOf"})
        if not typed:
            return here
        found = _find_untyped(child, f"{here}.")
        if found:
            return found
    for key in ("$defs", "definitions"):
        for name, child in (schema.get(key) or {}).items():
            found = _find_untyped(child, f"{path}{key}.{name}.")
            if found:
                return found
    items = schema.get("items")
    return _find_untyped(items, f"{path}items.") if isinstance(items, dict) else None


class Template(OpenAITemplate):
    """Platform: usage beside the closing choice (captured). Plan: usage inside it, heartbeats before."""

    text_size = 5

    def envelope(self, turn: Turn, choices: list[Json], usage: Json | None) -> Json:
        """Return a chunk."""
        chunk: Json = {
            "id": f"chatcmpl-{turn.id[:24]}",
            "object": "chat.completion.chunk",
            "created": turn.created,
            "model": turn.model,
            "choices": choices,
        }
        return {**chunk, "usage": usage} if usage else chunk

    def opening(self, turn: Turn, chat: ChatRequest) -> list[Json]:
        """Return a heartbeat (plan ids only) and the role chunk."""
        role = self.envelope(turn, [self.choice({"role": "assistant", "content": ""}, None)], None)
        return [self.envelope(turn, [], None), role] if _plan_id(turn.model) else [role]

    def closing(self, turn: Turn, chat: ChatRequest, last: Json | None) -> list[Json]:
        """Return the closing chunk."""
        choice = self.choice({}, turn.finish)
        if _plan_id(turn.model):
            # MoonshotAI/kimi-cli, kosong 0.56.0: inside choices[0], with or without include_usage.
            return [self.envelope(turn, [{**choice, "usage": self.usage(turn)}], None)]
        return [self.envelope(turn, [choice], self.usage(turn))]

    def usage(self, turn: Turn) -> Json:
        """Return the usage object with the top-level ``cached_tokens``."""
        usage = turn.usage
        found: Json = {
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "total_tokens": usage.total,
        }
        if usage.cached:
            found["cached_tokens"] = usage.cached
            found["prompt_tokens_details"] = {"cached_tokens": usage.cached}
        if usage.reasoning:
            found["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning}
        return found

    def whole(self, turn: Turn, chat: ChatRequest) -> Json:
        """Return the whole reply, as captured."""
        message: Json = {"role": "assistant", "content": turn.text or (None if turn.calls else "")}
        if turn.thought:
            message["reasoning_content"] = turn.reasoning
        if turn.calls:
            message["tool_calls"] = self.whole_calls(turn)
        return {
            "id": f"chatcmpl-{turn.id[:24]}",
            "object": "chat.completion",
            "created": turn.created,
            "model": turn.model,
            "choices": [{"index": 0, "message": message, "finish_reason": turn.finish}],
            "usage": self.usage(turn),
        }

    def headers(self, turn: Turn) -> dict[str, str]:
        """Return the trace headers."""
        return {"x-trace-id": turn.id, "x-request-id": turn.id}


def _plan_id(model: str) -> bool:
    return model == "kimi" or model.startswith(("kimi-for-coding", "k2", "k3"))


class Messages(AnthropicTemplate):
    """Anthropic shapes with a signature, whose form is inferred; no space after ``data:``, cache in the first count."""

    ping = True
    data = "data:"

    def first_usage(self, turn: Turn) -> Json:
        """Return the counts of ``message_start``: the input with the cached prefix."""
        return {**self.usage(turn), "input_tokens": turn.usage.prompt, "output_tokens": 0}

    def sign(self, text: str, signature: str | None, turn: Turn | None = None) -> str | None:
        """Return a signature that depends on the text."""
        if signature is not None:
            return signature
        from hashlib import sha256

        return "kimi" + sha256(text.encode()).hexdigest()


PERSONA = Persona(
    facts=FACTS,
    body=body,
    template=Template(),
    messages=Messages(),
    admit=admit,
    rules=(check_model, check_parameters, check_messages, check_tools),
    thinks=thinks,
    # MoonshotAI/K2-Vendor-Verifier: native form, a counter over the conversation; the hosted form is unverified.
    call_id=lambda name, n, rand: f"functions.{name}:{n}",
    missing_reasoning=True,
    all_turns=True,
    routes=kimi_account.routes,
    others=kimi_account.OTHERS,
)
