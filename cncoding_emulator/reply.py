"""What the stand-in says, before any wire: ordered segments plus how they are shaped and delivered."""

from __future__ import annotations

from dataclasses import dataclass, field

from .conditions import Condition
from .errors import Failure
from .wires import Json


@dataclass(frozen=True)
class Think:
    """A stretch of reasoning."""

    text: str
    signature: str | None = None


@dataclass(frozen=True)
class Say:
    """A stretch of visible text."""

    text: str


@dataclass(frozen=True)
class Call:
    """One tool call; ``arguments`` is the raw string that goes on the wire, valid JSON or not."""

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True)
class Pause:
    """Silence of so many seconds inside a stream (before the head of a whole reply)."""

    seconds: float


Segment = Think | Say | Call | Pause


@dataclass(frozen=True)
class Usage:
    """Token counts; ``completion`` includes ``reasoning`` and ``prompt`` includes ``cached``."""

    prompt: int
    completion: int
    reasoning: int = 0
    cached: int = 0

    @property
    def total(self) -> int:
        """Return prompt plus completion."""
        return self.prompt + self.completion


@dataclass(frozen=True)
class Shape:
    """Odd but seen forms of tool deltas and texts."""

    interleave: bool = False
    whole_args: bool = False
    args_dict: bool = False
    args_null: bool = False
    no_index: bool = False
    same_index: bool = False
    repeat_name: bool = False
    late_id: bool = False
    snapshot: bool = False
    start_repeats: bool = False
    dup_finish: bool = False
    no_done: bool = False
    dup_done: bool = False


@dataclass(frozen=True)
class Delivery:
    """What happens to the bytes on their way out.

    Attributes:
        delay: Seconds before the head.
        rate: Tokens a second, 0 for as fast as it goes.
    """

    delay: float = 0.0
    rate: float = 0.0
    split: int = 0
    cut_bytes: int | None = None
    cut_events: int | None = None
    clean_cut: bool = False
    keepalive: int = 0
    blank_lines: int = 0
    broken_json: bool = False
    html: bool = False
    empty: bool = False
    error: Failure | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Draft:
    """What the responder or a script decided, not yet numbered or counted.

    Attributes:
        when: A scripted reply serves requests that meet all of these.
        times: How many requests it serves; None for any number.
    """

    segments: tuple[Segment, ...]
    finish: str | None = None
    usage: Json = field(default_factory=dict)
    shape: Shape = Shape()
    delivery: Delivery = Delivery()
    fault: Failure | None = None
    when: tuple[Condition, ...] = ()
    times: int | None = 1


@dataclass(frozen=True)
class Turn:
    """A finished reply: a draft with ids, counts and a stop reason, ready for a wire."""

    id: str
    created: int
    model: str
    segments: tuple[Segment, ...]
    finish: str
    usage: Usage
    shape: Shape
    delivery: Delivery
    stop_sequence: str | None = None

    @property
    def reasoning(self) -> str:
        """Return all reasoning as one string."""
        return "".join(s.text for s in self.segments if isinstance(s, Think))

    @property
    def text(self) -> str:
        """Return all visible text as one string."""
        return "".join(s.text for s in self.segments if isinstance(s, Say))

    @property
    def calls(self) -> tuple[Call, ...]:
        """Return the tool calls in order."""
        return tuple(s for s in self.segments if isinstance(s, Call))

    @property
    def thought(self) -> bool:
        """Tell whether any reasoning segment is present, be it empty."""
        return any(isinstance(s, Think) for s in self.segments)

    @property
    def pause(self) -> float:
        """Return the seconds of silence that a whole reply spends before its head."""
        return sum(s.seconds for s in self.segments if isinstance(s, Pause))
