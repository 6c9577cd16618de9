"""Qwen."""

from cncoding.vendors.qwen.chat import PROVIDER

__all__ = ["PROVIDER"]
