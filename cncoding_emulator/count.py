"""Count tokens and fit a draft into the limits of the request: stop words, then ``max_tokens``."""

from __future__ import annotations

from dataclasses import dataclass

from .persona import Persona
from .reply import Call, Draft, Pause, Say, Segment, Think, Usage
from .request import ChatRequest

IMAGE_TOKENS = 1024


def tokens(text: str) -> int:
    """Estimate tokens: four ASCII characters or 1.6 others each."""
    wide = sum(1 for c in text if ord(c) > 127)
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
    history = [tokens(m.text) + sum(tokens(c.arguments) + 8 for c in m.calls) + 4 for m in chat.messages]
    tools = sum(tokens(t.name + t.description + str(t.schema)) for t in chat.tools)
    earlier = tools + sum(history[:-1])
    counts = {
        "prompt": tools + sum(history) + IMAGE_TOKENS * pictures,
        "completion": reasoning + max(1, visible),
        "reasoning": reasoning,
        "cached": earlier // 64 * 64,
    }
    return Fitted(segments, finish, Usage(**{**counts, **draft.usage}), stopped)


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
            text = segment.text
            while text and tokens(text) > limit:
                text = text[:-1]
            kept += [type(segment)(text)] if text else []
        break
    return tuple(kept)
