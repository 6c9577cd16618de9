"""GLM (Zhipu BigModel, Z.ai): general and coding-plan addresses, Anthropic address, quota monitor.

Facts stand in ``glm.toml``; forms are those of docs.bigmodel.cn's OpenAPI document and of recorded replies.
"""

from __future__ import annotations

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..anthropic_api import AnthropicTemplate
from ..endpoints import Endpoint, Evidence
from ..errors import Entry, Failure, refuse
from ..facts import load
from ..openai_api import OpenAITemplate
from ..persona import Caller, OtherRoute, Persona
from ..reply import Turn
from ..request import ChatRequest
from ..state import State
from ..wires import Json, Wire

MODELS = Evidence("documented", "public notes of GET models on api.z.ai: a list of 8", "2026-07-19")
MONITOR = Evidence("documented", "zai-org glm-plan-usage plugin; CodexBar: fields, not a capture", "2026-08-21")

FACTS = load("glm")


def body(entry: Entry, failure: Failure, wire: Wire, request_id: str) -> Any:
    """Write an error: body of the OpenAPI document, or what was seen on the Anthropic address."""
    if entry.type == "plain":
        return {"code": int(entry.code), "msg": entry.message, "success": False}
    if wire == "anthropic":
        if entry.status == 401:
            # seen 2026-09-23: no outer "type" here.
            return {"error": {"message": entry.message, "type": entry.code}}
        message = f"[{entry.code}][{entry.message}][{request_id}]"
        return {"type": "error", "error": {"type": entry.code, "message": message}, "request_id": request_id}
    return {"error": {"code": entry.code, "message": entry.message}}


def admit(caller: Caller) -> None:
    """Want a key; keys of other vendors and keys with "invalid" in them fail."""
    if not caller.key:
        raise refuse("no_key")
    if caller.key.startswith("sk-") or "invalid" in caller.key:
        raise refuse("auth")
    if "expired" in caller.key:
        raise refuse("expired_key")
    if "." in caller.key and "planonly" in caller.key and not caller.endpoint.plan:
        raise refuse("balance")


