"""Fixture files: scripts, recordings, VCR cassettes and aimock files, read from a file or a folder, and watched.

``NAME.script`` holds replies in the script language, which serve any number of requests; ``kimi.script`` or
``kimi-NAME.script`` serves one vendor only. ``NAME.json`` is a recording or an aimock file, ``NAME.yaml`` a cassette.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from .conditions import Condition, read_condition
from .errors import Failure
from .exchanges import Exchange, read_cassette, read_exchange
from .personas import PERSONAS
from .replay import Replay
from .reply import Call, Delivery, Draft, Say, Segment, Think
from .script import ScriptError, parse
from .state import State

ENDINGS = (".script", ".json", ".yaml", ".yml")


@dataclass(frozen=True)
class Fixture:
    """What one file holds: replies, or recorded exchanges."""

    path: Path
    provider: str | None
    drafts: tuple[Draft, ...] = ()
    exchanges: tuple[Exchange, ...] = ()


def list_files(path: Path) -> list[Path]:
    """Return the fixture files at a path, a folder's in order of their names.

    Raises:
        ScriptError: There is nothing at the path.
    """
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.suffix in ENDINGS)
    if not path.exists():
        raise ScriptError("there is no such file or folder", source=str(path))
    return [path]


def read_fixture(path: Path) -> Fixture:
    """Read one file.

    Raises:
        ScriptError: It cannot be read; names file, and line and column where they are known.
    """
    text = path.read_text("utf-8")
    source = str(path)
    first = re.split(r"[-_.]", path.stem)[0]
    provider = first if first in PERSONAS else None
    if path.suffix == ".script":
        drafts = tuple(d if _has_times(text) else replace(d, times=None) for d in parse(text, source))
        return Fixture(path, provider, drafts)
    data = _read_json(text, source) if path.suffix == ".json" else _read_yaml(text, source)
    if isinstance(data, dict) and "fixtures" in data:
        return Fixture(path, provider, tuple(_read_aimock(data["fixtures"], source)))
    if isinstance(data, dict) and "interactions" in data:
        return Fixture(path, provider, (), tuple(read_cassette(data, source)))
    rows = data if isinstance(data, list) else [data]
    if not all(isinstance(row, dict) for row in rows):
        raise ScriptError("this is no recording, no cassette and no aimock file", source=source)
    return Fixture(path, provider, (), tuple(read_exchange(row, source) for row in rows))


def _has_times(text: str) -> bool:
    return bool(re.search(r"^times\b", text, re.M))


def _read_json(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ScriptError(error.msg, error.lineno, error.colno, source) from None


def _read_yaml(text: str, source: str) -> Any:
    try:
        yaml: Any = import_module("yaml")
    except ImportError:
        raise ScriptError("cassettes need PyYAML: pip install pyyaml", source=source) from None
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        raise ScriptError(str(getattr(error, "problem", None) or "no YAML"), line, column, source) from None


def _read_aimock(rows: Any, source: str) -> list[Draft]:
    """Read the fixtures of an aimock file; matching is by its rules, the first that fits answers."""
    if not isinstance(rows, list):
        raise ScriptError("fixtures must be a list", source=source)
    return [_read_aimock_row(row, f"fixture {number}", source) for number, row in enumerate(rows, 1)]


def _read_aimock_row(row: Any, where: str, source: str) -> Draft:
    match = row.get("match", {}) if isinstance(row, dict) else None
    response = row.get("response") if isinstance(row, dict) else None
    if not isinstance(match, dict) or not isinstance(response, dict):
        raise ScriptError(f"{where} wants a match and a response", source=source)
    unknown = match.keys() - AIMOCK_MATCH.keys()
    if unknown:
        known = ", ".join(AIMOCK_MATCH)
        raise ScriptError(f"{where}: match knows {known}, not {sorted(unknown)[0]!r}", source=source)
    conditions = tuple(AIMOCK_MATCH[name](value) for name, value in match.items())
    fault = None
    if isinstance(response.get("error"), dict):
        error = response["error"]
        status = response.get("status")
        fault = Failure(
            "server_error", message=error.get("message"), type=error.get("type"), code=error.get("code"),
            status=status if isinstance(status, int) else 500,
        )  # fmt: skip
    delay = row.get("latency", 0)
    return Draft(
        tuple(_read_aimock_segments(response, where, source)),
        finish=response.get("finishReason"),
        fault=fault,
        when=conditions,
        times=None,
        delivery=Delivery(delay=delay / 1000 if isinstance(delay, int | float) else 0.0),
    )


def _read_aimock_segments(response: dict[str, Any], where: str, source: str) -> list[Segment]:
    found: list[Segment] = []
    for name, make in (("reasoning", Think), ("content", Say)):
        if isinstance(response.get(name), str):
            found.append(make(response[name]))
    for call in response.get("toolCalls") or ():
        if not isinstance(call, dict) or not isinstance(call.get("name"), str):
            raise ScriptError(f"{where}: a tool call wants a name", source=source)
        arguments = call.get("arguments", {})
        text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        found.append(Call(call["name"], text, call.get("id") or ""))
    if not found and "error" not in response:
        raise ScriptError(f"{where}: response wants content, toolCalls or error", source=source)
    return found


def _match_user(value: Any) -> Condition:
    return Condition(f"userMessage {value}", lambda chat, provider: str(value) in chat.question)


def _match_call_id(value: Any) -> Condition:
    return Condition(
        f"toolCallId {value}", lambda chat, provider: any(m.answers == value for m in chat.messages[-1:])
    )  # fmt: skip


def _match_format(value: Any) -> Condition:
    return Condition(
        f"responseFormat {value}", lambda chat, provider: (chat.body.get("response_format") or {}).get("type") == value
    )


AIMOCK_MATCH: dict[str, Callable[[Any], Condition]] = {
    "userMessage": _match_user,
    "toolName": lambda value: read_condition(f"tool {value}"),
    "toolCallId": _match_call_id,
    "model": lambda value: Condition(f"model {value}", lambda chat, provider: chat.model == value),
    "responseFormat": _match_format,
    "sequenceIndex": lambda value: Condition(f"sequenceIndex {value}", nth=int(value) + 1),
}


class Fixtures:
    """The fixture files of one emulator."""

    def __init__(self, state: State, path: Path) -> None:
        self._state, self._path = state, path
        self._stamps: dict[Path, float] = {}
        self._loaded: dict[Path, Fixture] = {}

    def load(self) -> int:
        """Read every file and put its content to work; returns how many there are.

        Raises:
            ScriptError: A file cannot be read; what was loaded before stays.
        """
        paths = list_files(self._path)
        loaded = {path: read_fixture(path) for path in paths}
        for path in self._loaded:
            self._state.drop_fixture(str(path))
        self._loaded = loaded
        self._stamps = {path: path.stat().st_mtime for path in paths}
        for fixture in loaded.values():
            self._state.add_script(fixture.provider, list(fixture.drafts), str(fixture.path))
        exchanges = [
            one if one.vendor or fixture.provider is None else replace(one, vendor=fixture.provider)
            for fixture in loaded.values()
            for one in fixture.exchanges
        ]
        self._state.recordings = Replay(exchanges) if exchanges else None
        return len(loaded)

    def has_changed(self) -> bool:
        """Tell whether a file was added, taken away or written to."""
        try:
            return {path: path.stat().st_mtime for path in list_files(self._path)} != self._stamps
        except (OSError, ScriptError):
            return True

    def watch(self, tell: Callable[[str], None], stop: threading.Event, seconds: float = 0.25) -> None:
        """Load again whenever a file changes, until ``stop``; a mistake is told and the old content stays."""
        while not stop.wait(seconds):
            if not self.has_changed():
                continue
            try:
                tell(f"fixtures: {self.load()} files from {self._path}")
            except ScriptError as error:
                tell(f"fixtures: {error}")
                self._stamps = {p: p.stat().st_mtime for p in self._path.rglob("*") if p.suffix in ENDINGS}
