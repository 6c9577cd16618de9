"""What other packages call our settings, and what becomes of settings of theirs that we do not have.

The names are those of ChatOpenAI, ChatDeepSeek, ChatTongyi, ChatZhipuAI, MoonshotChat, and LlamaIndex's OpenAILike,
DashScope, ZhipuAI and DeepSeek, as their public documentation of 2026 has them. One table for every framework: a name
that means the same is understood, any other is refused with what to write instead.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from cncoding.errors import ConfigError
from cncoding.hints import table

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "model_name": "model",
        "model_id": "model",
        "api_base": "base_url",
        "openai_api_base": "base_url",
        "zhipuai_api_base": "base_url",
        "moonshot_api_base": "base_url",
        "anthropic_api_url": "base_url",
        "base_http_api_url": "base_url",
        "request_timeout": "timeout",
        "stop_sequences": "stop",
        "max_completion_tokens": "max_tokens",
        "max_output_tokens": "max_tokens",
        "extra_headers": "default_headers",
        "model_kwargs": "extra_body",
        "enable_thinking": "thinking",
        "enable_search": "search",
        "budget_tokens": "thinking_budget",
        "cache_control": "prompt_cache",
        "async_http_client": "http_async_client",
    }
)
"""Names of other packages that mean the same as ours."""

_KEY_NAME = re.compile(r"[a-z0-9_]+_api_key")
NO_COUNTERPART = frozenset(
    {
        "organization", "openai_organization", "group_id", "minimax_group_id", "use_responses_api",
        "result_format", "incremental_output", "tiktoken_model_name", "tokenizer",
        "is_chat_model", "is_function_calling_model", "should_use_structured_outputs", "reuse_client",
        "include_response_headers", "disabled_params", "store", "truncation", "include", "prefix_messages",
        "use_previous_response_id", "stream_chunk_timeout", "verbosity",
    }
)  # fmt: skip
"""Settings of other packages that may be left out: what they say is known here, or is no choice."""

_IN_BODY = "if the vendor documents it, give it in extra_body="
_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "stream": "use the stream method",
        "messages": "give the messages first, without a name",
        "n": "one reply is made per call; use batch()",
        "best_of": "one reply is made per call; use batch()",
        "default_query": "put it into base_url=",
        "api_version": "put it into base_url=",
        "openai_proxy": "pass http_client=httpx.Client(proxy=...)",
        **{
            name: f"pass http_client=httpx.Client({'proxy' if name == 'proxies' else name}=...)"
            for name in ("proxy", "proxies", "verify", "cert", "trust_env", "http2", "transport", "event_hooks")
        },
        **dict.fromkeys(
            ("system", "system_prompt", "system_message"), "give a system message as the first of messages"
        ),
        "tools": "give them with the call: bind_tools, chat_with_tools, or tools= of Client.chat",
        "response_format": "give it with the call: with_structured_output, structured_predict, or Client.chat",
        **dict.fromkeys(("num_output", "max_new_tokens", "max_length"), "that is max_tokens="),
        "logit_bias": _IN_BODY,
        "repetition_penalty": _IN_BODY,
        "do_sample": _IN_BODY,
        "service_tier": _IN_BODY,
        "modalities": _IN_BODY,
        "audio_config": _IN_BODY,
        "strict": "give it to bind_tools or with_structured_output",
        **dict.fromkeys(sorted(NO_COUNTERPART), "it has no counterpart here; leave it out"),
    }
)
"""Names of other packages that mean nothing here, and what to do instead."""

_REASONING = {"effort": "reasoning_effort", "max_tokens": "thinking_budget", "enabled": "thinking"}
"""Members of the `reasoning` dict of ChatOpenAI and of routers."""


def rename_settings(given: Mapping[str, Any], known: Iterable[str]) -> dict[str, Any]:
    """Return settings under our names; where both names are given, ours counts.

    Args:
        given: Settings under any names.
        known: Names that mean something as they are, and stay.
    """
    own = set(known)
    renamed = {name: value for name, value in given.items() if name in own or own_name(name) == name}
    for name, value in given.items():
        if name not in renamed and (target := own_name(name)) in own:
            if target == "extra_body" and isinstance(value, Mapping) and isinstance(renamed.get(target), Mapping):
                renamed[target] = {**value, **renamed[target]}
            elif renamed.get(target) is None:
                renamed[target] = value
        elif name not in renamed:
            renamed[name] = value
    return spread_thinking({name: value for name, value in renamed.items() if not _says_nothing(name, value, own)}, own)


def _says_nothing(name: str, value: object, own: set[str]) -> bool:
    """Tell whether a setting of another package asks for what happens anyway, as `n=1` and `organization=None` do."""
    return name not in own and (name in _HINTS and (value is None or (name in ("n", "best_of") and value == 1)))


def own_name(name: str) -> str:
    """Return what we call a setting of another package, or the name itself."""
    return "api_key" if _KEY_NAME.fullmatch(name) else ALIASES.get(name, name)


def spread_thinking(settings: dict[str, Any], known: Iterable[str] = ()) -> dict[str, Any]:
    """Replace the dict forms of `thinking` and `reasoning` by our flat settings.

    `{"type": "enabled", "budget_tokens": 2048}` (the vendors' form) becomes `thinking=True, thinking_budget=2048`;
    a member of it that has no setting of its own goes to the vendor in `extra_body`. `reasoning={"effort": "high"}`
    becomes `reasoning_effort="high"`. A setting that is given by itself wins.
    """
    thinking, reasoning = settings.get("thinking"), settings.get("reasoning")
    if isinstance(reasoning, Mapping) and "reasoning" not in known and reasoning.keys() <= _REASONING.keys():
        del settings["reasoning"]
        for name, value in reasoning.items():
            settings.setdefault(_REASONING[name], value)
    if not isinstance(thinking, Mapping):
        return settings
    settings["thinking"] = thinking.get("type", thinking.get("enabled"))
    if "budget_tokens" in thinking:
        settings.setdefault("thinking_budget", thinking["budget_tokens"])
    more = {name: value for name, value in thinking.items() if name not in ("type", "enabled", "budget_tokens")}
    body = settings.get("extra_body") or {}
    if more and isinstance(body, Mapping):
        given = body.get("thinking")
        settings["extra_body"] = {**body, "thinking": {**more, **(given if isinstance(given, Mapping) else {})}}
    return settings


EFFORT_WORDS = ("none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra")
"""Words that say how hard to think."""
_ON = frozenset({"enabled", "adaptive", "true", "on", "yes", "1"})
_OFF = frozenset({"disabled", "false", "off", "no", "0"})


def read_switch(value: Any, name: str) -> bool | None:
    """Read a setting that is on, off or not said, in every form that configuration files and vendors give it.

    Raises:
        ConfigError: It is none of them.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping) and value.keys() == {"type"}:
        value = value["type"]
    if value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        word = value.strip().lower()
        if word in ("auto", ""):
            return None
        if word in _ON or word in _OFF:
            return word in _ON
    shown = f"{value!r} " if isinstance(value, str) else ""
    if name == "thinking" and isinstance(value, str) and value.strip().lower() in EFFORT_WORDS:
        raise ConfigError(f"thinking: {shown}says how hard, not whether", hint=table.EFFORT.fill(value=value))
    if name == "thinking" and isinstance(value, int):
        raise ConfigError(f"thinking={value}: is a number", hint=table.BUDGET.fill(value=value))
    raise ConfigError(
        f"{name}: {shown}is {type(value).__name__}; give True, False or None"
        + (', or {"type": "enabled"} or {"type": "disabled"}' if name == "thinking" else "")
    )


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `, did you mean 'x'?` for the nearest of `known`, or nothing."""
    by_case = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), by_case, n=1, cutoff=0.6)
    return f", did you mean {by_case[near[0]]!r}?" if near else ""


def refuse_unknown(given: Iterable[str], known: Iterable[str], where: str, otherwise: str) -> None:
    """Refuse names that mean nothing, with the nearest name that does.

    Args:
        given: The names, after `rename_settings`.
        known: Those that mean something.
        where: What they were given to.
        otherwise: What to say where no known name is near.

    Raises:
        ConfigError: For the first unknown name.
    """
    names = set(known)
    for name in given:
        if name not in names:
            raise ConfigError(f"{where} got an unknown argument {name!r}; {_find_hint(name, names, otherwise)}")


def _find_hint(name: str, known: set[str], otherwise: str) -> str:
    target = own_name(name)
    if target == "api_key":
        return "the key belongs to the object: api_key= of its constructor, or model_copy(update={'api_key': ...})"
    if target != name:
        return f"{target}= is no setting of it" if target not in known else f"that is {target}="
    if name in _HINTS:
        return _HINTS[name]
    near = difflib.get_close_matches(name, known | ALIASES.keys(), n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else otherwise
