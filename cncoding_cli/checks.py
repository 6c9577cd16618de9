"""What `cncoding doctor PROVIDER` looks at, one after the other: first what costs nothing, then small questions."""

from __future__ import annotations

import base64
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

import httpx

from cncoding import Client, CncodingError, ConfigError, Media, ThinkingSupport, Tool, user
from cncoding.hints.find import meaning, remedy
from cncoding_cli.secrets import scrub

State = Literal["ok", "warning", "failed", "skipped"]
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_CLOCK = 60.0
"""Seconds that a clock may be off: a signed or dated request is refused beyond minutes."""
PAID = 4
"""Small questions that are asked: one token, a stream, a tool, a picture."""
TOKENS = 2500
"""About so many tokens they take together, thinking included."""


@dataclass(frozen=True)
class Finding:
    """How one thing stands."""

    name: str
    state: State
    detail: str
    remedy: str = ""


def examine(client: Client, *, paid: bool) -> Iterator[Finding]:
    """Look at everything of one client; with `paid`, also ask the model."""
    yield _find_key(client)
    yield _find_proxy(client)
    yield from _reach(client)
    yield _find_identity(client)
    listed = _try("models", lambda: _list_models(client))
    yield listed
    why = _find_obstacle(listed)
    yield Finding("quota", "skipped", why) if why == _UNREACHED else _try("quota", lambda: _read_quota(client))
    questions: tuple[tuple[str, Callable[[Client], str]], ...] = (
        ("answer", _ask), ("streaming", _stream), ("tools", _call_tool), ("vision", _look),
    )  # fmt: skip
    for name, question in questions:
        if why or not paid:
            yield Finding(name, "skipped", why or "not asked; --yes asks it")
        else:
            yield _try(name, lambda question=question: question(client))  # type: ignore[misc]  # bound now, not later


_UNREACHED = "nobody answers there"


def _find_obstacle(listed: Finding) -> str:
    """Return why nothing else needs to be tried, empty if it does."""
    if listed.state == "failed" and "ConnectFailedError" in listed.detail:
        return _UNREACHED
    return "the key was refused" if listed.state == "failed" and "AuthenticationError" in listed.detail else ""


def _try(name: str, look: Callable[[], str]) -> Finding:
    try:
        detail = look()
    except _Missing as nothing:
        return Finding(name, "skipped", str(nothing))
    except ConfigError as error:
        return Finding(name, "skipped", scrub(str(error)))
    except CncodingError as error:
        advice = remedy(type(error))
        said = scrub(f"{type(error).__name__} ({meaning(type(error))}): {error}")
        return Finding(name, "failed", said, str(advice or ""))
    return Finding(name, "ok", detail)


class _Missing(Exception):
    """There is nothing to look at."""


# ---------------------------------------------------------------- at no cost


def _find_key(client: Client) -> Finding:
    return Finding("key", "ok", f"there is one, of the form that endpoint {client.endpoint_name!r} takes")


def _find_proxy(client: Client) -> Finding:
    told = [name for name in _PROXIES if os.environ.get(name) or os.environ.get(name.lower())]
    host = urlsplit(client.base_url).hostname or ""
    if not told:
        return Finding("proxy", "ok", "none")
    spared = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    if host and any(part.strip() and host.endswith(part.strip().lstrip(".")) for part in spared.split(",")):
        return Finding("proxy", "ok", f"{', '.join(told)}, not for {host} (NO_PROXY)")
    return Finding(
        "proxy", "warning", f"requests go through {', '.join(told)}", "NO_PROXY names hosts that go directly"
    )


