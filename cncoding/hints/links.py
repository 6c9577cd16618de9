"""An entry of the troubleshooting page, and its address."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cncoding.hints.hint import Hint, Language, find_language

DOCS = "https://cncoding.readthedocs.io/"
"""Where the documentation is; the metadata of the package and the site say the same."""

MORE = Hint("more: ", "详见：")


@dataclass(frozen=True, slots=True)
class Cause:
    """One entry of the troubleshooting page.

    Attributes:
        topic: Anchor of the entry, which stays what it is: people link to it.
        title: What happened.
        remedy: What to do.
        says: Texts of ours that mean it; none where a hint alone leads to it.
    """

    topic: str
    title: Hint
    remedy: Hint
    says: tuple[str, ...] = ()

    @property
    def explanation(self) -> Hint:
        """What happened and what to do, in a line for a terminal."""
        en, zh = (re.sub(r"\[(.*?)\]\(.*?\)", r"\1", text) for text in (self.remedy.en, self.remedy.zh))
        return Hint(f"{self.title.en}: {en}", f"{self.title.zh}：{zh}", self.topic)

    def matches(self, text: str) -> bool:
        """Tell whether a text of ours is about this."""
        return any(re.search(".*".join(map(re.escape, one.split("*"))), text) for one in self.says)


def name_topic(kind: str) -> str:
    """Return the topic of a class of errors: `QuotaExhaustedError` is `quota-exhausted`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", kind.removesuffix("Error")).lower()


def link_topic(topic: str, language: Language) -> str:
    """Return the address of an entry of the troubleshooting page."""
    return f"{DOCS}{'zh/' if language == 'zh' else ''}troubleshooting/#{topic}"


def note_topic(error: BaseException, topic: str) -> None:
    """Let a traceback end with the address of an entry (Python 3.11 and newer); the error's text stays as it is."""
    notes = [note for note in error.__dict__.get("__notes__", ()) if not note.startswith((MORE.en, MORE.zh))]
    error.__dict__["__notes__"] = [*notes, f"{MORE}{link_topic(topic, find_language())}"]
