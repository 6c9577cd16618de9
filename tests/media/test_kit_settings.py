"""Settings with which a kit could do nothing are told when it is made, in both frameworks and over MCP."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from cncoding import ConfigError
from cncoding_emulator import Emulator
from langchain_cncoding import CNCodingToolkit, GenerateImageTool
from llamaindex_cncoding import CNCodingToolSpec
from tests.cli.conftest import Run, run  # noqa: F401  # a fixture

Make = Callable[..., Any]
KITS = [pytest.param(CNCodingToolkit, id="langchain"), pytest.param(CNCodingToolSpec, id="llamaindex")]


@pytest.fixture(autouse=True)
def keys(emulator: Emulator) -> None:
    """Every vendor has a key."""


@pytest.mark.parametrize("make", KITS)
@pytest.mark.parametrize("more", [{"reuse": True}, {"budget": 5}, {"budget": {"amount": 5, "per": "day"}}])
def test_what_counts_needs_a_journal(make: Make, more: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(more))}: needs a journal"):
        make("glm", journal=None, **more)
    make("glm", **more)
    make("glm", journal=None)


@pytest.mark.parametrize("make", KITS)
@pytest.mark.parametrize(
    ("provider", "options", "text"),
    [
        ("glm", {"generate_image": {"qualty": "hd"}}, r"generate_image: qualty: .* not take it .*mean 'quality'"),
        ("glm", {"generate_video": {"quality": "hd"}}, r"generate_video: quality: cogvideox-3 takes 'speed'"),
        (
            "minimax",
            {"synthesize_speech": {"voice_setting": {"speed": 9}}},
            r"speed: .* from 0.5 to 2",
        ),
        ("qwen", {"edit_image": {"prompt_extend": "yes"}}, r"edit_image: prompt_extend: .* takes True or False"),
        ("qwen", {"*": {"seed": "a"}}, r"seed: .* takes a whole number"),
    ],
)
def test_an_option_that_no_model_takes(make: Make, provider: str, options: Any, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        make(provider, options=options)


@pytest.mark.parametrize("make", KITS)
def test_an_option_that_a_model_of_other_inputs_takes_is_one(make: Make) -> None:
    """Words go to one model of Qwen, references to another: what only one of them takes may be needed."""
    make("qwen", options={"generate_video": {"prompt_extend": False}})
    make("glm", options={"generate_image": {"quality": "hd"}, "web_search": {"search_engine": "search_pro"}})
    make("glm", models={"generate_image": "of-tomorrow"}, options={"generate_image": {"anything": 1}})


def test_a_copy_with_other_settings_is_checked_too() -> None:
    tool = GenerateImageTool(provider="glm")
    for update in ({"journal": None, "reuse": True}, {"options": {"qualty": "hd"}}, {"budget": -1}):
        with pytest.raises(ConfigError):
            tool.model_copy(update=update)
    assert copy.copy(tool).reuse is False


@pytest.mark.parametrize("word", [("--reuse",), ("--budget", "5"), ("--budget", "20CNY")])
def test_mcp_without_a_journal(run: Run, word: tuple[str, ...]) -> None:  # noqa: F811
    pytest.importorskip("mcp_types", reason="mcp 2 is not installed")
    told = run("mcp", "--no-journal", *word)
    assert told.code == 2 and "--no-journal" in told.err and word[0] in told.err, told.err
