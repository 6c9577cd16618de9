"""Profiles are true for one model on one endpoint and wire."""

from __future__ import annotations

import warnings

import pytest
from langchain_core.language_models import ModelProfile

from langchain_cncoding import ChatDeepSeek, ChatGLM, ChatKimi, ChatMiniMax, ChatQwen, create_chat_model

from .conftest import ROADS, roads


@roads
def test_profiles_have_only_keys_that_langchain_knows(provider: str, wire: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        profile = create_chat_model(provider, wire=wire).profile
    assert profile is not None and profile.keys() <= ModelProfile.__annotations__.keys()
    assert all(value is not None for value in profile.values())


def test_native_structured_output_is_claimed_only_where_the_endpoint_takes_it() -> None:
    """LangChain sends `response_format` on the strength of this key, so it must not be a guess."""
    claimed = {road for road in ROADS if (create_chat_model(road[0], wire=road[1]).profile or {})["structured_output"]}
    assert claimed == {("minimax", "openai"), ("qwen", "openai"), ("qwen", "anthropic"), ("wcode", "openai")}


def test_profiles_differ_between_models_endpoints_and_wires() -> None:
    assert (ChatGLM().profile or {})["image_inputs"] is False
    assert (ChatGLM(model="glm-4.6v").profile or {})["image_inputs"] is True
    assert ChatKimi(endpoint="api").profile != ChatKimi().profile
    assert ChatMiniMax().profile != ChatMiniMax(wire="anthropic").profile
    assert (ChatQwen(thinking=False).profile or {}).keys() >= {"tool_choice", "max_input_tokens"}


def test_reasoning_levels() -> None:
    profile = ChatDeepSeek().profile or {}
    assert profile["reasoning_output"] is True
    assert (
        profile["reasoning_effort_levels"] and profile["reasoning_effort_default"] in profile["reasoning_effort_levels"]
    )


def test_unknown_models_claim_little_and_can_be_told() -> None:
    profile = ChatGLM(model="glm-99-preview").profile or {}
    assert profile == {"name": "glm-99-preview", "tool_calling": True}
    told = ChatGLM(model="glm-99-preview", profile={"max_input_tokens": 9})
    assert told.profile == {"max_input_tokens": 9}


@pytest.mark.parametrize("model", ["MiniMax-M2.7"])
def test_pictures_that_are_described_count_as_inputs(model: str) -> None:
    assert (ChatMiniMax(model=model).profile or {})["image_inputs"] is True
