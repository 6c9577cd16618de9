"""Budgets that the user sets: counted over calls, replies, members and processes, and said when they are used up."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from llama_index.core.llms import ChatMessage

from cncoding import (
    AsyncClient,
    BudgetSpentError,
    Client,
    ConfigError,
    MediaRequest,
    NamedBudget,
    load_configuration,
    open_named,
)
from cncoding.client.ledger import FILE, Ledger
from cncoding.exchange.counting import count_call, is_free
from cncoding.exchange.steps import CloseCall, OpenCall
from cncoding_emulator import Emulator
from langchain_cncoding import ChatCNCoding, ChatDeepSeek, ChatGLM, CNCodingToolkit
from langchain_cncoding._errors import CNCodingBudgetSpentError
from llamaindex_cncoding import GLM, CNCodingLLM, CNCodingToolSpec, DeepSeek

FILE_TEXT = """
budget: {calls: 5, per: week}
models:
  fast:
    provider: glm
    budget: {calls: 2, per: day}
  spare:
    provider: deepseek
  both:
    over: [fast, spare]
    budget:
      calls: 4
  pictures:
    provider: glm
    budget: {amount: 10}
default: fast
"""
QUESTION = [ChatMessage(role="user", content="hi")]


@pytest.fixture
def file(emulator: Emulator, tmp_path: Path) -> Path:
    path = tmp_path / "cncoding.yaml"
    path.write_text(FILE_TEXT)
    return path


async def _read(chunks: Any) -> list[Any]:
    return [one async for one in chunks]


async def _read_later(chunks: Any) -> list[Any]:
    return [one async for one in await chunks]


LANGCHAIN: dict[str, Callable[[Any], Any]] = {
    "invoke": lambda model: model.invoke("hi"),
    "stream": lambda model: list(model.stream("hi")),
    "ainvoke": lambda model: asyncio.run(model.ainvoke("hi")),
    "astream": lambda model: asyncio.run(_read(model.astream("hi"))),
}
LLAMAINDEX: dict[str, Callable[[Any], Any]] = {
    "chat": lambda llm: llm.chat(QUESTION),
    "stream_chat": lambda llm: list(llm.stream_chat(QUESTION)),
    "achat": lambda llm: asyncio.run(llm.achat(QUESTION)),
    "astream_chat": lambda llm: asyncio.run(_read_later(llm.astream_chat(QUESTION))),
}
WAYS = [(ChatCNCoding, ask) for ask in LANGCHAIN.values()] + [(CNCodingLLM, ask) for ask in LLAMAINDEX.values()]
IDS = [*LANGCHAIN, *LLAMAINDEX]


@pytest.mark.parametrize(("owner", "ask"), WAYS, ids=IDS)
def test_calls_of_a_named_model(emulator: Emulator, file: Path, owner: Any, ask: Callable[[Any], Any]) -> None:
    for _ in range(2):
        ask(owner.from_config(file=file))
    before = datetime.now(timezone.utc)
    with pytest.raises(BudgetSpentError, match="Nothing was sent") as caught:
        ask(owner.from_config("fast", file=file))
    error = caught.value
    assert error.budget == f"models.fast of {file}" and str(error).startswith(
        f"budget of models.fast of {file}: 2 of 2"
    )
    assert (error.used, error.limit, error.unit, error.retryable) == (2, 2, "calls", False)
    assert error.resets_at is not None
    assert timedelta(0) <= before + timedelta(days=1) - error.resets_at < timedelta(minutes=5)
    assert len(emulator.requests) == 2
    assert isinstance(error, CNCodingBudgetSpentError) is (owner is ChatCNCoding)


@pytest.mark.parametrize(("owner", "ask"), WAYS[::3], ids=IDS[::3])
def test_several_plans_move_on(emulator: Emulator, file: Path, owner: Any, ask: Callable[[Any], Any]) -> None:
    model = owner.from_config("both", file=file)
    for _ in range(4):
        ask(model)
    assert [one.provider for one in emulator.requests] == ["glm", "glm", "deepseek", "deepseek"]
    with pytest.raises(BudgetSpentError, match=r"of models\.both of .*: 4 of 4 calls in a day are used") as caught:
        ask(model)
    assert [one["error"].removeprefix("CNCoding") for one in caught.value.tried] == ["BudgetSpentError"] * 2
    assert all(one["until"] for one in caught.value.tried) and len(emulator.requests) == 4
    ask(owner.from_config("spare", file=file))
    with pytest.raises(BudgetSpentError, match=f"budget of {file}: 5 of 5 calls in a week"):
        ask(owner.from_config("spare", file=file))


def test_what_happened_is_told(emulator: Emulator, file: Path) -> None:
    model = ChatCNCoding.from_config("both", file=file)
    for _ in range(2):
        model.invoke("hi")
    (tried,) = model.invoke("hi").response_metadata["tried"]
    assert tried["provider"] == "glm" and tried["error"] == "BudgetSpentError" and "2 of 2 calls" in tried["text"]


def test_a_budget_of_python(emulator: Emulator) -> None:
    budget = NamedBudget("mine", calls=2)
    ChatGLM(budgets=budget).invoke("hi")
    DeepSeek(budgets=[budget]).chat(QUESTION)
    for ask in (
        lambda: Client("kimi", budgets=budget).chat("hi"),
        lambda: ChatGLM(budgets=budget).invoke("hi"),
        lambda: GLM(budgets=budget).chat(QUESTION),
        lambda: ChatCNCoding.over([ChatGLM(), ChatDeepSeek()], budgets=budget).invoke("hi"),
        lambda: CNCodingLLM.over([GLM(), DeepSeek()], budgets=budget).chat(QUESTION),
        lambda: asyncio.run(AsyncClient("kimi", budgets=budget).chat("hi")),
    ):
        with pytest.raises(BudgetSpentError, match="budget of mine: 2 of 2 calls"):
            ask()
    assert len(emulator.requests) == 2


@pytest.mark.parametrize("way", ["whole", "stream"])
def test_tokens_are_counted_as_the_vendor_tells_them(emulator: Emulator, way: str) -> None:
    budget = NamedBudget("tokens", tokens=1)
    client = Client("glm", budgets=budget)
    reply = client.chat("hi") if way == "whole" else client.stream("hi").drain()
    assert reply.usage is not None and Ledger().spending(budget).tokens == reply.usage.total
    with pytest.raises(BudgetSpentError, match=f"{reply.usage.total} of 1 tokens in a day are used; it opens again at"):
        client.chat("hi")


def test_unknown_tokens_are_said(emulator: Emulator) -> None:
    reply = {"id": "1", "choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}]}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=reply))
    budget = NamedBudget("tokens", tokens=5)
    client = Client("glm", budgets=budget, http_client=httpx.Client(transport=transport))
    with pytest.warns(UserWarning, match="tells no token counts"):
        assert client.chat("hi").usage is None
    assert Ledger().spending(budget).calls == 1


@pytest.mark.parametrize("fault", ["auth", "overloaded", "rate_limit", "quota"])
def test_a_refused_call_does_not_count(emulator: Emulator, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    budget = NamedBudget("mine", calls=1)
    emulator.fault("glm", fault)
    client = Client("glm", budgets=budget, max_retries=0)
    for ask in (lambda: client.chat("hi"), lambda: client.chat([])):
        with pytest.raises(Exception, match=r"\w"):
            ask()
    with pytest.raises(Exception, match=r"\w"):
        Client("glm", base_url="http://127.0.0.1:9/v4", budgets=budget, max_retries=0).chat("hi")
    assert Ledger().spending(budget).calls == 0
    client.chat("hi")
    with pytest.raises(BudgetSpentError):
        client.chat("hi")


def test_a_cut_reply_counts(emulator: Emulator) -> None:
    budget = NamedBudget("mine", calls=1)
    emulator.script("say one two three four\ncut after-event 2", "glm")
    with pytest.raises(Exception, match=r"\w"):
        Client("glm", budgets=budget, max_retries=0).stream("hi").drain()
    assert Ledger().spending(budget).calls == 1


def test_it_opens_again(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    client = Client("glm", budgets=NamedBudget("mine", calls=1, per="hour"))
    client.chat("hi")
    with pytest.raises(BudgetSpentError, match="1 of 1 calls in an hour"):
        client.chat("hi")
    later = time.time() + 3601
    monkeypatch.setattr("cncoding.client.ledger.time.time", lambda: later)
    assert client.chat("hi").text


def test_threads_and_processes_share_the_counts(emulator: Emulator, file: Path) -> None:
    """Ten callers of a budget of two, in two processes: two are answered."""
    program = (
        "import sys, threading\n"
        "from cncoding import BudgetSpentError, load_configuration, open_named\n"
        "client, answers = open_named(load_configuration(sys.argv[1]), 'fast'), []\n"
        "def ask():\n"
        "    try:\n"
        "        answers.append(client.chat('hi').text)\n"
        "    except BudgetSpentError:\n"
        "        pass\n"
        "threads = [threading.Thread(target=ask) for _ in range(5)]\n"
        "[one.start() for one in threads], [one.join() for one in threads]\n"
        "print(len(answers))\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", program, str(file)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate(timeout=60) for run in runs]
    assert sum(int(out) for out, _ in said) == 2, said
    assert len(emulator.requests) == 2


def test_media_count_too(emulator: Emulator, file: Path, tmp_path: Path) -> None:
    text = FILE_TEXT.replace(
        "pictures:\n    provider: glm", "pictures:\n    provider: unified"
    )  # whose list nobody knows
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"line 15, column 5: models\.pictures\.budget: amount counts media"):
        open_named(load_configuration(file), "pictures")
    kit = CNCodingToolkit.from_config("pictures", file, output_dir=tmp_path, handle_tool_error=False)
    (draw,) = (one for one in kit.get_tools() if one.name == "generate_image")
    with pytest.raises(BudgetSpentError, match=r"price of this medium is not known in CNY, of which 0\.00 of 10\.00"):
        draw.invoke({"prompt": "a fox"})
    file.write_text(text.replace("{amount: 10}", "{calls: 1}"))
    spec = CNCodingToolSpec.from_config("pictures", file, output_dir=tmp_path, show_progress=False)
    spec.generate_image("a fox")
    with pytest.raises(BudgetSpentError, match=r"models\.pictures of .*: 1 of 1 calls"):
        spec.generate_image("a hen")
    assert len(emulator.submissions) == 1
    with pytest.raises(ConfigError, match=r"models\.both\.over: media tools take one model"):
        CNCodingToolSpec.from_config("both", file)


def test_a_price_counts(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from cncoding.media import buying
    from cncoding.media.money import Estimate

    monkeypatch.setattr(buying, "estimate", lambda *asked: Estimate(4.0, "CNY"))
    client = Client("glm", budgets=NamedBudget("money", amount=10))
    for prompt in ("one", "two"):
        client.submit(MediaRequest("image", prompt))
    with pytest.raises(BudgetSpentError, match=r"8\.00 of 10\.00 CNY in a day are used; it opens again at") as caught:
        client.submit(MediaRequest("image", "three"))
    assert caught.value.unit == "CNY" and len(emulator.submissions) == 2
    client.chat("hi")  # an amount counts media alone


def test_a_broken_ledger_is_moved_aside_by_one_of_many(emulator: Emulator, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / FILE).write_bytes(b"no database at all, but text that is long enough to look like one" * 40)
    client = Client("glm", budgets=NamedBudget("mine", calls=3))
    with pytest.warns(UserWarning, match=f"budgets: .*{FILE} cannot be used .*moved to {FILE}.broken-"):
        client.chat("hi")
    (state / FILE).write_bytes(b"no database at all, but text that is long enough to look like one" * 40)
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            client.chat("hi")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(errors) == 1 and isinstance(errors[0], BudgetSpentError)


def test_a_ledger_that_cannot_be_written_stops_before_anything_is_sent(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match=r"cannot be used to count in .*CNCODING_STATE_DIR"):
        Client("glm", budgets=NamedBudget("mine", calls=1)).chat("hi")
    assert not emulator.requests


MISTAKES = [
    ("{cals: 5}", "line 4, column 14: models.a.budget.cals: is no field of a budget, did you mean 'calls'?"),
    ("{calls: many}", "line 4, column 14: models.a.budget.calls: is 'many'; give a whole number from 0"),
    ("{calls: 1.5}", "models.a.budget.calls: is 1.5"),
    ("{calls: true}", "models.a.budget.calls: is True"),
    ("{amount: -1}", "models.a.budget.amount: is -1; give a number from 0"),
    ("{calls: 5, per: year}", "column 24: models.a.budget.per: is 'year'; choose one of hour, day, week, month"),
    ("{per: day}", "line 4, column 5: models.a.budget: limits nothing; give one of calls, tokens, amount"),
    ("{amount: 5, currency: 1}", "models.a.budget.currency: is 1"),
    ("{amount: 5, currency: yuan}", "models.a.budget.currency: is 'yuan'; give a code such as CNY"),
    ("{amount: .inf}", "models.a.budget.amount: is "),
    ("5", "line 4, column 5: models.a.budget: is 5; give for example {calls: 100, per: day}"),
    ("", "models.a.budget: is empty"),
]


@pytest.mark.parametrize(("budget", "said"), MISTAKES)
def test_mistakes(tmp_path: Path, budget: str, said: str) -> None:
    file = tmp_path / "cncoding.yaml"
    file.write_text(f"models:\n  a:\n    provider: glm\n    budget: {budget}\n")
    for owner in (ChatCNCoding, CNCodingLLM):
        with pytest.raises(ConfigError) as caught:
            owner.from_config("a", file=file)
        assert str(caught.value).startswith(str(file)) and said in str(caught.value)
    file.write_text(f"budget: {budget}\nmodels:\n  a:\n    provider: glm\n")
    with pytest.raises(ConfigError, match="line 1, column"):
        load_configuration(file)


def test_wrong_budgets_of_python(emulator: Emulator) -> None:
    for wrong in ("5", 5, [5], {"calls": 5}, [{"name": "x"}]):
        with pytest.raises(ConfigError, match="budget"):
            Client("glm", budgets=wrong)  # type: ignore[arg-type]  # the mistake
        with pytest.raises(ConfigError, match="budget"):
            ChatGLM(budgets=wrong)  # type: ignore[arg-type]  # the mistake
        with pytest.raises(ConfigError, match="budget"):
            GLM(budgets=wrong)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(ConfigError, match="name"):
        NamedBudget("", calls=1)


def test_a_dump_and_a_pickle_keep_it(emulator: Emulator) -> None:
    import pickle

    budget = NamedBudget("mine", calls=1)
    llm = GLM(budgets=budget)
    assert GLM.from_dict(llm.to_dict()).budgets == (budget,) == pickle.loads(pickle.dumps(llm)).budgets
    assert pickle.loads(pickle.dumps(ChatGLM(budgets=budget))).budgets == (budget,)


def test_a_call_that_is_cancelled_while_it_is_counted_is_taken_back() -> None:
    """Its count is written to the end in a thread, and nothing was sent: neither counted nor perhaps bought."""
    flow = count_call(iter(()), (NamedBudget("mine", calls=1),))  # type: ignore[arg-type]
    assert isinstance(next(flow), OpenCall)
    cancelled = asyncio.CancelledError()
    cancelled.outcome = 7  # type: ignore[attr-defined]
    assert flow.throw(cancelled) == CloseCall(7)
    with pytest.raises(asyncio.CancelledError):
        next(flow)
    assert is_free(cancelled, purchase=True) and not is_free(asyncio.CancelledError(), purchase=True)
