"""Every recipe of LlamaIndex runs with our classes."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest
from llama_index.core import Settings
from llama_index.core.embeddings import MockEmbedding

import llamaindex_cncoding
from cncoding_emulator import Emulator
from tests.recipes.kit import Recipe, cook
from tests.recipes.llamaindex import BOOK

for _name in ("models", "queries", "agents", "data"):
    importlib.import_module(f"tests.recipes.llamaindex.{_name}")
CLASSES = {"glm": "GLM", "kimi": "Kimi", "minimax": "MiniMax", "qwen": "Qwen", "deepseek": "DeepSeek"}


@pytest.fixture(autouse=True)
def words_as_vectors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Recipes with a vector store take LlamaIndex's own stand-in for an embedding model."""
    monkeypatch.setattr(Settings, "_embed_model", MockEmbedding(embed_dim=8))
    yield
    Settings._llm = None


def test_there_are_thirty() -> None:
    assert len(BOOK) >= 30 and len({one.title for one in BOOK}) == len(BOOK)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("recipe", "vendor"), BOOK.params())
def test_recipe(recipe: Recipe, vendor: str, emulator: Emulator) -> None:
    cook(recipe, getattr(llamaindex_cncoding, CLASSES[vendor])(), emulator)
