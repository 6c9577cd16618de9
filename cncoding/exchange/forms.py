"""A form with one file in it, in two pieces around bytes that are read while they are sent (RFC 7578)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and a file, which comes last: object stores ignore what follows it."""

    fields: Mapping[str, str] = field(repr=False)
    name: str
    """Of the file, without its folder."""
    media_type: str
    source: str | bytes = field(repr=False)
    """A path, or the bytes."""
    field: str = "file"

    def frame(self, boundary: str) -> tuple[bytes, bytes]:
        """Return what stands before and behind the bytes of the file."""
        mark = f"--{boundary}"
        rows = [
            f'{mark}\r\nContent-Disposition: form-data; name="{_quote(name)}"\r\n\r\n{value}\r\n'
            for name, value in self.fields.items()
        ]
        disposition = f'form-data; name="{_quote(self.field)}"; filename="{_quote(self.name)}"'
        rows.append(f"{mark}\r\nContent-Disposition: {disposition}\r\nContent-Type: {self.media_type}\r\n\r\n")
        return "".join(rows).encode(), f"\r\n{mark}--\r\n".encode()


def _quote(text: str) -> str:
    """Return a name as browsers write it between quotes (HTML, multipart/form-data encoding algorithm)."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def base_name(path: str) -> str:
    """Return the name of a file without its folder, which is nobody's business."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2] or "file"
