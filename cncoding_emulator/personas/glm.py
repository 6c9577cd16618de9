"""GLM (Zhipu BigModel, Z.ai): general and coding-plan addresses, Anthropic address, quota monitor.

Source: vendor page of 2026-11-20 over [openapi 2026-07-11], [bm docs], [z.ai docs], [live obs]; seed 000.

The Chinese error texts are completed from recollection of public threads and are unverified; codes and HTTP statuses
follow the vendor page.
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
from ..openai_api import OpenAITemplate
from ..persona import Caller, OtherRoute, Persona, fields
from ..reply import Turn
from ..request import ChatRequest
from ..state import State
from ..wires import Json, Wire

SEED = Evidence("documented", "seed 000; [openapi 2026-07-11]", "2026-02-22")
OPENAPI = Evidence("documented", "[openapi 2026-07-11]; [bm docs]", "2026-07-11")
ANTHROPIC = Evidence("inferred", "[bm docs]: base and errors only, no field table", "2026-09-23")
MODELS = Evidence("documented", "[live obs]: list of 8 on api.z.ai", "2026-07-19")
MONITOR = Evidence("documented", "[usage plugin], [CodexBar]: fields, not a capture", "2026-08-21")

ENDPOINTS = (
    Endpoint("coding", "openai", "/api/coding/paas/v4", SEED),
    Endpoint("api", "openai", "/api/paas/v4", OPENAPI),
    Endpoint("coding", "anthropic", "/api/anthropic", ANTHROPIC),
)

TABLE = {
    "server_error": Entry(500, "内部错误", "500"),
    "auth": Entry(401, "身份验证失败。", "1000"),
    "no_key": Entry(401, "Header中未收到Authorization参数，无法进行身份验证。", "1001"),
    "expired_key": Entry(401, "身份验证Token已过期。", "1003"),
    "balance": Entry(429, "余额不足或无可用资源包,请充值。", "1113"),
    "call_failed": Entry(500, "API 调用失败。", "1200"),
    "bad_parameter": Entry(400, "API 调用参数有误，请检查文档。{detail}", "1210"),
    "unknown_model": Entry(400, "模型不存在，请检查模型代码。", "1211"),
    "no_vision": Entry(400, "当前模型不支持该调用方式。", "1212"),
    "missing_field": Entry(400, "未正常接收到{detail}参数。", "1213"),
    "bad_messages": Entry(400, "{detail} 参数非法。请检查文档。", "1214"),
    "no_access": Entry(403, "您无权访问该 API。", "1220"),
    "network_error": Entry(500, "网络错误，错误id：{detail}，请联系客服。", "1234"),
    "context_overflow": Entry(400, "Prompt 超长", "1261"),
    "content_blocked": Entry(
        400,
        "系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语，感谢您的配合。",
        "1301",
    ),
    "rate_limit": Entry(429, "您当前使用该API的并发数过高，请降低并发，或联系客服增加限额。", "1302"),
    "overloaded": Entry(429, "当前API请求过多，请稍后重试。", "1305"),
    "quota": Entry(429, "Usage limit reached for 5 hour. Your limit will reset at {reset}", "1308"),
    "plan_expired": Entry(429, "您的套餐已过期。", "1309"),
    "quota_week": Entry(429, "Weekly/Monthly Limit Exhausted. Your limit will reset at {reset}", "1310"),
    "not_in_plan": Entry(429, "您的套餐不包含该模型。", "1311"),
    "fair_use": Entry(429, "您的账户因公平使用策略受限。", "1313"),
    "client_refused": Entry(429, "您的账户因公平使用策略受限。", "1313"),
    "http200_failure": Entry(200, "令牌已过期或验证不正确", "401", "plain"),
    "not_found": Entry(404, "Not Found", "404", "plain"),
    # Shared kinds that this vendor says with the codes above.
    "bad_json": Entry(400, "API 调用参数有误，请检查文档。", "1210"),
    "missing_model": Entry(400, "未正常接收到model参数。", "1213"),
    "missing_messages": Entry(400, "未正常接收到messages参数。", "1213"),
    "missing_max_tokens": Entry(400, "未正常接收到max_tokens参数。", "1213", inferred=True),
    "bad_role": Entry(400, "messages 参数非法。请检查文档。", "1214"),
    "bad_tools": Entry(400, "tools 参数非法。请检查文档。", "1214"),
    "bad_tool_choice": Entry(400, "tool_choice 参数非法。请检查文档。", "1210", inferred=True),
    "bad_image": Entry(400, "图片输入格式/解析错误", "1210"),
    "stream_options": Entry(400, "API 调用参数有误，请检查文档。", "1210", inferred=True),
    "reasoning_missing": Entry(
        400, "messages 参数非法: reasoning_content of messages[{detail}] is missing", "1214", inferred=True
    ),
    "reasoning_changed": Entry(
        400, "messages 参数非法: reasoning_content of messages[{detail}] was changed", "1214", inferred=True
    ),
}


def body(entry: Entry, failure: Failure, wire: Wire, request_id: str) -> Any:
    """Write an error: [openapi] body, or what was seen on the Anthropic address."""
    if entry.type == "plain":
        return {"code": int(entry.code), "msg": entry.message, "success": False}
    if wire == "anthropic":
        if entry.status == 401:
            # [live obs 2026-09-23]: no outer "type" here.
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


def _always_thinks(model: str) -> bool:
    return model.lower().startswith("glm-5.3")


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
    _in_range(data, "temperature", 0, 1)
    _in_range(data, "top_p", 0.01, 1)
    _in_range(data, "max_tokens", 1, 131072)
    if isinstance(data.get("stop"), list) and len(data["stop"]) > 4:
        raise refuse("bad_parameter", "stop")
    wanted = (data.get("response_format") or {}).get("type", "text")
    if wanted not in ("text", "json_object"):
        raise refuse("bad_parameter", "response_format")
    _check_thinking(chat, endpoint)


def _check_thinking(chat: ChatRequest, endpoint: Endpoint) -> None:
    if not _always_thinks(chat.model) or endpoint.plan:
        return
    # [z.ai docs glm-5.3 2026-09]: general API only; the plan maps both to an effort and goes on.
    if (chat.body.get("thinking") or {}).get("type") == "disabled":
        raise refuse("bad_parameter", "thinking.type")
    if chat.body.get("reasoning_effort") not in (None, "low", "high", "max"):
        raise refuse("bad_parameter", "reasoning_effort")


def _in_range(data: Json, name: str, low: float, high: float) -> None:
    value = data.get(name)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise refuse("bad_parameter", name)


def thinks(chat: ChatRequest, endpoint: Endpoint) -> bool:
    """Think unless told not to; GLM-5.3 always does; the small old models never."""
    model = chat.model.lower()
    if model.startswith(("glm-4v", "glm-4-", "charglm", "emohaa", "autoglm")):
        return False
    if _always_thinks(model):
        return True
    switch = chat.body.get("thinking")
    if isinstance(switch, dict) and switch.get("type") == "disabled":
        return False
    return chat.body.get("reasoning_effort") not in ("none", "minimal")


def _sight(chat: ChatRequest) -> Any:
    name = chat.model.lower()
    seeing = "v" in name.replace("glm-", "").split("-")[0] or "5.3-flash" in name
    return "sees" if seeing or chat.wire == "anthropic" else "refuses"


class Template(OpenAITemplate):
    """Chunks as in [openapi 2026-07-11]: no ``object``, role on every delta, usage with the finish."""

    text_size = 4

    def envelope(self, turn: Turn, choices: list[Json], usage: Json | None) -> Json:
        """Return a chunk."""
        chunk = {"id": _id(turn), "created": turn.created, "model": turn.model, "choices": choices}
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
            "request_id": _id(turn),
            "usage": self.usage(turn),
        }


def _id(turn: Turn) -> str:
    """Return an id like 2026050714440173035c127e244bba: local time, then hex."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(turn.created + 8 * 3600)) + turn.id[:16]


