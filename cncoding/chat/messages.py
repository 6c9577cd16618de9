"""Messages as users write them: our values, or dicts in the OpenAI form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias, cast

from cncoding.errors import ConfigError, Hint
from cncoding.names import did_you_mean
from cncoding.types import Media, MediaKind, Message, Part, Reasoning, Role, Text, ToolCall, ToolResult

MessageLike: TypeAlias = "Message | Mapping[str, Any]"
"""A message, or `{"role": "user", "content": "..."}` in the OpenAI form."""

_ROLES: Mapping[str, Role] = {
    "system": "system", "developer": "system", "user": "user", "human": "user", "assistant": "assistant",
    "ai": "assistant", "tool": "tool",
}  # fmt: skip
_FORM = Hint(
    'give cncoding.user("..."), or {"role": "user", "content": "..."}',
    '请使用 cncoding.user("...")，或 {"role": "user", "content": "..."}',
    "messages",
)
_URL_PARTS: Mapping[str, MediaKind] = {
    "image_url": "image", "video_url": "video", "audio_url": "audio", "file_url": "file",
}  # fmt: skip


def read_messages(messages: Sequence[MessageLike]) -> tuple[Message, ...]:
    """Return messages.

    Raises:
        ConfigError: One is none; the text says which, and why.
    """
    if not messages:
        raise ConfigError("messages: empty", hint=_FORM)
    return tuple(_read_message(message, f"messages[{place}]") for place, message in enumerate(messages))


def _read_message(message: Any, where: str) -> Message:
    if isinstance(message, Message):
        return message
    if not isinstance(message, Mapping):
        raise ConfigError(f"{where}: is {type(message).__name__}{_whose(message)}", hint=_FORM)
    role = _ROLES.get(str(message.get("role")))
    if role is None:
        raise ConfigError(
            f"{where}: role={message.get('role')!r}{did_you_mean(str(message.get('role')), _ROLES)}; "
            "there are system, user, assistant and tool"
        )
    content = read_content(message.get("content"), f"{where}.content")
    if role == "tool":
        call_id = message.get("tool_call_id")
        if not isinstance(call_id, str):
            raise ConfigError(f"{where}: a tool message names its call in tool_call_id")
        return Message(role, (ToolResult(call_id, _only_seen(content, where), name=message.get("name")),))
    reasoning = message.get("reasoning_content")
    thought = (Reasoning(reasoning),) if isinstance(reasoning, str) else ()
    calls = tuple(_read_call(call, f"{where}.tool_calls") for call in message.get("tool_calls") or ())
    if role == "user" and not content:
        raise ConfigError(f"{where}: content is empty", hint=_FORM)
    prefix = message.get("prefix") is True or message.get("partial") is True
    return Message(role, (*thought, *content, *calls), name=message.get("name"), prefix=prefix)


def _whose(value: object) -> str:
    """Name the framework that a value belongs to, where it has a chat class of its own here."""
    names = {
        "langchain_core": ("LangChain", "langchain_cncoding"),
        "llama_index": ("LlamaIndex", "llamaindex_cncoding"),
    }
    title, package = names.get(type(value).__module__.partition(".")[0], ("", ""))
    return f", a message of {title}; use {package}, or its role and content" if title else ""


def _only_seen(content: tuple[Part, ...], where: str) -> tuple[Text | Media, ...]:
    return tuple(part for part in content if isinstance(part, (Text, Media)))


def _read_call(call: Any, where: str) -> ToolCall:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise ConfigError(
            f'{where}: give {{"id": ..., "type": "function", "function": {{"name": ..., "arguments": ...}}}}'
        )
    arguments = function.get("arguments", "{}")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return ToolCall(str(call.get("id") or ""), function["name"], text)


def read_content(content: Any, where: str) -> tuple[Part, ...]:
    """Return the parts of a message's content: text, a list of parts, or nothing.

    Raises:
        ConfigError: A part is of no known form.
    """
    if content is None or content == "":
        return ()
    if isinstance(content, (str, Text, Media)):
        return (_read_part(content, where),)
    if not isinstance(content, Sequence) or isinstance(content, bytes):
        raise ConfigError(f"{where}: is {type(content).__name__}; give text or a list of parts")
    return tuple(_read_part(part, f"{where}[{place}]") for place, part in enumerate(content))


def _read_part(part: Any, where: str) -> Part:
    if isinstance(part, str):
        return Text(part)
    if isinstance(part, (Text, Media, Reasoning, ToolCall)):
        return part
    kind = part.get("type") if isinstance(part, Mapping) else None
    if kind == "text" and isinstance(part.get("text"), str):
        return Text(part["text"])
    if kind in _URL_PARTS:
        return _read_url(part, str(kind), where)
    if kind == "input_audio" and isinstance(part.get("input_audio"), Mapping):
        audio = part["input_audio"]
        return Media("audio", data=audio.get("data"), media_type=f"audio/{audio.get('format', 'wav')}")
    if kind in ("image", "video", "audio", "file"):
        return _read_media(part, cast(MediaKind, kind), where)
    raise ConfigError(
        f"{where}: {f'type={kind!r}' if kind else type(part).__name__} is no part of a message; give text, "
        '{"type": "text", "text": ...}, {"type": "image_url", "image_url": {"url": ...}} or cncoding.Media'
    )


def _read_url(part: Mapping[str, Any], kind: str, where: str) -> Media:
    held = part.get(kind)
    url = held.get("url") if isinstance(held, Mapping) else held
    if not isinstance(url, str) or not url:
        raise ConfigError(f'{where}: give {{"type": "{kind}", "{kind}": {{"url": "https://... or data:..."}}}}')
    detail = held.get("detail") if isinstance(held, Mapping) else None
    if "://" in url[:12] or url.startswith("data:"):
        return Media(_URL_PARTS[kind], url=url, detail=detail)
    raise ConfigError(
        f"{where}: {url[:60]!r} is no URL; a local file is cncoding.Media({_URL_PARTS[kind]!r}, path=...)"
    )


def _read_media(part: Mapping[str, Any], kind: MediaKind, where: str) -> Media:
    names = ("url", "data", "path", "file_id")
    told = {name: part[name] for name in names if isinstance(part.get(name), str)}
    if len(told) != 1:
        raise ConfigError(f"{where}: give exactly one of {', '.join(names)}")
    return Media(kind, media_type=part.get("media_type"), **told)
