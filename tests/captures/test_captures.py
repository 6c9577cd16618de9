"""Replies that real vendors sent, replayed: every stream decodes to what its own chunks say, wherever it is cut.

The captures are data of others and stay outside the repository; without them the tests are skipped, by name.
The streams and whole replies of one name are different recordings, so the whole twin of a stream is put together
here, by plain concatenation, without the project's code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from cncoding.chat.fold import fold
from cncoding.chat.openai import Decoder
from cncoding.errors import TruncatedStreamError
from cncoding.exchange.failures import read_failure
from cncoding.exchange.steps import Reply
from cncoding.types import ChatResponse
from tests.targets import target

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "captures"
VENDORS = {"alibaba": "qwen", "deepseek": "deepseek", "moonshotai": "kimi", "minimax": "minimax"}
STREAMS = sorted(FOLDER.glob("*/*.chunks.txt"))
WHOLES = [path for path in sorted(FOLDER.glob("*/*.json")) if "choices" in json.loads(path.read_text())]

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="../shared/captures is not present: no recorded vendor replies to replay"
)


def provider_of(path: Path) -> str:
    return VENDORS[path.parent.name]


def decoder(path: Path) -> Decoder:
    where = target(provider_of(path))
    return Decoder(where, where.card("any-model"), lambda: "call_made_up")


def wire_bytes(path: Path, newline: bytes = b"\n") -> bytes:
    lines = [line for line in path.read_bytes().splitlines() if line.strip()]
    return b"".join(b"data: " + line + newline * 2 for line in [*lines, b"[DONE]"])


def decode(path: Path, pieces: Iterable[bytes]) -> ChatResponse:
    codec = decoder(path)
    events = [event for piece in pieces for event in codec.feed(piece)]
    return fold([*events, *codec.finish()], provider_of(path))


def twin(path: Path) -> bytes:
    """Put the chunks together into one reply, as OpenAI's format defines it."""
    chunks = [json.loads(line) for line in path.read_text().splitlines() if line.strip()]
    message: dict[str, object] = {"role": "assistant"}
    calls: dict[int, dict[str, str]] = {}
    finish = None
    usage = None
    for chunk in chunks:
        usage = chunk.get("usage") or usage
        for choice in chunk["choices"]:
            finish = choice.get("finish_reason") or finish
            for field in ("content", "reasoning_content"):
                if choice["delta"].get(field):
                    message[field] = str(message.get(field) or "") + choice["delta"][field]
            for piece in choice["delta"].get("tool_calls") or []:
                call = calls.setdefault(piece["index"], {"id": "", "name": "", "arguments": ""})
                call["id"] = call["id"] or piece.get("id") or ""
                call["name"] = call["name"] or piece["function"].get("name") or ""
                call["arguments"] += piece["function"].get("arguments") or ""
    if calls:
        message["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": call["arguments"]},
            }
            for _, call in sorted(calls.items())
        ]
    reply = {name: value for chunk in chunks for name, value in chunk.items()}
    reply |= {"id": chunks[0]["id"], "model": chunks[0]["model"], "usage": usage}
    reply["choices"] = [{"index": 0, "finish_reason": finish, "message": message}]
    return json.dumps(reply).encode()


def whole(path: Path, body: bytes) -> ChatResponse:
    return fold(decoder(path).whole(body), provider_of(path))


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.name)
def test_a_stream_is_its_whole_twin(path: Path) -> None:
    reply = decode(path, [wire_bytes(path)])
    assert reply == whole(path, twin(path))
    assert reply.text or reply.tool_calls
    assert reply.usage is not None and reply.usage.output


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.name)
def test_cut_at_every_byte(path: Path, newline: bytes) -> None:
    data = wire_bytes(path, newline)
    assert decode(path, (data[place : place + 1] for place in range(len(data)))) == whole(path, twin(path))


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.name)
def test_cut_once_at_each_place(path: Path) -> None:
    data = wire_bytes(path)
    expected = whole(path, twin(path))
    step = max(1, len(data) // 150)
    for place in range(0, len(data), step):
        assert decode(path, (data[:place], data[place:])) == expected, place


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.name)
def test_a_stream_that_breaks_off_says_so(path: Path) -> None:
    data = wire_bytes(path)
    finish = data.index(b'"finish_reason":"')
    for place in range(0, data.rindex(b"data:", 0, finish), max(1, len(data) // 100)):
        with pytest.raises(TruncatedStreamError):
            decode(path, [data[:place]])


@pytest.mark.parametrize("path", WHOLES, ids=lambda path: path.name)
def test_whole_replies(path: Path) -> None:
    body = json.loads(path.read_text())
    given = body["choices"][0]["message"]
    reply = whole(path, path.read_bytes())
    content = given.get("content") or ""
    if "<think>" in content:
        thought, _, answer = content.removeprefix("<think>").partition("</think>")
        assert reply.reasoning == thought
        assert reply.text == answer.lstrip("\n")
    else:
        assert reply.text == content
        assert (reply.reasoning or "") == (given.get("reasoning_content") or "")
    expected = [
        (call["id"], call["function"]["name"], call["function"]["arguments"]) for call in given.get("tool_calls", [])
    ]
    assert [(call.id, call.name, call.arguments) for call in reply.tool_calls] == expected
    assert reply.usage is not None and reply.usage.input == body["usage"]["prompt_tokens"]
    assert reply.usage.output == body["usage"]["completion_tokens"]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("minimax/errors-*.json")), ids=lambda path: path.name)
def test_refusals(path: Path) -> None:
    meta = json.loads(path.read_text())["_meta"]
    headers = {name.lower(): value for name, value in meta["response_headers"].items()}
    failure = read_failure(
        Reply(meta["http_status"], headers, json.dumps(meta["response_body_json"]).encode()),
        target("minimax").provider,
    )
    assert failure is not None
    expected = {"E401": "AuthenticationError", "E400": "BadRequestError", "E404": "NotFoundError"}
    assert type(failure).__name__ == expected[path.name.split("-")[1]]
    assert failure.code in ("1004", "2013")
    assert failure.request_id
