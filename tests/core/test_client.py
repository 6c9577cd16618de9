"""Both clients over real sockets against the emulator: streams, failures, lifecycle."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pickle
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from cncoding import (
    AsyncClient,
    ChatRequest,
    Client,
    ConfigError,
    ConnectFailedError,
    EmptyReplyError,
    Finish,
    Media,
    Message,
    ProtocolError,
    QuotaExhaustedError,
    RateLimitedError,
    Reasoning,
    ReasoningDelta,
    RequestTimeoutError,
    ServerError,
    Started,
    Text,
    TextDelta,
    Thinking,
    Tool,
    ToolResult,
    TransportError,
    TruncatedStreamError,
    Usage,
    fold,
    user,
)
from cncoding_emulator import Emulator
from tests.core.conftest import Both

PROVIDERS = ["glm", "kimi", "minimax", "qwen", "deepseek", "wcode", "unified"]
WIRES = [
    (provider, wire)
    for provider in PROVIDERS
    for wire in ("openai", "anthropic")
    if wire == "openai" or provider not in ("wcode", "unified")
]
WEATHER = Tool(
    "get_weather",
    "Tell the weather",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)
HAIKU = Thinking(enabled=True)


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_a_stream_folds_to_what_the_whole_reply_is(both: Both, emulator: Emulator, provider: str, wire: Any) -> None:
    script = "think 先想\\n再说\nsay 你好，世界\nusage in=9 out=5"
    for _ in range(2):
        emulator.script(script, provider)
    request = ChatRequest((user("hi"),), thinking=HAIKU)
    whole = both.chat(provider, request, wire=wire)
    events = both.stream(provider, request, wire=wire)
    streamed = fold(events, provider)
    assert streamed.text == whole.text == "你好，世界"
    assert streamed.reasoning == whole.reasoning == "先想\n再说"
    assert streamed.usage is not None and whole.usage is not None
    assert (streamed.usage.input, streamed.usage.output) == (whole.usage.input, whole.usage.output) == (9, 5)
    assert streamed.finish == whole.finish == "stop"
    kinds = [type(event) for event in events]
    assert kinds.count(Started) == kinds.count(Finish) == kinds.count(Usage) == 1
    assert kinds[-1] is Finish and kinds.index(Started) < kinds.index(ReasoningDelta) < kinds.index(TextDelta)


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_reasoning_round_trip(both: Both, emulator: Emulator, provider: str, wire: Any, streaming: bool) -> None:
    """Two tools are called in a row; the emulator refuses the loop if any reasoning comes back changed."""
    emulator.script(
        'think 需要天气\\n"first"\ncall get_weather {"city": "北京"}\n---\n'
        'think second\ncall get_weather {"city": "Paris"}\n---\nsay done',
        provider,
    )
    messages: tuple[Message, ...] = (user("weather?"),)
    for _ in range(3):
        request = ChatRequest(messages, tools=(WEATHER,), thinking=HAIKU)
        reply = (
            fold(both.stream(provider, request, wire=wire), provider)
            if streaming
            else both.chat(provider, request, wire=wire)
        )
        messages = (*messages, reply.message)
        messages += tuple(Message("tool", (ToolResult(call.id, (Text("晴 21C"),)),)) for call in reply.tool_calls)
    assert reply.text == "done"
    sent = [part.text for message in messages for part in message.parts if isinstance(part, Reasoning)]
    assert sent[:2] == ['需要天气\n"first"', "second"]
    body = emulator.requests[-1].body.decode()
    assert all(json_text in body for json_text in ('需要天气\\n\\"first\\"', "second"))


@pytest.mark.parametrize(("provider", "wire"), WIRES)
def test_changed_reasoning_is_refused_by_the_emulator(emulator: Emulator, provider: str, wire: Any) -> None:
    """The witness of the test above can say no."""
    emulator.script('think original\ncall get_weather {"city": "Rome"}', provider)
    client = Client(provider, wire=wire, max_retries=0)
    first = client.chat(ChatRequest((user("weather?"),), tools=(WEATHER,), thinking=HAIKU))
    forged = Message(
        "assistant", tuple(Reasoning("forged") if isinstance(part, Reasoning) else part for part in first.message.parts)
    )
    result = Message("tool", (ToolResult(first.tool_calls[0].id, (Text("ok"),)),))
    with pytest.raises(Exception, match=r"(?i)reasoning|thinking|think"):
        client.chat(ChatRequest((user("weather?"), forged, result), tools=(WEATHER,), thinking=HAIKU))


# ---------------------------------------------------------------- failures


def test_a_cut_stream_carries_what_came(both: Both, emulator: Emulator) -> None:
    for clean in ("", " clean"):
        emulator.script(f"say one two three four five six\ncut after-event 4{clean}", "glm")
        with pytest.raises(TruncatedStreamError) as caught:
            both.stream("glm", "hi")
        assert caught.value.partial is not None
        assert caught.value.partial.text.startswith("one")
        assert caught.value.retryable


def test_a_stall_is_a_timeout(both: Both, emulator: Emulator) -> None:
    emulator.script("say one\nstall 5s\nsay two", "glm")
    with pytest.raises(RequestTimeoutError) as caught:
        both.stream("glm", "hi", timeout=0.5)
    assert caught.value.sent


def test_a_stream_that_says_nothing_is_an_error(both: Both, emulator: Emulator) -> None:
    emulator.script("empty", "deepseek")
    with pytest.raises(ProtocolError):
        both.stream("deepseek", "hi")


def test_a_finish_without_a_word_is_an_error(both: Both, emulator: Emulator) -> None:
    emulator.script("say \nfinish stop", "deepseek")
    emulator.script("say \nfinish stop", "deepseek")
    request = ChatRequest((user("hi"),), thinking=Thinking(enabled=False))
    with pytest.raises(EmptyReplyError):
        both.chat("deepseek", request)
    with pytest.raises(EmptyReplyError):
        both.stream("deepseek", request)


@pytest.mark.parametrize("script", ["say hi\nhtml", "say hi\nbroken-json"])
def test_what_is_no_reply_is_a_protocol_error(both: Both, emulator: Emulator, script: str) -> None:
    emulator.script(script, "glm")
    with pytest.raises(ProtocolError) as caught:
        both.stream("glm", "hi")
    assert caught.value.payload


def test_quota_and_rate_limit_are_told_apart(both: Both, emulator: Emulator) -> None:
    emulator.fault("glm", "quota")
    with pytest.raises(QuotaExhaustedError) as caught:
        both.chat("glm", "hi")
    assert caught.value.resets_at is not None and caught.value.resets_at.tzinfo is not None
    assert len(emulator.requests) == 1, "a spent plan is not asked again"
    emulator.fault("glm", "rate_limit", times=1, retry_after=0)
    assert both.chat("glm", "hi").text
    emulator.fault("glm", "rate_limit", times=5)
    with pytest.raises(RateLimitedError):
        both.chat("glm", "hi", max_retries=0)


def test_a_failure_inside_a_stream(both: Both, emulator: Emulator) -> None:
    emulator.script("say one\nerror-in-stream overloaded", "kimi")
    with pytest.raises((ServerError, RateLimitedError)):
        both.stream("kimi", "hi", max_retries=0)


def test_nobody_listens(both: Both) -> None:
    with pytest.raises(ConnectFailedError) as caught:
        both.chat("glm", "hi", api_key="k", base_url="http://127.0.0.1:9", max_retries=0)
    assert not caught.value.sent


def test_no_key_in_any_error(both: Both, emulator: Emulator) -> None:
    secret = "topsecret-key-1234"
    for fault in ("auth", "quota", "server_error"):
        emulator.fault("glm", fault)
        with pytest.raises(Exception) as caught:
            both.chat("glm", "hi", api_key=secret, max_retries=0)
        error = caught.value
        texts = [
            str(error),
            repr(error),
            repr(error.__dict__),
            repr(error.__cause__),
            pickle.dumps(error).decode("latin-1"),
        ]
        assert not any(secret in text for text in texts)


def test_errors_survive_pickle_and_copy(emulator: Emulator) -> None:
    emulator.fault("glm", "quota")
    with pytest.raises(QuotaExhaustedError) as caught:
        Client("glm").chat("hi")
    for twin in (pickle.loads(pickle.dumps(caught.value)), copy.deepcopy(caught.value)):
        assert type(twin) is QuotaExhaustedError
        assert (str(twin), twin.resets_at, twin.code) == (str(caught.value), caught.value.resets_at, caught.value.code)


# ---------------------------------------------------------------- lifecycle


def hung_up_after(emulator: Emulator, stop: Callable[[], float]) -> float:
    """Return how long the server took to see that the client was gone: the best of three, on a shared machine."""
    delays = []
    for _ in range(3):
        emulator.reset()
        emulator.script("say one\nstall 3s\nsay two", "glm")
        ended = stop()
        record = emulator.wait_for(lambda one: one.disconnected)
        assert record is not None and record.disconnected_at is not None, "the server never saw it"
        delays.append(record.disconnected_at - ended)
        if delays[-1] < 0.1:
            break
    return min(delays)


def test_an_early_stop_hangs_up(both: Both, emulator: Emulator) -> None:
    def stop() -> float:
        both.stream("glm", "hi", stop_after=2)
        return time.monotonic()

    assert hung_up_after(emulator, stop) < 0.1


def test_a_cancelled_task_hangs_up(emulator: Emulator) -> None:
    async def run() -> float:
        async def consume() -> None:
            async for _ in AsyncClient("glm").stream("hi"):
                pass

        task = asyncio.create_task(consume())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic()

    assert hung_up_after(emulator, lambda: asyncio.run(run())) < 0.1


def test_one_client_in_many_loops(emulator: Emulator) -> None:
    client = AsyncClient("glm", max_retries=0)
    for _ in range(3):
        assert asyncio.run(client.chat("hi")).text


def test_one_client_in_threads_and_loops(emulator: Emulator) -> None:
    sync, other = Client("glm", max_retries=0), AsyncClient("glm", max_retries=0)
    found: list[str] = []

    def work() -> None:
        found.append(sync.chat("hi").text)

        async def several() -> None:
            found.extend(reply.text for reply in await asyncio.gather(*(other.chat("hi") for _ in range(3))))

        asyncio.run(several())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 32 and all(found)


def test_many_clients_leave_nothing_open(emulator: Emulator) -> None:
    def descriptors() -> int:
        gc.collect()
        return len(os.listdir("/proc/self/fd"))

    Client("glm").chat("hi")
    asyncio.run(AsyncClient("glm").chat("hi"))
    before = descriptors()
    for _ in range(300):
        Client("glm")
        AsyncClient("glm")
    for _ in range(20):
        asyncio.run(AsyncClient("glm").chat("hi"))
        stream = Client("glm").stream("hi")
        next(stream)
        stream.close()
    assert descriptors() <= before + 2


def test_a_client_of_your_own_is_used(emulator: Emulator) -> None:
    seen: list[str] = []
    with httpx.Client(event_hooks={"request": [lambda request: seen.append(str(request.url))]}) as own:
        Client("glm", http_client=own).chat("hi")
    assert seen == [emulator.base_url("glm") + "/chat/completions"]


# ---------------------------------------------------------------- media


def image(emulator: Emulator, name: str = "cat.png", query: str = "w=40&h=30&color=red") -> Media:
    return Media("image", url=f"{emulator.url}/files/{name}?{query}")


def test_a_private_address_is_refused_before_anything_leaves(both: Both, emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="not a public address"):
        both.chat("kimi", ChatRequest((user("what is it?", image(emulator)),)))
    assert emulator.requests == []


def test_kimi_gets_the_image_itself(both: Both, emulator: Emulator) -> None:
    reply = both.chat("kimi", ChatRequest((user("what is it?", image(emulator)),)), allow_hosts=("127.0.0.1",))
    assert "40x30" in reply.text and "red" in reply.text
    assert "data:image/png;base64," in emulator.requests[-1].body.decode()


@pytest.mark.parametrize("name", ["huge", "notimage"])
def test_what_cannot_be_inlined_is_refused(both: Both, emulator: Emulator, name: str) -> None:
    media = Media("image", url=f"{emulator.url}/files/{name}")
    with pytest.raises(ConfigError, match="image:"):
        both.chat("kimi", ChatRequest((user("what?", media),)), allow_hosts=("127.0.0.1",))
    assert not [one for one in emulator.requests if one.provider == "kimi"]


def test_a_redirect_into_the_network_is_refused(both: Both, emulator: Emulator) -> None:
    media = Media("image", url=f"{emulator.url}/files/redirect?to=http://10.0.0.1/x.png")
    with pytest.raises(ConfigError, match=r"10\.0\.0\.1"):
        both.chat("kimi", ChatRequest((user("what?", media),)), allow_hosts=("127.0.0.1",))


def test_glm_gets_the_url(both: Both, emulator: Emulator) -> None:
    both.chat("glm", ChatRequest((user("what is it?", image(emulator)),), model="glm-4.6v"))
    assert '"url":"http' in emulator.requests[-1].body.decode().replace(" ", "")


def test_minimax_without_eyes_has_the_image_described(both: Both, emulator: Emulator) -> None:
    request = ChatRequest((user("what is it?", image(emulator)),), model="MiniMax-M2.5")
    reply = both.chat("minimax", request, allow_hosts=("127.0.0.1",))
    assert [warning.setting for warning in reply.warnings] == ["vision"]
    vlm = [one for one in emulator.requests if one.path.endswith("/coding_plan/vlm")]
    assert len(vlm) == 1 and vlm[0].headers["mm-api-source"] == "Minimax-MCP"
    assert "40x30" in emulator.requests[-1].body.decode()


def test_a_description_is_bought_once(emulator: Emulator) -> None:
    request = ChatRequest((user("what is it?", image(emulator)),), model="MiniMax-M2.5")
    client = Client("minimax", allow_hosts=("127.0.0.1",))
    client.chat(request)
    client.chat(request)
    assert len([one for one in emulator.requests if one.path.endswith("/coding_plan/vlm")]) == 1


def test_an_image_for_a_model_without_eyes_says_so(both: Both, emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match=r"image: glm-5\.3 on glm reads text only"):
        both.chat("glm", ChatRequest((user("what?", image(emulator)),)))
    with pytest.raises(ConfigError, match="image"):
        both.chat("minimax", ChatRequest((user("what?", image(emulator)),), model="MiniMax-M2.5"), vision="error")
    assert emulator.requests == []


def test_a_local_path(both: Both, emulator: Emulator, tmp_path: Any) -> None:
    picture = tmp_path / "cat.png"
    picture.write_bytes(httpx.get(f"{emulator.url}/files/cat.png?w=20&h=10&color=blue").content)
    reply = both.chat("kimi", ChatRequest((user("what is it?", Media("image", path=str(picture))),)))
    assert "20x10" in reply.text and "blue" in reply.text
    with pytest.raises(ConfigError, match="cannot be read"):
        both.chat("kimi", ChatRequest((user("?", Media("image", path=str(tmp_path / "none.png"))),)))


def test_a_connect_failure_of_a_fetch_is_not_the_vendors(both: Both, emulator: Emulator) -> None:
    media = Media("image", url="http://127.0.0.1:9/cat.png")
    with pytest.raises(TransportError):
        both.chat("kimi", ChatRequest((user("?", media),)), allow_hosts=("127.0.0.1",), max_retries=0)
