"""Count tokens without a tokenizer: no download, no dependency, good enough to decide when to summarize.

The weights are fitted to the tokenizer that Alibaba publishes with its own SDK (dashscope, qwen.tiktoken, read
2026-11-20): Chinese words of two or three characters are mostly one token, the small words between them (的, 了, 在)
join their neighbours about half of the time, and English is counted much as by OpenAI's tokenizers. True counts of
twenty texts are in `tests/langchain/test_tokens.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from cncoding import ConfigError
from langchain_cncoding._binding import ToolLike, tool_dict
from langchain_cncoding._blocks import REASONING_KEY
from langchain_cncoding._media import read_media

_SMALL = "的了是在我你他她它和也都就不有一把被将或与及并很再请给让会能要上下里去来着过吗呢吧那这"
_PIECES = re.compile(
    rf"(?P<small>[{_SMALL}])"
    rf"|(?P<han>(?:(?![{_SMALL}])[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])+)"
    r"|(?P<kana>[\u3040-\u30ff\uac00-\ud7af]+)"
    r"|(?P<word>[A-Za-z\u00c0-\u024f]+)"
    r"|(?P<digits>[0-9]+)"
    r"|(?P<newlines>\s*\n\s*)"
    r"|(?P<spaces>[^\S\n]+)"
    r"|(?P<marks>[!-/:-@\[-`{-~]+)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_WEIGHTS = {
    "small": (0.0, 0.35),
    "han": (0.75, 0.45),
    "kana": (0.0, 0.8),
    "digits": (0.4, 0.7),
    "newlines": (1.0, 0.0),
    "marks": (0.5, 0.3),
    "other": (0.0, 1.0),
}
"""Tokens of a piece: so many for being there, and so many for each character."""
_MESSAGE = 4
_MEDIUM = 1200
"""A middling image; vendors count 200 to 4,000 by its size."""


def count_text(text: str) -> int:
    """Return about how many tokens `text` is."""
    total = 0.0
    for match in _PIECES.finditer(text):
        length = match.end() - match.start()
        kind = match.lastgroup or "other"
        if kind == "word":
            # Most words up to seven letters are one token; longer ones break.
            total += 1.0 if length <= 7 else length / 7
        elif kind == "spaces":
            total += 0.0 if length == 1 else 1.0
        else:
            each, per_character = _WEIGHTS[kind]
            total += each + per_character * length
    return max(1, round(total)) if text else 0


def count_messages(messages: Sequence[BaseMessage], tools: Sequence[ToolLike] | None = None) -> int:
    """Return about how many tokens a conversation is, with its reasoning, tool calls, tools and media."""
    total = sum(_MESSAGE + count_text(_text(message)) + _MEDIUM * _media(message) for message in messages)
    return total + sum(count_text(json.dumps(tool_dict(tool), ensure_ascii=False)) for tool in tools or ())


def _text(message: BaseMessage) -> str:
    pieces = [message.content] if isinstance(message.content, str) else list(_block_texts(message.content))
    if isinstance(message, AIMessage):
        reasoning = message.additional_kwargs.get(REASONING_KEY)
        if isinstance(reasoning, str) and reasoning not in pieces:
            pieces.append(reasoning)
        pieces += [f"{call['name']} {json.dumps(call['args'], ensure_ascii=False)}" for call in message.tool_calls]
    return "\n".join(pieces)


def _block_texts(content: Iterable[Any]) -> Iterable[str]:
    for block in content:
        if isinstance(block, str):
            yield block
        else:
            yield from (text for key in ("text", "reasoning", "thinking") if isinstance(text := block.get(key), str))


def _media(message: BaseMessage) -> int:
    if isinstance(message.content, str):
        return 0
    return sum(1 for block in message.content if isinstance(block, dict) and _is_medium(block))


def _is_medium(block: dict[str, Any]) -> bool:
    try:
        return read_media(block) is not None
    except ConfigError:  # cannot be sent, which is told when it is sent
        return True
