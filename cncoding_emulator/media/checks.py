"""Checks of request fields; each vendor lends its own words for what is missing and what is wrong."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .. import vision
from ..errors import Refused
from ..request import Picture
from ..wires import Json

SIZE = re.compile(r"(\d{1,5})([x*])(\d{1,5})")


@dataclass(frozen=True)
class Form:
    """A request body under examination.

    Attributes:
        missing: Makes the refusal for an absent field.
        wrong: Makes the refusal for a field, given its name and why.
    """

    data: Json
    missing: Callable[[str], Refused]
    wrong: Callable[[str, str], Refused]

    def text(self, name: str, longest: int | None = None, *, required: bool = False) -> str:
        """Return a string field, "" when it is absent."""
        value = self.data.get(name)
        if value is None or value == "":
            if required:
                raise self.missing(name)
            return ""
        if not isinstance(value, str):
            raise self.wrong(name, "must be a string")
        if longest is not None and len(value) > longest:
            raise self.wrong(name, f"length must be less than or equal to {longest}")
        return value

    def number(
        self, name: str, low: float, high: float, default: Any = None, *, whole: bool = False, open_low: bool = False
    ) -> Any:
        """Return a number in a range."""
        value = self.data.get(name)
        if value is None:
            return default
        good = isinstance(value, int) if whole else isinstance(value, int | float)
        if isinstance(value, bool) or not good or not low <= value <= high or (open_low and value == low):
            raise self.wrong(name, f"must be in {'(' if open_low else '['}{low:g}, {high:g}]")
        return value

    def one_of(self, name: str, values: Sequence[Any], default: Any = None) -> Any:
        """Return a value of a closed list."""
        value = self.data.get(name)
        if value is None:
            return default
        if isinstance(value, bool) != isinstance(values[0], bool) or value not in values:
            raise self.wrong(name, f"must be one of {', '.join(map(str, values))}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean."""
        value = self.data.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.wrong(name, "must be a boolean")
        return value

    def table(self, name: str) -> Json:
        """Return an object field, {} when it is absent."""
        value = self.data.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong(name, "must be an object")
        return value

    def array(self, name: str, most: int) -> list[Any]:
        """Return a list field, [] when it is absent."""
        value = self.data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            raise self.wrong(name, f"must be a list of at most {most}")
        return value

    def inner(self, name: str) -> Form:
        """Return the form of an object field, with full names in refusals."""
        return Form(
            self.table(name), lambda n: self.missing(f"{name}.{n}"), lambda n, why: self.wrong(f"{name}.{n}", why)
        )

    def size(self, name: str, mark: str) -> tuple[int, int] | None:
        """Return width and height written with ``mark`` between them."""
        value = self.data.get(name)
        if value is None:
            return None
        found = SIZE.fullmatch(value) if isinstance(value, str) else None
        if found is None or found[2] != mark:
            raise self.wrong(name, f"must look like 1024{mark}1024")
        return int(found[1]), int(found[3])

    async def image(self, name: str, value: Any, *, most: int = 20, bare: bool = False) -> vision.Seen:
        """Look at an image given by URL or data URL (``bare``: or plain Base64), at most so many MB."""
        source = self.source(name, value, bare=bare)
        if not source.startswith("http") and len(source) * 3 // 4 > most * 1024 * 1024:
            raise self.wrong(name, f"must be smaller than {most}MB")
        try:
            return await vision.look(Picture(source))
        except Refused as refused:
            raise self.wrong(name, refused.failure.detail) from None

    def source(self, name: str, value: Any, *, bare: bool = False, schemes: tuple[str, ...] = ()) -> str:
        """Return a medium given by URL or data URL, after checking its form."""
        if not isinstance(value, str) or not value:
            raise self.wrong(name, "must be a url")
        if value.startswith(("http://", "https://", *schemes)):
            return value
        if not value.startswith("data:") and not bare:
            raise self.wrong(name, "must be a url or a base64 data url")
        try:
            base64.b64decode(value.partition(",")[2] if value.startswith("data:") else value, validate=True)
        except (binascii.Error, ValueError):
            raise self.wrong(name, "is not valid base64") from None
        return value
