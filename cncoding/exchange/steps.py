"""Requests and replies as values, so that only `client/` knows an HTTP library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal, TypeAlias, get_args

from cncoding.budget import NamedBudget
from cncoding.exchange.forms import Form


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request that is ready to leave."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = None
    form: Form | None = None
    """Instead of `body`: its file is read while it is sent."""
    stream: bool = False
    repeatable: bool = True
    """False where a second try may cost money: such a request is never sent again once it may have arrived."""
    addresses: tuple[str, ...] = ()
    """Connect to the first of these that answers, whatever the name in `url` resolves to now (see `fetching.py`)."""
    plain: bool = False
    """A file of a host that is none of the vendor's: no header but these, and a packed body is refused."""
    field: str = "link"
    """The argument that a file was asked for, as errors name it."""
    max_bytes: int | None = None
    """Refuse a body larger than this."""
    timeout: float | None = None
    """Seconds without a byte before giving up; None is the client's own setting."""
    total: float | None = None
    """Seconds for the whole exchange; None is without end, but for the call's own deadline."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply. `body` is empty for a stream that is still open; `raw` is then the driver's handle on it."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = b""
    raw: Any = None

    @property
    def request_id(self) -> str | None:
        """The id that the vendor's support asks for, from the headers that vendors are known to use."""
        for name in _REQUEST_ID_HEADERS:
            if value := self.headers.get(name):
                return value
        return None


_REQUEST_ID_HEADERS = (
    "x-request-id",
    "request-id",
    "x-trace-id",
    "trace-id",
    "x-ds-trace-id",
    "minimax-request-id",
    "x-mm-request-id",
    "x-dashscope-request-id",
)


# ---------------------------------------------------------------- steps that a flow asks its driver to perform


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request; the driver answers with a `Reply` or throws a `TransportError` in."""

    request: Request


JITTER = 0.25
"""The part of a pause that chance may take away, so that callers do not come back together."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait this many seconds, up to a quarter less with `jitter`; the driver answers with None."""

    seconds: float
    jitter: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """Read on in an open reply; the driver answers with bytes, with none at the end, or throws an error in."""

    raw: Any
    """The driver's handle: `Reply.raw`."""
    patience: float | None = None
    """Seconds from the first step that has them, after which the exchange is over: it has told all that counts."""


@dataclass(frozen=True, slots=True)
class Resolve:
    """Look up a host name; the driver answers with the IP addresses, a tuple of str.

    The tuple is empty where only the proxy on the way knows the name.
    """

    host: str
    port: int
    scheme: str = "https"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """Read a local file of at most `max_bytes`; the driver answers with bytes."""

    path: str
    max_bytes: int
    skips: bool = False
    """Whether a larger file is answered with None; else the driver throws a `ConfigError` in."""


@dataclass(frozen=True, slots=True)
class Look:
    """Look at a local file; the driver answers with what `look` returns for it, open for reading."""

    path: str
    look: Callable[[BinaryIO], Any]


@dataclass(frozen=True, slots=True)
class ReadPdf:
    """Put a PDF into the parts of a message, see `pages/documents.py`; the driver answers with a tuple of them.

    It throws a `ConfigError` in for one that it cannot read.
    """

    data: bytes = field(repr=False)
    name: str | None
    sight: Literal["all", "wordless", "none"]
    """Which pages are shown as pictures."""


@dataclass(frozen=True, slots=True)
class Now:
    """Tell the time; the driver answers with seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class PartialFile:
    """The beginning of a medium whose connection was cut."""

    path: str
    size: int
    tag: str
    """The host's name of this version: `If-Range` gives the rest of no other."""
    error: Exception = field(compare=False)


