"""DeepSeek."""

from cncoding.vendors.deepseek.chat import PROVIDER

__all__ = ["PROVIDER"]
