"""No exception that leaves a client tells its key, whoever wrote the text."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cncoding import AsyncClient, Client, CncodingError, ConfigError, MediaRequest
from langchain_cncoding import ChatCNCoding
from llamaindex_cncoding import CNCodingLLM
from tests.adversarial.raw import PIECE, head, reply, serving
from tests.faults.ask import EVERY, STREAMED

KEY = "sk-kept-to-itself-0123456789"
HEADER = "token-of-the-company-gateway"
TOLD = {"api_key": KEY, "default_headers": {"X-Gateway": HEADER}}
ECHOES = {
    "refused": reply(b'{"error":{"message":"bad key %s","code":"%s"}}' % (KEY.encode(), KEY.encode()), "401 No"),
    "a page": reply(f"<html>{KEY} {HEADER}</html>".encode(), "502 Bad Gateway"),
    "no JSON": reply(KEY.encode() + HEADER.encode()),
    "no HTTP": KEY.encode() + b"\r\n\r\n",
    "moved": reply(b"", "301 Moved", f"Location: https://elsewhere.example/{KEY}"),
    "nested": reply(
        f'{{"error":{{"message":"x","details":[{{"headers":{{"{KEY}":"{HEADER}"}}}}]}}}}'.encode(), "400 No"
    ),
}


def everything(error: BaseException) -> str:
    """Return all that an error can tell: texts, arguments, attributes, causes and a pickle of it."""
    told, chain, seen = "", [error], set()
    while chain:
        one = chain.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        told += f"{one!s} {one!r} {one.args!r} {vars(one)!r} {getattr(one, '__notes__', '')!r}"
        chain += [one.__cause__, one.__context__]
    told += "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return told + repr(pickle.dumps(error))


@pytest.mark.parametrize("ask", EVERY)
@pytest.mark.parametrize("echo", ECHOES)
def test_what_a_vendor_echoes_is_masked(ask: Callable[..., Any], echo: str) -> None:
    with serving(ECHOES[echo]) as server, pytest.raises(CncodingError) as caught:
        ask(server.url, **TOLD)
    told = everything(caught.value)
    assert KEY not in told and HEADER not in told


@pytest.mark.parametrize("ask", STREAMED)
@pytest.mark.parametrize("end", [b'data: {"error":{"message":"%s","code":"1"}}\n\n', b"data: {%s\n\n"])
def test_what_a_stream_echoes_is_masked(ask: Callable[..., Any], end: bytes) -> None:
    with serving(head("200 OK") + PIECE + end % KEY.encode()) as server, pytest.raises(CncodingError) as caught:
        ask(server.url, **TOLD)
    assert KEY not in everything(caught.value)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    "wrong",
    [
        {"provider": "nobody"},
        {"endpoint": "nowhere"},
        {"base_url": "http://two words"},
        {"timeout": "soon"},
        {"vision": "x-ray"},
        {"wire": "telegraph"},
        {"deadline": -1},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_constructors_error_holds_no_key_in_its_frames(kind: Any, wrong: dict[str, Any]) -> None:
    given = {"provider": "deepseek", "api_key": KEY, "default_headers": {"X-Gateway": HEADER}, **wrong}
    with pytest.raises(ConfigError) as caught:
        kind(given.pop("provider"), **given)
    trace = caught.value.__traceback__
    assert trace is not None
    frames = "".join(repr(frame.f_locals) for frame, _ in traceback.walk_tb(trace.tb_next))
    assert frames and KEY not in frames and HEADER not in frames
    assert KEY not in everything(caught.value)


def test_an_error_of_the_users_own_transport_is_masked() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot send {request.headers['authorization']}")

    own = httpx.Client(transport=httpx.MockTransport(fail))
    client = Client("deepseek", api_key=KEY, base_url="http://vendor.example", http_client=own, max_retries=0)
    with pytest.raises(CncodingError) as caught:
        client.chat("hi")
    assert KEY not in everything(caught.value)


def test_a_bug_in_the_users_own_transport_is_masked_and_passed_on() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise KeyError(request.headers["authorization"])

    own = httpx.Client(transport=httpx.MockTransport(fail))
    client = Client("deepseek", api_key=KEY, base_url="http://vendor.example", http_client=own, max_retries=0)
    with pytest.raises(KeyError) as caught:
        client.chat("hi")
    assert KEY not in everything(caught.value)


@pytest.mark.parametrize("kind", [ChatCNCoding, CNCodingLLM])
@pytest.mark.parametrize(
    "wrong",
    [{"temprature": 1}, {"endpoint": "nowhere"}, {"timeout": "soon"}, {"provider": "nobody"}, {"on_cut": "x"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_models_error_holds_no_key_in_its_frames(kind: Any, wrong: dict[str, Any]) -> None:
    given = {"provider": "deepseek", "api_key": KEY, "default_headers": {"X-Gateway": HEADER}, **wrong}
    with pytest.raises(ConfigError) as caught:
        kind(**given)
    chain: BaseException | None = caught.value
    frames = ""
    while chain is not None:
        trace = chain.__traceback__.tb_next if chain is caught.value and chain.__traceback__ else chain.__traceback__
        frames += "".join(repr(list(frame.f_locals.values())) for frame, _ in traceback.walk_tb(trace))
        chain = chain.__cause__ or chain.__context__
    assert frames and KEY not in frames and HEADER not in frames


@pytest.mark.parametrize("ask", ["chat", "make"])
def test_a_request_that_reaches_nobody_holds_no_key_in_its_frames(ask: str) -> None:
    client = Client("glm", api_key=KEY, base_url="http://127.0.0.1:9/v4", max_retries=0, journal=None)
    with pytest.raises(CncodingError) as caught:
        if ask == "chat":
            client.chat("hi")
        else:
            client.make(MediaRequest("image", "a fox"))
    chain: BaseException | None = caught.value
    frames = ""
    while chain is not None:
        ours = [one for one, _ in traceback.walk_tb(chain.__traceback__) if "cncoding" in one.f_code.co_filename]
        frames += "".join(repr(frame.f_locals) for frame in ours if "/tests/" not in frame.f_code.co_filename)
        chain = chain.__cause__ or chain.__context__
    assert frames and KEY not in frames
