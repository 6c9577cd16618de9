"""What a model takes in a field, as data, and the check that is made before money is spent.

A rule is a fact of a vendor's page and stands in `vendors/<id>/`; here are only the kinds of rules. Models that no page
of ours describes have no rules and pass unchecked.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import isfinite, isqrt
from typing import Any, TypeAlias

from cncoding.cards import PictureForm
from cncoding.errors import ConfigError, Refusal
from cncoding.evidence import Source
from cncoding.media.values import Size
from cncoding.types import JsonObject

_SIZE = re.compile(r"(\d{1,5})\s*[x*×X]\s*(\d{1,5})")
_RATIO = re.compile(r"(\d{1,2}):(\d{1,2})")


@dataclass(frozen=True, slots=True)
class Free:
    """Anything."""

    def fault(self, value: Any) -> str | None:
        """Return None."""
        return None


@dataclass(frozen=True, slots=True)
class Flag:
    """True or False."""

    def fault(self, value: Any) -> str | None:
        """Say what is taken instead of `value`, None if it is taken."""
        return None if isinstance(value, bool) else "takes True or False"


class OneOf:
    """One of a few values."""

    __slots__ = ("values",)

    def __init__(self, *values: Any) -> None:
        self.values = values

    def fault(self, value: Any) -> str | None:
        """Say what is taken instead of `value`, None if it is taken."""
        if any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in self.values):
            return None
        return f"takes {_list_values(self.values)}"


@dataclass(frozen=True, slots=True)
class Between:
    """A number in a range, both ends included unless `above`."""

    least: float
    most: float
    whole: bool = False
    above: bool = False
    """The lower end is excluded."""
    step: int = 1
    """What a whole number has to be a multiple of."""
    noun: str = ""
    """What the number is, where users give it as a part of something else."""

    def fault(self, value: Any) -> str | None:
        """Say what is taken instead of `value`, None if it is taken."""
        number = isinstance(value, int if self.whole else (int, float)) and not isinstance(value, bool)
        fits = number and (self.least < value if self.above else self.least <= value) and value <= self.most
        if fits and (self.step == 1 or value % self.step == 0):
            return None
        kind = self.noun or ("a whole number" if self.whole else "a number")
        start = f"above {self.least:g} up" if self.above else f"from {self.least:g}"
        return f"takes {kind} {start} {f'to {self.most:g}' if isfinite(self.most) else 'up'}{self.steps}"

    @property
    def steps(self) -> str:
        """Return the step in words, nothing if there is none."""
        return f" in steps of {self.step}" if self.step > 1 else ""


@dataclass(frozen=True, slots=True)
class Chars:
    """A text of at most so many characters."""

    most: int
    least: int = 0

    def fault(self, value: Any) -> str | None:
        """Say what is taken instead of `value`, None if it is taken."""
        if not isinstance(value, str):
            return "takes a text"
        if self.least <= len(value) <= self.most:
            return None
        return f"takes {self.least} to {self.most} characters, not {len(value)}"


class Named:
    """A name: some are listed, others may be one's own."""

    __slots__ = ("complete", "most", "values")

    def __init__(self, *values: str, most: int, complete: bool = False) -> None:
        self.values, self.most = values, most
        self.complete = complete
        """Whether the vendor has no other of its own, so that what is nearly a listed one is a slip."""

    def fault(self, value: Any) -> str | None:
        """Say what is taken instead of `value`, None if it is taken."""
        if not isinstance(value, str) or not value.strip():
            return f"takes a name{', for example ' + _list_values(self.values[:8]) if self.values else ''}"
        if len(value) > self.most:
            return f"takes a name of at most {self.most} characters, not {len(value)}"
        near = difflib.get_close_matches(value.strip().lower(), self.values, n=1, cutoff=0.75) if self.complete else []
        if not near or value in self.values:
            return None
        return f"has none of that name; did you mean {near[0]!r}? list_voices names all"


@dataclass(frozen=True, slots=True)
class Form:
    """A text of a form."""

    pattern: str
    words: str
    """What the pattern says."""

    def fault(self, value: Any) -> str | None:
        """Say what is taken instead of `value`, None if it is taken."""
        if isinstance(value, str) and re.fullmatch(self.pattern, value):
            return None
        return f"takes {self.words}"


