"""Objects that behave: cheap, copyable, picklable, and silent about keys."""

from __future__ import annotations

import copy
import json
import pickle
import time
from typing import Any

import httpx
import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumpd, dumps, load, loads
from langchain_core.rate_limiters import InMemoryRateLimiter

from cncoding import CncodingWarning
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatGLM, ChatKimi, create_chat_model
from tests.pace import measure_pace

from .conftest import CLASSES, PROVIDERS

SECRET = "sk-very-secret-0123456789"


TRUSTED: dict[str, Any] = {"valid_namespaces": ["langchain_cncoding"], "allowed_objects": list(CLASSES.values())}
"""LangChain loads classes of packages outside its own list only if they are named."""


def env_key(emulator: Emulator, name: str) -> str:
    return emulator.env()[name]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_ten_constructions_cost_little(provider: str) -> None:
    """They take 3.5 ms of CPU on the machine that takes 8 for the measure."""
    create_chat_model(provider)
    best = 1.0
    for _ in range(20):
        start = time.process_time()
        for _ in range(10):
            create_chat_model(provider, temperature=0.5)
        best = min(best, time.process_time() - start)
    assert best < 2 * measure_pace()


def test_construction_builds_no_http_client(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("an HTTP client was built")

    monkeypatch.setattr(httpx.Client, "__init__", refuse)
    monkeypatch.setattr(httpx.AsyncClient, "__init__", refuse)
    ChatGLM()


def works(model: ChatCNCoding) -> None:
    assert model.invoke("hello").text
    assert "".join(chunk.text for chunk in model.stream("hello"))


@pytest.mark.parametrize("used", [False, True], ids=["before-use", "after-use"])
@pytest.mark.parametrize("provider", PROVIDERS)
def test_pickle_deepcopy_and_copy(provider: str, used: bool) -> None:
    model = create_chat_model(provider, temperature=0.5, thinking=True)
    if used:
        works(model)
        _ = model._serialized
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model), copy.copy(model), model.model_copy()):
        assert again.asdict() == model.asdict()
        assert again.profile == model.profile
        assert type(again) is type(model)
        works(again)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_dumps_and_loads(provider: str) -> None:
    model = create_chat_model(provider, temperature=0.5)
    again = loads(dumps(model), **TRUSTED, secrets_from_env=True)
    assert type(again) is type(model)
    assert again.model == model.model
    assert again.temperature == 0.5
    works(again)


def test_keys_from_the_environment_are_nowhere(emulator: Emulator) -> None:
    model = ChatGLM(temperature=0.5)
    works(model)
    key = env_key(emulator, "ZAI_API_KEY")
    assert model.api_key is None
    for told in (repr(model), str(model), dumps(model), str(model.asdict()), str(model._identifying_params)):
        assert key not in told
    assert key.encode() not in pickle.dumps(model)
    assert key not in str(copy.deepcopy(model).__dict__)


def test_given_keys_are_not_shown() -> None:
    model = ChatGLM(api_key=SECRET, default_headers={"X-Token": "header-secret"})
    for told in (repr(model), str(model), dumps(model), str(model.asdict()), str(model._identifying_params)):
        assert SECRET not in told
    assert "header-secret" not in repr(model)
    assert dumpd(model)["kwargs"]["api_key"] == {"lc": 1, "type": "secret", "id": ["ZAI_API_KEY"]}
    assert pickle.loads(pickle.dumps(model)).api_key.get_secret_value() == SECRET


def test_keys_are_not_in_errors(emulator: Emulator) -> None:
    model = ChatGLM(api_key=SECRET)
    with pytest.raises(Exception) as caught:
        model.invoke("hello")
    assert SECRET not in str(caught.value) + repr(caught.value) + str(caught.value.__cause__)


def test_wrong_values_are_not_shown_in_errors() -> None:
    with pytest.raises(ValueError, match="api_key") as caught:
        ChatGLM(api_key=[SECRET])
    assert SECRET not in str(caught.value)


def test_secret_of_the_endpoint_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ChatKimi().lc_secrets == {"api_key": "KIMI_API_KEY"}
    assert ChatKimi(endpoint="api", base_url="http://127.0.0.1:1/v1").lc_secrets == {"api_key": "MOONSHOT_API_KEY"}


def test_model_copy_takes_effect(emulator: Emulator) -> None:
    model = ChatGLM()
    works(model)
    other = model.model_copy(update={"default_headers": {"X-Trace": "7"}, "max_tokens": 33, "model": "glm-4.7"})
    other.invoke("hello")
    sent = emulator.requests[-1]
    assert (sent.headers["x-trace"], sent.json["max_tokens"], sent.json["model"]) == ("7", 33, "glm-4.7")
    model.invoke("hello")
    assert "x-trace" not in emulator.requests[-1].headers
    assert other.profile is not None and other.profile["name"] == "glm-4.7"
    kept = ChatGLM(profile={"max_input_tokens": 5}).model_copy(update={"model": "glm-4.7"})
    assert kept.profile == {"max_input_tokens": 5}


def test_assigned_fields_take_effect(emulator: Emulator) -> None:
    model = ChatGLM()
    works(model)
    model.user_agent = "mine/1"
    model.invoke("hello")
    assert emulator.requests[-1].headers["user-agent"] == "mine/1"


def test_profiles_are_copies() -> None:
    first = ChatGLM()
    assert first.profile is not None
    first.profile["max_input_tokens"] = 1
    assert ChatGLM().profile != first.profile


def test_your_http_clients_are_shared_by_copies() -> None:
    limiter = InMemoryRateLimiter(requests_per_second=1000)
    with httpx.Client() as client:
        model = ChatGLM(http_client=client, rate_limiter=limiter)
        again = copy.deepcopy(model)
        assert again.http_client is client
        assert again.rate_limiter is limiter
        works(again)


