"""The unified gateway ("统一体验端口"): media as top-level arrays, replies in the upstream family's form.

Facts stand in ``unified.toml``: the gateway's page of model examples (opcdoc.ntzq.tech/model-examples.html). Host,
path, key, streams and errors are inferred: the page shows bodies only.
"""

from __future__ import annotations

import time
from typing import Any

from ..endpoints import Endpoint
from ..errors import Entry, Failure, refuse
from ..facts import load
from ..openai_api import OpenAITemplate
from ..persona import Caller, Persona
from ..reply import Turn
from ..request import ChatRequest, Picture
from ..state import State
from ..wires import Json, Wire

FACTS = load("unified")


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
    default = FACTS.find_model(chat.model).thinks
    if default in ("always", "never"):
        return default == "always"
    if chat.model.startswith("kimi") and chat.body.get("enable_search") is True:
        return False
    switch = chat.body.get("enable_thinking")
    if isinstance(switch, bool):
        return switch
    return default == "on"


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


PERSONA = Persona(
    facts=FACTS,
    body=body,
    template=Template(),
    admit=admit,
    rules=(check,),
    thinks=thinks,
    sight=lambda chat: "sees" if chat.model.startswith(SEES) else "refuses",
    reads=read_media,
    call_id=lambda name, n, rand: f"call_{rand}",
)
