"""MiniMax."""

from cncoding.vendors.minimax.chat import PROVIDER

__all__ = ["PROVIDER"]
