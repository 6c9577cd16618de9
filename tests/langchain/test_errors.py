"""Errors are ours and LangChain's at once, and its middleware acts on them rightly."""

from __future__ import annotations

import inspect
import pickle
from datetime import datetime, timezone
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelFallbackMiddleware, ModelRetryMiddleware, SummarizationMiddleware
from langchain_core import exceptions as lc
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage

import cncoding
import langchain_cncoding
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatGLM, ChatKimi, ChatQwen, create_chat_model
from langchain_cncoding._errors import DUAL, dual

MADE: dict[type[cncoding.CncodingError], dict[str, Any]] = {
    cncoding.ConfigError: {},
    cncoding.TransportError: {"sent": True},
    cncoding.ConnectFailedError: {"sent": False},
    cncoding.RequestTimeoutError: {"sent": True},
    cncoding.ConnectionLostError: {"sent": True},
    cncoding.TooManyConnectionsError: {"sent": False},
    cncoding.StalledError: {"sent": True},
    cncoding.DeadlineExceededError: {"sent": True},
    cncoding.ReplyTooLargeError: {"provider": "glm"},
    cncoding.ProtocolError: {"provider": "glm"},
    cncoding.TruncatedStreamError: {"provider": "glm"},
    cncoding.EmptyReplyError: {"provider": "glm"},
    cncoding.BudgetSpentError: {"budget": "mine", "used": 2, "limit": 2, "unit": "calls"},
    cncoding.QuotaExhaustedError: {"window": "5h", "resets_at": datetime(2026, 11, 20, tzinfo=timezone.utc)},
}


def core_errors() -> list[type[cncoding.CncodingError]]:
    found = [
        kind for kind in vars(cncoding).values() if inspect.isclass(kind) and issubclass(kind, cncoding.CncodingError)
    ]
    return [kind for kind in found if not issubclass(kind, cncoding.JobError) and kind is not cncoding.CncodingError]


@pytest.mark.parametrize("kind", core_errors(), ids=lambda kind: kind.__name__)
def test_every_core_error_has_a_twin(kind: type[cncoding.CncodingError]) -> None:
    details = MADE.get(kind, {"provider": "glm", "status": 400, "code": "9", "request_id": "r", "body": {"a": 1}})
    error = kind("words", **details)
    twin = dual(error)
    assert type(twin) in DUAL and isinstance(twin, kind) and isinstance(twin, lc.ModelError)
    assert str(twin) == str(error) and vars(twin) == vars(error)
    assert twin.is_retryable == twin.retryable == error.retryable
    assert dual(twin) is twin
    again = pickle.loads(pickle.dumps(twin))
    assert type(again) is type(twin) and str(again) == str(twin) and vars(again).keys() == vars(twin).keys()


def test_twins_are_exported() -> None:
    assert {twin.__name__ for twin in DUAL} <= set(langchain_cncoding.__all__)


CASES = [
    ("quota", cncoding.QuotaExhaustedError, lc.ModelRateLimitError, False),
    ("rate", cncoding.RateLimitedError, lc.ModelRateLimitError, True),
    ("context", cncoding.ContextOverflowError, lc.ContextOverflowError, False),
    ("client", cncoding.ClientRefusedError, lc.ModelPermissionDeniedError, False),
    ("overloaded", cncoding.ServerError, lc.ModelAPIError, True),
]
"""What goes wrong, by the name of the fault below; our class, LangChain's, and whether a retry may help."""


def spoil(emulator: Emulator, what: str, times: int = 1) -> ChatCNCoding:
    """Queue a fault and return the model that will meet it."""
    if what == "quota":
        emulator.script("\n---\n".join(['fault quota reset="2026-11-21 12:00:00"'] * times), "glm")
        return ChatGLM(max_retries=0)
    if what == "rate":
        emulator.fault("glm", status=429, code="1302", message="您当前使用该API的并发数过高", times=times)
        return ChatGLM(max_retries=0)
    if what == "context":
        emulator.fault(
            "deepseek", status=400, code="invalid_request_error", times=times,
            message="This model's maximum context length is 131072 tokens. However, you requested 140000 tokens",
        )  # fmt: skip
        return ChatDeepSeek(max_retries=0)
    if what == "client":
        emulator.fault(
            "kimi", status=403, type="access_terminated_error", times=times,
            message="Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, Claude Code, etc.",
        )  # fmt: skip
        return ChatKimi(max_retries=0)
    emulator.fault("minimax", status=529, code="overloaded_error", message="High traffic detected", times=times)
    return create_chat_model("minimax", max_retries=0)


@pytest.mark.parametrize(("what", "ours", "theirs", "again"), CASES, ids=[case[0] for case in CASES])
@pytest.mark.parametrize("how", ["invoke", "stream", "v3"])
def test_classes(emulator: Emulator, what: str, ours: type, theirs: type, again: bool, how: str) -> None:
    model = spoil(emulator, what)
    with pytest.raises(ours) as caught:
        if how == "invoke":
            model.invoke("hello")
        elif how == "stream":
            list(model.stream("hello"))
        else:
            _ = model.stream_events("hello", version="v3").output
    assert isinstance(caught.value, theirs)
    assert caught.value.is_retryable is again


