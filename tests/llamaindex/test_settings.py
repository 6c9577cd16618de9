"""Construction, dumps, copies, and what LlamaIndex asks an LLM about itself."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from llama_index.core import Settings
from llama_index.core.llms import ChatMessage
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.rate_limiter import TokenBucketRateLimiter
from pydantic import SecretStr

import llamaindex_cncoding
from cncoding import CncodingWarning, ConfigError, providers
from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM, CNCodingLLM, DeepSeek, Kimi, MiniMax, Qwen, Unified, WCode

SECRET = "0123456789abcdef.very-secret-0123456789"
CLASSES = {
    "glm": GLM, "kimi": Kimi, "minimax": MiniMax, "qwen": Qwen, "deepseek": DeepSeek, "wcode": WCode,
    "unified": Unified,
}  # fmt: skip
ASKED = [ChatMessage(role="user", content="好吗")]


@pytest.fixture
def glm(emulator: Emulator) -> GLM:
    return GLM(api_key=SECRET, temperature=0.5, default_headers={"X-Team": "a", "Cookie": "hidden"})


def used(llm: CNCodingLLM, emulator: Emulator) -> CNCodingLLM:
    """Use an LLM sync and async, so that every client exists."""
    emulator.script("say 好\n---\nsay 好", provider=llm.provider)
    llm.chat(ASKED)
    asyncio.run(llm.achat(ASKED))
    return llm


@pytest.mark.parametrize("provider", CLASSES)
def test_each_provider_has_its_class_with_the_contracts_default_model(provider: str, emulator: Emulator) -> None:
    llm = CLASSES[provider]()
    assert llm.provider == provider
    assert llm.model == providers()[provider].endpoints[0].default_model
    assert CNCodingLLM(provider=provider).metadata == llm.metadata
    assert "multi" in llm.class_name() and provider in llm.class_name()


def test_the_namespace_of_llama_index_has_the_classes() -> None:
    from llama_index.llms import cncoding as llms
    from llama_index.retrievers import cncoding as retrievers
    from llama_index.tools import cncoding as tools

    assert llms.Kimi is Kimi
    assert {*llms.__all__, *retrievers.__all__, *tools.__all__} == set(llamaindex_cncoding.__all__)
    for shim in (llms, retrievers, tools):
        assert Path(str(shim.__file__)).with_name("py.typed").is_file()
    assert all(hasattr(llamaindex_cncoding, name) for name in llamaindex_cncoding.__all__)


def test_an_unknown_argument_is_an_error_with_the_nearest_name(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match=r"GLM got an unknown argument 'temprature'; did you mean 'temperature'"):
        GLM(temprature=1)
    with pytest.raises(ConfigError, match="extra_body"):
        GLM(qqqqqq=1)
    with pytest.raises(ConfigError, match="'max_tokens'"):
        GLM().chat(ASKED, max_token=3)
    assert not emulator.requests


def test_a_wrong_value_names_the_field_and_keeps_it_secret(emulator: Emulator) -> None:
    with pytest.raises(ConfigError, match="max_tokens") as caught:
        GLM(max_tokens="many-secret")
    assert "many-secret" not in str(caught.value)
    with pytest.raises(ConfigError, match="provider"):
        GLM(provider="kimi")


def test_no_key_is_an_error_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZAI_API_KEY", "ZHIPUAI_API_KEY", "ZHIPU_API_KEY", "GLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError, match="ZAI_API_KEY"):
        GLM()


def test_metadata(emulator: Emulator) -> None:
    assert GLM(context_window=1234).metadata.context_window == 1234
    assert GLM(max_tokens=99).metadata.num_output == 99
    unknown = GLM(model="glm-99-future").metadata
    assert unknown.is_chat_model and unknown.is_function_calling_model and unknown.context_window == 128_000
    assert ChatMemoryBuffer.from_defaults(llm=GLM()).token_limit > 0


def test_no_secret_is_in_any_dump(glm: GLM, emulator: Emulator) -> None:
    used(glm, emulator)
    for text in (repr(glm), str(glm), glm.to_json(), str(glm.to_dict()), str(glm.to_payload()), glm.model_dump_json()):
        assert SECRET not in text and "hidden" not in text
    assert isinstance(glm.api_key, SecretStr)
    assert set(json.loads(glm.to_json())["default_headers"].values()) == {"**********"}


def test_dict_json_pickle_and_deepcopy_give_the_same_llm(glm: GLM, emulator: Emulator) -> None:
    for _ in range(2):
        copies = [
            GLM.from_dict(glm.to_dict(), api_key=SECRET, default_headers=glm.default_headers),
            GLM.from_json(glm.to_json(), default_headers=glm.default_headers),
            pickle.loads(pickle.dumps(glm)),
            copy.deepcopy(glm),
            copy.copy(glm),
            glm.model_copy(update={"temperature": 0.5}),
        ]
        for other in copies:
            assert type(other) is GLM
            assert other.to_dict() == glm.to_dict()
            assert other.chat(ASKED).message.content
        used(glm, emulator)


def test_a_dump_without_its_key_loads_and_asks_for_the_key_when_it_is_used(
    glm: GLM, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    dumped = glm.to_dict()
    monkeypatch.delenv("ZAI_API_KEY")
    restored = GLM.from_dict(dumped)
    assert restored.model == glm.model and restored.metadata.is_chat_model
    with pytest.raises(ConfigError, match="ZAI_API_KEY"):
        restored.chat(ASKED)
    assert pickle.loads(pickle.dumps(glm)).chat(ASKED).message.content, "a key given by hand is pickled"


def test_a_key_of_the_environment_is_in_no_pickle(emulator: Emulator) -> None:
    key = emulator.env()["ZAI_API_KEY"]
    llm = used(GLM(), emulator)
    assert key.encode() not in pickle.dumps(llm)
    assert key not in repr(llm.__dict__)


def test_live_objects_are_shared_by_copies_and_left_out_of_pickles(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    with httpx.Client() as client:
        llm = used(GLM(http_client=client), emulator)
        assert copy.deepcopy(llm).http_client is client
        with pytest.warns(CncodingWarning, match="http_client"):
            restored = pickle.loads(pickle.dumps(llm))
        assert restored.http_client is None and llm.http_client is client
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_own_http_clients_are_used(emulator: Emulator) -> None:
    seen = []

    def note(request: httpx.Request) -> None:
        seen.append(request.url.path)

    with httpx.Client(event_hooks={"request": [note]}) as client:
        GLM(http_client=client).chat(ASKED)
    assert len(seen) == 1


def test_settings_may_be_changed_after_construction(emulator: Emulator) -> None:
    llm = GLM()
    llm.chat(ASKED)
    llm.temperature, llm.default_headers = 0.25, {"X-Team": "b"}
    llm.chat(ASKED)
    first, second = emulator.requests
    assert "temperature" not in first.json and second.json["temperature"] == 0.25
    assert second.headers["x-team"] == "b"
    with pytest.raises(ValueError, match="temprature"):
        llm.temprature = 1  # type: ignore[attr-defined]


def test_a_call_wins_over_the_llm_and_that_over_additional_kwargs(emulator: Emulator) -> None:
    llm = GLM(
        temperature=0.5,
        max_tokens=50,
        additional_kwargs={"temperature": 0.1, "top_p": 0.3, "user_id": "u1"},
        extra_body={"meta": {"a": 1, "b": 1}},
    )
    llm.chat(ASKED, max_tokens=70, extra_body={"meta": {"b": 2}}, stop="停")
    body = emulator.requests[-1].json
    assert (body["temperature"], body["top_p"], body["max_tokens"]) == (0.5, 0.3, 70)
    assert body["user_id"] == "u1" and body["meta"] == {"a": 1, "b": 2} and body["stop"] == ["停"]


def test_none_is_not_sent(emulator: Emulator) -> None:
    GLM().chat(ASKED, temperature=None, tool_choice=None)
    body = emulator.requests[-1].json
    assert set(body) <= {"model", "messages", "stream", "thinking", "reasoning_effort"}, body


def test_the_user_agent_names_us_and_the_framework(emulator: Emulator) -> None:
    GLM().chat(ASKED)
    GLM(user_agent="Mine/1").chat(ASKED)
    ours, given = (request.headers["user-agent"] for request in emulator.requests)
    assert ours.startswith("cncoding/") and "llamaindex" in ours.lower()
    assert given == "Mine/1"


def test_a_changed_setting_is_warned_about(emulator: Emulator) -> None:
    llm = GLM(reasoning_effort="minimal")
    with pytest.warns(CncodingWarning, match="reasoning_effort"):
        llm.chat(ASKED)
    with pytest.warns(CncodingWarning, match="reasoning_effort"):
        list(llm.stream_chat(ASKED))


def test_fifty_threads_share_one_llm(emulator: Emulator) -> None:
    llm = GLM()

    def ask(number: int) -> bool:
        answer = llm.complete(f'Reply with "{number}-ok"').text
        return f"{number}-ok" in answer

    with ThreadPoolExecutor(50) as pool:
        assert all(pool.map(ask, range(100)))


async def test_many_calls_at_once_in_one_loop(emulator: Emulator) -> None:
    llm = GLM()
    answers = await asyncio.gather(*(llm.acomplete(f'Reply with "{number}-ok"') for number in range(50)))
    assert all(f"{number}-ok" in answer.text for number, answer in enumerate(answers))


async def test_sync_calls_inside_a_running_loop(emulator: Emulator) -> None:
    from llama_index.core.tools import FunctionTool

    llm = GLM(thinking=False)
    assert llm.complete("好吗").text
    emulator.script('call add {"a": 1, "b": 2}', provider="glm")
    answer = llm.predict_and_call(
        [FunctionTool.from_defaults(lambda a, b: a + b, name="add", description="Add.")], "1+2"
    )
    assert str(answer) == "3"


async def test_a_cancelled_call_hangs_up(emulator: Emulator) -> None:
    emulator.script("stall 5s\nsay 太晚", provider="glm")
    task = asyncio.create_task(GLM().achat(ASKED))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(emulator.wait_for, lambda record: record.disconnected, 3.0)


def test_a_rate_limiter_is_asked(emulator: Emulator) -> None:
    asked = []

    class Limiter(TokenBucketRateLimiter):
        def acquire(self) -> None:
            asked.append("sync")

        async def async_acquire(self) -> None:
            asked.append("async")

    llm = GLM(rate_limiter=Limiter(requests_per_minute=60))
    llm.chat(ASKED)
    asyncio.run(llm.acomplete("好"))
    assert asked == ["sync", "async"]


def test_busy_servers_are_asked_again_as_often_as_set(emulator: Emulator) -> None:
    emulator.fault("glm", status=503, times=1)
    assert GLM(max_retries=1).complete("好").text
    assert len(emulator.requests) == 2


def test_settings_llm_takes_it(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "_llm", None)
    Settings.llm = llm = GLM()
    assert Settings.llm is llm


def test_nothing_warns_in_an_ordinary_call(emulator: Emulator) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", CncodingWarning)
        GLM(thinking=True).chat(ASKED)
        list(GLM().stream_chat(ASKED))
