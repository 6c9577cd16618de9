"""Server-sent events: the same frames wherever the bytes are cut."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cncoding.errors import ProtocolError
from cncoding.exchange.sse import Frame, SSEDecoder

CASES = [
    (b"data: a\n\n", [Frame("message", "a")]),
    (b"data:a\n\n", [Frame("message", "a")]),
    (b"data:  a\n\n", [Frame("message", " a")]),
    (b"event: error\ndata: a\ndata: b\n\n", [Frame("error", "a\nb")]),
    (b"\xef\xbb\xbfdata: a\n\n", [Frame("message", "a")]),
    (b": keep-alive\n\ndata: a\r\n\r\n", [Frame("message", "a")]),
    (b"data: a\rdata: b\r\r", [Frame("message", "a\nb")]),
    (b"id: 1\nretry: 5\ndata: a\n\n", [Frame("message", "a")]),
    (b"event: ping\n\ndata: a\n\n", [Frame("message", "a")]),
    (b"data: a\n\ndata: b", [Frame("message", "a"), Frame("message", "b")]),
    ("data: 一\u2028二\u0085三\n\n".encode(), [Frame("message", "一\u2028二\u0085三")]),
    (b"\n\n\ndata: a\n\n\n\n", [Frame("message", "a")]),
    (b"", []),
]


def decode(pieces: list[bytes]) -> list[Frame]:
    decoder = SSEDecoder()
    frames = [frame for piece in pieces for frame in decoder.feed(piece)]
    return [*frames, *decoder.finish()]


@pytest.mark.parametrize(("data", "frames"), CASES)
def test_cut_at_every_place(data: bytes, frames: list[Frame]) -> None:
    assert decode([data]) == frames
    assert decode([data[place : place + 1] for place in range(len(data))]) == frames
    for one in range(len(data) + 1):
        for two in range(one, len(data) + 1):
            assert decode([data[:one], data[one:two], data[two:]]) == frames


@given(
    st.lists(st.text(alphabet=st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1)),
    st.data(),
)
def test_any_text_survives_any_cut(texts: list[str], data: st.DataObject) -> None:
    stream = "".join(f"data: {text}\n\n" for text in texts).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    edges = [0, *cuts, len(stream)]
    pieces = [stream[a:b] for a, b in itertools.pairwise(edges)]
    assert [frame.data for frame in decode(pieces)] == texts


def test_a_line_without_end_is_refused() -> None:
    decoder = SSEDecoder(limit=100)
    with pytest.raises(ProtocolError, match="longer than 100 bytes"):
        for _ in range(20):
            list(decoder.feed(b"data: aaaaaaaa"))


def test_no_utf8_is_refused() -> None:
    with pytest.raises(ProtocolError, match="not UTF-8"):
        list(SSEDecoder().feed(b"data: \xff\xfe\n\n"))


def test_a_cut_inside_a_character_loses_only_that_line() -> None:
    decoder = SSEDecoder()
    assert list(decoder.feed("data: 好\n\ndata: 好".encode()[:-1])) == [Frame("message", "好")]
    assert list(decoder.finish()) == []
