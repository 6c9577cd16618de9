"""A hint, and the language that it is said in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]

_VARIABLES = ("CNCODING_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_environ: Mapping[str, str] = {}


def follow_environment(environ: Mapping[str, str]) -> None:
    """Say hints in the language that `environ` asks for from now on; the client gives its own, which stays alive."""
    global _environ
    _environ = environ


def choose_language(environ: Mapping[str, str]) -> Language:
    """Return the language that an environment asks for: `CNCODING_LANG`, then what the system goes by."""
    for name in _VARIABLES:
        if told := environ.get(name, "").strip():
            return "zh" if told.lower().startswith("zh") else "en"
    return "en"


def find_language() -> Language:
    """Return the language that hints are said in now."""
    return choose_language(_environ)


@dataclass(frozen=True, slots=True)
class Hint:
    """What to do about an error, in English and Chinese."""

    en: str
    zh: str
    topic: str = ""
    """The entry of the troubleshooting page that says more; empty is the one of the error's class."""

    def __str__(self) -> str:
        """Return the text in the language of the environment."""
        return self.say(find_language())

    def say(self, language: Language) -> str:
        """Return the text in a language."""
        return self.zh if language == "zh" else self.en

    def fill(self, **values: object) -> Hint:
        """Return the hint with values put into it, each in its language."""
        return Hint(self.en.format(**_say_all(values, "en")), self.zh.format(**_say_all(values, "zh")), self.topic)

    def __add__(self, other: Hint | str | None) -> Hint:
        """Return both hints, this one first."""
        if other is None:
            return self
        more = other if isinstance(other, Hint) else Hint(other, other)
        return Hint(f"{self.en}; {more.en}", f"{self.zh}；{more.zh}", self.topic or more.topic)


def list_names(names: Iterable[str], conjunction: str = ",") -> Hint:
    """Return names in a row, joined as each language joins them: by commas, or by `or`."""
    found = list(names)
    return Hint((", " if conjunction == "," else f" {conjunction} ").join(found), "、".join(found))


def _say_all(values: Mapping[str, object], language: Language) -> dict[str, object]:
    return {name: value.say(language) if isinstance(value, Hint) else value for name, value in values.items()}
