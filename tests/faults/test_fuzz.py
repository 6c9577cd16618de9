"""Whatever arrives: errors of ours only, cuts change nothing, and a stream is its whole twin."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from llama_index.core.llms import ChatMessage, TextBlock

from cncoding import ChatRequest, Client, CncodingError, Fold, Message, ToolCall, user
from cncoding.chat.thinktags import ThinkTags
from cncoding.chat.toolcalls import ToolCalls
from cncoding.exchange.failures import read_failure
from cncoding.exchange.sse import SSEDecoder
from cncoding.exchange.steps import Reply
from cncoding.media.inspection import inspect
from cncoding.registry import own_providers
from langchain_cncoding import ChatCNCoding
from llamaindex_cncoding import CNCodingLLM
from llamaindex_cncoding._partial_json import PartialObject, read_object
from tests.adversarial.raw import BODY
from tests.faults.fuzz import PROVIDERS, VALUES, cut, dump, fuzzed, make_decoder, outcome, spoilt_streams, wire_of
from tests.targets import KEYS

PLACES = st.lists(st.integers(0, 20_000), max_size=8)


@fuzzed(80)
@given(spoilt_streams(), PLACES, st.sampled_from(["any-model", "MiniMax-M3"]), st.booleans())
def test_a_cut_changes_nothing(spoilt: tuple[str, bytes], places: list[int], model: str, to_bytes: bool) -> None:
    provider, data = spoilt
    wire = wire_of(data)
    pieces = cut(data[:3000], range(3000)) if to_bytes else cut(data, places)
    whole = outcome(make_decoder(provider, wire, model), [data[:3000] if to_bytes else data])
    assert outcome(make_decoder(provider, wire, model), pieces) == whole


@fuzzed(80)
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_frames_of_any_bytes(data: bytes, places: list[int]) -> None:
    def frames(pieces: Any) -> tuple[list[Any], str]:
        decoder, found = SSEDecoder(), []
        try:
            for piece in pieces:
                found += decoder.feed(piece)
            found += decoder.finish()
        except CncodingError as error:
            return found, str(error)
        return found, ""

    data = data.replace(b"\x00", b"\n").replace(b"\x01", b"data: ").replace(b"\x02", b"\r\n")
    (cut_frames, cut_error), (whole_frames, whole_error) = frames(cut(data, places)), frames([data])
    assert cut_error == whole_error and (whole_error or cut_frames == whole_frames)


@fuzzed(80)
@given(st.sampled_from(PROVIDERS), st.sampled_from(["openai", "anthropic"]), st.lists(VALUES, max_size=6))
def test_events_of_any_shape(provider: str, wire: str, values: list[Any]) -> None:
    if wire not in own_providers()[provider].endpoints[0].wires:
        wire = "openai"
    data = b"".join(b"data: %s\n\n" % dump(value) for value in values)
    outcome(make_decoder(provider, wire), [data])


@fuzzed(80)
@given(st.sampled_from(PROVIDERS), st.sampled_from(["openai", "anthropic"]), VALUES)
def test_whole_replies_of_any_shape(provider: str, wire: str, value: Any) -> None:
    if wire not in own_providers()[provider].endpoints[0].wires:
        wire = "openai"
    try:
        for event in make_decoder(provider, wire).whole(dump(value)):
            Fold(provider).add(event)
    except CncodingError:
        pass


ARGUMENTS = st.dictionaries(st.sampled_from("ab"), st.text(max_size=5))
CALLS = st.lists(st.tuples(st.sampled_from("fgh"), ARGUMENTS), min_size=1, max_size=4)


@fuzzed(80)
@given(CALLS, st.data())
def test_calls_that_are_streamed_are_the_calls_that_are_whole(
    calls: list[tuple[str, Any]], data: st.DataObject
) -> None:
    made, events, block, told = ToolCalls(itertools.count().__next__), [], 0, []
    for index, (name, arguments) in enumerate(calls):
        text = json.dumps(arguments)
        place = data.draw(st.integers(0, len(text)))
        pieces = [text[:place], text[place:]]
        told.append({"index": index, "id": f"c{index}", "function": {"name": name, "arguments": pieces[0]}})
        told.append(
            {
                "index": index,
                "id": data.draw(st.sampled_from([None, "", f"c{index}"])),
                "function": {"arguments": pieces[1]},
            }
        )
    for fragment in told:
        block = made.add(fragment, block, events)
    events += made.finish()
    reply = Fold("any")
    for event in events:
        reply.add(event)
    found = [(one.id, one.name, json.loads(one.arguments)) for one in reply.response().tool_calls]
    assert found == [(f"c{index}", name, arguments) for index, (name, arguments) in enumerate(calls)]


@fuzzed(80)
@given(st.lists(VALUES, max_size=6))
def test_fragments_of_calls_of_any_shape(fragments: list[Any]) -> None:
    calls, events = ToolCalls(lambda: "made"), []
    try:
        block = 0
        for fragment in fragments:
            block = calls.add(fragment if isinstance(fragment, dict) else {"function": fragment}, block, events)
    except CncodingError:
        return
    opened = [event.index for event in [*events, *calls.finish()] if event.name is not None]
    assert opened == sorted(opened)


@fuzzed(80)
@given(
    st.lists(
        st.sampled_from(["<think>", "</think>", "</mm:think>", "<", "a", "\n", " ", "好", "<th", "ink>"]), max_size=12
    ),
    PLACES,
)
def test_think_tags_lose_nothing(words: list[str], places: list[int]) -> None:
    text = "".join(words)

    def split(pieces: list[str]) -> tuple[str, str]:
        tags = ThinkTags()
        found = [*(tags.feed(piece) for piece in pieces), tags.finish()]
        return "".join(one for one, _ in found), "".join(one for _, one in found)

    edges = [0, *sorted(min(place % (len(text) + 1), len(text)) for place in places), len(text)]
    whole = split([text])
    assert split([text[start:stop] for start, stop in itertools.pairwise(edges)]) == whole
    if not text.lstrip().startswith("<think>"):
        assert whole == ("", text)


@fuzzed(80)
@given(st.text(alphabet='{}[]",:\\ud0123e-.tnfals好 \n', max_size=80) | VALUES.map(json.dumps), PLACES)
def test_json_that_is_still_being_written(text: str, places: list[int]) -> None:
    whole, pieces = PartialObject(), PartialObject()
    whole.feed(text)
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    for start, stop in itertools.pairwise(edges):
        pieces.feed(text[start:stop])
        assert isinstance(pieces.value(), dict)
    assert pieces.value() == whole.value() and pieces.closed == whole.closed
    assert read_object(text) is None or isinstance(read_object(text), dict)


@fuzzed(120)
@given(
    st.sampled_from(PROVIDERS),
    st.integers(200, 599),
    VALUES.map(dump) | st.binary(max_size=40),
    st.sampled_from(["", "5", "-1", "nan", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"]),
)
def test_failures_of_any_shape(provider: str, status: int, body: bytes, retry_after: str) -> None:
    failure = read_failure(Reply(status, {"retry-after": retry_after}, body), own_providers()[provider])
    assert (failure is None) <= (status < 300)
    assert failure is None or (str(failure) and (failure.retry_after is None or failure.retry_after > 0))


# ---------------------------------------------------------------- through the front door


def answering(body: bytes) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200, content=body)))


def told(provider: str, body: bytes) -> dict[str, Any]:
    more = {"base_url": "http://127.0.0.1:9/v1"} if provider == "unified" else {}
    return {"api_key": KEYS.get(provider, "test-key"), "http_client": answering(body), "max_retries": 0, **more}


MAKERS = ("generate_image", "generate_video", "synthesize_speech", "web_search", "quota", "models", "understand_image")


@fuzzed(80)
@given(st.sampled_from(PROVIDERS), st.sampled_from(MAKERS), VALUES)
def test_media_and_accounts_of_any_shape(provider: str, maker: str, value: Any) -> None:
    client = Client(provider, **told(provider, dump(value)))
    asked: tuple[Any, ...] = () if maker in ("quota", "models") else ("a fox",)
    if maker == "understand_image":
        asked = ("data:image/png;base64,iVBORw0KGgo=",)
    try:
        if maker.startswith(("generate", "synthesize")):
            getattr(client, maker)(*asked, poll_interval=0.001, timeout=0.002)
        else:
            getattr(client, maker)(*asked)
    except CncodingError as error:
        assert str(error)


@fuzzed(80)
@given(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"\xff\xd8\xff",
            b"RIFF1234WAVE",
            b"RIFF1234WEBP",
            b"ID3",
            b"fLaC",
            b"\0\0\0\x18ftypmp42",
        ]
    ),
)
def test_files_of_any_bytes(rest: bytes, head: bytes) -> None:
    try:
        inspect(io.BytesIO(head + rest))
    except CncodingError as error:
        assert str(error)


def answered(made: Any) -> bool:
    """Tell whether a call came back with a reply or an error of ours."""
    try:
        return made() is not None
    except CncodingError as error:
        return bool(str(error))


KINDS = st.sampled_from(["text", "image_url", "reasoning", "tool_use", "odd"])
MEMBERS = {name: VALUES for name in ("text", "url", "input", "id", "name")}
MEMBERS["image_url"] = st.fixed_dictionaries({"url": st.text(max_size=12)})  # LangChain itself refuses other shapes
BLOCKS = st.lists(st.fixed_dictionaries({"type": KINDS}, optional=MEMBERS), max_size=3)


@pytest.mark.filterwarnings("ignore")
@fuzzed(40)
@given(st.sampled_from(PROVIDERS), BLOCKS, st.text(max_size=20), VALUES)
def test_langchain_messages_of_any_shape(provider: str, blocks: list[Any], text: str, value: Any) -> None:
    more = value if isinstance(value, dict) else {}
    model = ChatCNCoding(provider=provider, **told(provider, BODY))
    call = {"name": "f", "args": more, "id": "c1", "type": "tool_call"}
    history = [HumanMessage(blocks or text), AIMessage(blocks, additional_kwargs=more, tool_calls=[call])]
    assert answered(lambda: model.invoke([*history, ToolMessage(text, tool_call_id="c1")]))


@pytest.mark.filterwarnings("ignore")
@fuzzed(40)
@given(
    st.sampled_from(PROVIDERS), st.text(max_size=20), VALUES, st.sampled_from(["user", "assistant", "tool", "system"])
)
def test_llamaindex_messages_of_any_shape(provider: str, text: str, value: Any, role: str) -> None:
    more = {**value, "images": []} if isinstance(value, dict) else {}  # LlamaIndex itself reads `images`
    llm = CNCodingLLM(provider=provider, **told(provider, BODY))
    messages = [
        ChatMessage(role="user", blocks=[TextBlock(text=text)]),
        ChatMessage(role=role, content=text, additional_kwargs=more),
    ]
    assert answered(lambda: llm.chat([*messages, ChatMessage("go on")]))


@fuzzed(60)
@given(st.sampled_from(PROVIDERS), st.text(max_size=30), st.text(max_size=30))
def test_arguments_in_a_history_of_any_text(provider: str, arguments: str, ident: str) -> None:
    history = (user("hi"), Message("assistant", (ToolCall(ident, "f", arguments),)), user("go on"))
    client = Client(provider, **told(provider, BODY))
    assert answered(lambda: client.chat(ChatRequest(history)))


def test_the_loop_is_free_while_much_is_read() -> None:
    """One event of a megabyte in small pieces: the work is linear, so it ends within the time of the test."""
    line = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % (b"x" * 1_000_000)
    decoder = make_decoder("glm", "openai")

    async def read() -> int:
        return sum(len(list(decoder.feed(piece))) for piece in cut(line, range(0, len(line), 7)))

    assert asyncio.run(read()) == 2
