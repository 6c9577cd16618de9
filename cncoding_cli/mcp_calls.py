"""Which calls of an MCP client are one and the same, so that a client that asks again does not pay again.

The protocol has no name for a call that outlives its request: the number of the request is new when a client asks
again, and the progress token with it. So a purchase is known by the first of these:

* the name that the client or its model gave the call: in `_meta`, or as the argument `purchase_id`;
* the session and the number of the request, which a client may use once only;
* its words, as long as no answer to an earlier call with the same words has reached anybody.

A call that the client gives up goes on in the server: it was paid for.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from cncoding import CallIdentity, ConfigError, MediaToolOutcome, Source

PURCHASE_ID = "purchase_id"
"""The argument by which a model names a purchase."""
OWN_NAME = "cncoding/purchase"
CALL_NAMES: Mapping[str, Source] = {
    OWN_NAME: Source("documented", "docs/cli.md of this project", "2026-10"),
    "io.modelcontextprotocol/idempotency-key": Source(
        "inferred",
        "demonstration of the proposal for idempotent calls (SEP-3182, closed without a decision)",
        "2026-08",
    ),
    "claudecode/toolUseId": Source(
        "inferred", "what servers of several public repositories read of Claude Code's calls", "2026-08"
    ),
}
"""Keys of `_meta` that name a call, best first."""

_THREAD = "mcp"
"""The conversation of all MCP calls with this journal: what is of unknown outcome is not bought again by its words."""
_PROCESS = uuid.uuid4().hex
_LONGEST = 200
_KNOWN, _LOST = 256, 64
_SCHEMA = {
    "type": "string",
    "maxLength": _LONGEST,
    "description": "A name of your own for this purchase, such as fox-1. If no answer comes, ask again with the same "
    "name and arguments, and nothing is paid twice.",
}


@dataclass(frozen=True)
class Asked:
    """A call of a tool that buys."""

    tool: str
    arguments: Mapping[str, Any]
    name: str | None
    """Of the call; None where nothing names it."""

    @property
    def words(self) -> str:
        """What is asked for, whoever asks."""
        return json.dumps([self.tool, self.arguments], ensure_ascii=True, sort_keys=True, default=repr)


def read_call(tool: str, arguments: Mapping[str, Any], meta: Mapping[str, Any], request: str | None) -> Asked:
    """Find out which call it is.

    Args:
        tool: Its name as the client knows it.
        arguments: As they came.
        meta: The request's `_meta`.
        request: Session and number of the request, None where they are not its own.

    Raises:
        ConfigError: A name is no name.
    """
    given = {name: value for name, value in arguments.items() if name != PURCHASE_ID}
    named = {
        key: meta[key] for key in CALL_NAMES if isinstance(meta.get(key), str) or (key == OWN_NAME and key in meta)
    }
    if arguments.get(PURCHASE_ID) is not None:
        named = {PURCHASE_ID: arguments[PURCHASE_ID], **named}
    for key, value in named.items():
        if not (isinstance(value, str) and 0 < len(value.strip()) <= _LONGEST):
            raise ConfigError(f"{key}: is no text of 1 to {_LONGEST} characters; nothing was bought")
        return Asked(tool, given, f"{key}:{value.strip()}")
    return Asked(tool, given, None if request is None else f"{_PROCESS}:{request}")


def describe_name() -> dict[str, Any]:
    """Return the JSON Schema of the argument that names a purchase."""
    return dict(_SCHEMA)


Report: TypeAlias = Callable[[str], Awaitable[None]]
"""Tells the client how far a call is."""


@dataclass(eq=False)
class Call:
    """A purchase that was asked for."""

    asked: Asked
    identity: CallIdentity
    report: Report | None
    is_gone: Callable[[], Awaitable[bool]]
    """Tells whether the client that waits for it has hung up."""
    is_asking: bool = False
    """Whether it waits for a person's word; nothing is bought yet."""
    task: asyncio.Task[MediaToolOutcome] = field(init=False)

    @property
    def is_running(self) -> bool:
        """Tell whether it is not over yet."""
        return not self.task.done()

    @property
    def is_good(self) -> bool:
        """Tell whether it is over and has an answer."""
        return self.task.done() and not self.task.cancelled() and self.task.exception() is None


class Calls:
    """The purchases that the clients of this server asked for.

    Args:
        remember: Whether answers are kept here, because there is no journal to ask.
    """

    def __init__(self, *, remember: bool) -> None:
        self._remember = remember
        self._known: OrderedDict[tuple[str, str], Call] = OrderedDict()
        self._waited: list[Call] = []
        self._lost: list[Call] = []

    async def answer(
        self,
        asked: Asked,
        work: Callable[[Call], Awaitable[MediaToolOutcome]],
        report: Report,
        is_gone: Callable[[], Awaitable[bool]],
    ) -> MediaToolOutcome:
        """Buy what is asked for, or wait for the same call of before.

        Args:
            asked: The call.
            work: Buys it.
            report: Hears of its progress.
            is_gone: Tells whether the client has hung up.

        Raises:
            CncodingError: As `work` raises.
        """
        known = await self._find(asked)
        if joined := known is not None and (known.is_running or (self._remember and known.is_good)):
            assert known is not None
            call, call.report, call.is_gone = known, report, is_gone
        else:
            identity = CallIdentity(_THREAD, asked.name or uuid.uuid4().hex) if known is None else known.identity
            call = Call(asked, identity, report, is_gone)
            call.task = asyncio.ensure_future(work(call))
            call.task.add_done_callback(_hear)
        self._keep(asked, call)
        return _say_again(await self._wait(call)) if joined else await self._wait(call)

    async def _wait(self, call: Call) -> MediaToolOutcome:
        self._waited.append(call)
        try:
            outcome = await asyncio.shield(call.task)
        except asyncio.CancelledError:
            self._lose(call)
            raise
        finally:
            self._waited.remove(call)
        if await call.is_gone():
            self._lose(call)
        return outcome

    async def _find(self, asked: Asked) -> Call | None:
        """Return the call that this one repeats; None if it is new."""
        if known := self._known.get((asked.name or "", asked.words)):
            return known
        for one in tuple(self._waited):
            if one.asked.words == asked.words and await one.is_gone():
                return one
        lost = next((one for one in self._lost if one.asked.words == asked.words), None)
        if lost is not None:
            self._lost.remove(lost)
        return lost

    def _keep(self, asked: Asked, call: Call) -> None:
        if asked.name is not None:
            self._known[asked.name, asked.words] = call
            while len(self._known) > _KNOWN:
                self._known.popitem(last=False)

    def _lose(self, call: Call) -> None:
        """Note that nobody heard the answer; who is no longer there cannot be asked whether to buy."""
        call.report = None
        if call.is_asking:
            call.task.cancel()
        elif call not in self._lost:
            self._lost = [*self._lost, call][-_LOST:]


def _hear(task: asyncio.Task[MediaToolOutcome]) -> None:
    """Look at how a call ended, also one that nobody waits for any more."""
    if not task.cancelled():
        task.exception()


def _say_again(outcome: MediaToolOutcome) -> MediaToolOutcome:
    note = "It had been asked for before by a call whose answer was lost, or by the same name; nothing more was paid."
    return MediaToolOutcome(f"{outcome.text}\n{note}", outcome.artifact, outcome.assets, outcome.previews)
