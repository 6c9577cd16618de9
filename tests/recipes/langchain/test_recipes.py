"""Every recipe of LangChain runs with our classes."""

from __future__ import annotations

import importlib

import pytest

import langchain_cncoding
from cncoding_emulator import Emulator
from tests.recipes.kit import Recipe, cook
from tests.recipes.langchain import BOOK

for _name in ("models", "chains", "agents", "middleware", "graphs"):
    importlib.import_module(f"tests.recipes.langchain.{_name}")
CLASSES = {
    "glm": "ChatGLM",
    "kimi": "ChatKimi",
    "minimax": "ChatMiniMax",
    "qwen": "ChatQwen",
    "deepseek": "ChatDeepSeek",
    "wcode": "ChatWCode",
}


def test_there_are_thirty() -> None:
    assert len(BOOK) >= 30 and len({one.title for one in BOOK}) == len(BOOK)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("recipe", "vendor"), BOOK.params())
def test_recipe(recipe: Recipe, vendor: str, emulator: Emulator) -> None:
    cook(recipe, getattr(langchain_cncoding, CLASSES[vendor])(), emulator)
