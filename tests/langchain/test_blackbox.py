"""Programs as users write them, from LangChain's own pages, against the emulator over sockets."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import (
    HumanInTheLoopMiddleware,
    LLMToolSelectorMiddleware,
    ModelFallbackMiddleware,
    SummarizationMiddleware,
    ToolRetryMiddleware,
)
from langchain.chat_models import init_chat_model
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import get_usage_metadata_callback
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
    message_chunk_to_message,
    trim_messages,
)
from langchain_core.output_parsers import PydanticOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import ConfigurableField
from langchain_core.tools import tool
from langgraph.checkpoint.memory import MemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import Command
from pydantic import BaseModel

from cncoding import CncodingWarning
from cncoding_emulator import Emulator
from langchain_cncoding import (
    ChatCNCoding,
    ChatGLM,
    ChatKimi,
    ChatQwen,
    CNCodingConfigError,
    CNCodingRateLimitedError,
    CNCodingTimeoutError,
    register,
)
from tests.langchain.conftest import BLUE_PNG, CLASSES, PROVIDERS, roads

VERSIONS = ("v0", "v1")
SIGHT = {"glm": "glm-5.3-flash", "wcode": "z-ai/glm-4.6v", "unified": "glm-5v-turbo"}
QUESTION = "What is the weather in Paris? Use get_weather"


@tool
def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"{city}: sunny"


class Joke(BaseModel):
    """A joke."""

    setup: str
    punchline: str
    rating: int | None = None


class Jokes(BaseModel):
    """Several jokes."""

    jokes: list[Joke]
    kind: Literal["dry", "warm"]


def on_wire(provider: str, wire: Any, emulator: Emulator, **settings: Any) -> ChatCNCoding:
    return CLASSES[provider](wire=wire, base_url=emulator.base_url(provider, None, wire), **settings)


def weather_agent(model: ChatCNCoding, **settings: Any) -> Any:
    return create_agent(model, [get_weather], **settings)


def asked(text: str = QUESTION) -> dict[str, Any]:
    return {"messages": [("user", text)]}


# ---------------------------------------------------------------- chains


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_prompt_model_parser(provider: str, version: str) -> None:
    prompt = ChatPromptTemplate.from_messages([("system", "You are {who}."), ("human", "{question}")])
    chain = prompt | CLASSES[provider](output_version=version) | StrOutputParser()
    given = {"who": "brief", "question": "Say just: hello"}
    whole = chain.invoke(given)
    assert whole and "".join(chain.stream(given)) == whole
    assert chain.batch([given] * 5, {"max_concurrency": 2}) == [whole] * 5


def test_parser_of_fenced_json(emulator: Emulator) -> None:
    emulator.script('think hm\nsay ```json\\n{"setup": "a", "punchline": "b"}\\n```', provider="kimi")
    parser = PydanticOutputParser(pydantic_object=Joke)
    assert (ChatKimi() | parser).invoke("a joke") == Joke(setup="a", punchline="b")


@pytest.mark.parametrize("how", ["invoke", "stream", "bound"])
def test_fallbacks(how: str, emulator: Emulator) -> None:
    emulator.fault("kimi", "quota")
    chain = ChatKimi().with_fallbacks([ChatGLM()])
    if how == "stream":
        chunks = list(chain.stream("hi"))
        found: BaseMessage = sum(chunks[1:], chunks[0])  # type: ignore[call-overload]
    else:
        found = (chain.bind_tools([get_weather]) if how == "bound" else chain).invoke("hi")
    assert found.response_metadata["model_provider"] == "cncoding-glm"


def test_with_retry_and_further_bindings(emulator: Emulator) -> None:
    emulator.fault("glm", "rate_limit")
    model = ChatGLM(model="glm-4.6", max_retries=0).bind_tools([get_weather]).bind(temperature=0.2)
    reply = model.with_config(tags=["a"]).with_retry(wait_exponential_jitter=False).invoke(QUESTION)
    assert reply.tool_calls[0]["args"] == {"city": "Paris"}
    assert [request.json.get("temperature") for request in emulator.requests] == [0.2, 0.2]


def test_batch_returns_exceptions(emulator: Emulator) -> None:
    emulator.fault("kimi", "rate_limit")
    model = ChatKimi(max_retries=0)
    found = model.batch(["a", "b", "c"], {"max_concurrency": 1}, return_exceptions=True)
    assert isinstance(found[0], CNCodingRateLimitedError) and all(isinstance(one, AIMessage) for one in found[1:])


async def test_abatch_and_as_completed() -> None:
    model = ChatKimi()
    assert len(await model.abatch(list("abcdefgh"), {"max_concurrency": 3})) == 8
    assert sorted([number async for number, _ in model.abatch_as_completed(list("abc"))]) == [0, 1, 2]


async def test_astream_events_v2() -> None:
    chain = ChatPromptTemplate.from_template("{q}") | ChatKimi(thinking=True) | StrOutputParser()
    events = [event async for event in chain.astream_events({"q": "hi"}, version="v2")]
    ends = [event["data"]["output"] for event in events if event["event"] == "on_chat_model_end"]
    assert len(ends) == 1 and ends[0].additional_kwargs["reasoning_content"] and ends[0].usage_metadata
    assert {"on_chat_model_start", "on_chat_model_stream", "on_parser_stream"} <= {event["event"] for event in events}


def test_cache_tells_settings_of_the_call_apart(emulator: Emulator) -> None:
    model = ChatKimi(cache=InMemoryCache())
    for _ in range(2):
        model.invoke("hi")
        model.bind(thinking=False).invoke("hi")
        model.invoke("hi", model="k3")
    assert len(emulator.requests) == 3


def test_usage_callback_counts_whole_and_streamed_replies() -> None:
    with get_usage_metadata_callback() as counted:
        for kind in CLASSES.values():
            whole = kind().invoke("hi").usage_metadata
            list(kind().stream("hi"))
            name = kind().model_name
            assert whole and counted.usage_metadata[name]["total_tokens"] == 2 * whole["total_tokens"], name
    assert len(counted.usage_metadata) == len(CLASSES)


def test_trim_messages_with_the_model_as_counter() -> None:
    history: list[BaseMessage] = [SystemMessage("be brief")]
    for _ in range(20):
        history += [HumanMessage("你好世界" * 20), AIMessage("an answer " * 20)]
    kept = trim_messages(
        history, max_tokens=400, token_counter=ChatKimi(), include_system=True, start_on="human", strategy="last"
    )
    assert 1 < len(kept) < len(history) and isinstance(kept[0], SystemMessage) and isinstance(kept[1], HumanMessage)


def test_rate_limiter_waits() -> None:
    limiter = InMemoryRateLimiter(requests_per_second=20, check_every_n_seconds=0.01, max_bucket_size=1)
    model = ChatKimi(rate_limiter=limiter)
    began = time.monotonic()
    for one in (model, model, copy.deepcopy(model), model.bind_tools([get_weather])):
        one.invoke("hi")
    assert time.monotonic() - began > 0.12


@pytest.mark.parametrize("model", [None, "k3"])
def test_configurable_fields_and_alternatives(model: str | None, emulator: Emulator) -> None:
    configured = ChatKimi().configurable_fields(model=ConfigurableField(id="m"), thinking=ConfigurableField(id="t"))
    configured.with_config(configurable={"t": False, **({"m": model} if model else {})}).invoke("hi")
    assert emulator.requests[-1].json["thinking"] == {"type": "disabled"}
    assert emulator.requests[-1].json["model"] == (model or "kimi-for-coding")
    either = ChatKimi().configurable_alternatives(ConfigurableField(id="llm"), default_key="kimi", glm=ChatGLM())
    reply = either.with_config(configurable={"llm": "glm"}).invoke("hi")
    assert reply.response_metadata["model_provider"] == "cncoding-glm"


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Register with LangChain for one test only: the table belongs to the process."""
    from langchain.chat_models import base

    monkeypatch.setattr(base, "_BUILTIN_PROVIDERS", dict(base._BUILTIN_PROVIDERS))
    register()
    yield
    base._get_chat_model_creator.cache_clear()