def check(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse what the general schema forbids."""
    if not chat.model.lower().startswith(("glm-", "autoglm-", "charglm-", "emohaa", "codegeex")):
        raise refuse("unknown_model", chat.model)
    if all(m.role in ("system", "assistant") for m in chat.messages):
        raise refuse("bad_messages", "messages")
    if chat.wire == "anthropic":
        return
    data = chat.body
    # Page: only "auto" is supported, whether others are ignored or refused is unknown: refused here.
    if chat.choice != "auto":
        raise refuse("bad_tool_choice")
    FACTS.check_limits(data)
    if isinstance(data.get("stop"), list) and len(data["stop"]) > 4:
        raise refuse("bad_parameter", "stop")
    wanted = (data.get("response_format") or {}).get("type", "text")
    if wanted not in ("text", "json_object"):
        raise refuse("bad_parameter", "response_format")
    _check_thinking(chat, endpoint)


def _check_thinking(chat: ChatRequest, endpoint: Endpoint) -> None:
    if not chat.model.lower().startswith("glm-5.3") or endpoint.plan:
        return
    # docs.z.ai/guides/llm/glm-5.3 (2026-09): general API only; the plan maps both to an effort and goes on.
    if (chat.body.get("thinking") or {}).get("type") == "disabled":
        raise refuse("bad_parameter", "thinking.type")
    if chat.body.get("reasoning_effort") not in (None, "low", "high", "max"):
        raise refuse("bad_parameter", "reasoning_effort")


def thinks(chat: ChatRequest, endpoint: Endpoint) -> bool:
    """Think unless told not to; GLM-5.3 always does; the small old models never."""
    default = FACTS.find_model(chat.model).thinks
    switch = chat.body.get("thinking")
    off = isinstance(switch, dict) and switch.get("type") == "disabled"
    if off and endpoint.plan and chat.model.lower().startswith("glm-5.3-flash"):
        # agentjido/req_llm, 2026-09-07: no reasoning field and reasoning_tokens 0 on the plan.
        return False
    if default in ("always", "never"):
        return default == "always"
    if off:
        return False
    return chat.body.get("reasoning_effort") not in ("none", "minimal")


def _sight(chat: ChatRequest) -> Any:
    return "sees" if FACTS.find_model(chat.model).sees or chat.wire == "anthropic" else "refuses"


class Template(OpenAITemplate):
    """Chunks as recorded on the plan: ``object`` after ``created``, role on every delta, usage with the finish."""

    text_size = 4

    def envelope(self, turn: Turn, choices: list[Json], usage: Json | None) -> Json:
        """Return a chunk."""
        chunk: Json = {"id": _id(turn), "created": turn.created, "object": "chat.completion.chunk", "model": turn.model}
        chunk["choices"] = choices
        return {**chunk, "usage": usage} if usage else chunk

    def choice(self, delta: Json, finish: str | None) -> Json:
        """Return a choice; ``finish_reason`` appears only at the end."""
        if finish is None:
            return {"index": 0, "delta": {"role": "assistant", **delta}}
        return {"index": 0, "finish_reason": finish, "delta": {"role": "assistant", **delta}}

    def opening(self, turn: Turn, chat: ChatRequest) -> list[Json]:
        """Return nothing: the first delta opens the stream."""
        return []

    def args_size_for(self, chat: ChatRequest) -> int:
        """Send calls whole unless ``tool_stream`` is on."""
        return self.args_size if chat.body.get("tool_stream") else 0

    def closing(self, turn: Turn, chat: ChatRequest, last: Json | None) -> list[Json]:
        """Return the finish chunk with the usage."""
        return [self.envelope(turn, [self.choice({"content": ""}, turn.finish)], self.usage(turn))]

    def usage(self, turn: Turn) -> Json:
        """Return the usage object."""
        usage = turn.usage
        return {
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "total_tokens": usage.total,
            "prompt_tokens_details": {"cached_tokens": usage.cached},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
        }

    def whole(self, turn: Turn, chat: ChatRequest) -> Json:
        """Return the whole reply."""
        message: Json = {"role": "assistant", "content": turn.text}
        if turn.thought:
            message["reasoning_content"] = turn.reasoning
        if turn.calls:
            message["tool_calls"] = self.whole_calls(turn)
        return {
            "choices": [{"finish_reason": turn.finish, "index": 0, "message": message}],
            "created": turn.created,
            "id": _id(turn),
            "model": turn.model,
            "object": "chat.completion",
            "request_id": _id(turn),
            "usage": self.usage(turn),
        }


def _id(turn: Turn) -> str:
    """Return an id like 2026050714440173035c127e244bba: local time, then hex."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(turn.created + 8 * 3600)) + turn.id[:16]


class Messages(AnthropicTemplate):
    """Anthropic shapes; the vendor publishes no table."""

    ping = True

    def sign(self, text: str, signature: str | None, turn: Turn | None = None) -> str | None:
        """Return a signature; its form is inferred."""
        return signature if signature is not None else ""


def routes(state: State, persona: Persona) -> list[Route]:
    """Return the model list of the coding address and the quota monitor."""

    async def models(request: Request) -> Response:
        if not request.headers.get("authorization"):
            return JSONResponse({"error": {"code": "1001", "message": FACTS.table["no_key"].message}}, 401)
        row = {"object": "model", "created": 1786665600, "owned_by": "z-ai"}
        return JSONResponse({"object": "list", "data": [{"id": name, **row} for name in FACTS.lists["coding"]]})

    async def quota(request: Request) -> Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not key or "invalid" in key or key.startswith("sk-"):
            return JSONResponse({"code": 401, "msg": "令牌已过期或验证不正确", "success": False})
        if "noplan" in key:
            text = "This account does not have a coding plan subscription"
            return JSONResponse({"code": 400, "msg": text, "data": None, "success": False})
        return JSONResponse(_quota(state))

    root = f"/{persona.name}"
    return [
        Route(f"{root}/api/coding/paas/v4/models", models),
        Route(f"{root}/api/monitor/usage/quota/limit", quota),
    ]


def _quota(state: State) -> Json:
    hours = state.meters.find_spent("glm", "quota")
    week = state.meters.find_spent("glm", "quota_week")
    reset = int((hours or time.time() + 7200) * 1000)
    week_reset = int(week * 1000) if week else reset + 86400000
    used = 12000 if hours else 3000
    tools = [{"modelCode": "search-prime", "usage": 3}, {"modelCode": "web-reader", "usage": 1}]
    limits = [
        {"type": "TIME_LIMIT", "unit": 5, "number": 1, "usage": 1000, "currentValue": 4, "remaining": 996,
         "percentage": 1, "usageDetails": tools},
        {"type": "CREDIT_LIMIT", "unit": 3, "number": 5, "usage": 12000, "currentValue": used,
         "remaining": 12000 - used, "percentage": used // 120, "nextResetTime": reset},
        {"type": "CREDIT_LIMIT", "unit": 6, "number": 1, "percentage": 100 if week else 40,
         "nextResetTime": week_reset},
    ]  # fmt: skip
    return {"code": 200, "msg": "操作成功", "data": {"limits": limits, "level": "pro"}, "success": True}


PERSONA = Persona(
    facts=FACTS,
    body=body,
    template=Template(),
    messages=Messages(),
    admit=admit,
    rules=(check,),
    thinks=thinks,
    sight=_sight,
    call_id=lambda name, n, rand: f"call_{rand}",
    routes=routes,
    others=(
        OtherRoute("GET", "/api/coding/paas/v4/models", MODELS),
        OtherRoute("GET", "/api/monitor/usage/quota/limit", MONITOR),
    ),
)
