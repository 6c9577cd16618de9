"""Who looks at which pages, and what was sent whole lately: what questions that run at once must know of each other."""

from __future__ import annotations

import threading
import time

_CACHE_SECONDS = 300.0
"""How long vendors keep a prompt's beginning, at least (inferred from the Anthropic wire's default of 5 minutes)."""


class Claims:
    """Claims of pages by the questions that look at them; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: dict[object, set[tuple[str, int]]] = {}
        self._packed: dict[tuple[str, ...], float] = {}

    def take(self, pages: tuple[tuple[str, int], ...], owner: object) -> tuple[tuple[str, int], ...]:
        """Take the pages that nobody else has taken, and return them."""
        with self._lock:
            others = set().union(*(keys for who, keys in self._taken.items() if who is not owner))
            free = tuple(page for page in pages if page not in others)
            self._taken.setdefault(owner, set()).update(free)
            return free

    def release(self, owner: object) -> None:
        """Give everything back that an owner has taken."""
        with self._lock:
            self._taken.pop(owner, None)

    def check_packed(self, documents: tuple[str, ...], note: bool) -> bool:
        """Tell whether documents were sent whole lately, and note that they are now."""
        now = time.monotonic()
        with self._lock:
            before = self._packed.get(documents)
            if note:
                self._packed[documents] = now
            return before is not None and now - before < _CACHE_SECONDS
