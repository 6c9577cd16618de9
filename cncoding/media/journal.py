"""What is remembered of every purchase, so that nothing is paid twice or lost when a process dies.

Values and steps only; `client/journal.py` keeps them on disk. A purchase goes through these states:

* `intended`: written before the request leaves. Found without a living owner, it is of unknown outcome.
* `submitted`: the vendor gave a job. `done`, `failed`, `cancelled`: it is over.
* `refused`: the vendor certainly did not take it; it may be bought anew. `unconfirmed`: nobody knows.
* `waiting`: inputs are uploaded, or the vendor is busy and took nothing of it; it is about to be asked.
* `released`: nobody knows, and a person said that it may be bought anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from cncoding.errors import ConfigError
from cncoding.exchange.retry import Flow
from cncoding.exchange.steps import Recorded
from cncoding.media.prices import Estimate
from cncoding.media.values import Asset, MediaJob, MediaRequest
from cncoding.media.voices import VoiceRequest
from cncoding.types import JsonObject, Media

PurchaseState: TypeAlias = Literal[
    "intended", "waiting", "submitted", "done", "failed", "cancelled", "refused", "unconfirmed", "released"
]
INTERRUPTED = "interrupted"
"""The error of a purchase whose wait was broken off by Ctrl-C or a cancelled task; its job goes on."""
OPEN: frozenset[str] = frozenset({"intended", "waiting", "submitted", "unconfirmed"})
"""States in which something may still have to be paid or fetched."""

REUSED = ("done", "submitted", "intended", "waiting")
"""States of a purchase that serves the same request of another call: it is made, or somebody is about it."""


@dataclass(frozen=True, slots=True)
class CallIdentity:
    """Which call of which conversation asks; the same call asked again buys nothing."""

    thread: str
    """A conversation that outlives its process, such as a LangGraph thread."""
    call: str
    """The tool call in it."""

    def piece(self, number: int) -> CallIdentity:
        """Return the name of one of several purchases that the call makes; they count from 0."""
        return CallIdentity(self.thread, f"{self.call}#{number + 1}")


@dataclass(frozen=True, slots=True)
class Purchase:
    """One medium that was asked for. It holds no key."""

    handle: str
    """Short name by which a model or a person asks for it: `video-3fa9c1d2`."""
    digest: str
    """Of everything that decides what is made."""
    provider: str
    endpoint: str
    kind: str
    model: str | None
    prompt: str
    state: PurchaseState = "intended"
    thread: str | None = None
    call: str | None = None
    job: MediaJob | None = None
    assets: tuple[Asset, ...] = ()
    """With the files, once they are saved."""
    usage: JsonObject = field(default_factory=dict)
    raw: JsonObject = field(default_factory=dict, repr=False)
    """The vendor's reply with the result, without its longest texts; where several calls filled an order,
    `calls` lists theirs."""
    error: str | None = None
    created_at: float = 0.0
    """Seconds since the epoch."""
    cost: float | None = None
    """What it was estimated to cost, None where no price is known."""
    currency: str | None = None
    owner: str | None = None
    """The process that works on it now."""
    priced_by: str | None = None
    """Page and date of the price."""
    route: str | None = None
    """Name of the route that was asked; None in journals of older versions."""
    kept_in: str | None = None
    """Path of the journal that holds it, where it was found in another one; never told, never taken from outside."""
    note: str | None = None
    """What a person should know of it, for example that it was found in the vendor's list."""
    pieces: int | None = None
    """Of an order that is made in pieces, how many; each is a purchase of its own, and the order itself is none."""
    part_of: str | None = None
    """Of such a piece, the handle of its order."""

    @property
    def identity(self) -> CallIdentity | None:
        """Whose call it is, None for a call without a name."""
        return CallIdentity(self.thread, self.call) if self.thread is not None and self.call is not None else None

    @property
    def price(self) -> Estimate:
        """What it was estimated to cost."""
        return Estimate(self.cost, self.currency, self.priced_by or "no published price was read")

    def to_json(self) -> JsonObject:
        """Return plain JSON for people and programs: files and links, never bytes."""
        return {
            "handle": self.handle,
            "state": self.state,
            "provider": self.provider,
            "endpoint": self.endpoint,
            "kind": self.kind,
            "model": self.model,
            "prompt": self.prompt,
            "thread": self.thread,
            "call": self.call,
            "created_at": self.created_at,
            "cost": self.cost,
            "currency": self.currency,
            "priced_by": self.priced_by,
            "job": None if self.job is None else replace(self.job, assets=None).to_json(),
            "assets": [asset.to_json(with_data=False) for asset in self.assets],
            "usage": self.usage,
            "raw": self.raw,
            "error": self.error,
            "note": self.note,
            "pieces": self.pieces,
            "part_of": self.part_of,
        }


