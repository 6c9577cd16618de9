"""Unified gateway."""

from cncoding.vendors.unified.chat import PROVIDER

__all__ = ["PROVIDER"]
