"""Kimi."""

from cncoding.vendors.kimi.chat import PROVIDER

__all__ = ["PROVIDER"]
