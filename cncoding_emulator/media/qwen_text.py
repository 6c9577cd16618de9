"""Text on DashScope's native route: ``input.messages`` in, ``output.choices`` out, cumulative or incremental events.

Source: help.aliyun.com, DashScope API reference of Qwen; the dashscope SDK. Forms of tool deltas are inferred.
"""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from ..chat import ChatHandler
from ..deliver import Delivered
from ..endpoints import Evidence
from ..errors import Failure, refuse
from ..openai_api import dump
from ..persona import Caller
from ..reply import Pause, Say, Think, Turn
from ..request import ChatRequest
from ..wires import Json
from . import qwen_access

PATH = "/api/v1/services/aigc/text-generation/generation"
DOCS = Evidence("documented", "help.aliyun.com, DashScope API reference; dashscope SDK", "2026-10-01")
PARAMETERS = (
    "max_tokens", "temperature", "top_p", "top_k", "seed", "stop", "enable_thinking", "thinking_budget", "tools",
    "tool_choice", "response_format", "enable_search", "parallel_tool_calls", "n", "presence_penalty", "logprobs",
)  # fmt: skip


class NativeHandler(ChatHandler):
    """Answer the native text route."""

    more_fields = frozenset({"input", "parameters"})

    def admit(self, caller: Caller) -> None:
        """Want a general key."""
        qwen_access.admit(caller)

    def translate(self, body: Json, request: Request) -> Json:
        """Return the body as the OpenAI wire has it; the native parts stay under their own names."""
        given, parameters = body.get("input"), body.get("parameters") or {}
        if not isinstance(given, dict) or not isinstance(parameters, dict):
            raise qwen_access.missing("input")
        messages = given.get("messages")
        if messages is None and isinstance(given.get("prompt"), str):
            messages = [{"role": "user", "content": given["prompt"]}]
        if not isinstance(messages, list):
            raise qwen_access.missing("input.messages")
        chosen = {name: parameters[name] for name in PARAMETERS if name in parameters}
        stream = request.headers.get("x-dashscope-sse") == "enable"
        whole = {"model": body.get("model"), "messages": [_translate_message(m) for m in messages], **chosen}
        return {**whole, "stream": stream, "native": parameters, "parts": request.url.path.count("multimodal")}

    def refuse(self, failure: Failure, stream: bool = False) -> Response:
        """Say no in the native form."""
        return qwen_access.say(failure)

    def send(self, chat: ChatRequest, turn: Turn, notes: list[str]) -> ASGIApp:
        """Return the reply: one object, or one event for each piece."""
        headers = {"x-request-id": turn.id}
        if not chat.stream:
            content = dump(_shape(chat, turn, turn.reasoning, turn.text, turn.finish)).encode()
            return Delivered([content], turn.delivery, "application/json", headers)
        return Delivered(_frames(chat, turn), turn.delivery, "text/event-stream;charset=UTF-8", headers)


def _translate_message(message: object) -> Json:
    """Turn ``[{"text": ...}, {"image": ...}]`` into typed parts."""
    if not isinstance(message, dict):
        raise refuse("bad_messages", "input.messages")
    content = message.get("content")
    if not isinstance(content, list):
        return message
    parts: list[Json] = []
    for part in content:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            parts.append({"type": "text", "text": part["text"]})
        elif isinstance(part, dict) and isinstance(part.get("image"), str):
            parts.append({"type": "image_url", "image_url": {"url": part["image"]}})
        else:
            raise refuse("no_vision")
    return {**message, "content": parts}


def _frames(chat: ChatRequest, turn: Turn) -> Iterator[bytes | Pause]:
    incremental = bool(chat.body["native"].get("incremental_output"))
    reasoning = text = ""
    number = 0
    for segment in turn.segments:
        if isinstance(segment, Pause):
            yield segment
            continue
        if not isinstance(segment, Think | Say):
            continue
        for start in range(0, len(segment.text), 8):
            piece = segment.text[start : start + 8]
            thinking = isinstance(segment, Think)
            reasoning, text = (reasoning + piece, text) if thinking else (reasoning, text + piece)
            number += 1
            if incremental:
                yield _frame(number, _shape(chat, turn, piece if thinking else "", "" if thinking else piece, None))
            else:
                yield _frame(number, _shape(chat, turn, reasoning, text, None))
    last = ("", "") if incremental else (reasoning, text)
    yield _frame(number + 1, _shape(chat, turn, *last, turn.finish))


def _frame(number: int, event: Json) -> bytes:
    return f"id:{number}\nevent:result\n:HTTP_STATUS/200\ndata:{dump(event)}\n\n".encode()


def _shape(chat: ChatRequest, turn: Turn, reasoning: str, text: str, finish: str | None) -> Json:
    content: object = [{"text": text}] if chat.body["parts"] and text else [] if chat.body["parts"] else text
    message: Json = {"role": "assistant", "content": content}
    if turn.thought:
        message["reasoning_content"] = reasoning
    if turn.calls and finish:
        message["tool_calls"] = [
            {"index": i, "id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
            for i, c in enumerate(turn.calls)
        ]
    output: Json = {"choices": [{"finish_reason": finish or "null", "message": message}]}
    if _wants_text(chat):
        output = {"text": text, "finish_reason": finish or "null"}
    usage = turn.usage
    counts: Json = {
        "input_tokens": usage.prompt,
        "output_tokens": usage.completion,
        "total_tokens": usage.total,
        "prompt_tokens_details": {"cached_tokens": usage.cached},
    }
    if turn.thought:
        counts["output_tokens_details"] = {"reasoning_tokens": usage.reasoning}
    i = turn.id
    made = f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:32]}"
    return {"output": output, "usage": counts, "request_id": made}


def _wants_text(chat: ChatRequest) -> bool:
    default = "message" if chat.body["parts"] or chat.model.startswith("qwen3") else "text"
    return bool(chat.body["native"].get("result_format", default) == "text")
