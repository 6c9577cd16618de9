"""How a vendor keeps files for requests that they are too large for, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cncoding.errors import ConfigError
from cncoding.evidence import Source
from cncoding.exchange.forms import Form
from cncoding.media.carriage import show_size
from cncoding.media.inspection import Facts
from cncoding.media.routes import Base, Draft
from cncoding.types import JsonObject

_TYPES: Mapping[str, frozenset[str]] = {
    "mp3": frozenset({"audio/mpeg"}), "wav": frozenset({"audio/wav"}), "m4a": frozenset({"audio/mp4", "video/mp4"}),
    "mp4": frozenset({"video/mp4"}), "mov": frozenset({"video/quicktime"}), "avi": frozenset({"video/x-msvideo"}),
    "mkv": frozenset({"video/webm"}),
}  # fmt: skip
"""What the bytes of a format look like; an MPEG-4 sound may begin as a film does."""


@dataclass(frozen=True, slots=True)
class VendorFile:
    """A file that a vendor keeps for this key."""

    id: str
    """Empty where the vendor names a link and nothing else."""
    name: str
    provider: str
    purpose: str | None = None
    size: int | None = None
    """Bytes."""
    created_at: float | None = None
    """Seconds since the epoch."""
    expires_at: float | None = None
    """When the vendor forgets it, by its page."""
    url: str | None = None
    """The vendor's own link, which its inputs take: `oss://...`, `mm_file://...`."""
    raw: JsonObject = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be uploaded."""

    form: Form
    """Without fields."""
    size: int
    purpose: str | None
    model: str | None
    """The one that will be given the file, where the vendor binds the two."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where else the file goes, with what fields: a store of objects, which gets no key."""

    url: str
    form: Form
    file: VendorFile
    """As it will be."""
    most: int | None = None
    """Bytes that the store takes now."""


@dataclass(frozen=True, slots=True)
class FileRule:
    """What a vendor takes for a purpose."""

    formats: tuple[str, ...] = ()
    """Endings without the dot; empty for any."""
    most: int | None = None
    """Bytes."""
    least_seconds: float = 0.0
    most_seconds: float | None = None
    source: Source | None = None

    def check(
        self, purpose: str, name: str, size: int, facts: Facts | None, fault: str | None = None, argument: str = "file"
    ) -> None:
        """Refuse what the vendor would refuse.

        Args:
            purpose: For the text.
            name: Of the file.
            size: Bytes.
            facts: What its bytes are, None if they tell nothing.
            fault: Why its length cannot be read, None if it can.
            argument: What the user named it by.

        Raises:
            ConfigError: With the rule and its page.
        """
        source = f" ({self.source})" if self.source else ""
        if self.most is not None and size > self.most:
            raise ConfigError(
                f"{argument}: {name} has {show_size(size)}; {purpose} takes {show_size(self.most)}{source}"
            )
        kind = facts.media_type if facts is not None else None
        if self.formats and not any(_fits(one, kind, name) for one in self.formats):
            found, takes = kind or "of an unknown type", ", ".join(self.formats)
            raise ConfigError(f"{argument}: {name} is {found}; {purpose} takes {takes}{source}")
        if fault is not None and self.most_seconds is not None:
            raise ConfigError(f"{argument}: {name}: {fault}")
        seconds = facts.duration if facts is not None else None
        if seconds is not None and not self.least_seconds <= seconds <= (self.most_seconds or seconds):
            raise ConfigError(f"{argument}: {name} is {seconds:.1f} s long; {purpose} takes {self._span}{source}")

    @property
    def _span(self) -> str:
        return f"{self.least_seconds:g} to {self.most_seconds:g} s" if self.most_seconds else "more"

    def describe(self) -> str:
        """Return the rule in words."""
        bits = [", ".join(self.formats)] if self.formats else []
        if self.most is not None:
            bits.append(f"at most {show_size(self.most)}")
        if self.most_seconds is not None:
            bits.append(self._span)
        return "; ".join(bits) or "anything"


def _fits(form: str, kind: str | None, name: str) -> bool:
    """Tell whether a file is of a format: by its bytes, where those of the format tell, else by its name."""
    types = _TYPES.get(form)
    if types is None or (form == "m4a" and kind == "video/mp4"):
        return name.rpartition(".")[2].lower() == form
    return kind in types


@dataclass(frozen=True, slots=True)
class FileRoute:
    """How one vendor takes, lists and forgets files."""

    name: str
    base: Base
    purposes: Mapping[str, FileRule]
    """What files may be for; empty where the vendor wants a model instead."""
    upload: Callable[[Wanted], Draft]
    read: Callable[[JsonObject, Wanted], VendorFile | Ticket]
    list: Callable[[str], Draft] | None = None
    """Gets a purpose."""
    listed: tuple[str, ...] = ()
    """Purposes that are asked for one after the other where none is named."""
    read_list: Callable[[JsonObject], tuple[VendorFile, ...]] | None = None
    delete: Callable[[VendorFile], Draft] | None = None
    content: Callable[[str], Draft] | None = None
    """Gets an id; the reply is the bytes."""
    rule: FileRule = field(default_factory=FileRule)
    """Of every file."""
    kept: float | None = None
    """Seconds that a file is kept."""
    where: str = ""
    """What the user is told of where the file is then."""
    source: Source | None = None
