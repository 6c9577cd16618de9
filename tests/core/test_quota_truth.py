"""A spent plan says which window and until when, and ceilings told in errors are known from then on."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from cncoding import BadRequestError, Client, ContextOverflowError, QuotaExhaustedError
from cncoding.limits import Limits, read_limits
from cncoding_emulator import Emulator
from tests.core.conftest import Both

USAGES = "/kimi/coding/v1/usages"


def catch(both: Both, provider: str, stream: bool, **settings: Any) -> QuotaExhaustedError:
    with pytest.raises(QuotaExhaustedError) as caught:
        (both.stream if stream else both.chat)(provider, "hello", **settings)
    return caught.value


def paths(emulator: Emulator) -> list[str]:
    return [one.path for one in emulator.requests]


@pytest.mark.parametrize("stream", [False, True])
def test_a_spent_window_is_looked_up(both: Both, emulator: Emulator, stream: bool) -> None:
    emulator.spend("kimi", "quota_429", seconds=7200)
    error = catch(both, "kimi", stream)
    assert error.window == "5h" and error.resets_at is not None and error.resets_at.tzinfo is not None
    assert 7000 < (error.resets_at - datetime.now(timezone.utc)).total_seconds() < 7300
    assert paths(emulator).count(USAGES) == 1


def test_a_named_window_gets_its_time(both: Both, emulator: Emulator) -> None:
    emulator.fault("kimi", "quota")  # names the 5-hour window and no time
    error = catch(both, "kimi", stream=False)
    assert error.window == "5h" and error.resets_at is not None


def test_the_look_up_can_be_switched_off(both: Both, emulator: Emulator) -> None:
    emulator.spend("kimi", "quota_429")
    error = catch(both, "kimi", stream=False, quota_lookup=False)
    assert (error.window, error.resets_at) == (None, None)
    assert USAGES not in paths(emulator)


@pytest.mark.parametrize("preset", ["server_error", "auth"])
def test_a_look_up_that_fails_is_not_repeated_and_changes_nothing(both: Both, emulator: Emulator, preset: str) -> None:
    emulator.spend("kimi", "quota_429")
    emulator.fault("kimi", preset, on="/usages", times=None)
    error = catch(both, "kimi", stream=False)
    assert (error.window, error.resets_at) == (None, None)
    assert "usage limit" in error.message
    assert paths(emulator).count(USAGES) == 1


def test_what_says_enough_is_not_looked_up(both: Both, emulator: Emulator) -> None:
    emulator.fault("glm", "quota", reset="2026-12-01 08:00:00")
    error = catch(both, "glm", stream=False)
    assert error.window == "5h" and error.resets_at is not None
    assert len(emulator.requests) == 1
    emulator.fault("deepseek", "balance")
    assert catch(both, "deepseek", stream=False).window == "balance"
    assert len(emulator.requests) == 2


def test_adapters_have_the_setting(emulator: Emulator) -> None:
    from langchain_cncoding import ChatKimi
    from llamaindex_cncoding import Kimi

    for ask in (ChatKimi(quota_lookup=False).invoke, Kimi(quota_lookup=False).complete):
        emulator.spend("kimi", "quota_429")
        with pytest.raises(QuotaExhaustedError) as caught:
            ask("hello")
        assert caught.value.window is None
    assert USAGES not in paths(emulator)


# ---------------------------------------------------------------- learned limits


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "<400> InvalidParameter: Range of input length should be [1, 983616]",
            Limits(None, 983616),
        ),
        ("Range of max_tokens should be [1, 65536]", Limits(None, None, 65536)),
        ("This model's maximum context length is 1048565 tokens. However, you requested 9", Limits(1048565)),
        ("Your request exceeded model token limit: 262144 (requested: 300000)", Limits(262144)),
        ("prompt is too long: 530,000 tokens > 524,288 maximum", Limits(None, 524288)),
        ("invalid params, max_tokens: 600000 > 524288", Limits(None, None, 524288)),
        ("Range of input length should be [1, 3]", Limits()),
        ("temperature 3 > 2", Limits()),
        ("image size 5000000 > 4000000 bytes", Limits()),
        ("the video is too long: 900 > 600 seconds", Limits()),
        ("no", Limits()),
    ],
)
def test_ceilings_in_errors(text: str, expected: Limits) -> None:
    assert read_limits(text) == expected


def test_an_overflow_teaches_every_client(both: Both, emulator: Emulator) -> None:
    before = Client("kimi")
    assert before.card().input_limit == 1_048_576
    message = "Invalid request: Your request exceeded model token limit: 262144 (requested: 300000)"
    emulator.fault("kimi", "context_overflow", message=message)
    with pytest.raises(ContextOverflowError):
        both.chat("kimi", "hello")
    assert before.card().input_limit == Client("kimi").card().context == 262_144
    assert before.card("k3").input_limit == 1_048_576
    assert Client("kimi", endpoint="coding-global").card().context == 1_048_576
    from langchain_cncoding import ChatKimi
    from llamaindex_cncoding import Kimi

    profile = ChatKimi().profile
    assert profile is not None and profile["max_input_tokens"] == 262_144
    assert Kimi().metadata.context_window == 262_144


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_in_use_knows_its_ceiling_after_one_overflow(emulator: Emulator, stream: bool) -> None:
    from langchain_core.exceptions import ContextOverflowError as TheirOverflow

    from langchain_cncoding import ChatKimi

    model, tight = ChatKimi(), ChatKimi(profile={"max_input_tokens": 1000})
    emulator.fault("kimi", "context_overflow", message="exceeded model token limit: 262144 (requested: 3)", times=2)
    for one in (model, tight):
        with pytest.raises(TheirOverflow):
            list(one.stream("hello")) if stream else one.invoke("hello")
    assert model.profile is not None and model.profile["max_input_tokens"] == 262_144
    assert tight.profile == {"max_input_tokens": 1000}


def test_an_unknown_model_learns_too(emulator: Emulator) -> None:
    client = Client("qwen", model="qwen9-next", endpoint="coding")
    assert client.card().input_limit is None
    emulator.fault("qwen", "max_tokens", message="Range of max_tokens should be [1, 4096]")
    with pytest.raises(BadRequestError):
        client.chat("hello", max_tokens=9999)
    assert client.card().max_output == 4096 and not client.card().known


def test_a_card_is_made_once_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    target = Client("glm", api_key="test").target
    assert target.card() is target.card() is target.card("glm-5.3")
