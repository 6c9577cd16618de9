"""Imported first: without LangChain, or with one that is too old, nothing below can be imported."""

from cncoding import require_framework

require_framework("langchain-core", "langchain_core", "1.6", "langchain")