def _reach(client: Client) -> Iterator[Finding]:
    """Ask for the head of the vendor's page, without the key, and compare its clock with ours."""
    parts = urlsplit(client.base_url)
    try:
        reply = httpx.head(f"{parts.scheme}://{parts.netloc}/", timeout=10, follow_redirects=False)
    except httpx.HTTPError as error:
        why = f"{parts.hostname}: {type(error).__name__}: {error}"
        yield Finding("reachable", "failed", why, "check the network, the proxy and base_url")
        return
    yield Finding("reachable", "ok", f"{parts.hostname} answers")
    try:
        theirs = parsedate_to_datetime(reply.headers.get("date", ""))
    except (TypeError, ValueError):
        yield Finding("clock", "skipped", "the vendor does not tell the time")
        return
    off = (datetime.now(timezone.utc) - theirs).total_seconds()
    state: State = "ok" if abs(off) < _CLOCK else "warning"
    yield Finding(
        "clock", state, f"{off:+.0f} s from the vendor's", "" if state == "ok" else "set the clock of this machine"
    )


def _find_identity(client: Client) -> Finding:
    agent = client.target.headers.get("User-Agent", "")
    own = agent.startswith("cncoding/")
    note = "" if own else "Kimi's rules since 2026-06 call a false client identity a violation"
    return Finding("identity", "ok" if own else "warning", f"User-Agent: {agent}", note)


def _list_models(client: Client) -> str:
    listed = client.models()
    names = [one.id for one in listed]
    told = all(one.listed for one in listed)
    if client.model in names:
        return f"{len(names)} {'listed' if told else 'known, the endpoint lists none'}, {client.model} among them"
    return f"{len(names)} listed; {client.model} is not, which does not mean that it is refused"


def _read_quota(client: Client) -> str:
    found = client.quota()
    windows = [f"{one.name}: {_describe_left(one.remaining_ratio, one.remaining)}" for one in found.windows]
    balances = [f"{one.total:g} {one.currency}" for one in found.balances]
    return ", ".join([*windows, *balances]) or "nothing is told"


def _describe_left(ratio: float | None, remaining: float | None) -> str:
    if ratio is not None:
        return f"{ratio:.0%} left"
    return "?" if remaining is None else f"{remaining:g} left"


# ---------------------------------------------------------------- small questions


def _spare(client: Client) -> bool | None:
    """Return the thinking switch that costs least: off where the model can stop."""
    support = client.card().thinking
    return False if isinstance(support, ThinkingSupport) and support.can_disable else None


def _ask(client: Client) -> str:
    reply = client.chat("Answer with the word ok.", max_tokens=512, thinking=_spare(client))
    tokens = reply.usage.total if reply.usage else None
    return f"{reply.model or client.model} answers" + (f" ({tokens} tokens)" if tokens else "")


def _stream(client: Client) -> str:
    pieces = 0
    with client.stream("Count from 1 to 5.", max_tokens=512, thinking=_spare(client)) as reply:
        for _ in reply:
            pieces += 1
    return f"{pieces} events"


def _call_tool(client: Client) -> str:
    if not client.card().tools:
        raise _Missing(f"{client.model} takes no tools")
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = Tool("get_weather", "Tell the weather of a city.", schema)
    reply = client.chat("What is the weather in Beijing? Use the tool.", tools=[tool], thinking=_spare(client))
    if not reply.tool_calls:
        return "taken; this time the model answered in words"
    return f"calls {reply.tool_calls[0].name} {reply.tool_calls[0].arguments}"


def _look(client: Client) -> str:
    if "image" not in client.card().input:
        raise _Missing(f"{client.model} reads no images")
    picture = Media("image", data=base64.b64encode(_draw()).decode("ascii"), media_type="image/png")
    reply = client.chat([user("Which colour is this? One word.", picture)], max_tokens=512, thinking=_spare(client))
    return f"it sees: {reply.text.strip()[:60]}"


def _draw() -> bytes:
    """Draw a red square of 32 x 32 pixels as PNG; some vendors refuse fewer pixels."""
    rows = b"".join(b"\0" + b"\xff\0\0" * 32 for _ in range(32))
    chunks = (b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    data = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + data


def explain_refusal(error: ConfigError) -> Finding:
    """Say why no client can be made."""
    return Finding("key", "failed", scrub(str(error)))