@dataclass(frozen=True, slots=True)
class Save:
    """Write a medium into a folder; the driver answers with `Saved`, or with the `Reply` of a fetch that is no success.

    It goes to a temporary name first, is looked at, and gets its name in one move; an existing file is never replaced.
    """

    source: Request | bytes = field(repr=False)
    folder: str
    stem: str
    """Name without ending, free of everything that means something in a path."""
    look: Callable[[BinaryIO], tuple[str, Any]]
    """Returns the ending of the name and what the file is, or raises."""
    max_bytes: int
    part: PartialFile | None = None
    """What an earlier try left: the rest is asked for."""
    keep: bool = False
    """Whether a cut is answered with the `PartialFile`, if the rest can be asked for; else nothing is left."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A medium in its place."""

    path: str
    size: int
    found: Any
    """What `look` returned."""
    sha256: str | None = None
    modified: int | None = None
    """When it was last written, in nanoseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Compare:
    """Look whether a file is as it was saved; the driver answers with a bool.

    One of another size is not; one of another time is if its bytes are the same. What is None is not looked at.
    """

    path: str
    size: int | None
    modified: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Exists:
    """Look whether a file is there; the driver answers with a bool."""

    path: str


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell a listener something; the driver calls it, and awaits what it returns in an event loop."""

    listener: Callable[[Any], Any]
    event: Any


@dataclass(frozen=True, slots=True)
class Locate:
    """Find what a model named: the driver answers with a link, or with the path of a file in one of the folders.

    It throws a `ConfigError` in for a file elsewhere.
    """

    source: str
    folders: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Make a folder that can be written to; the driver answers with its path."""

    path: str | None = None
    """None makes one among the temporary files."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Make a small picture of a picture on disk; the driver answers with a `Media`."""

    path: str


@dataclass(frozen=True, slots=True)
class Examine:
    """Have a look at data that takes a while; the driver answers with what `look` returns for it."""

    data: str = field(repr=False)
    """Base64."""
    look: Callable[[BinaryIO], Any]


@dataclass(frozen=True, slots=True)
class ConvertPicture:
    """Write a picture in another type; the driver answers with Base64, the type, and how many frames there were.

    Only the first frame is kept. It throws a `ConfigError` in for one that cannot be converted here.
    """

    data: str = field(repr=False)
    """Base64."""
    to: str
    """Media type."""
    otherwise: str | None = None
    """Type to take if it is larger than `max_bytes` in the first one."""
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class WriteSidecar:
    """Write what is known of a medium beside it; the driver answers with None."""

    path: str
    """Of the medium; `.json` is added."""
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OpenCall:
    """Count a call against budgets before it leaves; the driver answers with its number.

    It throws a `BudgetSpentError` in where one of them is used up.
    """

    budgets: tuple[NamedBudget, ...]
    cost: tuple[float | None, str | None] | None = None
    """Estimated price and currency of a medium that is bought; None for what is no purchase."""


@dataclass(frozen=True, slots=True)
class CloseCall:
    """Write down what a counted call used, or take it back; the driver answers with None."""

    number: int
    tokens: int | None = None
    """None where the vendor does not tell."""
    counts: bool = False
    """False for a call that ran nothing."""


@dataclass(frozen=True, slots=True)
class JoinFiles:
    """Put files of sound behind one another as one file in a folder; the driver answers with `Saved`.

    It throws a `ProtocolError` in for files that cannot stand behind one another; nothing is left then.
    """

    paths: tuple[str, ...]
    media_type: str | None
    """Of all of them, where their bytes do not tell it."""
    folder: str
    stem: str
    look: Callable[[BinaryIO], tuple[str, Any]]
    max_bytes: int


@dataclass(frozen=True, slots=True)
class CopyFile:
    """Copy a medium into a folder; the driver answers with `Saved`. Nothing there is overwritten."""

    path: str
    folder: str
    stem: str
    look: Callable[[BinaryIO], tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove a file, or a folder with all that is in it, if it is there; answered with None."""

    path: str


class Recorded:
    """A step for the journal of purchases, see `media/journal.py`."""

    __slots__ = ()

    def __init_subclass__(cls, **given: Any) -> None:
        """Count every kind of it among the steps."""
        super().__init_subclass__(**given)
        STEPS.add(cls)


STEPS: set[type] = set()
"""The kinds of `Step`, which tell a step from an event."""


LocalStep: TypeAlias = (
    ReadFile
    | Look
    | ReadPdf
    | Compare
    | Exists
    | Locate
    | MakeFolder
    | Preview
    | ConvertPicture
    | Examine
    | WriteSidecar
    | JoinFiles
    | CopyFile
    | Drop
    | OpenCall
    | CloseCall
    | Recorded
)
"""Steps that need this machine alone."""
Step: TypeAlias = Send | Read | Sleep | Resolve | Now | Save | Tell | LocalStep
STEPS |= set(get_args(Step))
