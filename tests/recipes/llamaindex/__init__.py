"""Recipes of LlamaIndex's documentation."""

from tests.recipes.kit import Book

BOOK = Book()
recipe = BOOK.recipe
PAGES = "https://developers.llamaindex.ai/python"
OPENAI = 'llm = OpenAI(model="gpt-4o-mini")'
