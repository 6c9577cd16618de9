"""Recipes of LangChain's, LangGraph's and Deep Agents' documentation."""

from tests.recipes.kit import Book

BOOK = Book()
recipe = BOOK.recipe
PAGES = "https://docs.langchain.com/oss/python"
INIT = 'model = init_chat_model("openai:gpt-5.4")'
AGENT = 'agent = create_agent("openai:gpt-5.4", tools=[...])'
