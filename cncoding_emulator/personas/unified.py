"""The unified gateway ("统一体验端口"): media as top-level arrays, replies in the upstream family's form.

Source: vendor page of 2026-11-20 over seed 004 ([S004 7.x]). Host, path, key, streams and errors are inferred:
the page shows bodies only.
"""

from __future__ import annotations

import time
from typing import Any

from ..endpoints import Endpoint, Evidence
from ..errors import Entry, Failure, refuse
from ..openai_api import OpenAITemplate
from ..persona import Caller, Persona, fields
from ..reply import Turn
from ..request import ChatRequest, Picture
from ..state import State
from ..wires import Json, Wire

CHAT = Evidence("documented", "seed 004 (bodies); path, key, stream and errors inferred", "2026-05-07")
ENDPOINTS = (
    Endpoint("coding", "openai", "/v1", CHAT),
    Endpoint("api", "openai", "/v1", CHAT),
)


def _entry(status: int, message: str, code: str) -> Entry:
    return Entry(status, message, code, "invalid_request_error", inferred=True)


TABLE = {
    "no_key": _entry(401, "missing API key", "missing_api_key"),
    "auth": _entry(401, "invalid API key", "invalid_api_key"),
    "quota": _entry(402, "quota exhausted", "insufficient_quota"),
    "balance": _entry(402, "insufficient balance", "insufficient_balance"),
    "rate_limit": _entry(429, "too many requests", "rate_limit_exceeded"),
    "overloaded": _entry(503, "upstream overloaded", "overloaded"),
    "server_error": _entry(500, "internal error", "internal_error"),
    "http200_failure": Entry(200, "rate limit", "1002", "base_resp", inferred=True),
    "context_overflow": _entry(400, "context too long: {detail}", "context_length_exceeded"),
    "content_blocked": _entry(400, "content blocked", "content_filter"),
    "client_refused": _entry(403, "forbidden", "forbidden"),
    "not_found": _entry(404, "not found", "not_found"),
    "unknown_model": _entry(404, "model {detail} not found", "model_not_found"),
    "unsupported": _entry(400, "{detail} is not supported by this model", "unsupported_parameter"),
    "content_parts": _entry(400, "content must be a string; pass media in images, videos, file_urls", "bad_content"),
    "bad_parameter": _entry(400, "invalid parameter: {detail}", "invalid_parameter"),
    "bad_json": _entry(400, "invalid JSON body", "invalid_json"),
    "missing_model": _entry(400, "model is required", "invalid_parameter"),
    "missing_messages": _entry(400, "messages is required", "invalid_parameter"),
    "bad_role": _entry(400, "invalid role: {detail}", "invalid_parameter"),
    "bad_messages": _entry(400, "invalid messages: {detail}", "invalid_parameter"),
    "bad_tools": _entry(400, "invalid tools: {detail}", "invalid_parameter"),
    "bad_tool_choice": _entry(400, "invalid tool_choice: {detail}", "invalid_parameter"),
    "bad_image": _entry(400, "invalid image: {detail}", "invalid_parameter"),
    "no_vision": _entry(400, "images is not supported by this model", "unsupported_parameter"),
    "stream_options": _entry(400, "stream_options needs stream", "invalid_parameter"),
    "reasoning_missing": _entry(400, "reasoning_content of messages[{detail}] is missing", "invalid_parameter"),
    "reasoning_changed": _entry(400, "reasoning_content of messages[{detail}] was changed", "invalid_parameter"),
}


def body(entry: Entry, failure: Failure, wire: Wire, request_id: str) -> Any:
    """Write an OpenAI-like error (inferred), or MiniMax's failure inside HTTP 200."""
    if entry.type == "base_resp":
        return {"base_resp": {"status_code": int(entry.code), "status_msg": entry.message}}
    return {"error": {"message": entry.message, "type": entry.type, "code": entry.code}}


def admit(caller: Caller) -> None:
    """Want a key."""
    if not caller.key:
        raise refuse("no_key")
    if "invalid" in caller.key:
        raise refuse("auth")


MEDIA = ("images", "videos", "file_urls")
SEES = ("glm-5v", "kimi-k2")


def read_media(chat: ChatRequest) -> ChatRequest:
    """Hang the top-level ``images`` on the last user message, where the responder looks for them."""
    from dataclasses import replace

    images = chat.body.get("images")
    if images is None:
        return chat
    if not isinstance(images, list) or not all(isinstance(i, str) and i for i in images):
        raise refuse("bad_parameter", "images")
    last = max((i for i, m in enumerate(chat.messages) if m.role == "user"), default=-1)
    messages = list(chat.messages)
    if last >= 0:
        messages[last] = replace(messages[last], pictures=tuple(Picture(i) for i in images))
    return replace(chat, messages=tuple(messages))


