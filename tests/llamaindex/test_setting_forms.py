"""Settings in the forms in which people, files and other packages write them; and where they must not show."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.callbacks import CallbackManager
from llama_index.core.instrumentation import get_dispatcher
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.span_handlers import SimpleSpanHandler
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel, Field

from cncoding import CncodingWarning, ConfigError
from cncoding_emulator import Emulator
from llamaindex_cncoding import GLM, DeepSeek, Kimi, Qwen

ASKED = [ChatMessage(role="user", content="你好")]
OFF = [False, "off", "false", "disabled", {"type": "disabled"}, 0]
ON = [True, "on", "enabled", {"type": "enabled"}, 1]


def last(emulator: Emulator) -> dict[str, Any]:
    body: dict[str, Any] = emulator.requests[-1].json
    return body


def places(name: str, value: Any) -> list[Any]:
    """Every place in which a setting may be said; each returns an LLM and the arguments of the call."""

    def assigned() -> DeepSeek:
        llm = DeepSeek()
        setattr(llm, name, value)
        return llm

    return [
        lambda: (DeepSeek(**{name: value}), {}),
        lambda: (DeepSeek(), {name: value}),
        lambda: (assigned(), {}),
        lambda: (DeepSeek().model_copy(update={name: value}), {}),
        lambda: (DeepSeek(additional_kwargs={name: value}), {}),
    ]


@pytest.mark.parametrize("value", [*OFF, *ON], ids=str)
@pytest.mark.parametrize("place", range(5), ids=["constructor", "call", "attribute", "copy", "additional_kwargs"])
def test_a_switch_means_the_same_in_every_form_and_place(value: Any, place: int, emulator: Emulator) -> None:
    llm, call = places("thinking", value)[place]()
    llm.chat(ASKED, **call)
    assert last(emulator)["thinking"] == {"type": "disabled" if value in OFF else "enabled"}


@pytest.mark.parametrize("place", range(5), ids=["constructor", "call", "attribute", "copy", "additional_kwargs"])
def test_search_false_in_words_does_not_search(place: int, emulator: Emulator) -> None:
    def make() -> tuple[Any, dict[str, Any]]:
        if place == 0:
            return Qwen(search="false", endpoint="api"), {}
        if place == 1:
            return Qwen(endpoint="api"), {"search": "false"}
        llm = Qwen(endpoint="api")
        if place == 2:
            llm.search = "false"  # type: ignore[assignment]  # what a configuration file says
            return llm, {}
        if place == 3:
            return llm.model_copy(update={"search": "false"}), {}
        return Qwen(endpoint="api", additional_kwargs={"search": "false"}), {}

    llm, call = make()
    llm.chat(ASKED, **call)
    assert not last(emulator).get("enable_search")


@pytest.mark.parametrize("place", range(5), ids=["constructor", "call", "attribute", "copy", "additional_kwargs"])
@pytest.mark.parametrize(("name", "wrong"), [("thinking", [1, 2]), ("temperature", "hot"), ("thinking", "perhaps")])
def test_a_wrong_kind_is_a_config_error_before_anything_is_sent(
    name: str, wrong: Any, place: int, emulator: Emulator
) -> None:
    with pytest.raises(ConfigError, match=name):
        llm, call = places(name, wrong)[place]()
        llm.chat(ASKED, **call)
    assert not emulator.requests


async def test_both_sides_of_the_client_read_alike(emulator: Emulator) -> None:
    llm = DeepSeek()
    await llm.achat(ASKED, thinking={"type": "disabled"})
    assert last(emulator)["thinking"] == {"type": "disabled"}
    async for _ in await llm.astream_chat(ASKED, thinking={"type": "disabled"}):
        pass
    assert last(emulator)["thinking"] == {"type": "disabled"}
    with pytest.raises(ConfigError, match="thinking"):
        await llm.acomplete("你好", thinking="perhaps")


# ---------------------------------------------------------------- names of other packages


def test_names_that_mean_the_same_are_understood(emulator: Emulator) -> None:
    key, url = emulator.env()["DEEPSEEK_API_KEY"], emulator.base_url("deepseek")
    llm = DeepSeek(
        model_name="deepseek-flash",
        deepseek_api_key=key,
        api_base=url,
        request_timeout=30,
        max_completion_tokens=77,
        model_kwargs={"user_id": "u1"},
        max_retries=None,
    )
    llm.chat(ASKED, stop_sequences=["停"])
    body = last(emulator)
    assert (body["model"], body["max_tokens"], body["user_id"], body["stop"]) == ("deepseek-flash", 77, "u1", ["停"])
    assert key not in json.dumps(body)
    assert (llm.timeout, llm.max_retries) == (30, 2)


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ({"is_chat_model": True}, "no counterpart"),
        ({"n": 2}, "one reply is made per call"),
        ({"max_token": 3}, "max_tokens"),
        ({"logit_bias": {}}, "extra_body"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_other_names_say_what_to_write_instead(given: dict[str, Any], hint: str, emulator: Emulator) -> None:
    for call in (lambda: GLM(**given), lambda: GLM().chat(ASKED, **given)):
        with pytest.raises(ConfigError, match=hint):
            call()
    assert not emulator.requests


def test_timeouts_and_keys_come_in_several_forms(emulator: Emulator) -> None:
    keys = [emulator.env()["ZAI_API_KEY"]]
    for timeout in (5, (3.0, 9.0), httpx.Timeout(5)):
        GLM(timeout=timeout, api_key=lambda: keys[0]).chat(ASKED)
    assert GLM.from_json(GLM(timeout=httpx.Timeout(5)).to_json()).timeout == (5, 5, 5, 5)
    assert keys[0] not in repr(GLM(api_key=lambda: keys[0]).to_dict())
    with pytest.raises(ConfigError, match="coroutine"):
        GLM(api_key=lambda: 3)


def test_warnings_point_at_the_line_of_the_user(emulator: Emulator) -> None:
    emulator.script("say 好\n---\nsay 好\n---\nsay 好")
    llm = GLM()
    for call in (
        lambda: llm.chat(ASKED, thinking=False),
        lambda: list(llm.stream_chat(ASKED, thinking=False)),
        lambda: llm.complete("你好", thinking=False),
    ):
        with pytest.warns(CncodingWarning, match="cannot stop thinking") as caught:
            call()
        assert {warning.filename for warning in caught if warning.category is CncodingWarning} == {__file__}


# ---------------------------------------------------------------- secrets

HIDDEN = "hidden-header-value"


class Arguments(SimpleSpanHandler):
    """Keeps the arguments of every method that is traced, as tracing services do."""

    def new_span(self, id_: str, bound_args: Any, *args: Any, **kwargs: Any) -> Any:
        ARGUMENTS.append(repr(bound_args.arguments))
        return super().new_span(id_, bound_args, *args, **kwargs)


ARGUMENTS: list[str] = []


class Place(BaseModel):
    """A place."""

    city: str = ""


class Notes(BaseEventHandler):
    """Keeps what events say."""

    texts: list[str] = Field(default_factory=list)

    def handle(self, event: Any, **kwargs: Any) -> None:
        self.texts.append(repr(event))
        self.texts.append(event.model_dump_json())


def test_headers_are_in_no_dump_and_no_trace(emulator: Emulator) -> None:
    llm = Kimi(default_headers={"X-Account": HIDDEN, "Authorization-Extra": HIDDEN}, callback_manager=CallbackManager())
    notes, spans = Notes(), Arguments()
    ARGUMENTS.clear()
    dispatcher = get_dispatcher()
    dispatcher.add_event_handler(notes)
    dispatcher.add_span_handler(spans)
    try:
        llm.chat(ASKED)
        llm.chat(ASKED, default_headers={"X-Account": HIDDEN}, extra_headers={"X-More": HIDDEN})
        llm.chat_with_tools(
            [FunctionTool.from_defaults(lambda: "", name="ping")], "hi", extra_headers={"X-More": HIDDEN}
        )
        llm.structured_predict(Place, PromptTemplate("JSON"), llm_kwargs={"extra_headers": {"X-More": HIDDEN}})
    finally:
        dispatcher.event_handlers.remove(notes)
        dispatcher.span_handlers.remove(spans)
    assert [record.headers.get("x-more") for record in emulator.requests] == [None, HIDDEN, HIDDEN, HIDDEN]
    assert emulator.requests[1].headers["x-account"] == HIDDEN
    dumps = [repr(llm), str(llm), llm.to_json(), repr(llm.to_dict()), llm.model_dump_json(), repr(llm.model_dump())]
    assert notes.texts
    assert len(ARGUMENTS) >= 4
    traces = [*notes.texts, *ARGUMENTS, repr(spans.completed_spans), repr(llm.to_payload())]
    assert not [text for text in (*dumps, *traces) if HIDDEN in text]


def test_copies_share_no_clients(emulator: Emulator) -> None:
    llm = GLM()
    llm.chat(ASKED)
    twin = llm.model_copy(update={"default_headers": {"X-Team": "b"}})
    twin.chat(ASKED)
    assert emulator.requests[-1].headers["x-team"] == "b"
    assert llm._clients is not twin._clients
    llm.chat(ASKED)
    assert "x-team" not in emulator.requests[-1].headers


@pytest.mark.parametrize("as_call", [False, True])
def test_limits_and_cuts_are_settings_too(as_call: bool, emulator: Emulator) -> None:
    emulator.script(f"say {'床前明月光，' * 20}\ncut after-event 4 clean", provider="glm")
    settings: dict[str, Any] = {"on_cut": "return", "deadline": 30, "stall_after": 20}
    llm = GLM() if as_call else GLM(**settings)
    chunks = list(llm.stream_chat(ASKED, **(settings if as_call else {})))
    assert chunks[-1].raw["finish_reason"] == "cut" and chunks[-1].message.content
    with pytest.raises(ConfigError, match="on_cut"):
        GLM().chat(ASKED, on_cut="perhaps")