@dataclass(frozen=True, slots=True)
class Items:
    """A list (or one thing alone, if `single`) of so many entries."""

    most: int
    least: int = 0
    single: bool = False

    def fault(self, value: Any) -> str | None:
        """Say what is taken instead of `value`, None if it is taken."""
        count = len(value) if isinstance(value, (list, tuple)) else 1
        if self.least <= count <= self.most and (self.single or isinstance(value, (list, tuple))):
            return None
        wanted = f"{self.least}" if self.least == self.most else f"{self.least} to {self.most}"
        return f"takes {wanted} of them, not {count}"


@dataclass(frozen=True, slots=True)
class Members:
    """An object of known members."""

    rules: Mapping[str, Rule]
    required: tuple[str, ...] = ()

    def fault(self, value: Any) -> str | None:
        """Say what is taken instead of `value`, None if it is taken."""
        if not isinstance(value, Mapping) or any(name not in self.rules for name in value):
            return f"takes a dict of {', '.join(self.rules)}"
        for name in self.required:
            if name not in value:
                return f"needs {name} in it"
        faults = ((name, self.rules[name].fault(one)) for name, one in value.items())
        return next((f"takes another {name}, which {fault}" for name, fault in faults if fault), None)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes `W<sep>H`: a list of them, a range of sides and areas, or both."""

    sep: str
    values: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Vendor's words that stand for a size, for example `2K`."""
    side: tuple[int, int] | None = None
    """Least and most of width and height; None if only `values` are taken."""
    multiple: int = 1
    area: tuple[int, int] | None = None
    """Least and most of width times height."""
    usual: int | None = None
    """Pixels that an aspect ratio alone means; the most if None."""

    def fault(self, value: Any) -> str | None:
        """Say what is taken instead of `value`, None if it is taken."""
        if value in self.values or value in self.words:
            return None
        found = _SIZE.fullmatch(value) if isinstance(value, str) else None
        if found and (self.side or self.area) and self._fits(int(found[1]), int(found[2])):
            return None
        form = "" if found or self.values or self.words else "WIDTHxHEIGHT with "
        return f"takes {form}{self.describe()}"

    def _fits(self, width: int, height: int) -> bool:
        if self.side and not all(self.side[0] <= length <= self.side[1] for length in (width, height)):
            return False
        if width % self.multiple or height % self.multiple:
            return False
        return self.area is None or self.area[0] <= width * height <= self.area[1]

    @property
    def is_narrow(self) -> bool:
        """Tell whether it says more than that a size is one."""
        return bool(self.values or self.words or self.side) or (self.area is not None and self.area[0] > 1)

    def describe(self) -> str:
        """Return the rule in words."""
        bits = [_list_values((*self.words, *self.values))] if self.words or self.values else []
        if self.side:
            step = f" in steps of {self.multiple}" if self.multiple > 1 else ""
            bits.append(f"sides of {self.side[0]} to {self.side[1]}{step}")
        if self.area:
            least = f"{self.area[0]} to" if self.area[0] > 1 else "at most"
            bits.append(f"{least} {self.area[1]} pixels in all")
        return ", or ".join(bits[:2]) + (f" with {bits[2]}" if len(bits) > 2 else "")

    def for_ratio(self, ratio: Fraction) -> str | None:
        """Return the listed size of an aspect ratio, else the largest that the rule allows, None if there is none."""
        for value in self.values:
            found = _SIZE.fullmatch(value)
            if found and abs(Fraction(int(found[1]), int(found[2])) - ratio) / ratio < Fraction(3, 100):
                return value
        if self.area is None:
            return None
        pixels, step = self.usual or self.area[1], max(self.multiple, 16)
        width = isqrt(int(pixels * ratio)) // step * step
        height = int(width / ratio) // step * step
        return f"{width}{self.sep}{height}" if width and height and self._fits(width, height) else None


Rule: TypeAlias = Free | Flag | OneOf | Between | Chars | Named | Form | Items | Members | Sizes