def check(chat: ChatRequest, endpoint: Endpoint, state: State) -> None:
    """Refuse content parts and fields that the page calls unsupported."""
    for message in chat.messages:
        if isinstance((message.raw or {}).get("content"), list):
            raise refuse("content_parts")
    model, data = chat.model, chat.body
    if model.startswith("MiniMax-"):
        for name in ("enable_thinking", "enable_search"):
            if name in data:
                raise refuse("unsupported", name)
        temperature = data.get("temperature")
        if temperature is not None and not 0 <= temperature <= 1.5:
            raise refuse("bad_parameter", "temperature")
    media = [name for name in (*MEDIA, "voices") if data.get(name)]
    if media and (not model.startswith(SEES) or "voices" in media):
        raise refuse("unsupported", media[0])
    effort = data.get("reasoning_effort")
    if effort is not None and model.startswith(("kimi", "deepseek")) and effort not in ("high", "max"):
        raise refuse("bad_parameter", "reasoning_effort")


def thinks(chat: ChatRequest, endpoint: Endpoint) -> bool:
    """Follow ``enable_thinking``; MiniMax always, glm-5v-turbo never, search turns Kimi's off."""
    if chat.model.startswith("MiniMax-"):
        return True
    if chat.model.startswith("glm-5v"):
        return False
    if chat.model.startswith("kimi") and chat.body.get("enable_search") is True:
        return False
    switch = chat.body.get("enable_thinking")
    if isinstance(switch, bool):
        return switch
    return chat.model.startswith(("qwen3.", "kimi", "deepseek-v4", "glm-5.1"))


class Template(OpenAITemplate):
    """Key order of the page's samples; ids and extras by family."""

    def envelope(self, turn: Turn, choices: list[Json], usage: Json | None) -> Json:
        """Return a chunk (inferred)."""
        chunk: Json = {
            "id": _id(turn),
            "object": "chat.completion.chunk",
            "created": turn.created,
            "model": turn.model,
            "choices": choices,
        }
        return {**chunk, "usage": usage} if usage else chunk

    def closing(self, turn: Turn, chat: ChatRequest, last: Json | None) -> list[Json]:
        """Return the finish chunk; usage rides on it, or follows with include_usage."""
        choices = [self.choice({}, turn.finish)]
        if not chat.include_usage:
            return [self.envelope(turn, choices, self.usage(turn))]
        return [self.envelope(turn, choices, None), self.envelope(turn, [], self.usage(turn))]

    def usage(self, turn: Turn) -> Json:
        """Return the usage object of the family."""
        usage = turn.usage
        counts: Json = {
            "prompt_tokens": usage.prompt,
            "completion_tokens": usage.completion,
            "total_tokens": usage.total,
        }
        details = {"completion_tokens_details": {"reasoning_tokens": usage.reasoning}}
        if turn.model.startswith("MiniMax-"):
            return {"total_tokens": usage.total, "total_characters": 0, **counts, **details}
        if turn.model.startswith("qwen"):
            return {**counts, "prompt_tokens_details": {"cached_tokens": usage.cached}, **details}
        return counts

    def whole(self, turn: Turn, chat: ChatRequest) -> Json:
        """Return the whole reply of the page."""
        message: Json = {"role": "assistant"}
        if turn.thought:
            message["reasoning_content"] = turn.reasoning
        message["content"] = turn.text
        if turn.calls:
            message["tool_calls"] = self.whole_calls(turn)
        found: Json = {
            "id": _id(turn),
            "object": "chat.completion",
            "created": turn.created,
            "model": turn.model,
            "choices": [{"index": 0, "finish_reason": turn.finish, "message": message}],
            "usage": self.usage(turn),
        }
        if turn.model.startswith("MiniMax-"):
            flags = {"input_sensitive": False, "output_sensitive": False}
            types = {"input_sensitive_type": 0, "output_sensitive_type": 0}
            found |= {**flags, **types, "base_resp": {"status_code": 0, "status_msg": ""}}
        if turn.model.startswith("deepseek"):
            found["system_fingerprint"] = "fp_emulator"
        return found


def _id(turn: Turn) -> str:
    if turn.model.startswith("MiniMax-"):
        return turn.id
    if turn.model.startswith("glm"):
        return time.strftime("%Y%m%d%H%M%S", time.gmtime(turn.created + 8 * 3600)) + turn.id[:16]
    i = turn.id
    return f"chatcmpl-{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:32]}"


FIELDS = fields(
    "aspect_ratio async audio_setting duration enable_search enable_thinking file_urls fps images "
    "language_type max_completion_tokens max_tokens media_roles messages model n negative_prompt "
    "reasoning_effort resolution response_format size stream stream_options style temperature "
    "thinking_budget tool_choice tools top_p videos voice voice_id voice_setting voices watermark"
)

PERSONA = Persona(
    name="unified",
    title="Unified gateway (统一体验端口)",
    base_env="UNIFIED_BASE_URL",
    endpoints=ENDPOINTS,
    keys={"UNIFIED_API_KEY": "sk-emulator-unified"},
    table=TABLE,
    body=body,
    template=Template(),
    admit=admit,
    rules=(check,),
    thinks=thinks,
    sight=lambda chat: "sees" if chat.model.startswith(SEES) else "refuses",
    reads=read_media,
    call_id=lambda name, n, rand: f"call_{rand}",
    known_fields=FIELDS,
)