_LONGEST = 2000
"""Characters of a text of a vendor's reply that is kept; media in Base64 are longer, links and prompts are not."""


def shorten_reply(value: Any) -> Any:
    """Return a vendor's reply as it is kept: in place of a text that is too long, how long it is."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"({len(value)} characters)"
    if isinstance(value, dict):
        return {name: shorten_reply(one) for name, one in value.items()}
    return [shorten_reply(one) for one in value] if isinstance(value, list) else value


def digest_of(request: MediaRequest, provider: str, root: str) -> str:
    """Return a digest of everything that decides what is made, and where."""
    parts: JsonObject = {
        "provider": provider,
        "root": root,
        "kind": request.kind,
        "prompt": request.prompt,
        "model": request.model,
        "inputs": [_digest_input(one) for one in request.inputs],
        "settings": {name: _plain(getattr(request, name)) for name in _SETTINGS} | _list_newer(request),
    }
    if isinstance(request, VoiceRequest):
        parts["voice"] = [request.preview, request.transcript]
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


_SETTINGS = (
    "size", "resolution", "n", "duration", "negative_prompt", "seed", "watermark", "voice", "format", "speed",
    "as_task", "options", "extra",
)  # fmt: skip


def _list_newer(request: MediaRequest) -> dict[str, object]:
    """Return settings that older versions did not have, if they are used: the digest of other requests stays."""
    return {} if request.subtitles is None else {"subtitles": request.subtitles}


def _digest_input(media: Media) -> list[object]:
    data = hashlib.sha256(media.data.encode()).hexdigest() if media.data is not None else None
    return [media.kind, media.url, media.path, data, _plain(media.options)]


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


# ---------------------------------------------------------------- steps


@dataclass(frozen=True, slots=True)
class Limit:
    """A budget as the journal counts it."""

    calls: int | None = None
    amount: float | None = None
    currency: str | None = None
    since: float | None = None
    thread: str | None = None
    ahead: int = 0
    """Purchases of the same order that follow: what cannot be finished is not begun."""
    ahead_cost: float | None = 0.0
    """What those cost."""


@dataclass(frozen=True, slots=True)
class OpenPurchase(Recorded):
    """Write an intent, or return what is known of the same call already, in one transaction.

    The driver answers with `(purchase, mine)`: `mine` is False where another living process works on it.
    """

    purchase: Purchase
    again: bool = False
    """Whether an unconfirmed purchase of the same call is left aside, because a person said so."""
    limit: Limit | None = None
    """How much may have been spent before this; the driver throws a `BudgetExceededError` in beyond it."""
    reuse: bool = False
    """Whether the same request of another call will do, made or about to be."""
    gone: tuple[str, ...] = ()
    """Handles of those that will not: their files cannot be had any more."""


@dataclass(frozen=True, slots=True)
class RecordPurchase(Recorded):
    """Write how a purchase stands; the driver answers with None."""

    purchase: Purchase


@dataclass(frozen=True, slots=True)
class MakePieceFolder(Recorded):
    """Make the folder beside the journal in which the pieces of an order lie; the driver answers with its path."""

    handle: str


Scope: TypeAlias = Literal["here", "anywhere", "everywhere"]


@dataclass(frozen=True, slots=True)
class FindPurchases(Recorded):
    """Look purchases up, newest first; the driver answers with a tuple of `Purchase`."""

    handle: str | None = None
    digest: str | None = None
    states: Iterable[str] = ()
    provider: str | None = None
    since: float | None = None
    thread: str | None = None
    scope: Scope = "here"
    """`anywhere`: the user's other journals are looked into where this one knows nothing; `everywhere`: always."""


JournalStep: TypeAlias = OpenPurchase | RecordPurchase | FindPurchases | MakePieceFolder


def record(purchase: Purchase) -> Flow[Purchase]:
    """Write how a purchase stands that was paid for, and return it.

    What cannot be written is said in its note and stops nothing: the money is spent, and what was made for it counts.
    """
    try:
        yield RecordPurchase(purchase)
    except ConfigError as error:
        return replace(purchase, note=f"{purchase.note}; {error}" if purchase.note else str(error))
    return purchase


def find_purchases(step: FindPurchases) -> Flow[tuple[Purchase, ...]]:
    """Look purchases up."""
    found: tuple[Purchase, ...] = yield step
    return found