@dataclass(frozen=True, slots=True)
class MediaModel:
    """A model and what its page says it takes, by the vendor's field names.

    A model with `fields=None` is known by name only and is not checked.
    """

    id: str
    fields: Mapping[str, Rule] | None = None
    required: tuple[str, ...] = ()
    source: Source | None = None
    """Named in the error."""
    pictures: PictureForm | None = None
    """Of the pictures that it starts from."""
    wider: Mapping[str, Mapping[str, Rule]] = field(default_factory=dict)
    """Rules that hold instead where an option is set, by the option's name."""

    def under(self, options: Mapping[str, Any]) -> MediaModel:
        """Return the model as it is with these options of the vendor."""
        found: dict[str, Rule] = {}
        for option, rules in self.wider.items():
            found |= rules if options.get(option) else {}
        return replace(self, fields={**(self.fields or {}), **found}) if found else self


def _list_values(values: tuple[Any, ...]) -> str:
    words = [repr(value) for value in values]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" or {words[-1]}"


def size_text(size: Size, sep: str, rule: Rule | None = None) -> str:
    """Write a size in the form of a family: `sep` is `x` or `*`.

    An aspect ratio becomes the listed size of that ratio; other words pass as they are.

    Raises:
        ConfigError: The size is not one, or the model has none of that ratio.
    """
    if not isinstance(size, str):
        width, height = pair(size)
        return f"{width}{sep}{height}"
    if found := _SIZE.fullmatch(size.strip()):
        return f"{found[1]}{sep}{found[2]}"
    if (ratio := as_ratio(size)) is not None and isinstance(rule, Sizes):
        if (value := rule.for_ratio(ratio)) is not None:
            return value
        raise ConfigError(f"size={size!r}: the model has no size of that ratio; it takes {rule.describe()}")
    return size


def pair(size: Size) -> tuple[int, int]:
    """Return width and height.

    Raises:
        ConfigError: The size is not one.
    """
    if isinstance(size, str):
        if found := _SIZE.fullmatch(size.strip()):
            return int(found[1]), int(found[2])
    elif isinstance(size, (tuple, list)) and len(size) == 2 and all(type(side) is int and side > 0 for side in size):
        return size[0], size[1]
    raise ConfigError(f"size={size!r}: give 'WIDTHxHEIGHT' or (width, height), for example '1024x1024'")


def as_ratio(size: Size) -> Fraction | None:
    """Return the ratio that `16:9` means, None for anything else."""
    if isinstance(size, str) and (found := _RATIO.fullmatch(size.strip())) and int(found[1]) and int(found[2]):
        return Fraction(int(found[1]), int(found[2]))
    return None


def is_pair(size: Size) -> bool:
    """Tell whether a size names width and height."""
    return not isinstance(size, str) or _SIZE.fullmatch(size.strip()) is not None


def check(fields: JsonObject, model: MediaModel | None, names: Mapping[str, str] | None = None) -> None:
    """Refuse what the model does not take.

    Args:
        fields: What would be sent, by the vendor's names.
        model: What is known of the model; None checks nothing.
        names: Our names of vendor fields, so that the error names what the user wrote.

    Raises:
        ConfigError: A field is unknown to the model, has a value that it does not take, or is missing.
    """
    if model is None or model.fields is None:
        return
    ours = names or {}
    source = f" ({model.source})" if model.source else ""
    for name, value in fields.items():
        shown = ours.get(name, name)
        rule = model.fields.get(name)
        if rule is None:
            near = difflib.get_close_matches(name, model.fields, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(sorted(model.fields))}"
            text = f"{model.id} does not take it{source}"
            raise refuse(f"{shown}: {text}; {hint}; extra= sends a field unchecked", name, value, text)
        if (fault := rule.fault(value)) is not None:
            said = f"{shown}={value!r}" if len(repr(value)) <= 60 else shown
            text = f"{model.id} {fault}{source}"
            raise refuse(f"{said}: {text}; extra= sends a field unchecked", name, value, text)
    for name in model.required:
        if fields.get(name) in (None, "", []):
            text = f"{model.id} needs it{source}"
            raise refuse(f"{ours.get(name, name)}: {text}", name, fields.get(name), text)


def refuse(message: str, field: str, value: Any, text: str) -> ConfigError:
    """Return the error of a rule that refused a field, so that a tool can say it by its own argument."""
    error = ConfigError(message)
    error.refusal = Refusal(field, value, text)
    return error
