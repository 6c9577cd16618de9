"""Settings of a request by keyword, for type checkers; `settings.py` checks them, and needs pydantic for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from typing_extensions import TypedDict

from cncoding.budget import NamedBudget
from cncoding.types import OnCut


class RequestArguments(TypedDict, total=False):
    """The same for type checkers: what a constructor or a call may be given for them."""

    temperature: float | None
    top_p: float | None
    top_k: int | None
    frequency_penalty: float | None
    presence_penalty: float | None
    logprobs: bool | None
    top_logprobs: int | None
    max_tokens: int | None
    stop: str | Sequence[str] | None
    seed: int | None
    thinking: bool | Mapping[str, Any] | None
    thinking_budget: int | None
    reasoning_effort: str | None
    search: bool
    think_tags: bool | Literal["open"] | None
    prompt_cache: Literal["auto"] | None
    extra_body: Mapping[str, Any] | None
    force_without_thinking: bool


class LimitArguments(TypedDict, total=False):
    """Likewise for how long and how large a reply may be, and what becomes of one that breaks off."""

    deadline: float | None
    stall_after: float | None
    max_reply_bytes: int | None
    on_cut: OnCut
    resume_cut: bool
    quota_lookup: bool
    budgets: NamedBudget | Iterable[NamedBudget] | None