@pytest.mark.usefixtures("registered")
def test_init_chat_model_configured_at_the_call() -> None:
    model: Any = init_chat_model(configurable_fields=("model", "model_provider"))
    for chosen in ({"model": "glm-5.3", "model_provider": "cncoding-glm"}, {"model": "cncoding-glm:glm-5.3"}):
        reply = model.bind_tools([get_weather]).invoke(QUESTION, config={"configurable": chosen})
        assert reply.tool_calls and reply.response_metadata["model_provider"] == "cncoding-glm"


@roads
def test_stop_in_every_place(provider: str, wire: str, emulator: Emulator) -> None:
    if provider == "minimax":
        with pytest.warns(CncodingWarning, match="stop: minimax"):
            on_wire(provider, wire, emulator, stop=["x"]).invoke("hi")
        return
    on_wire(provider, wire, emulator, stop=["x"]).invoke("hi")
    model = on_wire(provider, wire, emulator)
    model.bind(stop=["x"]).invoke("hi")
    model.invoke("hi", stop=["x"])
    list(model.stream("hi", stop=["x"]))
    key = "stop" if wire == "openai" else "stop_sequences"
    assert [request.json.get(key) for request in emulator.requests] == [["x"]] * 4


# ---------------------------------------------------------------- structured output


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_nested_schema_whole_streamed_and_raw(provider: str, version: str) -> None:
    model = CLASSES[provider](output_version=version).with_structured_output(Jokes)
    assert isinstance(model.invoke("jokes"), Jokes)
    assert isinstance([one async for one in model.astream("jokes")][-1], Jokes)
    raw: Any = CLASSES[provider](output_version=version).with_structured_output(Jokes, include_raw=True)
    merged: dict[str, Any] = {}
    for part in raw.stream("jokes"):
        merged.update(part)
    assert isinstance(merged["parsed"], Jokes) and merged["parsing_error"] is None and merged["raw"].usage_metadata


