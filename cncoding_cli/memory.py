"""What is remembered from one command to the next: the provider, and the last conversation."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from cncoding import (
    ConfigError,
    Media,
    Message,
    Opaque,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from cncoding.client.journal import state_folder
from cncoding.exchange.json_values import parse_json
from cncoding_cli import show

_PARTS: dict[str, type[Any]] = {
    "text": Text, "reasoning": Reasoning, "media": Media, "tool_call": ToolCall, "tool_result": ToolResult,
    "opaque": Opaque,
}  # fmt: skip
_NAMES = {kind: name for name, kind in _PARTS.items()}


def folder() -> Path:
    """Return the folder of the state: `CNCODING_STATE_DIR`, else the system's place for such things."""
    return state_folder()


def remember_provider(provider: str) -> None:
    """Make `provider` the one that is meant when none is named."""
    if recall_provider() != provider:
        _write("provider", provider + "\n")


def recall_provider() -> str | None:
    """Return the provider that answered last."""
    try:
        return (folder() / "provider").read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


@dataclass(frozen=True)
class Remembered:
    """The last conversation."""

    provider: str
    model: str
    messages: tuple[Message, ...]
    name: str | None = None
    """The name of the model in cncoding.yaml, if it was asked by one."""


def remember_conversation(one: Remembered) -> None:
    """Keep a conversation for `--continue`."""
    messages = [_message_to_json(message) for message in one.messages]
    value = {"provider": one.provider, "model": one.model, "name": one.name, "messages": messages}
    _write("conversation.json", json.dumps(value, ensure_ascii=False))


def recall_conversation() -> Remembered:
    """Return the last conversation.

    Raises:
        ConfigError: There is none, or it cannot be read.
    """
    path = folder() / "conversation.json"
    try:
        value = parse_json(path.read_text(encoding="utf-8"))
        messages = tuple(_message_from_json(one) for one in value["messages"])
        return Remembered(value["provider"], value["model"], messages, value.get("name"))
    except FileNotFoundError:
        raise ConfigError("--continue: there is no earlier conversation; leave it out") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"--continue: {path} cannot be read ({error}); delete it") from error


def _write(name: str, text: str) -> None:
    """Write a file of the state whole or not at all, for the owner only; a state that cannot be kept is a note."""
    place = folder()
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, path = tempfile.mkstemp(dir=place, prefix=name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path, place / name)
    except OSError as error:
        show.note(f"{place}: not writable ({error.strerror}), so nothing is remembered; set CNCODING_STATE_DIR")


def _message_to_json(message: Message) -> dict[str, Any]:
    return {"role": message.role, "name": message.name, "parts": [_part_to_json(part) for part in message.parts]}


def _part_to_json(part: Part) -> dict[str, Any]:
    value: dict[str, Any] = {field.name: getattr(part, field.name) for field in fields(part)}
    if isinstance(part, ToolResult):
        value["parts"] = [_part_to_json(one) for one in part.parts]
    if isinstance(part, Media) and part.path is not None:
        value["path"] = os.path.abspath(part.path)
    return {"type": _NAMES[type(part)], **value}


def _message_from_json(value: dict[str, Any]) -> Message:
    return Message(value["role"], tuple(_part_from_json(part) for part in value["parts"]), value.get("name"))


def _part_from_json(value: dict[str, Any]) -> Any:
    kind = _PARTS[value["type"]]
    told = {name: content for name, content in value.items() if name != "type"}
    part = kind(**told)
    if isinstance(part, ToolResult):
        return replace(part, parts=tuple(_part_from_json(one) for one in told["parts"]))
    if isinstance(part, Reasoning):
        return replace(part, details=tuple(part.details))
    return part
