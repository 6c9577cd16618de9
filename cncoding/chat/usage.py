"""Token counts in every spelling that the vendors use."""

from __future__ import annotations

from typing import Any

from cncoding.exchange.json_values import as_details
from cncoding.types import JsonObject
from cncoding.usage import Usage


def read_openai_usage(raw: JsonObject) -> Usage:
    """Read a chat completions `usage` object.

    `prompt_tokens` includes cached tokens at every vendor (documented: GLM, Kimi, Qwen, DeepSeek). Cached tokens
    stand in `prompt_tokens_details.cached_tokens`, in a top-level `cached_tokens` (Kimi), or in
    `prompt_cache_hit_tokens` (DeepSeek).
    """
    prompt = as_details(raw.get("prompt_tokens_details"))
    completion = as_details(raw.get("completion_tokens_details"))
    return Usage(
        input=_count(raw.get("prompt_tokens")),
        output=_count(raw.get("completion_tokens")),
        cache_read=_first(prompt.get("cached_tokens"), raw.get("cached_tokens"), raw.get("prompt_cache_hit_tokens")),
        cache_write=_first(prompt.get("cache_creation_input_tokens"), prompt.get("cache_write_tokens")),
        reasoning=_first(completion.get("reasoning_tokens")),
        raw=raw,
    )


def read_anthropic_usage(raw: JsonObject) -> Usage:
    """Read a messages `usage` object, whose `input_tokens` leaves cached tokens out.

    The start of a stream may count the cached prefix in (Qwen, Kimi) or say 0 (MiniMax); what its end says counts.
    """
    fresh = _count(raw.get("input_tokens"))
    read = _count(raw.get("cache_read_input_tokens"))
    written = _count(raw.get("cache_creation_input_tokens"))
    total = None if fresh is None else fresh + (read or 0) + (written or 0)
    return Usage(
        input=total or None,
        output=_count(raw.get("output_tokens")),
        cache_read=read,
        cache_write=written,
        reasoning=_count(as_details(raw.get("output_tokens_details")).get("thinking_tokens")),
        raw=raw,
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _first(*values: Any) -> int | None:
    return next((count for value in values if (count := _count(value)) is not None), None)