@pytest.mark.parametrize("provider", PROVIDERS)
def test_structured_output_sends_and_warns_of_nothing_unasked(provider: str, emulator: Emulator) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        CLASSES[provider]().with_structured_output(Joke).invoke("joke")
    assert "parallel_tool_calls" not in emulator.requests[-1].json
    assert not [told for told in caught if "parallel_tool_calls" in str(told.message)]


PLAIN = {"type": "object", "properties": {"setup": {"type": "string"}}, "required": ["setup"]}
FORMS: dict[str, Any] = {
    "json schema": {"title": "joke", **PLAIN},
    "openai response format": {"type": "json_schema", "json_schema": {"name": "joke", "schema": PLAIN}},
    "its inner part": {"name": "joke", "schema": PLAIN, "strict": True},
    "openai function": {"name": "joke", "description": "a joke", "parameters": PLAIN},
    "openai tool": {"type": "function", "function": {"name": "joke", "description": "a joke", "parameters": PLAIN}},
    "anthropic tool": {"name": "joke", "description": "a joke", "input_schema": PLAIN},
}


@pytest.mark.parametrize("method", [None, "function_calling", "json_schema"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", [ChatKimi, ChatQwen])
def test_every_form_of_a_json_schema(kind: type[ChatCNCoding], form: str, method: Any) -> None:
    found = kind().with_structured_output(FORMS[form], method=method).invoke("joke")
    assert isinstance(found, dict) and found["setup"]


@pytest.mark.parametrize("schema", [PLAIN, {"foo": 1}, 3])
def test_a_schema_without_a_name_says_what_to_do(schema: Any, emulator: Emulator) -> None:
    with pytest.raises(CNCodingConfigError, match=r"with_structured_output: cannot make .*'title'"):
        ChatQwen().with_structured_output(schema).invoke("joke")
    with pytest.raises(CNCodingConfigError, match="tools: cannot make"):
        ChatQwen().bind_tools([schema])
    assert not emulator.requests


# ---------------------------------------------------------------- agents and graphs


@pytest.mark.parametrize("version", VERSIONS)
@roads
def test_agent_over_two_turns_and_back_in_time(provider: str, wire: str, version: str, emulator: Emulator) -> None:
    agent = weather_agent(on_wire(provider, wire, emulator, output_version=version), checkpointer=MemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    assert "sunny" in agent.invoke(asked(), config)["messages"][-1].text
    assert agent.invoke(asked("Say just: ok"), config)["messages"][-1].text
    before = next(state for state in agent.get_state_history(config) if state.next == ("tools",))
    assert "sunny" in agent.invoke(None, before.config)["messages"][-1].text


def test_graph_with_an_edited_call() -> None:
    model = ChatGLM().bind_tools([get_weather])
    graph = StateGraph(MessagesState)
    graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([get_weather]))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition, {"tools": "tools", END: END})
    graph.add_edge("tools", "model")
    app = graph.compile(checkpointer=MemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    app.invoke(asked(), config)  # type: ignore[arg-type]
    before = next(state for state in app.get_state_history(config) if state.next == ("tools",))
    call = before.values["messages"][-1]
    edited = call.model_copy(update={"tool_calls": [{**call.tool_calls[0], "args": {"city": "Rome"}}]})
    fork = app.update_state(before.config, {"messages": [edited]})
    assert "Rome: sunny" in [message.text for message in app.invoke(None, fork)["messages"]]


@pytest.mark.parametrize(
    ("decision", "seen"),
    [
        ({"type": "approve"}, "Paris: sunny"),
        ({"type": "edit", "edited_action": {"name": "get_weather", "args": {"city": "Rome"}}}, "Rome: sunny"),
        ({"type": "reject", "message": "not today"}, "not today"),
    ],
)
def test_human_in_the_loop(decision: dict[str, Any], seen: str) -> None:
    middleware = HumanInTheLoopMiddleware(interrupt_on={"get_weather": True})
    agent = weather_agent(ChatKimi(), middleware=[middleware], checkpointer=MemorySaver())
    config = {"configurable": {"thread_id": "1"}}
    assert "__interrupt__" in agent.invoke(asked(), config)
    messages = agent.invoke(Command(resume={"decisions": [decision]}), config)["messages"]
    assert any(seen in message.text for message in messages if isinstance(message, ToolMessage))
    assert isinstance(messages[-1], AIMessage) and messages[-1].text


def test_summarization_by_a_fraction_of_the_profile() -> None:
    small = ChatKimi(profile={"max_input_tokens": 1000})
    middleware = SummarizationMiddleware(small, trigger=("fraction", 0.5), keep=("messages", 2))
    history = [HumanMessage("你好世界 " * 50), AIMessage("yes " * 30)] * 10
    messages = create_agent(ChatKimi(), [], middleware=[middleware]).invoke(
        {"messages": [*history, HumanMessage("and now?")]}
    )["messages"]
    assert len(messages) <= 4 and messages[-1].text


def test_tool_retry_model_fallback_and_tool_selection(emulator: Emulator) -> None:
    tries: list[int] = []

    @tool
    def flaky(number: int) -> str:
        """Work sometimes."""
        tries.append(number)
        if len(tries) < 3:
            raise ValueError("boom")
        return "fine"

    emulator.fault("kimi", "quota")
    middleware: list[Any] = [
        ToolRetryMiddleware(max_retries=3, initial_delay=0.01, jitter=False),
        ModelFallbackMiddleware(ChatGLM()),
        LLMToolSelectorMiddleware(model=ChatQwen(), max_tools=1),
    ]
    agent = create_agent(ChatKimi(max_retries=0), [flaky, get_weather], middleware=middleware)
    messages = agent.invoke(asked("call flaky with 1"))["messages"]
    assert len(tries) == 3 and "fine" in messages[-1].text
    assert messages[1].response_metadata["model_provider"] == "cncoding-glm"


# ---------------------------------------------------------------- pictures

DATA_URL = f"data:image/png;base64,{BLUE_PNG}"
PICTURES: dict[str, dict[str, Any]] = {
    "image_url": {"type": "image_url", "image_url": {"url": DATA_URL}},
    "v1": {"type": "image", "base64": BLUE_PNG, "mime_type": "image/png"},
    "v0": {"type": "image", "source_type": "base64", "data": BLUE_PNG, "mime_type": "image/png"},
    "anthropic": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": BLUE_PNG}},
    "responses": {"type": "input_image", "image_url": DATA_URL},
    "bare base64 as link": {"type": "image_url", "image_url": {"url": BLUE_PNG}},
}


@pytest.mark.parametrize("form", PICTURES)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_pictures_in_questions_and_in_tool_results(provider: str, form: str) -> None:
    model = CLASSES[provider](**({"model": SIGHT[provider]} if provider in SIGHT else {}))
    text = {"type": "text", "text": "what is it?"}
    assert "blue" in model.invoke([HumanMessage([text, PICTURES[form]])]).text
    call = AIMessage("", tool_calls=[{"id": "c1", "name": "shot", "args": {}}])
    shown = [HumanMessage("look"), call, ToolMessage([text, PICTURES[form]], tool_call_id="c1")]
    assert "blue" in model.invoke(shown).text


def test_picture_in_a_prompt_template() -> None:
    block = {"type": "image_url", "image_url": {"url": "data:image/png;base64,{data}"}}
    prompt = ChatPromptTemplate.from_messages([("human", [{"type": "text", "text": "{q}"}, block])])
    assert "blue" in (prompt | ChatKimi() | StrOutputParser()).invoke({"q": "what?", "data": BLUE_PNG})


@pytest.mark.parametrize("where", ["/etc/passwd", "file:///etc/passwd", "pictures/fox.png", "C:\\fox.png"])
@roads
def test_a_path_is_no_link_and_no_file_is_read(provider: str, wire: str, where: str, emulator: Emulator) -> None:
    settings = {"model": SIGHT[provider]} if provider in SIGHT else {}
    model = on_wire(provider, wire, emulator, **settings)
    blocks: list[dict[str, Any]] = [
        {"type": "image", "url": where},
        {"type": "image_url", "image_url": {"url": where}},
        {"type": "image_url", "image_url": where},
    ]
    for block in blocks:
        with pytest.raises(CNCodingConfigError, match="is no link"):
            model.invoke([HumanMessage([{"type": "text", "text": "look"}, block])])
        assert model.get_num_tokens_from_messages([HumanMessage([block])]) > 0
    assert not emulator.requests


# ---------------------------------------------------------------- histories of others


def _history(content: list[Any], metadata: dict[str, Any]) -> list[BaseMessage]:
    call = {"id": "toolu_1", "name": "get_weather", "args": {"city": "Paris"}}
    reply = AIMessage(content, tool_calls=[call], response_metadata=metadata)
    return [HumanMessage(QUESTION), reply, ToolMessage("Paris: sunny", tool_call_id="toolu_1")]


FOREIGN = {
    "anthropic": _history(
        [
            {"type": "thinking", "thinking": "hm", "signature": "SECRETSIGNATURE"},
            {"type": "redacted_thinking", "data": "SECRETSIGNATURE"},
            {"type": "text", "text": "let me see"},
            {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Paris"}},
        ],
        {"model_provider": "anthropic", "model_name": "claude"},
    ),
    "responses": _history(
        [
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "SECRETSIGNATURE"},
            {"type": "text", "text": "let me see", "annotations": [], "id": "msg_1"},
            {"type": "function_call", "call_id": "toolu_1", "name": "get_weather", "arguments": "{}", "id": "fc_1"},
        ],
        {"model_provider": "openai", "id": "resp_1"},
    ),
    "openai v1": _history(
        [
            {"type": "reasoning", "id": "rs_1", "reasoning": "hm", "extras": {"encrypted_content": "SECRETSIGNATURE"}},
            {"type": "server_tool_call", "id": "s", "name": "web_search", "args": {}},
            {"type": "text", "text": "let me see", "annotations": [{"type": "citation", "url": "https://a.example"}]},
            {"type": "tool_call", "id": "toolu_1", "name": "get_weather", "args": {"city": "Paris"}},
        ],
        {"model_provider": "openai", "output_version": "v1"},
    ),
}


@pytest.mark.parametrize("other", FOREIGN)
@roads
def test_histories_of_other_vendors_go_on(provider: str, wire: str, other: str, emulator: Emulator) -> None:
    model = on_wire(provider, wire, emulator).bind_tools([get_weather])
    assert "sunny" in model.invoke(FOREIGN[other]).text
    sent = str(emulator.requests[-1].json)
    assert "SECRETSIGNATURE" not in sent and "rs_1" not in sent and "let me see" in sent


@pytest.mark.parametrize("provider", PROVIDERS)
def test_streamed_v1_turn_goes_back_to_a_model_of_v0(provider: str) -> None:
    chunks = list(CLASSES[provider](output_version="v1").bind_tools([get_weather]).stream(QUESTION))
    reply: Any = message_chunk_to_message(sum(chunks[1:], chunks[0]))  # type: ignore[call-overload]
    assert [block["type"] for block in reply.content_blocks].count("tool_call") == 1
    result = ToolMessage("Paris: sunny", tool_call_id=reply.tool_calls[0]["id"])
    model = CLASSES[provider]().bind_tools([get_weather])
    assert "sunny" in model.invoke([HumanMessage(QUESTION), reply, result]).text


# ---------------------------------------------------------------- processes, interruptions, errors

SPAWN = """
import multiprocessing
from langchain_cncoding import ChatKimi, CNCodingToolkit, GenerateImageTool

def ask(model): return model.invoke("Say just: hey").text
def name(tool): return tool.name

if __name__ == "__main__":
    model = ChatKimi()
    model.invoke("hi")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(ask, [model, model.model_copy()]))
        print(pool.map(name, [GenerateImageTool(provider="glm"), *CNCodingToolkit(provider="kimi").get_tools()]))
"""


def test_models_and_tools_in_spawned_processes(tmp_path: Any) -> None:
    script = tmp_path / "work.py"
    script.write_text(SPAWN)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "hey" in done.stdout and "generate_image" in done.stdout and "web_search" in done.stdout


def test_keyboard_interrupt_inside_a_stream(emulator: Emulator) -> None:
    emulator.script("think a\nstall 2s\nsay b", provider="kimi")
    with pytest.raises(KeyboardInterrupt):
        for _ in ChatKimi().stream("hi"):
            raise KeyboardInterrupt
    assert emulator.wait_for(lambda request: request.disconnected_at is not None, 1)


async def test_cancelled_agent_and_events_left_early(emulator: Emulator) -> None:
    emulator.script("think a\nstall 2s\nsay b", provider="kimi")
    task = asyncio.create_task(weather_agent(ChatKimi()).ainvoke(asked()))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(emulator.wait_for, lambda request: request.disconnected_at is not None, 1)


async def test_timeouts_are_typed_and_pickle(emulator: Emulator) -> None:
    for script in ("delay 1s\nsay x", "think a\nstall 1s\nsay x"):
        emulator.script(script, provider="kimi")
        with pytest.raises(CNCodingTimeoutError) as caught:
            _ = [chunk async for chunk in ChatKimi(timeout=0.2, max_retries=0).astream("hi")]
        assert caught.value.is_retryable and isinstance(pickle.loads(pickle.dumps(caught.value)), CNCodingTimeoutError)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (ChatKimi, {"api_key": ["sk-kimi-" + "hidden"]}),
        (ChatCNCoding, {"api_key": "sk-kimi-" + "hidden"}),
        (ChatKimi, {"api_key": "sk-kimi-" + "hidden", "timeout": "q"}),
    ],
)
def test_no_key_in_the_traceback_of_a_wrong_argument(kind: Any, settings: dict[str, Any]) -> None:
    with pytest.raises(CNCodingConfigError) as caught:
        kind(**settings)
    assert "hidden" not in "".join(traceback.format_exception(caught.value)).replace('"hidden"', "")


def test_a_key_is_no_argument_of_a_call() -> None:
    with pytest.raises(CNCodingConfigError, match="model_copy"):
        ChatKimi().invoke("hi", api_key="x")
