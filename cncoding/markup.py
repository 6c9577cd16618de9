"""Replies and tables as HTML for notebooks. Every text is shown as text, whoever wrote it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

Passage: TypeAlias = tuple[Literal["reasoning", "text", "call"], str]
"""What a piece of a reply is, and its text."""

_WHOLE = "white-space: pre-wrap; overflow-wrap: anywhere"
_PALE = "opacity: 0.7"


def write_reply(passages: Iterable[Passage], about: str = "", *, unfolded: bool = False) -> str:
    """Return a reply as HTML: its reasoning folded, its text as it is, and its tool calls.

    Args:
        passages: The pieces of the reply, in order.
        about: What is to say about the reply, for example its token counts.
        unfolded: Whether the last piece stands open if it is reasoning: it is being written.
    """
    shown = [passage for passage in passages if passage[1].strip()]
    pieces = [
        _write_passage(kind, text, unfolded=unfolded and place == len(shown) - 1)
        for place, (kind, text) in enumerate(shown)
    ]
    if about := about.strip():
        pieces.append(f'<div style="{_WHOLE}; {_PALE}"><small>{_escape(about)}</small></div>')
    return f"<div>{''.join(pieces)}</div>"


def _write_passage(kind: str, text: str, *, unfolded: bool) -> str:
    if kind == "reasoning":
        opened = " open" if unfolded else ""
        thought = f'<div style="{_WHOLE}; {_PALE}">{_escape(text)}</div>'
        return f"<details{opened}><summary>reasoning</summary>{thought}</details>"
    if kind == "call":
        return f'<pre style="{_WHOLE}">{_escape(text)}</pre>'
    return f'<div style="{_WHOLE}">{_escape(text)}</div>'


def write_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as HTML."""
    head = "".join(f"<th>{_escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{_escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    caption = f"<caption>{_escape(title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _escape(text: str) -> str:
    return html.escape(text, quote=True)
