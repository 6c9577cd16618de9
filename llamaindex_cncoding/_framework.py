"""Imported first: without LlamaIndex, or with one that is too old, nothing below can be imported."""

from cncoding import require_framework

require_framework("llama-index-core", "llama_index.core", "0.14.24", "llamaindex")
