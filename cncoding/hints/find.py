"""Which hint fits an error."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from cncoding.errors import (
    ApiError,
    AuthenticationError,
    CncodingError,
    Hint,
    NotFoundError,
    QuotaExhaustedError,
)
from cncoding.hints import table
from cncoding.hints.hint import list_names
from cncoding.target import Target

_BLAMES_MODEL = re.compile(r"model|模型", re.I)


def find_hint(error: CncodingError, target: Target) -> Hint | str | None:
    """Return what to do about an error of a request that went to `target`: the vendor's own hint, and what is known."""
    if not isinstance(error, ApiError):
        return error.hint
    found: Hint | None = None
    if isinstance(error, NotFoundError) and error.model and _blames_model(error, error.model):
        found = name_models(error.model, target, error.known_models)
    elif error.status == 404 and error.url:
        found = table.URL.fill(url=error.url)
    elif isinstance(error, AuthenticationError) and (page := _key_page(target)):
        found = table.KEY.fill(page=page)
    elif isinstance(error, QuotaExhaustedError) and error.resets_at is not None:
        found = table.RESET.fill(time=f"{error.resets_at.astimezone():%Y-%m-%d %H:%M %Z}".strip())
    if found is None:
        return error.hint
    return found + error.hint


def _key_page(target: Target) -> str | None:
    return target.provider.key_pages.get(target.endpoint.name)


def _blames_model(error: ApiError, model: str) -> bool:
    return bool(_BLAMES_MODEL.search(f"{error.code or ''} {error.message}")) or model in error.message


def name_models(model: str, target: Target, media: tuple[str, ...] = ()) -> Hint:
    """Name the model that was asked, the nearest known ones and the command that lists them.

    Args:
        model: What was asked for.
        target: Where.
        media: The models of the media route, if it was one.
    """
    endpoint, provider = target.endpoint, target.provider
    near = [one for one in nearest(model, media or (card.id for card in endpoint.models)) if one != model]
    shown = near or media[:3]
    hint = table.MODEL.fill(
        model=model,
        near=table.NEAR.fill(models=list_names(shown)) if shown else "",
        provider=provider.id,
        where="--media" if media else f"--endpoint {endpoint.name}",
    )
    others = [one.name for one in provider.endpoints if one is not endpoint and one.card(model).known]
    if others and not media and not endpoint.card(model).known:
        hint = table.ELSEWHERE.fill(model=model, endpoints=list_names(others)) + hint
    return hint


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Return up to three of `known` that are nearest to `word`, whatever its case."""
    by_case = {name.lower(): name for name in known}
    return [by_case[name] for name in difflib.get_close_matches(word.lower(), by_case, n=3, cutoff=0.5)]


def meaning(kind: type[CncodingError]) -> Hint:
    """Return what a class of errors is, in a few words."""
    return next(table.MEANINGS[one] for one in kind.__mro__ if one in table.MEANINGS)


def remedy(kind: type[CncodingError]) -> Hint | None:
    """Return what helps against a class of errors."""
    return next((table.REMEDIES[one] for one in kind.__mro__ if one in table.REMEDIES), None)
