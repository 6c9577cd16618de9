"""A vendor that has too much to do is waited for by its own window; what it refused is paid once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cncoding import (
    ApiError,
    AsyncClient,
    CallIdentity,
    Client,
    MediaOrder,
    MediaPlace,
    MediaRequest,
    Patience,
    QuotaExhaustedError,
    RateLimitedError,
)
from cncoding.client.journal import Journal
from cncoding.exchange.steps import Sleep
from cncoding.media.journal import FindPurchases, Limit, OpenPurchase, RecordPurchase
from cncoding_emulator import Emulator
from cncoding_emulator.media import sounds
from langchain_cncoding import GenerateImageTool, SynthesizeSpeechTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.media.conftest import Do

PATHS = {"glm": "images/generations", "minimax": "image_generation", "qwen": "multimodal-generation"}
SPEECH = {"glm": "audio/speech", "minimax": "t2a_v2", "qwen": "multimodal-generation"}
PRESET = {"glm": "rate_limit", "minimax": "rate_limit", "qwen": "throttle"}


@pytest.fixture
def slept(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let a sleep of a client pass at once, for the vendor too; returns the seconds."""
    pauses: list[float] = []
    sync, in_loop = Client._perform, AsyncClient._perform

    def note(step: Sleep) -> None:
        pauses.append(step.seconds)
        emulator.advance(step.seconds)

    def perform(self: Client, step: Any, watch: Any) -> Any:
        return note(step) if isinstance(step, Sleep) else sync(self, step, watch)

    async def aperform(self: AsyncClient, step: Any, watch: Any) -> Any:
        return note(step) if isinstance(step, Sleep) else await in_loop(self, step, watch)

    monkeypatch.setattr(Client, "_perform", perform)
    monkeypatch.setattr(AsyncClient, "_perform", aperform)
    return pauses


@pytest.mark.parametrize("kind", ["image", "speech"])
@pytest.mark.parametrize("provider", ["glm", "minimax", "qwen"])
def test_a_window_is_waited_out(emulator: Emulator, do: Do, slept: list[float], provider: str, kind: str) -> None:
    where = PATHS[provider] if kind == "image" else SPEECH[provider]
    emulator.limit(provider, PRESET[provider], requests=1, seconds=25, on=where)
    method = "generate_image" if kind == "image" else "synthesize_speech"
    do(provider, method, "one")
    assert do(provider, method, "two").assets
    assert len(emulator.submissions) == 2
    assert 25 <= sum(slept) <= 70 and max(slept) <= 80, slept


def test_the_first_wait_is_the_time_of_one_request_by_the_page(emulator: Emulator, do: Do, slept: list[float]) -> None:
    """Ten pictures a minute: after six seconds there is room for another one, if the window moves."""
    emulator.limit("minimax", requests=1, seconds=60, on="image_generation")
    do("minimax", "generate_image", "one")
    do("minimax", "generate_image", "two")
    waits = [pause * 0.75 for pause in slept if pause > 2]
    assert waits[0] == pytest.approx(6.0) and waits[1] == pytest.approx(12.0)


def test_a_busy_vendor_is_given_up_with_words(emulator: Emulator, do: Do, slept: list[float], tmp_path: Path) -> None:
    emulator.limit("minimax", requests=0, seconds=10_000, on="image_generation")
    place = MediaPlace(patience=Patience(timeout=5.0))
    with pytest.raises(RateLimitedError, match=r"\[1002\].*it is busy.*ask again in 6 s") as caught:
        do("minimax", "make", MediaRequest("image", "a fox"), place, client={"journal": tmp_path})
    assert caught.value.retryable and caught.value.retry_after == 6.0
    (bought,) = Journal(tmp_path).perform(FindPurchases())
    assert bought.state == "refused" and not emulator.submissions


def test_who_wants_no_retries_waits_for_nothing(emulator: Emulator, do: Do, slept: list[float]) -> None:
    emulator.limit("minimax", requests=0, seconds=10_000, on="image_generation")
    with pytest.raises(RateLimitedError):
        do("minimax", "generate_image", "a fox", client={"max_retries": 0})
    assert slept == [] and len(emulator.requests) == 1


def test_the_time_that_the_vendor_names_is_kept(emulator: Emulator, do: Do, slept: list[float]) -> None:
    emulator.fault("minimax", "rate_limit", times=4, on="image_generation", retry_after=7)
    do("minimax", "generate_image", "a fox")
    assert len(emulator.submissions) == 1 and all(pause >= 6.9 for pause in slept), slept


@pytest.mark.parametrize("fault", ["invalid_key", "balance", "bad_parameter", "not_in_plan"])
def test_a_refusal_inside_a_success_is_a_refusal(
    emulator: Emulator, do: Do, slept: list[float], tmp_path: Path, fault: str
) -> None:
    """MiniMax refuses with HTTP 200: the same call may be bought later."""
    emulator.fault("minimax", fault, on="image_generation")
    order = MediaOrder(MediaRequest("image", "a fox"), CallIdentity("t", "1"))
    with pytest.raises(ApiError):
        do("minimax", "make", order, client={"journal": tmp_path})
    assert Journal(tmp_path).perform(FindPurchases())[0].state == "refused"
    assert do("minimax", "make", order, client={"journal": tmp_path}).done.assets