class Messages(AnthropicTemplate):
    """Anthropic shapes; the vendor publishes no table."""

    ping = True

    def sign(self, text: str, signature: str | None) -> str | None:
        """Return a signature; its form is inferred."""
        return signature if signature is not None else ""


PLAN_MODELS = (
    "glm-4.5", "glm-4.5-air", "glm-4.6", "glm-4.7", "glm-5-turbo", "glm-5.2", "glm-5.3", "glm-5.3-flash",
)  # fmt: skip


def routes(state: State, persona: Persona) -> list[Route]:
    """Return the model list of the coding address and the quota monitor."""

    async def models(request: Request) -> Response:
        if not request.headers.get("authorization"):
            return JSONResponse({"error": {"code": "1001", "message": TABLE["no_key"].message}}, 401)
        row = {"object": "model", "created": 1786665600, "owned_by": "z-ai"}
        return JSONResponse({"object": "list", "data": [{"id": name, **row} for name in PLAN_MODELS]})

    async def quota(request: Request) -> Response:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not key or "invalid" in key or key.startswith("sk-"):
            return JSONResponse({"code": 401, "msg": "令牌已过期或验证不正确", "success": False})
        if "noplan" in key:
            text = "This account does not have a coding plan subscription"
            return JSONResponse({"code": 400, "msg": text, "data": None, "success": False})
        return JSONResponse(_quota(int((time.time() + 7200) * 1000)))

    root = f"/{persona.name}"
    return [
        Route(f"{root}/api/coding/paas/v4/models", models),
        Route(f"{root}/api/monitor/usage/quota/limit", quota),
    ]


def _quota(reset: int) -> Json:
    tools = [{"modelCode": "search-prime", "usage": 3}, {"modelCode": "web-reader", "usage": 1}]
    limits = [
        {"type": "TIME_LIMIT", "unit": 5, "number": 1, "usage": 1000, "currentValue": 4, "remaining": 996,
         "percentage": 1, "usageDetails": tools},
        {"type": "CREDIT_LIMIT", "unit": 3, "number": 5, "usage": 12000, "currentValue": 3000,
         "remaining": 9000, "percentage": 25, "nextResetTime": reset},
        {"type": "CREDIT_LIMIT", "unit": 6, "number": 1, "percentage": 40, "nextResetTime": reset + 86400000},
    ]  # fmt: skip
    return {"code": 200, "msg": "操作成功", "data": {"limits": limits, "level": "pro"}, "success": True}


FIELDS = fields(
    "do_sample extra max_tokens messages meta metadata model output_config reasoning_effort request_id "
    "response_format seed sensitive_word_check stop stop_sequences stream stream_options system "
    "temperature thinking tool_choice tool_stream tools top_k top_p user_id watermark_enabled"
)

PERSONA = Persona(
    name="glm",
    title="GLM (Zhipu BigModel, Z.ai)",
    base_env="GLM_BASE_URL",
    endpoints=ENDPOINTS,
    keys={"ZAI_API_KEY": "emulatorglm.secret0000"},
    table=TABLE,
    body=body,
    template=Template(),
    messages=Messages(),
    admit=admit,
    rules=(check,),
    thinks=thinks,
    sight=_sight,
    call_id=lambda name, n, rand: f"call_{rand}",
    known_fields=FIELDS,
    routes=routes,
    others=(
        OtherRoute("GET", "/api/coding/paas/v4/models", MODELS),
        OtherRoute("GET", "/api/monitor/usage/quota/limit", MONITOR),
    ),
)
