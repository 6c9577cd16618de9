"""Count tokens and fit a draft into the limits of the request: stop words, then ``max_tokens``."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import refuse
from .persona import Persona
from .reply import Call, Draft, Pause, Say, Segment, Think, Usage
from .request import ChatRequest

IMAGE_TOKENS = 1024


def tokens(text: str) -> int:
    """Estimate tokens: four ASCII characters or 1.6 others each."""
    wide = 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))
    return (len(text) - wide + 3) // 4 + (wide * 5 + 7) // 8


@dataclass(frozen=True)
class Fitted:
    """Segments that fit, with the stop reason and the counts."""

    segments: tuple[Segment, ...]
    finish: str
    usage: Usage
    stop_sequence: str | None


def fit(chat: ChatRequest, segments: tuple[Segment, ...], draft: Draft, persona: Persona, pictures: int) -> Fitted:
    """Apply stop words and the output limit, then count; a script's own figures win."""
    stopped = None
    if persona.obeys_stop and not draft.fault:
        segments, stopped = _stop(segments, chat.stop)
    calls = any(isinstance(s, Call) for s in segments)
    finish = draft.finish or ("tool_calls" if calls else "stop")
    if chat.max_tokens is not None:
        kept = _shorten(segments, chat.max_tokens, persona.counts_thinking(chat))
        if kept != segments:
            segments, finish = kept, draft.finish or "length"
    reasoning = sum(tokens(s.text) for s in segments if isinstance(s, Think))
    visible = sum(_cost(s) for s in segments if not isinstance(s, Think))
    earlier, prompt = count_prompt(chat)
    counts = {
        "prompt": prompt + IMAGE_TOKENS * pictures,
        "completion": reasoning + max(1, visible),
        "reasoning": reasoning,
        "cached": earlier // 64 * 64,
    }
    return Fitted(segments, finish, Usage(**{**counts, **draft.usage}), stopped)


def count_prompt(chat: ChatRequest) -> tuple[int, int]:
    """Return the tokens before the last message and the tokens of the whole request, images apart."""
    history = [tokens(m.text) + sum(tokens(c.arguments) + 8 for c in m.calls) + 4 for m in chat.messages]
    tools = sum(tokens(t.name + t.description + str(t.schema)) for t in chat.tools)
    return tools + sum(history[:-1]), tools + sum(history)


def check_context(chat: ChatRequest, persona: Persona) -> None:
    """Refuse a request that is longer than the context window of its model, in the vendor's words."""
    limit = persona.facts.find_model(chat.model).context
    if limit is None or sum(len(m.text) for m in chat.messages) * 2 < limit:
        return
    wanted = count_prompt(chat)[1]
    if wanted > limit:
        raise refuse("context_overflow", str(wanted + (chat.max_tokens or 0)), limit=str(limit))


def _cost(segment: Segment) -> int:
    if isinstance(segment, Pause):
        return 0
    return tokens(segment.name + segment.arguments) + 8 if isinstance(segment, Call) else tokens(segment.text)


def _stop(segments: tuple[Segment, ...], words: tuple[str, ...]) -> tuple[tuple[Segment, ...], str | None]:
    for i, segment in enumerate(segments):
        hits = [w for w in words if w and isinstance(segment, Say) and w in segment.text]
        if isinstance(segment, Say) and hits:
            word = min(hits, key=segment.text.index)
            return (*segments[:i], Say(segment.text[: segment.text.index(word)])), word
    return segments, None


def _shorten(segments: tuple[Segment, ...], limit: int, thinking: bool) -> tuple[Segment, ...]:
    kept: list[Segment] = []
    for segment in segments:
        if isinstance(segment, Pause) or (isinstance(segment, Think) and not thinking):
            kept.append(segment)
            continue
        cost = _cost(segment)
        if cost <= limit:
            kept.append(segment)
            limit -= cost
            continue
        if not isinstance(segment, Call):
            text = _cut(segment.text, limit)
            kept += [type(segment)(text)] if text else []
        break
    return tuple(kept)


def _cut(text: str, limit: int) -> str:
    """Return the longest beginning of a text that costs at most ``limit`` tokens."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if tokens(text[:middle]) <= limit else (low, middle - 1)
    return text[:low]
