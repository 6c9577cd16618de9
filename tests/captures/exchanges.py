"""The recorded exchanges, and what an independent reader says about them: plain JSON and concatenation.

The captures are data of others and stay outside the repository; without them the tests are skipped, by name. Nothing
here knows the project.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "captures"
needs_captures = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="../shared/captures is not present: no recorded vendor replies to replay"
)


@dataclass(frozen=True)
class Meaning:
    """What a reply says: text, reasoning, calls as (id, name, arguments), why it ended, tokens in and out."""

    text: str
    reasoning: str
    calls: tuple[tuple[str, str, str], ...]
    finish: str | None
    tokens: tuple[int, int] | None


@dataclass(frozen=True)
class Exchange:
    """One request that was sent to a vendor, and the bytes that came back."""

    path: Path

    @cached_property
    def record(self) -> dict[str, Any]:
        return dict(json.loads(self.path.read_text("utf-8")))

    @property
    def provider(self) -> str:
        return str(self.record["vendor"])

    @property
    def body(self) -> bytes:
        return str(self.record["body"]).encode()

    @property
    def request(self) -> dict[str, Any]:
        return dict(self.record["request"] or {})

    @property
    def streams(self) -> bool:
        return self.body.lstrip().startswith((b"data:", b":"))

    @property
    def is_chat(self) -> bool:
        return self.record["wire"] == "openai"


def list_exchanges() -> list[Exchange]:
    """List the recorded chat exchanges, good and bad."""
    exchanges = [Exchange(path) for path in sorted(FOLDER.glob("recorded/*.json"))]
    return [exchange for exchange in exchanges if exchange.is_chat]


def read_chunks(body: bytes) -> list[dict[str, Any]]:
    """Read the JSON objects of a stream; one line is one frame in every recording."""
    lines = [line.removeprefix("data:").strip() for line in body.decode().splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def join_reply(body: bytes) -> dict[str, Any]:
    """Put the chunks of a stream together into one whole reply, as OpenAI's format defines it."""
    message: dict[str, Any] = {"content": "", "reasoning_content": "", "tool_calls": []}
    calls: dict[int, dict[str, Any]] = {}
    finish = usage = None
    for chunk in read_chunks(body):
        usage = chunk.get("usage") or usage
        for choice in chunk.get("choices", []):
            delta = choice["delta"]
            finish = choice.get("finish_reason") or finish
            message["content"] += delta.get("content") or ""
            message["reasoning_content"] += delta.get("reasoning_content") or delta.get("reasoning") or ""
            for piece in delta.get("tool_calls") or []:
                call = calls.setdefault(piece["index"], {"id": "", "function": {"name": "", "arguments": ""}})
                call["id"] = call["id"] or piece.get("id") or ""
                call["function"]["name"] += piece["function"].get("name") or ""
                call["function"]["arguments"] += piece["function"].get("arguments") or ""
    message["tool_calls"] = [call for _, call in sorted(calls.items())]
    return {"choices": [{"message": message, "finish_reason": finish}], "usage": usage}


def read_meaning(exchange: Exchange) -> Meaning:
    """Read what a good reply says."""
    reply = join_reply(exchange.body) if exchange.streams else json.loads(exchange.body)
    choice, usage = reply["choices"][0], reply.get("usage")
    message = choice["message"]
    text = message.get("content") or ""
    reasoning = message.get("reasoning_content") or message.get("reasoning") or ""
    if text.startswith("<think>"):
        inner, _, text = text.removeprefix("<think>").partition("</think>")
        reasoning += inner
    calls = message.get("tool_calls") or []
    return Meaning(
        text=text,
        reasoning=reasoning,
        calls=tuple((call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls),
        finish=choice["finish_reason"],
        tokens=(usage["prompt_tokens"], usage["completion_tokens"]) if usage else None,
    )