def test_your_http_client_is_used(emulator: Emulator) -> None:
    seen: list[str] = []
    with httpx.Client(event_hooks={"request": [lambda request: seen.append(request.url.path)]}) as client:
        works(ChatGLM(http_client=client))
        assert not client.is_closed
    assert len(seen) == 2


async def test_your_async_http_client_is_used() -> None:
    seen: list[str] = []

    async def note(request: httpx.Request) -> None:
        seen.append(request.url.path)

    async with httpx.AsyncClient(event_hooks={"request": [note]}) as client:
        model = ChatGLM(http_async_client=client)
        assert (await model.ainvoke("hello")).text
        assert [chunk async for chunk in model.astream("hello")]
        assert not client.is_closed
    assert len(seen) == 2


def cache_key(model: ChatCNCoding, **kwargs: Any) -> str:
    return model._get_llm_string(**kwargs)


def test_cache_keys_differ_where_answers_may(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ChatGLM()
    keys = [
        cache_key(model),
        cache_key(model, tools=[1]),
        cache_key(ChatGLM(thinking=False)),
        cache_key(ChatGLM(reasoning_effort="high")),
        cache_key(ChatGLM(endpoint="api")),
        cache_key(ChatGLM(base_url="http://127.0.0.1:9/v4")),
        cache_key(ChatGLM(wire="anthropic")),
        cache_key(ChatGLM(search=True)),
        cache_key(ChatGLM(extra_body={"a": 1})),
        cache_key(model.model_copy(update={"thinking": True})),
    ]
    monkeypatch.setenv("GLM_BASE_URL", "http://127.0.0.1:9/api/coding/paas/v4")
    keys.append(cache_key(ChatGLM()))
    assert len(set(keys)) == len(keys)
    assert cache_key(ChatGLM()) == cache_key(ChatGLM())


def test_cache_answers_once(emulator: Emulator) -> None:
    model = ChatGLM(cache=InMemoryCache())
    first, second = model.invoke("hello"), model.invoke("hello")
    assert first.text == second.text
    assert len(emulator.requests) == 1
    model.model_copy(update={"thinking": False}).invoke("hello")
    assert len(emulator.requests) == 2


def test_traces_hold_no_key_and_name_the_provider(emulator: Emulator) -> None:
    seen: list[dict[str, Any]] = []

    from langchain_core.callbacks import BaseCallbackHandler

    class Tracer(BaseCallbackHandler):
        def on_chat_model_start(self, serialized: Any, messages: Any, **kwargs: Any) -> None:
            seen.append({"serialized": serialized, **kwargs})

    model = ChatGLM(api_key=env_key(emulator, "ZAI_API_KEY"), temperature=0.5, stop=["x"])
    model.invoke("hello", config={"callbacks": [Tracer()]})
    told = json.dumps(seen, default=str)
    assert env_key(emulator, "ZAI_API_KEY") not in told
    metadata = seen[0]["metadata"]
    assert metadata["ls_provider"] == "cncoding-glm"
    assert metadata["ls_model_name"] == "glm-5.3"
    assert metadata["ls_temperature"] == 0.5
    assert metadata["ls_stop"] == ["x"]
    assert metadata["lc_versions"]["cncoding"]


def test_configurable_fields(emulator: Emulator) -> None:
    from langchain_core.runnables import ConfigurableField

    model = ChatGLM().configurable_fields(temperature=ConfigurableField(id="heat"))
    model.with_config(configurable={"heat": 0.25}).invoke("hello")
    assert emulator.requests[-1].json["temperature"] == 0.25


def test_load_of_a_dump_needs_no_key_in_it() -> None:
    again = load(dumpd(ChatGLM(thinking=False)), **TRUSTED)
    assert again.thinking is False


def test_headers_are_masked_wherever_a_model_is_written_down(emulator: Emulator) -> None:
    seen: list[str] = []

    class Tracer(BaseCallbackHandler):
        def on_chat_model_start(self, *told: Any, **more: Any) -> None:
            seen.append(repr((told, more)))

    model = ChatGLM(default_headers={"X-Gateway-Key": "hush-1"})
    bound = model.bind(extra_headers={"X-Gateway-Key": "hush-2"})
    bound.invoke("hello", config={"callbacks": [Tracer()]})
    assert emulator.requests[-1].headers["x-gateway-key"] == "hush-2"
    model.invoke("hello", config={"callbacks": [Tracer()]}, default_headers={"X-Gateway-Key": "hush-3"})
    assert emulator.requests[-1].headers["x-gateway-key"] == "hush-3"
    key = model._get_llm_string(default_headers={"X-Gateway-Key": "hush-4"})
    written = [*seen, key, dumps(model), dumps(bound), repr(model), str(model.model_dump()), model.model_dump_json()]
    assert seen and "hush" not in "".join(written)
    assert key != model._get_llm_string(default_headers={"X-Gateway-Key": "hush-5"})


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
def test_masked_headers_are_not_sent(emulator: Emulator) -> None:
    model = ChatGLM(default_headers={"X-Gateway-Key": "hush-1"})
    ChatGLM(**model.model_dump()).invoke("hello")
    assert emulator.requests[-1].headers["x-gateway-key"] == "hush-1"
    with pytest.warns(CncodingWarning, match="X-Gateway-Key was masked in a dump"):
        again = loads(dumps(model), **TRUSTED, secrets_from_env=True)
    again.invoke("hello")
    assert "x-gateway-key" not in emulator.requests[-1].headers
