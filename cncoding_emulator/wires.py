"""The two words that everything here uses: which wire, and what JSON is."""

from __future__ import annotations

from typing import Any, Literal

Wire = Literal["openai", "anthropic"]
Json = dict[str, Any]