def test_a_spent_quota_is_not_waited_for(emulator: Emulator, do: Do, slept: list[float]) -> None:
    emulator.fault("minimax", "quota", times=9, on="image_generation")
    with pytest.raises(QuotaExhaustedError):
        do("minimax", "generate_image", "a fox")
    assert len(emulator.requests) == 1


def ask_langchain(kind: type, folder: Path, argument: str) -> str:
    tool = kind(provider="minimax", output_dir=folder, timeout=4)
    call = {"type": "tool_call", "id": "c", "name": tool.name, "args": {argument: "a fox"}}
    message = tool.invoke(call)
    amessage = asyncio.run(tool.ainvoke(call))
    assert message.status == amessage.status == "error" and message.content == amessage.content
    return str(message.content)


def ask_llamaindex(name: str, folder: Path, argument: str) -> str:
    spec = CNCodingToolSpec("minimax", output_dir=folder, timeout=4, show_progress=False)
    (tool,) = (one for one in spec.to_tool_list() if one.metadata.name == name)
    with pytest.raises(RateLimitedError) as caught:
        tool.call(**{argument: "a fox"})
    with pytest.raises(RateLimitedError):
        asyncio.run(tool.acall(**{argument: "a fox"}))
    return str(caught.value)


@pytest.mark.parametrize("kind", ["image", "speech"])
def test_an_agent_reads_when_to_ask_again(emulator: Emulator, slept: list[float], tmp_path: Path, kind: str) -> None:
    emulator.limit("minimax", requests=0, seconds=10_000, on=PATHS["minimax"] if kind == "image" else "t2a_v2")
    tool, name, argument = (
        (GenerateImageTool, "generate_image", "prompt")
        if kind == "image"
        else (SynthesizeSpeechTool, "synthesize_speech", "text")
    )
    seconds = 6 if kind == "image" else 3
    # The first wait for speech, three seconds, fits into four; the second does not.
    wanted = seconds if kind == "image" else 6
    for text in (ask_langchain(tool, tmp_path, argument), ask_llamaindex(name, tmp_path, argument)):
        assert "it is busy" in text and f"ask again in {wanted} s" in text
    assert not emulator.submissions


Stop = Callable[[], BaseException]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, asyncio.CancelledError])
def test_whoever_stops_waiting_has_paid_nothing(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stop: Stop
) -> None:
    """Nothing is on its way while a busy vendor is waited for: the same call buys anew."""
    emulator.limit("minimax", requests=0, seconds=10_000, on="image_generation")
    client = Client("minimax", journal=tmp_path)
    perform, states = client._perform, []

    def interrupted(step: Any, watch: Any) -> Any:
        if isinstance(step, Sleep) and step.seconds > 2:
            states.append(Journal(tmp_path).perform(FindPurchases())[0].state)
            raise stop()
        return None if isinstance(step, Sleep) else perform(step, watch)

    monkeypatch.setattr(client, "_perform", interrupted)
    order = MediaOrder(MediaRequest("image", "a fox"), CallIdentity("t", "1"))
    with pytest.raises(stop):  # type: ignore[call-overload]  # both are exceptions
        client.make(order)
    assert states == ["waiting"] and Journal(tmp_path).perform(FindPurchases())[0].state == "refused"
    emulator.limit("minimax", requests=9, on="image_generation")
    assert Client("minimax", journal=tmp_path).make(order).done.assets and len(emulator.submissions) == 1


def test_what_a_killed_process_waited_for_is_not_counted(emulator: Emulator, tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    client = Client("minimax", journal=journal)
    order = MediaOrder(MediaRequest("image", "a fox"), CallIdentity("t", "1"))
    client.make(order)
    (bought,) = journal.perform(FindPurchases())
    journal.perform(RecordPurchase(replace(bought, state="waiting", owner="another-machine/1/1")))
    assert journal.perform(FindPurchases(states=("waiting",)))  # another machine may live
    journal.perform(RecordPurchase(replace(bought, state="waiting", owner=f"{socket.gethostname()}/999999/1")))
    assert journal.perform(FindPurchases())[0].state == "refused"
    fresh, mine = journal.perform(OpenPurchase(replace(bought, handle=""), limit=Limit(calls=1)))
    assert mine and fresh.handle != bought.handle and fresh.state == "done"


def test_a_recording_waits_too(emulator: Emulator, do: Do, slept: list[float]) -> None:
    emulator.limit("glm", PRESET["glm"], requests=1, seconds=20, on="transcriptions")
    for _ in range(2):
        assert do("glm", "transcribe", sounds.wav("你好")).text == "你好"
    assert sum(slept) >= 20
