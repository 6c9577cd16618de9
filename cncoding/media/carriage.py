"""How inputs reach a model, as data: within the request, as a link, or as a file that the vendor keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cncoding.evidence import Source
from cncoding.types import MediaKind

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Carriage:
    """How the inputs of a route reach it, and how large they may be. Sizes are bytes of the files."""

    inline: Mapping[MediaKind, int]
    """The most that goes into a request, by kind; a kind that is missing here never does."""
    source: Source
    together: int | None = None
    """The most of all that goes into one request; None where the page names none."""
    most: Mapping[MediaKind, int] = field(default_factory=dict)
    """Of one input, however it comes."""
    uploads: bool = False
    """Whether the vendor keeps files for it."""
    purpose: str | None = None
    """Of such a file, where the vendor asks."""
    scheme: str | None = None
    """Of the vendor's own links, for example `oss`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Of a request that names such a link."""
    ids: bool = False
    """Whether the id of a file names it, too."""
    links: bool = True
    """Whether the vendor fetches http(s) links."""

    def describe(self) -> str:
        """Return how inputs travel, in words."""
        within = ", ".join(f"{kind} of {show_size(size)}" for kind, size in self.inline.items())
        whole = f"; {show_size(self.together)} together" if self.together is not None else ""
        most = ", ".join(f"{kind} of {show_size(size)}" for kind, size in self.most.items())
        kept = "larger ones as files of the vendor" if self.inline else "as files of the vendor, never in the request"
        bits = [
            *([f"in the request: {within}{whole}"] if self.inline else []),
            *([kept] if self.uploads else []),
            *([f"at most {most}"] if most else []),
            *([] if self.links else ["no links"]),
        ]
        return "; ".join(bits)


def show_size(size: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{size / MIB:.1f}".removesuffix(".0") + " MB" if size >= MIB else f"{-(-size // 1024)} KB"