async def test_classes_async(emulator: Emulator) -> None:
    model = spoil(emulator, "quota", 2)
    with pytest.raises(lc.ModelRateLimitError):
        await model.ainvoke("hello")
    with pytest.raises(cncoding.QuotaExhaustedError):
        _ = [chunk async for chunk in model.astream("hello")]


def test_reset_time_survives(emulator: Emulator) -> None:
    with pytest.raises(langchain_cncoding.CNCodingQuotaExhaustedError) as caught:
        spoil(emulator, "quota").invoke("hello")
    assert caught.value.resets_at is not None and caught.value.resets_at.utcoffset() is not None
    assert caught.value.provider == "glm"


@pytest.mark.parametrize(("what", "ours", "theirs", "again"), CASES, ids=[case[0] for case in CASES])
def test_retry_middleware(emulator: Emulator, what: str, ours: type, theirs: type, again: bool) -> None:
    model = spoil(emulator, what)
    retry = ModelRetryMiddleware(max_retries=2, initial_delay=0, jitter=False, on_failure="error")
    agent = create_agent(model, [], middleware=[retry])
    if again:
        assert agent.invoke({"messages": [HumanMessage("hello")]})["messages"][-1].text
        assert len(emulator.requests) == 2
    else:
        with pytest.raises(ours):
            agent.invoke({"messages": [HumanMessage("hello")]})
        assert len(emulator.requests) == 1


@pytest.mark.parametrize("what", [case[0] for case in CASES])
def test_fallback_middleware(emulator: Emulator, what: str) -> None:
    model = spoil(emulator, what)
    agent = create_agent(model, [], middleware=[ModelFallbackMiddleware(ChatQwen())])
    reply = agent.invoke({"messages": [HumanMessage("hello")]})["messages"][-1]
    assert reply.response_metadata["model_provider"] == "cncoding-qwen"
    assert [request.provider for request in emulator.requests] == [model.provider, "qwen"]


@pytest.mark.parametrize(("what", "ours", "theirs", "again"), CASES, ids=[case[0] for case in CASES])
def test_with_retry(emulator: Emulator, what: str, ours: type, theirs: type, again: bool) -> None:
    model = spoil(emulator, what)
    patient = model.with_retry(
        retry_if_exception_type=(lc.ModelAPIError, lc.ModelRateLimitError),
        stop_after_attempt=2,
        wait_exponential_jitter=False,
    )
    if again or what == "quota":  # with_retry looks at classes only, and a spent quota is a rate limit
        assert patient.invoke("hello").text
    else:
        with pytest.raises(ours):
            patient.invoke("hello")


def test_summarization_after_an_overflow(emulator: Emulator) -> None:
    """The summary call meets `ContextOverflowError`; the middleware asks again (newer ones: with less)."""
    model = spoil(emulator, "context")
    history = [
        message for turn in range(12) for message in (HumanMessage(f"q{turn} " * 40), AIMessage(f"a{turn} " * 40))
    ]
    middleware = SummarizationMiddleware(model, trigger=("messages", 10), keep=("messages", 4))
    agent = create_agent(model, [], middleware=[middleware])
    reply = agent.invoke({"messages": [*history, HumanMessage("hello")]})["messages"][-1]
    assert reply.text
    overflown, again, asked = (len(request.body) for request in emulator.requests)
    assert again <= overflown and asked < overflown


def test_summarization_by_reported_tokens() -> None:
    """The trigger compares `ls_provider` with `model_provider`; both say `cncoding-glm`."""
    model = ChatGLM(profile={"max_input_tokens": 100})
    middleware = SummarizationMiddleware(model, trigger=("fraction", 0.5), keep=("messages", 2))
    agent = create_agent(ChatGLM(), [], middleware=[middleware])
    history: list[Any] = [HumanMessage("tell me about 北京 " * 30), AIMessage("It is a city. " * 30)] * 3
    messages = agent.invoke({"messages": [*history, HumanMessage("hello")]})["messages"]
    assert len(messages) < len(history)


def test_errors_reach_the_callbacks(emulator: Emulator) -> None:
    seen: list[BaseException] = []

    class Watcher(BaseCallbackHandler):
        def on_llm_error(self, error: BaseException, **_: Any) -> None:
            seen.append(error)

    with pytest.raises(cncoding.RateLimitedError):
        spoil(emulator, "rate").invoke("hello", config={"callbacks": [Watcher()]})
    assert isinstance(seen[0], lc.ModelRateLimitError)


@pytest.mark.parametrize("how", ["whole", "stream"])
def test_empty_reply_is_an_error_and_never_an_empty_answer(emulator: Emulator, how: str) -> None:
    emulator.script("empty", "glm")
    model = ChatGLM(max_retries=0)
    with pytest.raises(lc.ModelError):
        model.invoke("hello") if how == "whole" else list(model.stream("hello"))


def test_unreachable_host_is_a_connection_error() -> None:
    with pytest.raises(lc.ModelConnectionError) as caught:
        ChatGLM(base_url="http://127.0.0.1:9/v4", max_retries=0).invoke("hello")
    assert caught.value.is_retryable


def test_timeout(emulator: Emulator) -> None:
    emulator.script("delay 2s\nsay late", "glm")
    with pytest.raises(lc.ModelTimeoutError):
        ChatGLM(timeout=0.2, max_retries=0).invoke("hello")
