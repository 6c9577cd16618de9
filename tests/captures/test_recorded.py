"""Every recorded reply decodes to what an independent reader says, wherever its bytes are cut."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterable

import pytest

from cncoding.chat.fold import fold
from cncoding.chat.openai import Decoder
from cncoding.errors import TruncatedStreamError
from cncoding.exchange.failures import read_failure
from cncoding.exchange.steps import Reply
from cncoding.types import ChatResponse
from tests.captures.exchanges import Exchange, Meaning, list_exchanges, needs_captures, read_meaning
from tests.targets import target

pytestmark = needs_captures
EXCHANGES = list_exchanges()
GOOD = [exchange for exchange in EXCHANGES if exchange.record["status"] == 200]
STREAMS = [exchange for exchange in GOOD if exchange.streams]
REFUSED = [exchange for exchange in EXCHANGES if exchange.record["status"] != 200]


def name(exchange: Exchange) -> str:
    return exchange.path.stem


def decoder(exchange: Exchange) -> Decoder:
    where = target(exchange.provider)
    return Decoder(where, where.card(exchange.request.get("model", "any-model")), lambda: "call_made_up")


def decode(exchange: Exchange, pieces: Iterable[bytes]) -> ChatResponse:
    codec = decoder(exchange)
    events = [event for piece in pieces for event in codec.feed(piece)]
    return fold([*events, *codec.finish()], exchange.provider)


def meaning(reply: ChatResponse) -> Meaning:
    usage = reply.usage
    return Meaning(
        text=reply.text,
        reasoning=reply.reasoning or "",
        calls=tuple((call.id, call.name, call.arguments) for call in reply.tool_calls),
        finish=reply.native_finish or reply.finish,
        tokens=(usage.input or 0, usage.output or 0) if usage else None,
    )


def cut(body: bytes, places: Iterable[int]) -> list[bytes]:
    marks = [0, *sorted(places), len(body)]
    return [body[start:end] for start, end in itertools.pairwise(marks)]


@pytest.mark.parametrize("exchange", GOOD, ids=name)
def test_a_reply_says_what_the_reader_says(exchange: Exchange) -> None:
    if exchange.streams:
        reply = decode(exchange, [exchange.body])
    else:
        reply = fold(decoder(exchange).whole(exchange.body), exchange.provider)
    assert meaning(reply) == read_meaning(exchange)


def all_places(body: bytes) -> list[int]:
    return list(range(1, len(body)))


@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_cut_at_places_by_chance(exchange: Exchange) -> None:
    expected = read_meaning(exchange)
    dice = random.Random(name(exchange))
    for pieces in (2, 30):
        places = dice.sample(all_places(exchange.body), min(pieces, len(exchange.body) - 1))
        assert meaning(decode(exchange, cut(exchange.body, places))) == expected, places


@pytest.mark.full
@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_cut_at_every_byte(exchange: Exchange, newline: bytes) -> None:
    body = exchange.body.replace(b"\r\n", b"\n").replace(b"\n", newline)
    assert meaning(decode(exchange, cut(body, all_places(body)))) == read_meaning(exchange)


@pytest.mark.full
@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_cut_once_at_each_place(exchange: Exchange) -> None:
    expected = read_meaning(exchange)
    step = max(1, len(exchange.body) // 200)
    for place in range(1, len(exchange.body), step):
        assert meaning(decode(exchange, cut(exchange.body, [place]))) == expected, place


@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_a_stream_that_breaks_off_says_so(exchange: Exchange) -> None:
    finish = json.dumps(read_meaning(exchange).finish).encode()
    end = exchange.body.rindex(b"data:", 0, exchange.body.index(finish))
    for place in random.Random(name(exchange)).sample(range(1, end), min(10, end - 1)):
        with pytest.raises(TruncatedStreamError):
            decode(exchange, [exchange.body[:place]])


REFUSALS = {
    ("deepseek", 400): "BadRequestError",
    ("kimi", 400): "BadRequestError",
    ("kimi", 429): "RateLimitedError",
    ("qwen", 400): "BadRequestError",
}


@pytest.mark.parametrize("exchange", REFUSED, ids=name)
def test_a_refusal_has_its_class_and_its_text(exchange: Exchange) -> None:
    status = exchange.record["status"]
    headers = {key.lower(): value for key, value in exchange.record["headers"].items()}
    failure = read_failure(Reply(status, headers, exchange.body), target(exchange.provider).provider)
    assert failure is not None and failure.status == status
    text = json.loads(exchange.body)["error"]["message"]
    unknown = "supported API model names" in text
    assert type(failure).__name__ == ("NotFoundError" if unknown else REFUSALS[exchange.provider, status])
    assert text in str(failure)
